"""Are accounts kept safely, and do sessions end when they should?"""

import asyncio
from pathlib import Path

import pytest

from refdesk.core.staff.authorise import Role, StaffActor
from refdesk.core.staff.passwords import LONGEST_LINE, PasswordChecks, hash_password
from refdesk.core.staff.staff_accounts import SESSION_SECONDS, StaffAccounts
from refdesk.errors import NotFoundError, RefusedError
from refdesk.storage import Database
from refdesk.testing import FakeClock
from tests.databases import ENGINES, Engine

PASSWORD = "a long enough password"


@pytest.fixture(params=ENGINES)
def engine(request: pytest.FixtureRequest) -> Engine:
    engine: Engine = request.param
    return engine


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def accounts(database: Database, clock: FakeClock) -> StaffAccounts:
    kept = StaffAccounts(database, "main", clock.now)
    kept.add("mei", "Li Mei", Role.LIBRARIAN, PASSWORD)
    return kept


async def test_the_right_password_opens_a_session(accounts: StaffAccounts) -> None:
    signed_in = await accounts.sign_in("mei", PASSWORD, "203.0.113.1")
    mei = StaffActor("mei", "Li Mei", Role.LIBRARIAN)
    assert (signed_in.word, signed_in.actor) == ("welcome", mei)
    assert await accounts.who(signed_in.token) == mei


@pytest.mark.parametrize(
    ("name", "password"),
    [("mei", "a long enough passwore"), ("mei", ""), ("Mei", PASSWORD), ("nobody", PASSWORD),
     ("", ""), ("mei" * 1000, PASSWORD), ("mei", PASSWORD * 1000)],
)  # fmt: skip
async def test_anything_else_opens_none(accounts: StaffAccounts, name: str, password: str) -> None:
    signed_in = await accounts.sign_in(name, password, "203.0.113.1")
    assert (signed_in.word, signed_in.token, signed_in.actor) == ("wrong", "", None)


@pytest.mark.parametrize("token", ["", "forged", "x" * 10_000, "\x00", "é"])
async def test_a_forged_token_is_nobody(accounts: StaffAccounts, token: str) -> None:
    assert await accounts.who(token) is None


async def test_a_session_ends_after_a_working_day(
    accounts: StaffAccounts, clock: FakeClock
) -> None:
    token = (await accounts.sign_in("mei", PASSWORD, "203.0.113.1")).token
    clock.advance(SESSION_SECONDS - 1)
    assert await accounts.who(token) is not None
    clock.advance(2)
    assert await accounts.who(token) is None


async def test_signing_out_ends_one_session_only(accounts: StaffAccounts) -> None:
    here, there = [(await accounts.sign_in("mei", PASSWORD, "a")).token for _ in range(2)]
    await accounts.sign_out(here)
    assert await accounts.who(here) is None
    assert await accounts.who(there) is not None


async def test_a_disabled_account_is_signed_out_and_cannot_come_back(
    accounts: StaffAccounts,
) -> None:
    token = (await accounts.sign_in("mei", PASSWORD, "a")).token
    accounts.disable("mei")
    assert await accounts.who(token) is None
    assert (await accounts.sign_in("mei", PASSWORD, "a")).word == "wrong"
    assert [(account.name, account.state) for account in accounts.all()] == [("mei", "disabled")]
    with pytest.raises(NotFoundError):
        accounts.disable("nobody")


async def test_a_new_password_ends_the_old_sessions(accounts: StaffAccounts) -> None:
    token = (await accounts.sign_in("mei", PASSWORD, "a")).token
    accounts.add("mei", "Li Mei", Role.SUPERVISOR, "another good password")
    assert await accounts.who(token) is None
    assert (await accounts.sign_in("mei", PASSWORD, "a")).word == "wrong"
    again = await accounts.sign_in("mei", "another good password", "a")
    assert again.actor == StaffActor("mei", "Li Mei", Role.SUPERVISOR)


@pytest.mark.parametrize(
    "name", ["", " mei", "-mei", "me i", "mei\n", "a/b", "m" * 61, "\u202eiem"]
)
def test_a_name_that_could_be_mistaken_is_refused(accounts: StaffAccounts, name: str) -> None:
    with pytest.raises(RefusedError, match="staff name"):
        accounts.add(name, "Li Mei", Role.LIBRARIAN, PASSWORD)


@pytest.mark.parametrize("alias", ["", "  ", "a\nb", "\u202egnuoY", "a\u200bb", "\x00", "x" * 61])
def test_an_alias_that_readers_could_not_read_is_refused(
    accounts: StaffAccounts, alias: str
) -> None:
    with pytest.raises(RefusedError, match="alias"):
        accounts.add("tom", alias, Role.LIBRARIAN, PASSWORD)


@pytest.mark.parametrize("alias", ["李梅", "O’Neill", "<b>Mei</b>", "Ms {name}", "محمد"])
def test_other_aliases_are_kept_as_they_are(accounts: StaffAccounts, alias: str) -> None:
    accounts.add("tom", alias, Role.LIBRARIAN, PASSWORD)
    assert accounts.all()[-1].alias == alias


@pytest.mark.parametrize("password", ["", "short", "x" * 201])
def test_a_poor_password_is_refused(accounts: StaffAccounts, password: str) -> None:
    with pytest.raises(RefusedError, match="password"):
        accounts.add("tom", "Tom", Role.LIBRARIAN, password)


async def test_neither_passwords_nor_tokens_are_in_the_database(
    accounts: StaffAccounts, tmp_path: Path
) -> None:
    token = (await accounts.sign_in("mei", PASSWORD, "203.0.113.77")).token
    files = tmp_path.iterdir()  # noqa: ASYNC240 - nobody else waits
    stored = b"".join(file.read_bytes() for file in files)
    for secret in (PASSWORD, token, "203.0.113.77"):
        assert secret.encode() not in stored


async def test_the_last_account_of_many_guessed_at_is_not_kept_waiting_for_ever() -> None:
    checks = PasswordChecks()
    stored = hash_password(PASSWORD)
    guesses = [asyncio.create_task(checks.check("no", None)) for _ in range(LONGEST_LINE + 20)]
    await asyncio.sleep(0)
    assert await checks.check(PASSWORD, stored) == "busy"
    answers = await asyncio.gather(*guesses)
    assert (answers.count("wrong"), answers.count("busy")) == (LONGEST_LINE, 20)
    assert await checks.check(PASSWORD, stored) == "right"
