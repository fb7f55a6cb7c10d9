"""Are written conversations of plugins from outside played, compared and written anew?"""

from pathlib import Path

import pytest

from refdesk.testing import FakeClock, MakeLibrary
from refdesk.testing.transcripts import check_transcript

pytest_plugins = ["pytester"]
GREETING = "reader: thanks\nbot: You are welcome. Is there anything else?\n"


def written(folder: Path, text: str) -> Path:
    file = folder / "conversation.txt"
    file.write_text(text, "utf-8")
    return file


async def test_a_conversation_that_goes_as_written_passes(
    library: MakeLibrary, tmp_path: Path
) -> None:
    await check_transcript(library(), written(tmp_path, GREETING))


async def test_one_that_goes_otherwise_fails_with_the_difference_and_stays_as_it_is(
    library: MakeLibrary, tmp_path: Path
) -> None:
    file = written(tmp_path, GREETING.replace("welcome", "most welcome"))
    with pytest.raises(
        AssertionError, match=r"-bot: You are most welcome\..*\n\+bot: You are welcome"
    ):
        await check_transcript(library(), file)
    assert "most welcome" in file.read_text("utf-8")


async def test_the_switch_writes_what_follows_and_keeps_what_is_said(
    library: MakeLibrary, tmp_path: Path
) -> None:
    file = written(tmp_path, "# Politeness.\nreader: thanks\nbot: Whatever.\n")
    await check_transcript(library(), file, update=True)
    assert file.read_text("utf-8") == "# Politeness.\n" + GREETING


@pytest.mark.parametrize(
    "line", ["reader shouts loudly: hello", "time passes: a while", "nonsense"]
)
async def test_a_line_that_nobody_understands_fails(
    library: MakeLibrary, tmp_path: Path, line: str
) -> None:
    with pytest.raises(AssertionError, match="nobody knows what this line means"):
        await check_transcript(library(), written(tmp_path, line))


async def test_readers_time_and_restarts(library: MakeLibrary, tmp_path: Path) -> None:
    script = (
        "reader anna: thanks\nbot: You are welcome. Is there anything else?\n"
        "reader ben: thanks\nbot: You are welcome. Is there anything else?\n"
        "time passes: 1 minute\n"
        "program: killed and started again\n"
        "reader anna: thanks\nbot: You are welcome. Is there anything else?\n"
    )
    await check_transcript(library(clock=FakeClock()), written(tmp_path, script))


def test_a_transcript_lies_beside_its_test(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(
        "import pytest\n\n\n"
        "@pytest.mark.asyncio\n"
        "async def test_talk(library, transcript):\n"
        "    await transcript(library(), 'talk.txt')\n"
    )
    pytester.maketxtfile(talk="reader: thanks")
    options = ("-p", "no:cacheprovider", "-o", "asyncio_default_fixture_loop_scope=function")
    pytester.runpytest_subprocess(*options).assert_outcomes(failed=1)
    pytester.runpytest_subprocess(*options, "--update-transcripts").assert_outcomes(passed=1)
    assert (pytester.path / "talk.txt").read_text("utf-8") == GREETING
    pytester.runpytest_subprocess(*options).assert_outcomes(passed=1)
