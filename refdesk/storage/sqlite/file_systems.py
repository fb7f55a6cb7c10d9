"""Does a file lie where SQLite can keep its promises?"""

import re
from pathlib import Path

_MOUNTS = Path("/proc/mounts")
_ESCAPED = re.compile(r"\\([0-7]{3})")
# Locks and shared memory do not work there between machines: https://www.sqlite.org/wal.html
_ON_A_NETWORK = {
    *("nfs", "nfs4", "cifs", "smb3", "smbfs", "afs", "ceph", "lustre"),
    *("fuse.sshfs", "fuse.glusterfs", "fuse.ceph-fuse", "fuse.s3fs"),
}


def network_file_system(path: Path) -> str | None:
    """Return the kind of network file system that holds `path`, or None.

    None also where the system does not tell (no /proc/mounts).
    """
    if not _MOUNTS.exists():
        return None
    kind = kind_of(path.resolve(), _MOUNTS.read_text("utf-8", "surrogateescape"))
    return kind if kind in _ON_A_NETWORK else None


def kind_of(path: Path, mounts: str) -> str:
    """Return the kind of the file system that holds an absolute path.

    `mounts` is the text of /proc/mounts: device, folder, kind, options in each line; a later
    line hides an earlier one, and a space is written as its octal number.
    """
    kind, longest = "", -1
    for line in mounts.splitlines():
        _device, folder, this_kind = line.split(" ")[:3]
        place = Path(_ESCAPED.sub(lambda found: chr(int(found[1], 8)), folder))
        if path.is_relative_to(place) and len(place.parts) >= longest:
            kind, longest = this_kind, len(place.parts)
    return kind
