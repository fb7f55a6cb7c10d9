"""Does the identity vault keep its promises on every database?"""

import asyncio
import os
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import text

from refdesk.core.secrets import SecretReference
from refdesk.core.vault.identity_vault import CACHED_READERS, IdentityVault
from refdesk.core.vault.keys import KEY_FILE, VaultKeys, VaultSettings
from refdesk.errors import SettingsError, VaultError
from refdesk.storage import Database, prepare
from tests.databases import Place

OpenVault = Callable[..., IdentityVault]
ADDRESS = "openid-Flamingo-4711"
ROWS = prepare(text("SELECT * FROM identity ORDER BY account, rid"))


@pytest.fixture
def database(place: Place) -> Iterator[Database]:
    with closing(place.open()) as opened:
        yield opened


@pytest.fixture
def open_vault(database: Database, tmp_path: Path) -> OpenVault:
    """Open the vault as another process would: nothing in memory."""

    def opened(library: str = "main", folder: Path = tmp_path) -> IdentityVault:
        return IdentityVault(database, library, VaultKeys(folder), lambda: 1.0)

    return opened


async def test_an_address_gets_a_reader_at_first_sight_and_keeps_it(open_vault: OpenVault) -> None:
    rid = await open_vault().rid_for("wechat", ADDRESS)
    assert await open_vault().rid_for("wechat", ADDRESS) == rid
    assert await open_vault().address_of("wechat", rid) == ADDRESS


async def test_the_same_name_elsewhere_is_somebody_else(open_vault: OpenVault) -> None:
    vault = open_vault()
    others = [
        await vault.rid_for("wechat", ADDRESS),
        await vault.rid_for("weibo", ADDRESS),
        await vault.rid_for("wechat", ADDRESS.lower()),
        await open_vault("branch").rid_for("wechat", ADDRESS),
    ]
    assert len(set(others)) == 4
    assert await vault.address_of("weibo", others[0]) is None
    assert await open_vault("branch").address_of("wechat", others[0]) is None


async def test_two_first_messages_at_the_same_moment_are_of_one_reader(
    open_vault: OpenVault,
) -> None:
    vaults = [open_vault() for _ in range(10)]
    rids = await asyncio.gather(*(vault.rid_for("wechat", ADDRESS) for vault in vaults))
    assert len(set(rids)) == 1


async def test_a_look_up_alone_makes_nobody_known(open_vault: OpenVault, database) -> None:
    assert await open_vault().known_rid("wechat", ADDRESS) is None
    assert await database.read(lambda tx: tx.all(ROWS)) == []
    rid = await open_vault().rid_for("wechat", ADDRESS)
    assert await open_vault().known_rid("wechat", ADDRESS) == rid
    assert await open_vault().addresses_of(rid) == {"wechat": ADDRESS}


async def test_the_database_holds_neither_the_address_nor_its_plain_hash(
    open_vault: OpenVault, database: Database
) -> None:
    await open_vault().rid_for("wechat", ADDRESS)
    await open_vault().rid_for("weibo", ADDRESS)
    rows = await database.read(lambda tx: [dict(row) for row in tx.all(ROWS)])
    assert "Flamingo" not in str(rows)
    assert len({row["fingerprint"] for row in rows}) == 2


async def test_an_erased_reader_is_unknown_and_comes_back_as_somebody_new(
    open_vault: OpenVault,
) -> None:
    vault = open_vault()
    rid = await vault.rid_for("wechat", ADDRESS)
    await vault.erase(rid)
    assert await vault.address_of("wechat", rid) is None
    assert await vault.rid_for("wechat", ADDRESS) != rid


async def test_a_reader_erased_elsewhere_is_forgotten_when_told(open_vault: OpenVault) -> None:
    vault = open_vault()
    rid = await vault.rid_for("wechat", ADDRESS)
    await open_vault().erase(rid)
    vault.forget([rid])
    assert await vault.address_of("wechat", rid) is None
    assert await vault.rid_for("wechat", ADDRESS) != rid


async def test_what_was_read_before_an_erasure_is_not_remembered_after_it(
    open_vault: OpenVault,
) -> None:
    rid = await open_vault().rid_for("wechat", ADDRESS)
    vault = open_vault()
    asking = asyncio.ensure_future(vault.rid_for("wechat", ADDRESS))
    await asyncio.sleep(0)
    await vault.erase(rid)
    await asking
    assert await vault.address_of("wechat", rid) is None


async def test_memory_holds_no_more_readers_than_it_says(open_vault: OpenVault) -> None:
    vault = open_vault()
    for number in range(CACHED_READERS + 5):
        vault._remember("wechat", f"a{number}", f"r{number}")
    assert len(vault._known) == len(vault._addresses) == CACHED_READERS
    assert ("wechat", "a0") not in vault._known


@pytest.mark.parametrize("address", ["", "a" * 1001])
async def test_what_cannot_be_an_address_is_refused(open_vault: OpenVault, address: str) -> None:
    with pytest.raises(VaultError, match="1 to 1000"):
        await open_vault().rid_for("wechat", address)


