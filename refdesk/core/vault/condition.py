"""Can the addresses in the database be read with the keys at hand?"""

from typing import Literal

from refdesk.core.vault import identity_rows
from refdesk.core.vault.keys import VaultKeys
from refdesk.errors import SettingsError, VaultError
from refdesk.storage import Database

Readable = Literal["none", "readable", "key missing"]


def readable(database: Database, library: str, keys: VaultKeys) -> Readable:
    """Say "none" when no key is needed, "key missing" when one is missing, damaged or another."""
    servers = identity_rows.servers_of(database)
    needed = database.read_blocking(lambda tx: identity_rows.keys_needed(tx, library, servers))
    if not needed:
        return "none"
    try:
        there = {key.id for key in keys.load()}
    except (SettingsError, VaultError):
        return "key missing"
    return "readable" if needed <= there else "key missing"
