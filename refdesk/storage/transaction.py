"""What may a unit of work do inside a transaction?"""

from collections.abc import Iterable, Iterator
from typing import Any, Protocol

from refdesk.storage.statements import Prepared


class Row(Protocol):
    """A row of a result: values by name, or by place beginning at 0."""

    def __getitem__(self, key: Any, /) -> Any:
        """Return one value."""

    def keys(self) -> Iterable[str]:
        """Return the names of the columns."""


class Transaction(Protocol):
    """Runs prepared statements; commit and roll-back belong to its owner.

    When a statement fails, the unit fails: it lets the error through and does not go on.
    """

    def run(self, statement: Prepared, **values: Any) -> int:
        """Execute and return how many rows changed."""

    def run_many(self, statement: Prepared, rows: Iterable[dict[str, Any]]) -> None:
        """Execute once for each row of values."""

    def insert(self, statement: Prepared, **values: Any) -> int:
        """Execute an insert and return the new row's integer key.

        The statement names its columns without the key: `insert(T).values(name=bindparam(...))`.
        """

    def one(self, statement: Prepared, **values: Any) -> Row | None:
        """Return the first row, or None."""

    def all(self, statement: Prepared, **values: Any) -> list[Row]:
        """Return every row."""

    def each(self, statement: Prepared, **values: Any) -> Iterator[Row]:
        """Yield rows one at a time, for results too large to hold."""
