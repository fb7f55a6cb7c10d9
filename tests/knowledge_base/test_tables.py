import pytest
from sqlmodel import SQLModel

from refdesk.knowledge_base.tables import ChangeRow, EntryRow, VersionRow
from refdesk.storage import Database


@pytest.mark.parametrize("model", [EntryRow, VersionRow, ChangeRow])
def test_the_migration_makes_the_columns_that_the_models_name(
    database: Database, model: type[SQLModel]
):
    rows = database.read_blocking(
        lambda tx: tx._cursor.execute(f"PRAGMA table_info({model.__tablename__})").fetchall()
    )
    assert [row["name"] for row in rows] == list(model.model_fields)
    required = {row["name"] for row in rows if row["notnull"]}
    assert required == {name for name, field in model.model_fields.items() if field.is_required()}


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("level", 6),
        ("kind", "'novel'"),
        ("state", "'lost'"),
        ("id", "''"),
        ("valid_until", "'soon'"),
        ("tags", "'x'"),
        ("version", 0),
    ],
)
def test_the_database_itself_refuses_wrong_values(database: Database, column: str, value: object):
    values = {
        "library": "'l'", "id": "'a'", "title": "''", "text": "''", "short_answer": "''",
        "language": "'en'", "level": 0, "source": "''", "kind": "'faq'", "tags": "'[]'",
        "variants": "'[]'", "state": "'published'", "version": 1, "change": 1, "updated_at": 0,
    } | {column: value}  # fmt: skip
    columns, given = ", ".join(values), ", ".join(map(str, values.values()))
    statement = f"INSERT INTO kb_entry ({columns}) VALUES ({given})"  # noqa: S608 - ours alone
    with pytest.raises(Exception, match="CHECK"):
        database.write_blocking(lambda tx: tx._cursor.execute(statement))
