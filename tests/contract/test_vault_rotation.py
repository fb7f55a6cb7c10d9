"""Does the vault get a new key while it is used, and does a rotation survive a kill at any step?"""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import text

from refdesk.core.secrets import SecretReference
from refdesk.core.vault import condition
from refdesk.core.vault.field_encryption import FieldKey
from refdesk.core.vault.identity_vault import IdentityVault
from refdesk.core.vault.keys import KEY_FILE, VaultKeys, VaultSettings
from refdesk.core.vault.rotation import ADDRESSES_AT_ONCE, Rotated, rotate
from refdesk.errors import VaultError
from refdesk.storage import Database, prepare
from tests.databases import Place

ADDRESSES = [f"openid-{number}" for number in range(2 * ADDRESSES_AT_ONCE + 1)]
KEYS_USED = prepare(text("SELECT DISTINCT key_id FROM identity"))
DAMAGE = prepare(text("UPDATE identity SET address = 'AAAA' WHERE rid = :rid"))


class KilledError(Exception):
    """The process ends here."""


@pytest.fixture
def database(place: Place) -> Iterator[Database]:
    with closing(place.open()) as opened:
        yield opened


@pytest.fixture
async def rids(database: Database, tmp_path: Path) -> dict[str, str]:
    vault = open_vault(database, tmp_path)
    return {address: await vault.rid_for("wechat", address) for address in ADDRESSES}


def open_vault(database: Database, folder: Path) -> IdentityVault:
    return IdentityVault(database, "main", VaultKeys(folder), lambda: 1.0)


def turn_keys(database: Database, folder: Path, keys: VaultKeys | None = None) -> Rotated:
    return rotate(database, "main", keys or VaultKeys(folder), lambda _stage, _count: None)


async def everybody_is_found(database: Database, folder: Path, rids: dict[str, str]) -> None:
    vault = open_vault(database, folder)
    assert {one: await vault.rid_for("wechat", one) for one in rids} == rids
    fresh = open_vault(database, folder)
    assert [await fresh.address_of("wechat", rid) for rid in rids.values()] == list(rids)


def used(database: Database) -> set[str]:
    return {row[0] for row in database.read_blocking(lambda tx: tx.all(KEYS_USED))}


async def test_every_address_gets_the_new_key_and_the_old_one_is_dropped(
    database: Database, tmp_path: Path, rids: dict[str, str]
) -> None:
    (old,) = VaultKeys(tmp_path).load()
    done = turn_keys(database, tmp_path)
    (new,) = VaultKeys(tmp_path).load()
    assert done == Rotated(len(ADDRESSES), new.id, "dropped")
    assert new.id != old.id
    assert used(database) == {new.id}
    assert (tmp_path / KEY_FILE).stat().st_mode & 0o077 == 0
    await everybody_is_found(database, tmp_path, rids)


class KilledAfterAdding(VaultKeys):
    def add(self) -> FieldKey:
        super().add()
        raise KilledError


class KilledBeforeDropping(VaultKeys):
    def keep_only(self, _key: FieldKey) -> None:
        raise KilledError


def killed_before_naming(database: Database, folder: Path) -> None:
    def no_time() -> float:
        raise KilledError

    rotate(database, "main", VaultKeys(folder), lambda *_: None, no_time)


def killed_after_batch(number: int) -> Callable[[Database, Path], None]:
    def killed(database: Database, folder: Path) -> None:
        def stop(_stage: str, count: int) -> None:
            if count >= number * ADDRESSES_AT_ONCE:
                raise KilledError

        rotate(database, "main", VaultKeys(folder), stop)

    return killed


KILLS: dict[str, Callable[[Database, Path], object]] = {
    "after the new key is in the file": lambda database, folder: turn_keys(
        database, folder, KilledAfterAdding(folder)
    ),
    "before it is named": killed_before_naming,
    "after one batch": killed_after_batch(1),
    "after two batches": killed_after_batch(2),
    "before the old key is dropped": lambda database, folder: turn_keys(
        database, folder, KilledBeforeDropping(folder)
    ),
}


