"""Whose address on a platform is this, and where is a reader reached? (DESIGN sections 4.7 and 5)

Only here do a reader's random number and a platform's address meet. In the database the address is
encrypted by field; a keyed hash finds it again.
"""

import time
from collections import OrderedDict
from collections.abc import Callable, Iterable

from refdesk.core.vault import identity_rows
from refdesk.core.vault.field_encryption import FieldKey
from refdesk.core.vault.keys import VaultKeys
from refdesk.errors import VaultError
from refdesk.storage import Database, Transaction

# Readers who write just now. An address stands here in clear, so no more than are useful.
CACHED_READERS = 1_000
LONGEST_ADDRESS_CHARACTERS = 1_000


class IdentityVault:
    """The addresses of one library's readers."""

    def __init__(
        self,
        database: Database,
        library: str,
        keys: VaultKeys,
        clock: Callable[[], float] = time.time,
    ) -> None:
        """Keep them in `database`; the keys are read when the first address comes."""
        self._database = database
        self._library = library
        self._servers = identity_rows.servers_of(database)
        self._keys = keys
        self._clock = clock
        self._ring: tuple[FieldKey, ...] = ()
        self._known: OrderedDict[tuple[str, str], str] = OrderedDict()  # account, address -> rid
        self._addresses: dict[tuple[str, str], str] = {}  # account, rid -> address
        self._erasures = 0  # what was read before one of them is not remembered after it

    async def rid_for(self, account: str, address: str) -> str:
        """Return the reader who has this address on this account, new at first sight.

        Raises `VaultError` when the key is missing or wrong: nobody is then taken for a new reader.
        """
        if not 0 < len(address) <= LONGEST_ADDRESS_CHARACTERS:
            raise VaultError(f"An address has 1 to {LONGEST_ADDRESS_CHARACTERS} characters.")
        cached = self._known.get((account, address))
        if cached is not None:
            self._known.move_to_end((account, address))
            return cached
        erasures = self._erasures
        rid = await self.known_rid(account, address) or await self._make(account, address)
        if erasures == self._erasures:
            self._remember(account, address, rid)
        return rid

    async def known_rid(self, account: str, address: str) -> str | None:
        """Return the reader who has this address, or None; nobody, and no key, is made by it."""
        library, keys = self._library, await self._usable_keys()
        found = await self._database.read(
            lambda tx: identity_rows.find(tx, library, keys, account, address)
        )
        return found.rid or None

    async def address_of(self, account: str, rid: str) -> str | None:
        """Return where this reader is reached on this account; None when that is not known.

        Raises `VaultError` when the key is missing or wrong, or the row was changed.
        """
        cached = self._addresses.get((account, rid))
        if cached is not None:
            return cached
        erasures = self._erasures
        row = await self._database.read(
            lambda tx: identity_rows.address_row(tx, self._library, account, rid)
        )
        if row is None:
            return None
        address = identity_rows.opened(row, await self._usable_keys())
        if address is None:  # written a moment ago, under a key that a rotation has just made
            address = identity_rows.opened(row, await self._read_keys())
        if address is None:
            raise self._lacking_key(row["key_id"])
        if erasures == self._erasures:
            self._remember(account, address, rid)
        return address

    async def addresses_of(self, rid: str) -> dict[str, str]:
        """Return all addresses of a reader, by account."""
        rows = await self._database.read(
            lambda tx: identity_rows.address_rows(tx, self._library, rid)
        )
        found = {row["account"]: await self.address_of(row["account"], rid) for row in rows}
        return {account: address for account, address in found.items() if address is not None}

    async def erase(self, rid: str) -> None:
        """Delete every address of a reader; the next message from one makes a new reader."""
        await self._database.write(
            lambda tx: identity_rows.delete_addresses(tx, self._library, rid)
        )
        self.forget({rid})

    def forget(self, rids: Iterable[str]) -> None:
        """Drop readers from memory, who have been erased elsewhere."""
        gone = set(rids)
        self._erasures += 1
        for (account, address), rid in list(self._known.items()):
            if rid in gone:
                del self._known[account, address]
                self._addresses.pop((account, rid), None)

    async def _make(self, account: str, address: str) -> str:
        """Write a new address; read the keys again when a rotation has just changed them."""

        def making(keys: tuple[FieldKey, ...]) -> Callable[[Transaction], identity_rows.Known]:
            return lambda tx: identity_rows.find_or_make(
                tx, self._library, keys, self._servers, account, address, self._clock()
            )

        self._ring = self._ring or self._keys.make()
        made = await self._database.write(making(self._ring))
        if not made.rid:
            made = await self._database.write(making(await self._read_keys()))
        if not made.rid:
            raise self._lacking_key()
        return made.rid

    async def _usable_keys(self) -> tuple[FieldKey, ...]:
        return self._ring or await self._read_keys()

    async def _read_keys(self) -> tuple[FieldKey, ...]:
        """Read the keys; there may be none only where nothing was encrypted yet."""
        needed = await self._database.read(
            lambda tx: identity_rows.keys_needed(tx, self._library, self._servers)
        )
        keys = self._keys.load()
        if not keys and needed:
            raise VaultError(
                f"{self._keys.path} is missing, and addresses of readers are encrypted with it. "
                "Restore it from your copy of the keys, or copy it from another server."
            )
        for key_id in needed - {key.id for key in keys}:
            raise self._lacking_key(key_id)
        self._ring = keys
        return keys

    def _lacking_key(self, key_id: str = "") -> VaultError:
        which = f" the key {key_id}" if key_id else " the key now in use"
        return VaultError(
            f"{self._keys.origin} lacks{which}, with which addresses of readers are encrypted. "
            "Restore it from your copy of the keys, or copy it from another server."
        )

    def _remember(self, account: str, address: str, rid: str) -> None:
        self._known[account, address] = rid
        self._addresses[account, rid] = address
        if len(self._known) > CACHED_READERS:
            (old_account, _address), old_rid = self._known.popitem(last=False)
            self._addresses.pop((old_account, old_rid), None)
