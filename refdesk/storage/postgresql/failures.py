"""What do errors of PostgreSQL and of its driver mean to the rest of the program?

Their own words may repeat the values of a row, so only the kind of the error, a code of five
characters and the name of a rule go on from here.
"""

from collections.abc import Awaitable
from typing import TypeVar

import asyncpg

from refdesk.errors import ConstraintError, StorageError

Result = TypeVar("Result")

# https://www.postgresql.org/docs/current/errcodes-appendix.html
_OVERTAKEN = {"40001", "40P01"}
_UNIQUE = "23505"
_REFUSED_CLASSES = {"22", "23"}  # data exception, integrity constraint violation
_LOST_CLASSES = {"08"}  # connection exception
_LOST = {"57P01", "57P02", "57P03", "57P05", "25P03", "25P04", "40003"}
_MISSET_CLASSES = {"28", "3D"}  # the password is wrong, there is no such database
WRONG_DSN = (
    "The dsn of [storage] cannot be read. "
    "Expected is postgresql://user:password@host:5432/database."
)
_DRIVER_ERRORS = (
    asyncpg.PostgresError,
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,
    OSError,
    TimeoutError,
)


class ConnectionLostError(StorageError):
    """The connection is gone, and with it the transaction that was under way."""


class OvertakenError(StorageError):
    """Another transaction was faster; the same unit can be tried again at once."""


class MisconfiguredError(StorageError):
    """The server does not let us in; waiting does not help."""


class NotUniqueError(ConstraintError):
    """There is such a row already, perhaps since a moment ago."""


async def asked(answer: Awaitable[Result]) -> Result:
    """Wait for the driver; its errors come out as refdesk's."""
    try:
        return await answer
    except _DRIVER_ERRORS as error:
        # Not chained: a traceback in the log would show the driver's words.
        raise explained(error) from None


def explained(error: Exception) -> StorageError | ConstraintError:
    """Return the error of the driver as refdesk names it."""
    if isinstance(error, asyncpg.exceptions.InvalidCachedStatementError):
        return OvertakenError("A table was changed meanwhile. Try again.")
    if isinstance(error, asyncpg.PostgresError):
        return _from_server(error)
    if isinstance(error, asyncpg.ClientConfigurationError):
        return MisconfiguredError(WRONG_DSN)
    if isinstance(error, asyncpg.InterfaceError) and isinstance(error, ValueError):
        return ConstraintError("The database refused a row: a value is of another type.")
    return ConnectionLostError(
        f"The connection to the database is lost ({type(error).__name__}). Try again."
    )


def _from_server(error: asyncpg.PostgresError) -> StorageError | ConstraintError:
    code = str(error.sqlstate or "")
    if code in _OVERTAKEN:
        return OvertakenError("Others wrote the same rows at the same time. Try again.")
    if code == _UNIQUE:
        return NotUniqueError(f"The database refused a row: {error.constraint_name} is unique.")
    if code[:2] in _REFUSED_CLASSES:
        rule = error.constraint_name or error.column_name or code
        return ConstraintError(f"The database refused a row ({rule}).")
    if code in _LOST or code[:2] in _LOST_CLASSES:
        return ConnectionLostError(
            f"The server has ended the connection to the database ({code}). Try again."
        )
    name = type(error).__name__
    if code[:2] in _MISSET_CLASSES:
        return MisconfiguredError(
            f"PostgreSQL refused the connection ({name}). "
            "Check user, password and database in the dsn of [storage]."
        )
    return StorageError(f"The database cannot be used now ({name}, {code}). Try again later.")
