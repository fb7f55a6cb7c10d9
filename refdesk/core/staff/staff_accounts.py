"""Who works here, and who is signed in?"""

import hashlib
import re
import secrets
import time
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

from sqlalchemy import bindparam, delete, insert, select, update
from sqlalchemy.dialects.postgresql import insert as upsert

from refdesk.core.staff.authorise import Role, StaffActor
from refdesk.core.staff.passwords import PasswordChecks, hash_password
from refdesk.core.staff.sign_in_limits import SignInLimits
from refdesk.core.tables import StaffRow, StaffSessionRow
from refdesk.errors import NotFoundError, RefusedError
from refdesk.storage import Database, Transaction, prepare

_A: Any = StaffRow.__table__  # type: ignore[attr-defined]  # SQLModel adds it at run time
_S: Any = StaffSessionRow.__table__  # type: ignore[attr-defined]
SESSION_SECONDS = 12 * 3600.0
BUSY_SECONDS = 3.0
LONGEST_NAME = 60
_NAME = re.compile(r"[^\W_][\w.@-]*")

_PUT = prepare(
    (_put := upsert(_A)).on_conflict_do_update(
        index_elements=["name"],
        set_={name: _put.excluded[name] for name in ("alias", "role", "password_hash", "state")},
    )
)
_BY_NAME = prepare(
    select(_A).where(_A.c.library == bindparam("library"), _A.c.name == bindparam("name"))
)
_ALL = prepare(select(_A).where(_A.c.library == bindparam("library")).order_by(_A.c.name))
_DISABLE = prepare(
    update(_A)
    .where(_A.c.library == bindparam("in_library"), _A.c.name == bindparam("who"))
    .values(state="disabled")
)
_OPEN_SESSION = prepare(insert(_S))
_SESSION = prepare(
    select(_A, _S.c.expires_at)
    .join(_A, _A.c.name == _S.c.staff)
    .where(_S.c.library == bindparam("library"), _S.c.token_hash == bindparam("token_hash"))
)
_END_SESSION = prepare(delete(_S).where(_S.c.token_hash == bindparam("token_hash")))
_END_SESSIONS_OF = prepare(delete(_S).where(_S.c.staff == bindparam("staff")))
_END_EXPIRED = prepare(delete(_S).where(_S.c.expires_at < bindparam("now")))


@dataclass(frozen=True, slots=True)
class StaffAccount:
    """An account as lists show it."""

    name: str
    alias: str
    role: Role
    state: Literal["active", "disabled"]


@dataclass(frozen=True, slots=True)
class SignIn:
    """How a sign-in ended: `welcome` with a token, `wrong`, or `wait` for some seconds."""

    word: Literal["welcome", "wrong", "wait"]
    token: str = ""
    actor: StaffActor | None = None
    seconds: float = 0.0


class StaffAccounts:
    """The accounts and sessions of one library."""

    def __init__(
        self, database: Database, library: str, clock: Callable[[], float] = time.time
    ) -> None:
        """Keep accounts in `database`."""
        self._database = database
        self._library = library
        self._clock = clock
        self._checks = PasswordChecks()
        self._limits = SignInLimits()

    def add(self, name: str, alias: str, role: Role, password: str) -> None:
        """Add an account, or give an existing one this role and password (commands only).

        All its sessions end. Raises `RefusedError` for a poor password, name or alias.
        """
        _check_names(name, alias)
        row = {
            "name": name,
            "library": self._library,
            "alias": alias,
            "role": role.value,
            "password_hash": hash_password(password),
            "state": "active",
            "created_at": self._clock(),
        }

        def work(tx: Transaction) -> None:
            tx.run(_PUT, **row)
            tx.run(_END_SESSIONS_OF, staff=name)

        self._database.write_blocking(work)

    def disable(self, name: str) -> None:
        """Switch an account off and end its sessions; raises `NotFoundError`."""

        def work(tx: Transaction) -> int:
            tx.run(_END_SESSIONS_OF, staff=name)
            return tx.run(_DISABLE, in_library=self._library, who=name)

        if self._database.write_blocking(work) == 0:
            raise NotFoundError(f"There is no staff account {name!r}.")

    def all(self) -> list[StaffAccount]:
        """Return every account, by name."""
        rows = self._database.read_blocking(lambda tx: tx.all(_ALL, library=self._library))
        return [
            StaffAccount(row["name"], row["alias"], Role(row["role"]), row["state"]) for row in rows
        ]

    async def sign_in(self, name: str, password: str, address: str) -> SignIn:
        """Check a password and open a session; tries are limited by name and by address."""
        name = name[: LONGEST_NAME + 1]  # no account has a name so long
        wait = self._limits.seconds_to_wait(name, address)
        if wait:
            return SignIn("wait", seconds=wait)
        row = await self._database.read(
            lambda tx: tx.one(_BY_NAME, library=self._library, name=name)
        )
        known = row["password_hash"] if row and row["state"] == "active" else None
        checked = await self._checks.check(password, known)
        if checked == "busy":
            return SignIn("wait", seconds=BUSY_SECONDS)
        if checked == "wrong" or row is None:
            return SignIn("wrong")
        self._limits.succeeded(name, address)
        token, now = secrets.token_urlsafe(32), self._clock()
        await self._database.write(lambda tx: self._open_session(tx, token, name, now))
        return SignIn("welcome", token, _actor(row))

    async def who(self, token: str) -> StaffActor | None:
        """Return who has signed in with this token, or None."""
        token_hash = _hash(token)
        row = await self._database.read(
            lambda tx: tx.one(_SESSION, library=self._library, token_hash=token_hash)
        )
        if row is None or row["state"] != "active" or row["expires_at"] < self._clock():
            return None
        return _actor(row)

    async def sign_out(self, token: str) -> None:
        """End a session."""
        token_hash = _hash(token)
        await self._database.write(lambda tx: tx.run(_END_SESSION, token_hash=token_hash))

    def _open_session(self, tx: Transaction, token: str, name: str, now: float) -> None:
        tx.run(_END_EXPIRED, now=now)
        tx.run(
            _OPEN_SESSION,
            token_hash=_hash(token),
            library=self._library,
            staff=name,
            created_at=now,
            expires_at=now + SESSION_SECONDS,
        )


def _check_names(name: str, alias: str) -> None:
    if len(name) > LONGEST_NAME or not _NAME.fullmatch(name):
        raise RefusedError(
            "A staff name has letters, digits and . _ @ - only, begins with a letter or digit, "
            f"and has at most {LONGEST_NAME} characters."
        )
    # Readers see the alias: nothing in it may be invisible or turn the text around.
    odd = any(unicodedata.category(character)[0] == "C" for character in alias)
    if odd or not alias.strip() or len(alias) > LONGEST_NAME:
        raise RefusedError(f"An alias is what readers see: 1 to {LONGEST_NAME} visible characters.")


def _actor(row: Any) -> StaffActor:
    return StaffActor(row["name"], row["alias"], Role(row["role"]))


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