@pytest.mark.parametrize("where", KILLS)
async def test_after_a_kill_everybody_is_found_and_the_rotation_goes_on(
    where: str, database: Database, tmp_path: Path, rids: dict[str, str]
) -> None:
    running = open_vault(database, tmp_path)
    assert await running.rid_for("wechat", ADDRESSES[0]) == rids[ADDRESSES[0]]
    with pytest.raises(KilledError):
        KILLS[where](database, tmp_path)
    half_done = VaultKeys(tmp_path).load()
    assert len(half_done) == 2
    for vault in (running, open_vault(database, tmp_path)):
        for address in (ADDRESSES[0], ADDRESSES[-1]):
            assert await vault.rid_for("wechat", address) == rids[address]
    newcomer = await running.rid_for("wechat", f"newcomer {where}")
    turn_keys(database, tmp_path)
    (key,) = VaultKeys(tmp_path).load()
    assert key.id == half_done[0].id, "no third key was made"
    assert used(database) == {key.id}
    await everybody_is_found(database, tmp_path, {**rids, f"newcomer {where}": newcomer})


async def test_readers_notice_nothing_while_it_runs(
    database: Database, tmp_path: Path, rids: dict[str, str]
) -> None:
    servers = [open_vault(database, tmp_path) for _ in range(2)]
    for server in servers:
        await server.rid_for("wechat", ADDRESSES[0])  # both know the old key now
    rotating = asyncio.ensure_future(asyncio.to_thread(turn_keys, database, tmp_path))
    seen, newcomers = 0, {}
    while not rotating.done() or seen < 20:
        server = servers[seen % 2]
        address = ADDRESSES[-seen % len(ADDRESSES)]
        assert await server.known_rid("wechat", address) in {rids[address], None}
        assert await server.rid_for("wechat", address) == rids[address]
        newcomers[f"new {seen}"] = await server.rid_for("wechat", f"new {seen}")
        seen += 1
    await rotating
    await everybody_is_found(database, tmp_path, rids | newcomers)


async def test_an_address_that_was_changed_stops_it_and_keeps_the_old_key(
    database: Database, tmp_path: Path, rids: dict[str, str]
) -> None:
    damaged = rids[ADDRESSES[7]]
    database.write_blocking(lambda tx: tx.run(DAMAGE, rid=damaged))
    with pytest.raises(VaultError, match=damaged):
        turn_keys(database, tmp_path)
    assert len(VaultKeys(tmp_path).load()) == 2
    await open_vault(database, tmp_path).erase(damaged)
    assert turn_keys(database, tmp_path).old_keys == "dropped"


async def test_a_rotation_without_the_key_is_refused_before_it_begins(
    database: Database, tmp_path: Path, rids: dict[str, str]
) -> None:
    (tmp_path / KEY_FILE).unlink()
    with pytest.raises(VaultError, match="lacks the key"):
        turn_keys(database, tmp_path)
    assert rids
    assert not (tmp_path / KEY_FILE).exists()


async def test_on_postgresql_a_second_folder_gets_no_key_of_its_own_and_is_told(
    database: Database, tmp_path: Path
) -> None:
    if database.engine != "postgresql":
        return  # one folder, one server
    folders = [tmp_path / name for name in ("one", "two", "three")]
    for folder in folders:
        folder.mkdir()
    one, two, three = folders
    first = turn_keys(database, one)
    VaultKeys(three).make()
    for other in (two, three):
        there = [file.read_bytes() for file in other.iterdir()]
        with pytest.raises(VaultError, match=f"lacks the key {first.key_id}"):
            turn_keys(database, other)
        with pytest.raises(VaultError, match="copy it from another server"):
            await open_vault(database, other).rid_for("wechat", "openid-1")
        assert condition.readable(database, "main", VaultKeys(other)) == "key missing"
        assert [file.read_bytes() for file in other.iterdir()] == there
    assert condition.readable(database, "main", VaultKeys(one)) == "readable"
    assert turn_keys(database, one).old_keys == "dropped"


def test_one_rotation_at_a_time(database: Database, tmp_path: Path) -> None:
    with (
        VaultKeys(tmp_path).changing(),
        pytest.raises(VaultError, match="Another command is changing the keys"),
    ):
        turn_keys(database, tmp_path)


async def test_keys_kept_elsewhere_are_rotated_as_they_stand_there(
    database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    old, new = f"{'B' * 43}=", f"{'C' * 43}="
    keys = VaultKeys(tmp_path, VaultSettings(key=SecretReference(env="REFDESK_TEST_VAULT_KEY")))
    monkeypatch.setenv("REFDESK_TEST_VAULT_KEY", old)
    rid = await IdentityVault(database, "main", keys).rid_for("wechat", "a")
    monkeypatch.setenv("REFDESK_TEST_VAULT_KEY", f"{new} {old}")
    done = turn_keys(database, tmp_path, keys)
    assert (done.addresses, done.old_keys) == (1, "to be taken out of your secret")
    monkeypatch.setenv("REFDESK_TEST_VAULT_KEY", new)
    assert await IdentityVault(database, "main", keys).address_of("wechat", rid) == "a"
