"""Which fixtures and switches does pytest get from refdesk?

Only pytest is imported here: whoever runs tests of something else pays nothing for refdesk.
"""

import itertools
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import pytest

if TYPE_CHECKING:
    from refdesk.core.channels.adapter import Adapter
    from refdesk.knowledge_base import Entry
    from refdesk.testing.fake_channel import FakeChannel
    from refdesk.testing.fake_clock import FakeClock
    from refdesk.testing.library import Library


def pytest_addoption(parser: pytest.Parser) -> None:
    """Let `--update-transcripts` write conversations as they go now."""
    parser.addoption(
        "--update-transcripts", action="store_true", help="write the conversations anew; then read"
    )


class MakeLibrary(Protocol):
    """What the fixture `library` is: `library(plugin, ..., entries=(), settings="", ...)`."""

    def __call__(
        self,
        *plugins: object,
        entries: "Sequence[Entry]" = (),
        settings: str = "",
        adapters: "Mapping[str, type[Adapter] | FakeChannel] | None" = None,
        clock: "FakeClock | None" = None,
    ) -> "Library":
        """Return a new library with these plugins registered before the built-in ones.

        `settings` is the text of its refdesk.toml, `adapters` are further channels by account.
        """
        ...


@pytest.fixture
def library(tmp_path: Path) -> Iterator[MakeLibrary]:
    """Make libraries for this test, each with a folder of its own; they are closed after it."""
    with ExitStack() as stack:
        numbers = itertools.count(1)

        def make(
            *plugins: object,
            entries: "Sequence[Entry]" = (),
            settings: str = "",
            adapters: "Mapping[str, type[Adapter] | FakeChannel] | None" = None,
            clock: "FakeClock | None" = None,
        ) -> "Library":
            from refdesk.testing.library import Library  # noqa: PLC0415 - costs a second

            folder = tmp_path / f"library-{next(numbers)}"
            made = Library(folder, plugins, entries, settings, adapters or {}, clock)
            stack.callback(made.close)
            return made

        yield make


class CheckTranscript(Protocol):
    """What the fixture `transcript` is: `await transcript(library, "name.txt")`."""

    async def __call__(self, library: "Library", name: str) -> None:
        """Play the file of this name beside the test; fail when it goes otherwise now.

        With `pytest --update-transcripts` the file is written as it goes now.
        """


@pytest.fixture
def transcript(request: pytest.FixtureRequest) -> CheckTranscript:
    """Play written conversations: their form is described in `refdesk.testing.transcripts`."""
    update = bool(request.config.getoption("--update-transcripts"))

    async def check(library: "Library", name: str) -> None:
        from refdesk.testing.transcripts import check_transcript  # noqa: PLC0415 - as above

        await check_transcript(library, request.path.parent / name, update=update)

    return check
