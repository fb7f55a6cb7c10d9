"""Is a damaged, shortened, foreign or hostile backup told from a good one?"""

import io
import json
import tarfile
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from refdesk.core.backup.backup_archive import (
    DATABASE,
    SETTINGS,
    Manifest,
    content_of,
    read_manifest,
    unpack,
    write_archive,
)
from refdesk.errors import DataError

DATABASE_CONTENT = b"rows of readers " * 1000
TOML_CONTENT = b"[library]\n"


def silent(_stage: str, _count: int) -> None:
    """Show no progress."""


def archive(folder: Path, **changes: object) -> bytes:
    """Return a good backup of two files, or one whose manifest says something else."""
    (folder / "a").write_bytes(DATABASE_CONTENT)
    (folder / "b").write_bytes(TOML_CONTENT)
    files = {DATABASE: folder / "a", SETTINGS: folder / "b"}
    contents = {name: content_of(file) for name, file in files.items()}
    values: dict[str, object] = {"refdesk": "0.1.0", "made_at": "now", "library": "main"}
    values |= {"schema": "0007", "keys": "left out", "files": contents}
    written = io.BytesIO()
    write_archive(written, Manifest(**(values | changes)), files, silent)  # type: ignore[arg-type]
    return written.getvalue()


def unpacked(content: bytes, folder: Path) -> Path:
    """Unpack into a new folder inside `folder`."""
    file, into = folder / "backup", folder / "into"
    file.write_bytes(content)
    for old in into.iterdir() if into.exists() else ():
        old.unlink()
    into.mkdir(exist_ok=True)
    unpack(file, into, silent)
    return into


def test_what_was_packed_comes_out_for_its_owner_only(tmp_path: Path) -> None:
    into = unpacked(archive(tmp_path), tmp_path)
    assert (into / DATABASE).read_bytes() == DATABASE_CONTENT
    assert (into / SETTINGS).read_bytes() == TOML_CONTENT
    assert {file.stat().st_mode & 0o777 for file in into.iterdir()} == {0o600}
    assert read_manifest(tmp_path / "backup").schema == "0007"


def test_any_tool_for_tar_reads_it(tmp_path: Path) -> None:
    with tarfile.open(fileobj=io.BytesIO(archive(tmp_path))) as opened:
        assert opened.getnames() == ["manifest.json", DATABASE, SETTINGS]


@given(position=st.integers(min_value=0), change=st.integers(1, 255))
@settings(
    deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=150
)
def test_a_changed_byte_is_noticed_or_says_nothing(
    position: int, change: int, tmp_path: Path
) -> None:
    content = bytearray(archive(tmp_path))
    content[position % len(content)] ^= change
    try:
        into = unpacked(bytes(content), tmp_path)
    except DataError:
        return
    # A byte of padding, of a date or of an owner's name: the files are as they were.
    assert (into / DATABASE).read_bytes() == DATABASE_CONTENT
    assert (into / SETTINGS).read_bytes() == TOML_CONTENT
    assert {file.name for file in into.iterdir()} == {DATABASE, SETTINGS}


@given(part=st.floats(0, 0.95))
@settings(
    deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=100
)
def test_a_shortened_backup_is_refused(part: float, tmp_path: Path) -> None:
    content = archive(tmp_path)
    whole = len(content.rstrip(b"\0"))
    with pytest.raises(DataError, match=r"is damaged|no backup that refdesk has made"):
        unpacked(content[: int(whole * part)], tmp_path)


@given(content=st.binary(max_size=3000))
@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_other_file_is_refused(content: bytes, tmp_path: Path) -> None:
    with pytest.raises(DataError, match="no backup that refdesk has made"):
        unpacked(content, tmp_path)


def hostile(build: Callable[[tarfile.TarFile], None]) -> bytes:
    written = io.BytesIO()
    with tarfile.open(fileobj=written, mode="w") as made:
        build(made)
    return written.getvalue()


def add(made: tarfile.TarFile, name: str, content: bytes = b"", **fields: object) -> None:
    header = tarfile.TarInfo(name)
    header.size = len(content)
    for field, value in fields.items():
        setattr(header, field, value)
    made.addfile(header, io.BytesIO(content))


def manifest(*names: str, **changes: object) -> bytes:
    files = {name: {"size": 4, "sha256": "0" * 64} for name in names}
    values = {"format": "refdesk backup 1", "refdesk": "1", "made_at": "", "library": "main"}
    return json.dumps(
        {**values, "schema": "", "keys": "left out", "files": files} | changes
    ).encode()


HOSTILE: dict[str, Callable[[tarfile.TarFile], None]] = {
    "a path out of the folder": lambda made: (
        add(made, "manifest.json", manifest(DATABASE, "../../evil")),
        add(made, "../../evil", b"evil"),
    )[0],
    "an absolute path": lambda made: add(made, "manifest.json", manifest(DATABASE, "/etc/evil")),
    "a link in the place of the database": lambda made: (
        add(made, "manifest.json", manifest(DATABASE)),
        add(made, DATABASE, type=tarfile.SYMTYPE, linkname="/etc/passwd"),
    )[0],
    "a hard link": lambda made: (
        add(made, "manifest.json", manifest(DATABASE)),
        add(made, DATABASE, type=tarfile.LNKTYPE, linkname="/etc/passwd"),
    )[0],
    "a device": lambda made: (
        add(made, "manifest.json", manifest(DATABASE)),
        add(made, DATABASE, type=tarfile.CHRTYPE),
    )[0],
    "a manifest without end": lambda made: add(made, "manifest.json", b" " * 70_000),
    "a manifest that is a list": lambda made: add(made, "manifest.json", b"[]"),
    "a manifest without files": lambda made: add(made, "manifest.json", manifest(files=[])),
    "a file of a negative size": lambda made: add(
        made, "manifest.json", manifest(files={DATABASE: {"size": "x", "sha256": ""}})
    ),
    "an unknown file": lambda made: add(made, "manifest.json", manifest(DATABASE, "plugin.py")),
    "no database": lambda made: add(made, "manifest.json", manifest(SETTINGS)),
    "something else first": lambda made: add(made, DATABASE, b"rows"),
}


@pytest.mark.parametrize("what", HOSTILE)
def test_a_hostile_archive_is_refused_and_leaves_nothing(what: str, tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"no backup that refdesk has made|is damaged"):
        unpacked(hostile(HOSTILE[what]), tmp_path)
    assert [file for file in tmp_path.rglob("*") if file.name in ("evil", "passwd")] == []
    assert list((tmp_path / "into").iterdir()) == []


def test_a_file_that_claims_to_be_huge_takes_no_room(tmp_path: Path) -> None:
    huge = 1 << 50
    listed = manifest(files={DATABASE: {"size": huge, "sha256": "0" * 64}})
    assert len(listed) < 512
    header = tarfile.TarInfo(DATABASE)
    for size, problem in ((huge, "it ends too early"), (4, "something else than its list says")):
        header.size = size
        start = hostile(lambda made: add(made, "manifest.json", listed))[:1024]
        with pytest.raises(DataError, match=problem):
            unpacked(start + header.tobuf(tarfile.GNU_FORMAT), tmp_path)
        assert sum(file.stat().st_size for file in (tmp_path / "into").iterdir()) == 0


def test_a_backup_of_a_later_format_says_so(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="made by a newer refdesk"):
        unpacked(
            hostile(
                lambda made: add(
                    made, "manifest.json", manifest(DATABASE, format="refdesk backup 2")
                )
            ),
            tmp_path,
        )


def test_a_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="missing cannot be read: No such file"):
        read_manifest(tmp_path / "missing")
