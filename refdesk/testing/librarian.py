"""How does a librarian work in a test?"""

from typing import TYPE_CHECKING

from refdesk.core.lifecycle.wrapping_up import WrapUp
from refdesk.core.staff.authorise import Role, StaffActor
from refdesk.core.staff.desk_work import Done
from refdesk.testing.reader import Reader

if TYPE_CHECKING:
    from refdesk.testing.library import Library


class Librarian:
    """Somebody at the desk. `library.librarian("wang")` makes one.

    What cannot be done raises `AssertionError` with the desk's word for it (`taken`, `refused`,
    `wrong_state`, `not_found`).
    """

    def __init__(self, actor: StaffActor, library: "Library") -> None:
        """Work at the desk of a library."""
        self.actor = actor
        self._library = library
        self._with: Reader | None = None

    def arrives(self) -> None:
        """Open the desk's page: from now on somebody is on duty."""
        self._library.app.duty.page_opened(self.actor.name)

    def leaves(self) -> None:
        """Close the page."""
        self._library.app.duty.page_closed(self.actor.name)

    async def claims(self, reader: Reader) -> None:
        """Take a waiting reader."""
        __tracebackhide__ = True
        desk = self._library.app.desk
        self._check("claim", await desk.claim(self.actor, reader.consultation))
        self._with = reader
        await self._library.settle()

    async def says(self, text: str, to: Reader | None = None) -> None:
        """Write to a reader; without a name, to the one claimed last."""
        __tracebackhide__ = True
        desk, key = self._library.app.desk, self._library.new_key(self.actor.name)
        consultation = self._reader(to).consultation
        self._check("reply", await desk.reply(self.actor, consultation, text, key))
        await self._library.settle()

    async def gives_back(self, reader: Reader | None = None) -> None:
        """Return a reader to self-service."""
        __tracebackhide__ = True
        desk, consultation = self._library.app.desk, self._reader(reader).consultation
        self._check("give back", await desk.give_back(self.actor, consultation))
        await self._library.settle()

    async def closes(self, reader: Reader | None = None) -> None:
        """End the conversation."""
        __tracebackhide__ = True
        desk, consultation = self._library.app.desk, self._reader(reader).consultation
        self._check("close", await desk.close(self.actor, consultation))
        await self._library.settle()

    async def wraps_up(self, notes: WrapUp | None = None, reader: Reader | None = None) -> None:
        """Note at the end what it was; without notes, that it was answered."""
        __tracebackhide__ = True
        desk, consultation = self._library.app.desk, self._reader(reader).consultation
        done = await desk.wrap_up(self.actor, consultation, notes or WrapUp("answered"))
        self._check("wrap up", done)
        await self._library.settle()

    def _reader(self, named: Reader | None) -> Reader:
        reader = named or self._with
        if reader is None:
            raise RuntimeError(f"{self.actor.name} has not claimed anybody yet: name the reader")
        return reader

    def _check(self, verb: str, done: Done) -> None:
        __tracebackhide__ = True
        if done.word != "done":
            winner = f" by {done.by}" if done.by else ""
            raise AssertionError(f"{self.actor.name} could not {verb}: {done.word}{winner}")


def colleague(name: str, alias: str = "", role: Role = Role.LIBRARIAN) -> StaffActor:
    """Return somebody of the staff; readers see the alias."""
    return StaffActor(name, alias or name.title(), role)