async def test_a_row_moved_to_another_reader_is_noticed(
    open_vault: OpenVault, database: Database
) -> None:
    vault = open_vault()
    one, other = await vault.rid_for("wechat", "one"), await vault.rid_for("wechat", "other")
    swap = prepare(
        text(
            "UPDATE identity SET address = (SELECT i.address FROM identity i WHERE i.rid = :other)"
            " WHERE rid = :one"
        )
    )
    await database.write(lambda tx: tx.run(swap, one=one, other=other))
    with pytest.raises(VaultError, match="changed or moved"):
        await open_vault().address_of("wechat", one)


async def test_nobody_is_taken_for_another_reader_by_a_moved_fingerprint(
    open_vault: OpenVault, database: Database
) -> None:
    vault = open_vault()
    one, other = await vault.rid_for("wechat", "one"), await vault.rid_for("wechat", "other")
    fingerprint = prepare(text("SELECT fingerprint FROM identity WHERE rid = :rid"))
    move = prepare(text("UPDATE identity SET fingerprint = :fingerprint WHERE rid = :rid"))
    row = await database.read(lambda tx: tx.one(fingerprint, rid=one))
    assert row is not None
    await database.write(lambda tx: tx.run(move, fingerprint="elsewhere", rid=one))
    await database.write(lambda tx: tx.run(move, fingerprint=row["fingerprint"], rid=other))
    with pytest.raises(VaultError, match="was changed or moved"):
        await open_vault().rid_for("wechat", "one")


async def test_without_addresses_there_is_no_key(open_vault: OpenVault, tmp_path: Path) -> None:
    assert await open_vault().address_of("web_chat", "r1") is None
    assert not (tmp_path / KEY_FILE).exists()
    await open_vault().rid_for("wechat", ADDRESS)
    assert (tmp_path / KEY_FILE).stat().st_mode & 0o077 == 0


async def test_a_missing_key_is_an_error_and_no_new_one_is_made(
    open_vault: OpenVault, tmp_path: Path
) -> None:
    rid = await open_vault().rid_for("wechat", ADDRESS)
    (tmp_path / KEY_FILE).unlink()
    for asking in (
        open_vault().rid_for("wechat", ADDRESS),
        open_vault().rid_for("wechat", "somebody new"),
        open_vault().address_of("wechat", rid),
    ):
        with pytest.raises(VaultError, match="is missing, and addresses of readers"):
            await asking
    assert not (tmp_path / KEY_FILE).exists()


async def test_a_wrong_key_is_an_error_and_nobody_gets_a_second_number(
    open_vault: OpenVault, tmp_path: Path
) -> None:
    rid = await open_vault().rid_for("wechat", ADDRESS)
    (tmp_path / KEY_FILE).write_text(f"{'A' * 43}=\n")
    for asking in (
        open_vault().rid_for("wechat", ADDRESS),
        open_vault().rid_for("wechat", "somebody new"),
        open_vault().address_of("wechat", rid),
    ):
        with pytest.raises(VaultError, match="lacks the key"):
            await asking


@pytest.mark.parametrize("content", [b"", b"\n", b"short", b"\xff\xfe", b"A" * 44, b"not base64!"])
async def test_a_damaged_key_is_an_error(
    open_vault: OpenVault, tmp_path: Path, content: bytes
) -> None:
    (tmp_path / KEY_FILE).write_bytes(content)
    with pytest.raises(VaultError, match=str(tmp_path / KEY_FILE)):
        await open_vault().rid_for("wechat", ADDRESS)
    assert (tmp_path / KEY_FILE).read_bytes() == content


async def test_a_key_lost_when_nobody_is_known_is_made_anew_unless_another_server_may_have_it(
    open_vault: OpenVault, database: Database, tmp_path: Path
) -> None:
    await open_vault().erase(await open_vault().rid_for("wechat", ADDRESS))
    (tmp_path / KEY_FILE).unlink()
    if database.engine == "postgresql":
        with pytest.raises(VaultError, match="copy it from another server"):
            await open_vault().rid_for("wechat", ADDRESS)
        assert not (tmp_path / KEY_FILE).exists()
    else:
        rid = await open_vault().rid_for("wechat", ADDRESS)
        assert await open_vault().address_of("wechat", rid) == ADDRESS


async def test_servers_that_share_a_database_share_a_secret(
    database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = VaultSettings(key=SecretReference(env="REFDESK_TEST_VAULT_KEY"))
    monkeypatch.delenv("REFDESK_TEST_VAULT_KEY", raising=False)
    nodes = [
        IdentityVault(database, "main", VaultKeys(tmp_path / name, settings))
        for name in ("one", "two")
    ]
    with pytest.raises(SettingsError, match=r"\[vault\] key"):
        await nodes[0].rid_for("wechat", ADDRESS)
    monkeypatch.setitem(os.environ, "REFDESK_TEST_VAULT_KEY", f"{'B' * 43}=")
    rid = await nodes[0].rid_for("wechat", ADDRESS)
    assert await nodes[1].address_of("wechat", rid) == ADDRESS
    assert not any((tmp_path / name / KEY_FILE).exists() for name in ("one", "two"))


def test_two_that_make_the_first_key_make_one(tmp_path: Path) -> None:
    made = [VaultKeys(tmp_path).make(), VaultKeys(tmp_path).make()]
    assert made[0][0].id == made[1][0].id
    assert [file.name for file in tmp_path.iterdir()] == [KEY_FILE]  # nothing else is left
