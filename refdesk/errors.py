"""Which errors refdesk raises: one tree, drawn here.

RefdeskError
├── SettingsError           the configuration cannot be used
├── DataError               a file or database of the operator cannot be used
│   ├── EntryError          an entry of the knowledge base cannot be accepted
│   ├── ImportFileError     a knowledge-base file is broken (names file and line)
│   ├── SchemaError         the database has another schema version
│   ├── DeploymentBusyError another server runs on the same folder
│   ├── VaultError          readers' addresses cannot be read: key missing, wrong, value changed
│   ├── StorageError        nothing can be written or read now (disk full, connection lost)
│   └── ConstraintError     a rule of a table refused a row
├── RefusedError            a request was understood and refused (the text says why)
│   ├── NotAllowedError     the one who asks may not do this
│   ├── NotFoundError       there is no such thing for the one who asks
│   ├── ConflictError       somebody else was first, or the state forbids it
│   └── BusyError           there is too much to do now (says when to try again)
└── PluginError             a plugin broke its contract
    └── RemoteServiceError  another system that a plugin called did not do what was asked

The message of each error is one or two plain sentences: what is wrong and what to do next.
It never contains what a reader typed.
"""

from typing import Literal


class RefdeskError(Exception):
    """Something refdesk can explain went wrong."""


class SettingsError(RefdeskError):
    """The configuration cannot be used."""


class DataError(RefdeskError):
    """A file or database of the operator cannot be used."""


class EntryError(DataError):
    """An entry of the knowledge base cannot be accepted."""


class ImportFileError(DataError):
    """A knowledge-base file is broken."""

    def __init__(self, file: str, line: int | None, problem: str) -> None:
        """Name the place: `file`, `line` (1 is the first; None when no line applies)."""
        where = f"{file}, line {line}" if line is not None else file
        super().__init__(f"{where}: {problem}")
        self.file, self.line, self.problem = file, line, problem


class SchemaError(DataError):
    """The database has another schema version than this program."""


class DeploymentBusyError(DataError):
    """Another server runs on the same folder."""


class VaultError(DataError):
    """Readers' addresses cannot be read: the key is missing or wrong, or a value was changed."""


class StorageError(DataError):
    """Nothing can be written or read now; it can be tried again later."""


class ConstraintError(DataError):
    """A rule of a table refused a row; trying again changes nothing."""


class RefusedError(RefdeskError):
    """A request was understood and refused."""


class NotAllowedError(RefusedError):
    """The one who asks may not do this."""


class NotFoundError(RefusedError):
    """There is no such thing for the one who asks."""


class ConflictError(RefusedError):
    """Somebody else was first, or the state forbids it."""


class BusyError(RefusedError):
    """There is too much to do now."""

    def __init__(self, message: str, retry_seconds: float) -> None:
        """Ask to come back in `retry_seconds`."""
        super().__init__(message)
        self.retry_seconds = retry_seconds


class PluginError(RefdeskError):
    """A plugin broke its contract."""


class RemoteServiceError(PluginError):
    """Another system that a plugin called did not do what was asked.

    `happened` says what is known of it: `nothing` (it was never asked), `refused` (it said no) or
    `unknown` (it may have done it). `status` is that of its answer, 0 when there was none.
    """

    def __init__(
        self,
        problem: str,
        *,
        happened: Literal["nothing", "refused", "unknown"],
        status: int = 0,
    ) -> None:
        """Say what went wrong; addresses and answers may be private, so they are not quoted."""
        super().__init__(problem)
        self.happened, self.status = happened, status
