"""What may a test run leave out, and how does it say so?

On a developer's machine a missing browser or a missing folder of test data skips the tests that
need it, each with its reason. With CI=true whatever is left out fails instead: nobody reads the
skips of a green run.
"""

import os
import shutil
import statistics
from collections.abc import Generator, Iterator
from pathlib import Path
from typing import TypeVar

import pytest

from tests.databases import ENGINES, Engine, Place, postgres_place, sqlite_place
from tests.postgres_server import PostgresServer, postgres_server

Report = TypeVar("Report", pytest.TestReport, pytest.CollectReport)

ROOT = Path(__file__).parent.parent
TEST_DATA = Path(os.environ.get("REFDESK_TEST_DATA", ROOT.parent / "shared"))
BROWSERS = (
    "chromium",
    "chromium-browser",
    "google-chrome",
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
)
NO_BROWSER = "needs Chromium; on Debian: sudo apt install chromium (or name it in REFDESK_CHROMIUM)"


def find_browser() -> str | None:
    """Return the program of a Chromium, or None."""
    candidates = [os.environ["REFDESK_CHROMIUM"]] if "REFDESK_CHROMIUM" in os.environ else BROWSERS
    return next((found for name in candidates if (found := shutil.which(name))), None)


@pytest.fixture(scope="session")
def chromium_program() -> str:
    """The path of the Chromium that browser tests drive."""
    program = find_browser()
    assert program, NO_BROWSER
    return program


@pytest.fixture(scope="session")
def postgres() -> Iterator[PostgresServer]:
    """A PostgreSQL server; a run without one fails."""
    with postgres_server() as server:
        yield server


@pytest.fixture(params=ENGINES)
def engine(request: pytest.FixtureRequest) -> Engine:
    """Each engine in turn; a test that is about one overrides this."""
    engine: Engine = request.param
    return engine


@pytest.fixture(scope="session")
def migrated_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A SQLite file with every table of the core; migrating takes longer than most tests."""
    path = sqlite_place(tmp_path_factory.mktemp("migrated")).where
    assert isinstance(path, Path)
    return path


@pytest.fixture
def place(engine: Engine, request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Place]:
    """An empty, migrated database on this engine."""
    if engine == "sqlite":
        yield sqlite_place(tmp_path, request.getfixturevalue("migrated_file"))
        return
    server: PostgresServer = request.getfixturevalue("postgres")
    place = postgres_place(server)
    yield place
    server.drop(str(place.where))


def pytest_report_header() -> str:
    """Say how large the source files are: the median should stay near 110 lines."""
    lengths = sorted(
        (len(file.read_text(encoding="utf-8").splitlines()), str(file.relative_to(ROOT)))
        for file in (ROOT / "refdesk").rglob("*.py")
    )
    median = statistics.median(length for length, _ in lengths)
    longest, name = lengths[-1]
    return f"refdesk: {len(lengths)} files, median {median:.0f} lines, longest {longest} ({name})"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Skip the browser tests where there is no browser."""
    if find_browser() is None:
        for item in items:
            if item.get_closest_marker("browser"):
                item.add_marker(pytest.mark.skip(reason=NO_BROWSER))


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Fail a skipped test under CI."""
    report = yield
    return _strict(report)


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report() -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    """Fail a skipped file under CI."""
    report = yield
    return _strict(report)


def _strict(report: Report) -> Report:
    if os.environ.get("CI") == "true" and report.skipped and not hasattr(report, "wasxfail"):
        reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else str(report.longrepr)
        if not _data_is_absent(reason):
            report.outcome = "failed"
            report.longrepr = f"Left out, and nothing may be left out with CI=true. {reason}"
    return report


def _data_is_absent(reason: str) -> bool:
    """A clone without the data beside it is whole: those tests name REFDESK_TEST_DATA and rest."""
    return "REFDESK_TEST_DATA" in reason and not TEST_DATA.exists()
