"""Can the addresses in the database be read with the keys at hand?"""

from typing import Literal

from refdesk.core.vault import identity_rows
from refdesk.core.vault.keys import VaultKeys
from refdesk.errors import SettingsError, VaultError
from refdesk.storage import Database

Readable = Literal["none", "readable", "key missing"]


def readable(database: Database, library: str, keys: VaultKeys) -> Readable:
    """Say "none" when there are no addresses, "key missing" when a key is missing or damaged."""
    needed = database.read_blocking(lambda tx: identity_rows.keys_in_use(tx, library))
    if not needed:
        return "none"
    try:
        there = {key.id for key in keys.load()}
    except (SettingsError, VaultError):
        return "key missing"
    return "readable" if needed <= there else "key missing"
