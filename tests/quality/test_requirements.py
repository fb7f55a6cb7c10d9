"""Do the pinned requirements fit pyproject.toml, and is every download checked?"""

import re
import tomllib
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
PIN = re.compile(
    r"^([a-z0-9][a-z0-9.-]*)==(\S+)(?: ; [^\\]+)? \\\n((?:    --hash=.*\n)+)", re.MULTILINE
)

every_list = pytest.mark.parametrize("name", ["runtime", "build", "dev"])


def _text(name: str) -> str:
    return (ROOT / f"requirements/{name}.txt").read_text(encoding="utf-8")


def _pins(name: str) -> dict[str, str]:
    return {package: version for package, version, _hashes in PIN.findall(_text(name))}


def _asked_for(name: str) -> set[str]:
    wanted: list[Any] = {
        "runtime": PROJECT["project"]["dependencies"],
        "build": PROJECT["build-system"]["requires"],
        "dev": PROJECT["project"]["dependencies"] + PROJECT["dependency-groups"]["dev"],
    }[name]
    texts = [entry for entry in wanted if isinstance(entry, str)]
    return {re.split(r"[^A-Za-z0-9._-]", text)[0].lower().replace("_", "-") for text in texts}


@every_list
def test_everything_that_pyproject_asks_for_is_pinned(name: str) -> None:
    assert _asked_for(name) - set(_pins(name)) == set()


@every_list
def test_every_line_that_installs_something_is_a_pin_with_hashes(name: str) -> None:
    left = PIN.sub("", _text(name)).splitlines()
    assert [line for line in left if line.strip() and not line.lstrip().startswith("#")] == []
    assert all(
        "--hash=sha256:" in hashes for _package, _version, hashes in PIN.findall(_text(name))
    )


@every_list
def test_the_lists_name_no_index(name: str) -> None:
    assert re.search(r"://|index|find-links", _text(name)) is None


def test_what_two_lists_pin_has_one_version() -> None:
    runtime, build, dev = _pins("runtime"), _pins("build"), _pins("dev")
    assert {**dev, **build, **runtime} == dev | {
        package: version for package, version in runtime.items() if package not in dev
    }


def test_whoosh_is_pinned_exactly_in_the_wheel_too() -> None:
    assert "whoosh==2.7.4" in PROJECT["project"]["dependencies"]


def test_the_build_group_is_what_the_build_asks_for_also_when_editable() -> None:
    asked_for = {*PROJECT["build-system"]["requires"], "editables"}
    assert set(PROJECT["dependency-groups"]["build"]) == asked_for
