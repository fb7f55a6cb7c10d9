"""Does the repository stay free of what belongs to one machine or one network?"""

import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
# Written in halves, so that this file does not find itself.
REGISTRIES = ("pypi" + ".org", "python" + "hosted.org", "registry." + "npmjs", "index" + "-url =")
MACHINE_PATH = re.compile(r"(?<![\w.])/(?:" + "wo" + r"rk|ro" + r"ot|Users|home/\w+|tmp/tmp)/\w")


def _tracked() -> list[Path]:
    listing = subprocess.run(
        ["git", "-c", "safe.directory=*", "-C", str(ROOT), "ls-files", "-z"],  # noqa: S607 - git of the developer
        check=False,
        capture_output=True,
    )
    if listing.returncode:
        pytest.skip("this is no git checkout")
    names = listing.stdout.decode().split("\0")
    return [ROOT / name for name in names if name and (ROOT / name).is_file()]


def _lines(file: Path) -> list[str]:
    try:
        return file.read_text(encoding="utf-8").splitlines()
    except UnicodeDecodeError:
        return []  # an image, or a sample in another encoding


def _places(says: re.Pattern[str]) -> list[str]:
    return [
        f"{file.relative_to(ROOT)}:{number}: {line.strip()[:120]}"
        for file in _tracked()
        for number, line in enumerate(_lines(file), 1)
        if says.search(line)
    ]


def test_no_tracked_file_names_a_package_registry() -> None:
    assert _places(re.compile("|".join(map(re.escape, REGISTRIES)))) == []


def test_no_tracked_file_names_a_path_of_somebodys_machine() -> None:
    assert _places(MACHINE_PATH) == []


def test_lock_files_that_record_addresses_stay_out() -> None:
    names = {"uv.lock", "poetry.lock", "pdm.lock", "package-lock.json", "yarn.lock"}
    assert [file.name for file in _tracked() if file.name in names] == []
