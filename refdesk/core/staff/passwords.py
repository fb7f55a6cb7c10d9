"""How are passwords kept and checked, and how are guessers slowed down?"""

import asyncio
from functools import cache
from typing import Literal

from argon2 import PasswordHasher, Type
from argon2.exceptions import InvalidHashError, VerificationError

from refdesk.errors import RefusedError

# OWASP password storage cheat sheet: argon2id, 19 MiB, 2 passes, 1 lane.
_HASHER = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1, type=Type.ID)
SHORTEST_PASSWORD = 10
LONGEST_PASSWORD = 200
# A check takes some 30 ms: nobody waits longer than about three seconds.
LONGEST_LINE = 100
Checked = Literal["right", "wrong", "busy"]


def hash_password(password: str) -> str:
    """Return the argon2id hash; raises `RefusedError` for a password too short or too long."""
    if not SHORTEST_PASSWORD <= len(password) <= LONGEST_PASSWORD:
        raise RefusedError(
            f"A password must have {SHORTEST_PASSWORD} to {LONGEST_PASSWORD} characters."
        )
    return _HASHER.hash(password)


class PasswordChecks:
    """Checks passwords in a thread, one at a time, so that guessing cannot take the machine."""

    def __init__(self) -> None:
        """Begin with no check under way."""
        self._one_at_a_time = asyncio.Semaphore(1)
        self._in_line = 0

    async def check(self, password: str, stored: str | None) -> Checked:
        """Return `right` or `wrong`; an unknown account takes as long as a known one.

        `busy` says that too many wait for their check already.
        """
        if len(password) > LONGEST_PASSWORD:
            return "wrong"
        if self._in_line >= LONGEST_LINE:
            return "busy"
        self._in_line += 1
        try:
            async with self._one_at_a_time:
                return await asyncio.to_thread(_verify, password, stored)
        finally:
            self._in_line -= 1


def _verify(password: str, stored: str | None) -> Checked:
    try:
        _HASHER.verify(stored or _hash_of_nobody(), password)
    except (VerificationError, InvalidHashError):
        return "wrong"
    return "right" if stored else "wrong"


@cache
def _hash_of_nobody() -> str:
    return _HASHER.hash("an account that does not exist")
