"""How does Alembic reach the database that refdesk hands it?"""

from alembic import context
from sqlalchemy import create_engine
from sqlalchemy.pool import NullPool

database = context.config.attributes["database"]
engine = create_engine(f"sqlite:///{database}", poolclass=NullPool)
with engine.connect() as connection:
    context.configure(
        connection=connection,
        version_table=context.config.attributes["version_table"],
        transaction_per_migration=True,
    )
    with context.begin_transaction():
        context.run_migrations()
engine.dispose()
