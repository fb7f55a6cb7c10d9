"""What does the test of a plugin or an adapter need? (pytest finds this by entry point.)

    import refdesk_greeting

    async def test_greets(library):
        assert "Hello" in await library(refdesk_greeting).ask("hello")

How to go on: docs/how-to/test-a-plugin.md. The program itself is imported only when a test makes a
library; each name below, when it is first used.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

import pytest

from refdesk.testing.fixtures import (
    CheckTranscript,
    MakeLibrary,
    library,
    pytest_addoption,
    transcript,
)

if TYPE_CHECKING:
    from refdesk.testing.bad_neighbour import BadNeighbour
    from refdesk.testing.fake_channel import FakeChannel, Sent
    from refdesk.testing.fake_clock import FakeClock
    from refdesk.testing.faults import Faults
    from refdesk.testing.librarian import Librarian
    from refdesk.testing.library import Library
    from refdesk.testing.reader import Reader

__all__ = [
    "BadNeighbour",
    "CheckTranscript",
    "FakeChannel",
    "FakeClock",
    "Faults",
    "Librarian",
    "Library",
    "MakeLibrary",
    "Reader",
    "Sent",
    "library",
    "pytest_addoption",
    "transcript",
]

# Its asserts show their values, as those in the author's own tests do.
pytest.register_assert_rewrite(
    "refdesk.testing.adapter_contract", "refdesk.testing.encoding_contract"
)
_HOMES = {
    "BadNeighbour": "refdesk.testing.bad_neighbour",
    "FakeChannel": "refdesk.testing.fake_channel",
    "FakeClock": "refdesk.testing.fake_clock",
    "Faults": "refdesk.testing.faults",
    "Librarian": "refdesk.testing.librarian",
    "Library": "refdesk.testing.library",
    "Reader": "refdesk.testing.reader",
    "Sent": "refdesk.testing.fake_channel",
}


def __getattr__(name: str) -> Any:
    """Import a public name from where it lives."""
    home = _HOMES.get(name)
    if home is None:
        raise AttributeError(f"refdesk.testing has no public name {name!r}")
    value = globals()[name] = getattr(import_module(home), name)
    return value
