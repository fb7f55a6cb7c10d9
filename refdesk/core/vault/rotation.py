"""How does the identity vault get a new key while servers run?

Five steps; after a kill at any of them, whoever begins again goes on where it ended:

1. A new key stands before the old one in `vault.key`. Nothing uses it yet.
2. The database names it as the key to write under. Servers that do not know it read the file again.
3. Addresses are rewritten in small transactions. Both keys open them, both fingerprints are looked
   up, so readers notice nothing.
4. None is left under another key.
5. The old key is dropped from `vault.key`.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from refdesk.core.vault import identity_rows
from refdesk.core.vault.field_encryption import FieldKey
from refdesk.core.vault.keys import VaultKeys
from refdesk.errors import VaultError
from refdesk.storage import Database

# Small enough that a message which comes meanwhile waits a few milliseconds.
ADDRESSES_AT_ONCE = 100
Progress = Callable[[str, int], None]


@dataclass(frozen=True, slots=True)
class Rotated:
    """What a rotation did: rewritten addresses, and whether the old keys are gone from here."""

    addresses: int
    key_id: str
    old_keys: Literal["dropped", "to be taken out of your secret", "there were none"]


def rotate(
    database: Database,
    library: str,
    keys: VaultKeys,
    progress: Progress,
    clock: Callable[[], float] = time.time,
) -> Rotated:
    """Rewrite every address under a new key, or go on with a rotation that was interrupted.

    Raises `VaultError` when a key is missing, an address was changed, or another rotation runs.
    """
    with keys.changing():
        ring = _with_new_key(database, library, keys)
        newest = ring[0]
        database.write_blocking(
            lambda tx: identity_rows.name_current_key(tx, library, newest.id, clock())
        )
        addresses = _rewrite(database, library, ring, progress)
        if len(ring) == 1:
            return Rotated(addresses, newest.id, "there were none")
        if keys.place == "secret":
            return Rotated(addresses, newest.id, "to be taken out of your secret")
        keys.keep_only(newest)
        return Rotated(addresses, newest.id, "dropped")


def _with_new_key(database: Database, library: str, keys: VaultKeys) -> tuple[FieldKey, ...]:
    """Return the keys with a new one first; the one of an interrupted rotation is still new."""
    servers = identity_rows.servers_of(database)
    needed = database.read_blocking(lambda tx: identity_rows.keys_needed(tx, library, servers))
    present = keys.load()
    lacking = needed - {key.id for key in present}
    if lacking:
        raise VaultError(
            f"{keys.origin} lacks the key {min(lacking)}, with which addresses of readers are "
            "encrypted. Restore it from your copy of the keys, then rotate."
        )
    if keys.place == "file" and len(present) < 2:  # noqa: PLR2004 - the new one and the old one
        keys.add()
    return keys.load()


def _rewrite(
    database: Database, library: str, ring: tuple[FieldKey, ...], progress: Progress
) -> int:
    done = 0
    while True:
        rewritten = database.write_blocking(
            lambda tx: identity_rows.rekey_some(tx, library, ring, ring[0], ADDRESSES_AT_ONCE)
        )
        if rewritten == 0:
            return done
        done += rewritten
        progress("encrypting under the new key", done)
