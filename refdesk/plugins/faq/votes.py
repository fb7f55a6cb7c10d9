"""Where are readers' votes on entries kept?"""

from pathlib import Path

from sqlalchemy import Column, Float, MetaData, String, Table
from sqlalchemy.dialects.postgresql import insert

from refdesk import PluginTables
from refdesk.storage import prepare
from refdesk.storage.schema import Migrations

METADATA = MetaData()
VOTES = Table(
    "faq_vote",
    METADATA,
    Column("consultation", String, primary_key=True),
    Column("entry", String, primary_key=True),
    Column("library", String, nullable=False),
    Column("verdict", String, nullable=False),
    Column("at", Float, nullable=False),
)
TABLES = PluginTables(
    METADATA, Migrations(Path(__file__).parent / "migrations", "0001", "faq_alembic_version")
)

_insert = insert(VOTES)
# One vote for each entry and consultation: a second one changes the first.
CAST_VOTE = prepare(
    _insert.on_conflict_do_update(
        index_elements=["consultation", "entry"],
        set_={"verdict": _insert.excluded.verdict, "at": _insert.excluded.at},
    )
)
