"""What is a backup file made of, and how is a damaged or foreign one told?

An uncompressed tar archive: `manifest.json` first, then the files it names, each with its size and
SHA-256. It is read header by header: only plain files under known names are accepted, so nothing in
it can lead out of the folder it is unpacked into, and nothing is larger than the archive itself.
"""

import hashlib
import io
import json
import os
import tarfile
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import IO, Literal

from refdesk.errors import DataError

DATABASE, SETTINGS = "refdesk.db", "refdesk.toml"
KEYS = ("secret.key", "vault.key")
_KNOWN = frozenset({DATABASE, SETTINGS, *KEYS})
_MANIFEST = "manifest.json"
_FORMAT = "refdesk backup 1"
_BLOCK = tarfile.BLOCKSIZE
_CHUNK = 1 << 20
_LARGEST_MANIFEST = 64 * 1024

Progress = Callable[[str, int], None]


@dataclass(frozen=True, slots=True)
class Content:
    """One file of a backup."""

    size: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a backup says of itself; `made_at` is ISO 8601 in UTC."""

    refdesk: str
    made_at: str
    library: str
    schema: str
    keys: Literal["included", "left out"]
    files: Mapping[str, Content]


def content_of(file: Path) -> Content:
    """Return size and checksum of a file."""
    digest = hashlib.sha256()
    with file.open("rb") as source:
        while chunk := source.read(_CHUNK):
            digest.update(chunk)
    return Content(file.stat().st_size, digest.hexdigest())


def write_archive(
    target: IO[bytes], manifest: Manifest, files: Mapping[str, Path], progress: Progress
) -> None:
    """Write the archive; `progress` is told a stage and how many MiB are written."""
    text = json.dumps({"format": _FORMAT, **asdict(manifest)}, indent=2).encode()
    written = 0
    with tarfile.open(fileobj=target, mode="w", format=tarfile.GNU_FORMAT) as archive:
        archive.addfile(_header(_MANIFEST, len(text)), io.BytesIO(text))
        for name, file in files.items():
            with file.open("rb") as source:
                archive.addfile(_header(name, manifest.files[name].size), source)
            written += manifest.files[name].size
            progress("writing the archive, MiB", written >> 20)


def read_manifest(file: Path) -> Manifest:
    """Return what a backup says of itself; raises `DataError` when it is none."""
    with _opened(file) as archive:
        return _read_manifest(archive, file)


def unpack(file: Path, folder: Path, progress: Progress) -> Manifest:
    """Write the files of a backup into an empty folder, readable by their owner only.

    Raises `DataError` when anything differs from the manifest; what has been written until then is
    left to the caller, who removes the folder.
    """
    with _opened(file) as archive:
        manifest = _read_manifest(archive, file)
        missing = dict(manifest.files)
        written = 0
        while missing:
            header = _next_header(archive, file)
            content = missing.pop(header.name, None)
            if content is None or content.size != header.size:
                raise _broken(file, "it holds something else than its list says")
            digest = _write_out(archive, folder / header.name, header.size, file)
            if digest != content.sha256:
                raise _broken(file, f"{header.name} in it has changed since it was made")
            written += header.size
            progress("unpacking, MiB", written >> 20)
        if archive.read(2 * _BLOCK).strip(b"\0"):
            raise _broken(file, "it holds more than its list says")
    return manifest


def _opened(file: Path) -> IO[bytes]:
    try:
        return file.open("rb")
    except OSError as error:
        raise DataError(f"{file} cannot be read: {error.strerror}.") from error


def _header(name: str, size: int) -> tarfile.TarInfo:
    header = tarfile.TarInfo(name)
    header.size, header.mode = size, 0o600
    return header


def _read_manifest(archive: IO[bytes], file: Path) -> Manifest:
    header = _next_header(archive, file)
    if header.name != _MANIFEST or header.size > _LARGEST_MANIFEST:
        raise _foreign(file)
    text = archive.read(header.size)
    archive.read(-header.size % _BLOCK)
    try:
        data = json.loads(text)
        made_as = str(data.pop("format"))
        if made_as != _FORMAT and made_as.startswith("refdesk backup"):
            raise DataError(f"{file} was made by a newer refdesk. Restore it with that one.")
        files = {
            str(name): Content(int(one["size"]), str(one["sha256"]))
            for name, one in data.pop("files").items()
        }
        manifest = Manifest(**{name: str(value) for name, value in data.items()}, files=files)  # type: ignore[arg-type]  # `keys` is only shown
    except (ValueError, KeyError, TypeError, AttributeError):
        raise _foreign(file) from None
    if made_as != _FORMAT or DATABASE not in files or not _KNOWN.issuperset(files):
        raise _foreign(file)
    return manifest


def _next_header(archive: IO[bytes], file: Path) -> tarfile.TarInfo:
    """Read one header by itself: links, folders, devices and extensions are refused by it."""
    block = archive.read(_BLOCK)
    try:
        header = tarfile.TarInfo.frombuf(block, "utf-8", "strict")
    except (tarfile.HeaderError, ValueError):
        at_start = archive.tell() <= _BLOCK
        raise (_foreign(file) if at_start else _broken(file, "it ends too early")) from None
    if header.type not in (tarfile.REGTYPE, tarfile.AREGTYPE) or header.size < 0:
        raise _foreign(file)
    return header


def _write_out(archive: IO[bytes], target: Path, size: int, file: Path) -> str:
    digest, left = hashlib.sha256(), size
    descriptor = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as written:
        while left:
            chunk = archive.read(min(_CHUNK, left))
            if not chunk:
                raise _broken(file, "it ends too early")
            written.write(chunk)
            digest.update(chunk)
            left -= len(chunk)
        written.flush()
        os.fsync(written.fileno())
    archive.read(-size % _BLOCK)
    return digest.hexdigest()


def _foreign(file: Path) -> DataError:
    return DataError(f"{file} is no backup that refdesk has made. Nothing was changed.")


def _broken(file: Path, why: str) -> DataError:
    return DataError(f"{file} is damaged: {why}. Nothing was changed; use another backup.")
