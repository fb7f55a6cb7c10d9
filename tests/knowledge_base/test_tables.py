import pytest
from sqlalchemy import text

from refdesk.errors import ConstraintError
from refdesk.storage import Database, prepare
from tests.databases import ENGINES, Engine


@pytest.fixture(params=ENGINES)
def engine(request: pytest.FixtureRequest) -> Engine:
    engine: Engine = request.param
    return engine


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
    with pytest.raises(ConstraintError, match="kb_entry"):
        database.write_blocking(lambda tx: tx.run(prepare(text(statement))))
