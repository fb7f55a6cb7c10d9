"""Does a reader at the terminal see each reply once?"""

import pytest

from refdesk.adapters.console import Console
from refdesk.core.consultations import State
from refdesk.testing import MakeLibrary


async def test_a_reply_is_printed_once(
    library: MakeLibrary, capsys: pytest.CaptureFixture[str]
) -> None:
    app = library().app
    console = app.adapter("console")
    assert isinstance(console, Console)
    await app.start()
    for line in ("hello", "thanks", "librarian"):
        message = console.decode(line)
        assert message is not None
        await app.gateway.accept(message)
        await app.settle()
    await app.settle()
    waiting = await app.desk.reading.in_states([State.WAITING])
    await app.stop()
    printed = capsys.readouterr().out
    assert printed.count("Hello! I am the automatic assistant") == 1
    assert printed.count("You are welcome.") == 1
    assert printed.count("librarians' list") == 1
    assert len(waiting) == 1
