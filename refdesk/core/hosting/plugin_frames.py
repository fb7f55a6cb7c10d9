"""Whose code stands on this stack? (Asked only when something has gone wrong.)

Functions that step into a plugin are marked with `boundary` and keep the names `plugin` and `hook`
in local variables. Nobody has to note down at each call which plugin is at work: the stack knows.
"""

import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from types import CodeType, FrameType
from typing import Any, TypeVar

Function = TypeVar("Function", bound=Callable[..., Any])
_boundaries: set[CodeType] = set()
# Enough to see where a call came from and where it stands, on one line of the log.
_MOST_STEPS = 6


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a thread stands: the plugin and hook whose code it runs, empty for nobody's.

    `where` is file and line of the innermost frame, `steps` the way there from the plugin's door.
    """

    plugin: str
    hook: str
    where: str
    steps: str


def boundary(function: Function) -> Function:
    """Mark a function that steps into a plugin; it has local variables `plugin` and `hook`."""
    _boundaries.add(function.__code__)
    return function


def standing_of(thread: int, files: Mapping[str, str]) -> Standing | None:
    """Return where a thread stands; None when it has ended.

    `files` are folders and files of plugins, for code that is on the stack without having come
    through a door, such as a callback of a timer.
    """
    innermost = sys._current_frames().get(thread)  # noqa: SLF001 - documented, the only way there is
    if innermost is None:
        return None
    way: list[str] = []
    for frame in _outwards(innermost):
        if frame.f_code in _boundaries:
            known = frame.f_locals
            return _standing(str(known.get("plugin", "")), str(known.get("hook", "")), way)
        way.append(f"{frame.f_code.co_filename}:{frame.f_lineno}")
    for frame in _outwards(innermost):
        plugin = _owner(frame.f_code.co_filename, files)
        if plugin:
            return _standing(plugin, "outside its hooks", way)
    return _standing("", "", way)


def place_of(error: BaseException) -> str:
    """Name file and line where it was raised: enough to find it, no reader's text in it."""
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    return f"{trace.tb_frame.f_code.co_filename}:{trace.tb_lineno}" if trace else ""


def _standing(plugin: str, hook: str, way: list[str]) -> Standing:
    steps = " > ".join(reversed(way[:_MOST_STEPS]))
    return Standing(plugin, hook, way[0] if way else "", steps)


def _outwards(frame: FrameType | None) -> Iterator[FrameType]:
    while frame is not None:
        yield frame
        frame = frame.f_back


def _owner(filename: str, files: Mapping[str, str]) -> str:
    for beginning, plugin in files.items():
        if filename.startswith(beginning):
            return plugin
    return ""
