"""Does the example of a plugin work as a package of its own would?"""

import tomllib
from pathlib import Path

import pytest

from refdesk.app import App
from refdesk.deployment import open_deployment

pytest_plugins = ["pytester"]
EXAMPLE = Path(__file__).parents[2] / "examples/seats"
PROJECT = tomllib.loads((EXAMPLE / "pyproject.toml").read_text(encoding="utf-8"))


def test_its_own_tests_pass(pytester: pytest.Pytester) -> None:
    # In a process of its own: pytester forgets modules that a run in this one has imported, and
    # SQLAlchemy cannot be imported twice.
    outcome = pytester.runpytest_subprocess(
        "--rootdir", str(EXAMPLE), "-c", str(EXAMPLE / "pyproject.toml"), "-p", "no:cacheprovider",
        str(EXAMPLE / "tests"),
    )  # fmt: skip
    outcome.assert_outcomes(passed=8)


def test_it_is_found_by_its_entry_point_and_has_its_section(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    points = PROJECT["project"]["entry-points"]["refdesk.plugins"]
    installed = tmp_path / "site" / "refdesk_seats-0.1.0.dist-info"
    installed.mkdir(parents=True)
    (installed / "METADATA").write_text(
        "Metadata-Version: 2.1\nName: refdesk-seats\nVersion: 0.1.0\n"
    )
    lines = [f"{name} = {value}\n" for name, value in points.items()]
    (installed / "entry_points.txt").write_text("[refdesk.plugins]\n" + "".join(lines))
    monkeypatch.syspath_prepend(installed.parent)
    monkeypatch.syspath_prepend(EXAMPLE)

    folder = tmp_path / "library"
    folder.mkdir()
    settings = '[plugins.seats]\naddress = "http://127.0.0.1/free"\n'
    (folder / "refdesk.toml").write_text(settings, encoding="utf-8")
    deployment = open_deployment(folder)
    try:
        reports = {report.name: report for report in App(deployment).plugin_reports}
    finally:
        deployment.close()
    assert reports["seats"].condition == "loaded"
    assert reports["seats"].version == "0.1.0"
