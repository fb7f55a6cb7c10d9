"""How are encrypted addresses found, written and deleted inside a transaction?"""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

from sqlalchemy import bindparam, delete, select, update
from sqlalchemy.dialects.postgresql import insert as upsert

from refdesk.core.vault.field_encryption import FieldKey, Place
from refdesk.core.vault.tables import IdentityRow, VaultKeyRow
from refdesk.errors import VaultError
from refdesk.storage import Database, Row, Transaction, prepare

_I: Any = IdentityRow.__table__  # type: ignore[attr-defined]  # SQLModel adds it at run time
_K: Any = VaultKeyRow.__table__  # type: ignore[attr-defined]
_RID_BYTES = 16

_IN_LIBRARY = _I.c.library == bindparam("library")
_FIND = prepare(select(_I).where(_IN_LIBRARY, _I.c.fingerprint == bindparam("fingerprint")))
_INSERT = prepare(upsert(_I).on_conflict_do_nothing().returning(_I.c.rid))
_ADDRESS = prepare(
    select(_I).where(
        _IN_LIBRARY, _I.c.account == bindparam("account"), _I.c.rid == bindparam("rid")
    )
)
_OF_READER = prepare(
    select(_I).where(_IN_LIBRARY, _I.c.rid == bindparam("rid")).order_by(_I.c.account)
)
_DELETE = prepare(delete(_I).where(_IN_LIBRARY, _I.c.rid == bindparam("rid")))
_KEYS_IN_USE = prepare(select(_I.c.key_id).where(_IN_LIBRARY).distinct())
_ACCOUNTS = prepare(select(_I.c.account).where(_IN_LIBRARY).distinct().order_by(_I.c.account))
_OTHERWISE_KEYED = prepare(
    select(_I)
    .where(_IN_LIBRARY, _I.c.key_id != bindparam("key_id"))
    .order_by(_I.c.account, _I.c.rid)
    .limit(bindparam("most"))
)
_REKEY = prepare(
    update(_I)
    .where(
        _I.c.library == bindparam("in_library"),
        _I.c.account == bindparam("of_account"),
        _I.c.rid == bindparam("of_rid"),
        _I.c.key_id == bindparam("old_key"),
    )
    .values({name: bindparam(name) for name in ("key_id", "fingerprint", "address")})
)
_current_key = select(_K.c.key_id).where(_K.c.library == bindparam("library"))
_CURRENT_KEY = prepare(_current_key)
# On PostgreSQL a rotation waits for those who write under the key it replaces, and they for it.
_CURRENT_KEY_HELD = prepare(_current_key.with_for_update(read=True))
_FIRST_KEY = prepare(upsert(_K).on_conflict_do_nothing())
_named = upsert(_K)
_SET_KEY = prepare(
    _named.on_conflict_do_update(
        index_elements=["library"],
        set_={"key_id": _named.excluded.key_id, "since": _named.excluded.since},
    )
)

Keys = Sequence[FieldKey]
Servers = Literal["one", "several"]


@dataclass(frozen=True, slots=True)
class Known:
    """What a look-up found: the reader, or why it cannot tell."""

    word: Literal["known", "new", "unknown", "keys are not those of the database"]
    rid: str = ""


def find(tx: Transaction, library: str, keys: Keys, account: str, address: str) -> Known:
    """Return whose address this is, under whichever of the keys it was written.

    Raises `VaultError` when the fingerprint stands beside another address: somebody moved it, and
    the message would be taken for another reader's.
    """
    for key in keys:
        row = tx.one(_FIND, library=library, fingerprint=key.fingerprint(library, account, address))
        if row is not None:
            if opened(row, (key,)) != address:
                raise VaultError(f"The fingerprint of reader {row['rid']} was changed or moved.")
            return Known("known", row["rid"])
    return Known("unknown")


