"""What does the program write about its work, and what never?

Identifiers, counts and reasons; never texts of readers, names, addresses or secrets. Values are
data of the log format, so a line break in one cannot forge a line.
"""

import logging
import sys
import traceback
from collections.abc import Mapping, MutableMapping
from contextvars import ContextVar
from types import MappingProxyType, TracebackType
from typing import Any

# structlog imports Rich with all its lexers for coloured tracebacks, which we do not use: hiding it
# saves 0.2 s of CPU and 8 MiB at every start.
_rich = sys.modules.get("rich")
sys.modules["rich"] = None  # type: ignore[assignment]  # None means "cannot be imported"
try:
    import structlog
finally:
    del sys.modules["rich"]
    if _rich is not None:
        sys.modules["rich"] = _rich


# Set at every message: structlog's own variables, one for each name, would cost ten times as much.
_ABOUT: ContextVar[Mapping[str, object]] = ContextVar("about", default=MappingProxyType({}))


def get_logger(name: str) -> Any:
    """Return a logger that takes an event's name and its values by keyword."""
    return structlog.get_logger(name)


def about(**identifiers: object) -> None:
    """Say what this task works on: each line that it writes from now on bears these values."""
    _ABOUT.set(identifiers)


def configure_logs(level: str = "WARNING", form: str = "text") -> None:
    """Write to standard error from `level` on, as `text` for people or `json` a line."""
    number = logging.getLevelNamesMapping()[level]
    renderer: Any = (
        structlog.processors.JSONRenderer(ensure_ascii=False)
        if form == "json"
        else structlog.processors.LogfmtRenderer(key_order=["timestamp", "level", "event"])
    )
    structlog.configure(
        processors=[
            _with_identifiers,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            _trace,
            renderer,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(number),
        # Looked up at each line: standard error may have been exchanged since.
        logger_factory=lambda *_names: structlog.PrintLogger(sys.stderr),
        cache_logger_on_first_use=False,
    )
    libraries = logging.StreamHandler(sys.stderr)
    libraries.setFormatter(_WithoutWords("%(levelname)s %(name)s %(message)s"))
    logging.basicConfig(level=max(number, logging.WARNING), handlers=[libraries])


def _with_identifiers(
    _logger: Any, _method: str, values: MutableMapping[str, Any]
) -> Mapping[str, Any]:
    for name, value in _ABOUT.get().items():
        values.setdefault(name, value)
    return values


def _trace(_logger: Any, _method: str, values: MutableMapping[str, Any]) -> Mapping[str, Any]:
    """Write where an error was raised but not its own words: those may quote a reader."""
    if found := values.pop("exc_info", None):
        error = found if isinstance(found, BaseException) else sys.exc_info()[1]
        values["error"] = type(error).__name__ if error else ""
        values["trace"] = _steps(error.__traceback__ if error else None)
    return values


class _WithoutWords(logging.Formatter):
    """The same for what libraries log: their sentence, without the values put into it.

    Values may be a visitor's address, and asyncio adds lines that quote errors word for word.
    """

    def format(self, record: logging.LogRecord) -> str:
        """Return the line with the first line of the sentence as the library's source has it."""
        bare = logging.makeLogRecord(record.__dict__)
        bare.msg, bare.args, bare.exc_text = str(record.msg).partition("\n")[0], None, None
        return super().format(bare)

    def formatException(self, ei: Any) -> str:  # noqa: N802 - the name is logging's
        """Name the kind of error and where it was raised."""
        kind, _error, trace = ei
        return f"{kind.__name__ if kind else ''} {_steps(trace)}"


def _steps(trace: TracebackType | None) -> str:
    return " > ".join(
        f"{step.filename}:{step.lineno} {step.name}" for step in traceback.extract_tb(trace)
    )
