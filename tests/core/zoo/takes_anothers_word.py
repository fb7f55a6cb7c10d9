"""Claims a word that the good plugin has claimed."""

from refdesk import Command, hookimpl


async def ping(_call: object, _context: object) -> str:
    return "not yours"


@hookimpl
def register_commands() -> list[Command]:
    return [Command("takes_anothers_word.ping", ping, {"en": ("Ping!",)})]