def find_or_make(
    tx: Transaction,
    library: str,
    keys: Keys,
    servers: Servers,
    account: str,
    address: str,
    now: float,
) -> Known:
    """Return whose address this is; a new one gets a new reader, whoever else asks right now."""
    key = _key_to_write_with(tx, library, keys, servers, now)
    if key is None:
        return Known("keys are not those of the database")
    known = find(tx, library, keys, account, address)
    if known.word == "known":
        return known
    rid = secrets.token_urlsafe(_RID_BYTES)
    values = _sealed(key, library, account, rid, address)
    made = tx.one(_INSERT, library=library, account=account, rid=rid, created_at=now, **values)
    return Known("new", rid) if made else find(tx, library, keys, account, address)


def address_row(tx: Transaction, library: str, account: str, rid: str) -> Row | None:
    """Return the row of a reader's address on an account."""
    return tx.one(_ADDRESS, library=library, account=account, rid=rid)


def address_rows(tx: Transaction, library: str, rid: str) -> list[Row]:
    """Return the rows of all addresses of a reader."""
    return tx.all(_OF_READER, library=library, rid=rid)


def opened(row: Row, keys: Keys) -> str | None:
    """Return the address of a row; None when it was written under none of the keys.

    Raises `VaultError` when the row was changed or comes from another one.
    """
    for key in keys:
        if key.id == row["key_id"]:
            return key.open(row["address"], _place(row["library"], row["account"], row["rid"]))
    return None


def delete_addresses(tx: Transaction, library: str, rid: str) -> int:
    """Delete all addresses of a reader; return how many there were."""
    return tx.run(_DELETE, library=library, rid=rid)


def accounts(tx: Transaction, library: str) -> list[str]:
    """Return the channel accounts from which somebody has written."""
    return [row["account"] for row in tx.all(_ACCOUNTS, library=library)]


def keys_in_use(tx: Transaction, library: str) -> set[str]:
    """Return the names of the keys without which some address cannot be read."""
    return {row["key_id"] for row in tx.all(_KEYS_IN_USE, library=library)}


def servers_of(database: Database) -> Servers:
    """Say how many servers may work on a database."""
    return "several" if database.engine == "postgresql" else "one"


def keys_needed(tx: Transaction, library: str, servers: Servers) -> set[str]:
    """Return the names of the keys without which a server must not work with addresses.

    Of several servers each needs the one to write under, though no address bears it: another
    server has it, and a second key would part them.
    """
    needed = keys_in_use(tx, library)
    current = tx.one(_CURRENT_KEY, library=library) if servers == "several" else None
    return needed | {current["key_id"]} if current else needed


def name_current_key(tx: Transaction, library: str, key_id: str, now: float) -> None:
    """Let addresses be written under this key from now on."""
    tx.run(_SET_KEY, library=library, key_id=key_id, since=now)


def rekey_some(tx: Transaction, library: str, keys: Keys, new: FieldKey, most: int) -> int:
    """Rewrite at most so many addresses under `new`; return how many.

    Raises `VaultError` when one of them cannot be read.
    """
    rows = tx.all(_OTHERWISE_KEYED, library=library, key_id=new.id, most=most)
    for row in rows:
        address = opened(row, keys)
        if address is None:
            raise VaultError(f"The key {row['key_id']} is missing: its addresses cannot be read.")
        account, rid = row["account"], row["rid"]
        values = _sealed(new, library, account, rid, address)
        place = {"in_library": library, "of_account": account, "of_rid": rid}
        tx.run(_REKEY, **place, old_key=row["key_id"], **values)
    return len(rows)


def _key_to_write_with(
    tx: Transaction, library: str, keys: Keys, servers: Servers, now: float
) -> FieldKey | None:
    tx.run(_FIRST_KEY, library=library, key_id=keys[0].id, since=now)
    row = tx.one(_CURRENT_KEY_HELD, library=library)
    current = next((key for key in keys if row and key.id == row["key_id"]), None)
    if current is None and not keys_needed(tx, library, servers):
        # The only server has lost its key, under which no address is left.
        name_current_key(tx, library, keys[0].id, now)
        return keys[0]
    return current


def _sealed(key: FieldKey, library: str, account: str, rid: str, address: str) -> dict[str, str]:
    return {
        "key_id": key.id,
        "fingerprint": key.fingerprint(library, account, address),
        "address": key.seal(address, _place(library, account, rid)),
    }


def _place(library: str, account: str, rid: str) -> Place:
    return Place(library, rid, account, "address")
