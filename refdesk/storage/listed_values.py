"""How does one prepared statement look for any number of values, on either engine?"""

from typing import Any

from sqlalchemy import BindParameter, Select, column, select
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import FunctionElement


def listed_values(texts: BindParameter[str]) -> Select[Any]:
    """Return the texts in a JSON list: `column.in_(listed_values(bindparam("ids")))`.

    The list must not hold the character NUL, which PostgreSQL does not have.
    """
    return select(column("value")).select_from(_elements(texts))


class _elements(FunctionElement[str]):  # noqa: N801 - reads as an SQL function
    inherit_cache = True


@compiles(_elements, "sqlite")
def _on_sqlite(element: _elements, compiler: Any, **options: Any) -> str:
    return f"json_each({compiler.process(element.clauses, **options)})"


@compiles(_elements, "postgresql")
def _on_postgresql(element: _elements, compiler: Any, **options: Any) -> str:
    return f"json_array_elements_text(CAST({compiler.process(element.clauses, **options)} AS json))"
