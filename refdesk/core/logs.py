"""What does the program write about its work, and what never?

Identifiers, counts and reasons; never texts of readers, names, addresses or secrets. Values are
data of the log format, so a line break in one cannot forge a line.
"""

import logging
import sys

import structlog

from refdesk.core.settings import LogSettings


def configure_logs(settings: LogSettings) -> None:
    """Write to standard error, for people or as one JSON object a line."""
    level = logging.getLevelNamesMapping()[settings.level]
    renderer = (
        structlog.processors.JSONRenderer(ensure_ascii=False)
        if settings.format == "json"
        else structlog.dev.ConsoleRenderer(
            colors=sys.stderr.isatty(), exception_formatter=structlog.dev.plain_traceback
        )
    )
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            renderer,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=True,
    )
    logging.basicConfig(level=max(level, logging.WARNING), stream=sys.stderr)
