"""How is a query of SQLModel tables built once and run many times, on either engine?

SQLAlchemy composes the statement at import time and compiles it at its first use; what runs per
message is plain SQL text on the driver. A statement compiled per call costs about four times the
CPU of the whole transaction, and the values bound are only ever parameters, never text of the
statement.
"""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Dialect, Executable
from sqlalchemy.dialects import sqlite
from sqlalchemy.sql import ClauseElement
from sqlalchemy.sql.compiler import SQLCompiler

_SQLITE = sqlite.dialect(paramstyle="qmark")


@dataclass(frozen=True, slots=True)
class Compiled:
    """SQL text of one engine, the names of its parameters in order, and constants.

    The driver gets parameters by position, which costs it half of what names cost.
    """

    sql: str
    names: tuple[str, ...]
    constants: dict[str, Any]

    def bind(self, values: dict[str, Any]) -> list[Any]:
        """Return the parameters of one execution; raises `KeyError` when one is missing."""
        known = {**self.constants, **values} if self.constants else values
        return [known[name] for name in self.names]


class Prepared:
    """A statement that each engine compiles for itself, once, when it first runs.

    `sqlite` and `postgresql` are what an engine runs.
    """

    __slots__ = ("_statement", "postgresql", "sqlite")

    sqlite: Compiled
    postgresql: Compiled

    def __init__(self, statement: ClauseElement) -> None:
        """Keep `statement`."""
        self._statement = statement

    def __getattr__(self, engine: str) -> Compiled:
        """Compile for the engine: Python comes here only while the attribute is empty."""
        if engine not in {"sqlite", "postgresql"}:
            raise AttributeError(engine)
        compiled = _compiled(self._statement, _dialect(engine))
        setattr(self, engine, compiled)
        return compiled


def prepare(statement: Executable) -> Prepared:
    """Prepare a SQLAlchemy statement.

    Parameters to be given at run time are `bindparam("name")`; other values become constants.
    An insert without values expects every column of its table.
    """
    if not isinstance(statement, ClauseElement):
        raise TypeError(f"{statement!r} cannot be compiled")
    return Prepared(statement)


def _dialect(engine: str) -> Dialect:
    if engine == "sqlite":
        return _SQLITE
    from sqlalchemy.dialects.postgresql import asyncpg  # noqa: PLC0415 - only where it is used

    return asyncpg.dialect()  # type: ignore[no-untyped-call]  # SQLAlchemy lacks it


def _compiled(statement: ClauseElement, dialect: Dialect) -> Compiled:
    compiled = statement.compile(dialect=dialect)
    if not isinstance(compiled, SQLCompiler):
        raise TypeError(f"{statement!r} is no query")
    # Lists of constants, as in `column.in_(("a", "b"))`, become one parameter for each value.
    expanded = compiled.construct_expanded_state(compiled.params)
    names = tuple(expanded.positiontup or ())
    to_be_given = {name for name, bound in compiled.binds.items() if bound.required}
    constants = {name: expanded.parameters[name] for name in names if name not in to_be_given}
    return Compiled(expanded.statement, names, constants)
