"""Does a run say what it left out, and refuse to be green about it with CI=true?"""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

CONFTEST = Path(__file__).parents[1] / "conftest.py"
TESTS = """
import pytest

def test_runs():
    pass

@pytest.mark.browser
def test_page():
    pass

def test_texts():
    pytest.skip("no folder of texts: set REFDESK_TEST_DATA")
"""


@pytest.fixture
def run_tests(tmp_path: Path):
    (tmp_path / "refdesk").mkdir()
    (tmp_path / "refdesk/one.py").write_text('"""Which question?"""\n')
    (tmp_path / "tests").mkdir()
    shutil.copy(CONFTEST, tmp_path / "tests/conftest.py")
    (tmp_path / "tests/test_sample.py").write_text(TESTS)
    (tmp_path / "pytest.ini").write_text("[pytest]\nmarkers = browser\naddopts = -ra\n")

    def run(**environment: str) -> str:
        clean = {key: value for key, value in os.environ.items() if not key.startswith("PYTEST")}
        outcome = subprocess.run(
            [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "tests"],
            cwd=tmp_path,
            env=clean | {"CI": "false", "REFDESK_TEST_DATA": str(tmp_path / "no")} | environment,
            check=False,
            capture_output=True,
            text=True,
            timeout=120,
        )
        return outcome.stdout

    return run


def test_without_a_browser_the_run_goes_on_and_says_what_to_install(run_tests) -> None:
    output = run_tests(REFDESK_CHROMIUM="no-such-browser")
    assert "sudo apt install chromium" in output
    assert "1 passed, 2 skipped" in output


def test_with_ci_a_missing_browser_is_a_failure(run_tests) -> None:
    output = run_tests(REFDESK_CHROMIUM="no-such-browser", CI="true")
    assert "Left out, and nothing may be left out with CI=true" in output
    assert "1 passed, 1 skipped, 1 error" in output


def test_with_ci_data_that_is_not_there_may_be_missing(run_tests) -> None:
    assert "2 passed, 1 skipped" in run_tests(REFDESK_CHROMIUM=sys.executable, CI="true")


def test_with_ci_data_that_is_there_must_be_used(run_tests, tmp_path: Path) -> None:
    output = run_tests(REFDESK_CHROMIUM=sys.executable, CI="true", REFDESK_TEST_DATA=str(tmp_path))
    assert "1 failed, 2 passed" in output


def test_the_run_says_how_large_the_sources_are(run_tests) -> None:
    assert "refdesk: 1 files, median 1 lines, longest 1 (refdesk/one.py)" in run_tests()
