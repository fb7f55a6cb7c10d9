"""Does a prepared statement say the same on both engines, and keep its constants?"""

import pytest
from sqlalchemy import Column, Integer, MetaData, String, Table, bindparam, insert, select, update

from refdesk.storage import prepare
from refdesk.storage.statements import Compiled, Prepared

ITEM = Table(
    "item",
    MetaData(),
    Column("id", Integer, primary_key=True),
    Column("name", String),
    Column("place", String),
)


def both(statement: Prepared) -> list[Compiled]:
    return [statement.sqlite, statement.postgresql]


def bound(compiled: Compiled, **values: object) -> dict[str, object]:
    return dict(zip(compiled.names, compiled.bind(values), strict=True))


def test_an_insert_without_values_expects_every_column() -> None:
    for compiled in both(prepare(insert(ITEM))):
        assert compiled.bind({"id": 1, "name": "a", "place": None}) == [1, "a", None]
        with pytest.raises(KeyError, match="place"):
            compiled.bind({"id": 1, "name": "a"})


def test_a_constant_may_be_nothing() -> None:
    statement = prepare(update(ITEM).where(ITEM.c.id == bindparam("key")).values(name=None))
    for compiled in both(statement):
        assert bound(compiled, key=7) == {"name": None, "key": 7}


def test_a_list_of_constants_is_one_parameter_each() -> None:
    for compiled in both(prepare(select(ITEM).where(ITEM.c.name.in_(("a", "b"))))):
        assert sorted(map(str, compiled.bind({}))) == ["a", "b"]


def test_a_value_given_twice_is_named_once_where_the_engine_can() -> None:
    here = bindparam("here")
    statement = prepare(select(ITEM).where((ITEM.c.name == here) | (ITEM.c.place == here)))
    assert statement.sqlite.bind({"here": "x"}) == ["x", "x"]
    assert statement.postgresql.bind({"here": "x"}) == ["x"]


def test_it_is_compiled_once() -> None:
    statement = prepare(select(ITEM))
    assert statement.sqlite is statement.sqlite
    assert statement.postgresql is statement.postgresql


def test_what_is_no_statement_is_refused_at_once() -> None:
    with pytest.raises(TypeError, match="cannot be compiled"):
        prepare("SELECT 1")  # type: ignore[arg-type]
