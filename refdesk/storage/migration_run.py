"""How does Alembic reach the database that refdesk hands it? (Called by each `env.py`.)"""

from alembic import context
from sqlalchemy import create_engine
from sqlalchemy.pool import NullPool


def run() -> None:
    """Run the migrations that Alembic has chosen, each in a transaction of its own."""
    attributes = context.config.attributes
    engine = create_engine(f"sqlite:///{attributes['database']}", poolclass=NullPool)
    with engine.connect() as connection:
        context.configure(
            connection=connection,
            version_table=attributes["version_table"],
            transaction_per_migration=True,
        )
        with context.begin_transaction():
            context.run_migrations()
    engine.dispose()
