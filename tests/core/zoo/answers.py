"""A good plugin, which the bad ones must not harm."""

from refdesk import Command, Offer, hookimpl


@hookimpl
async def answer_question() -> Offer:
    return Offer("The good answer.", confidence=0.6)


@hookimpl
def register_commands() -> list[Command]:
    async def ping(_call: object, _context: object) -> str:
        return "pong"

    return [Command("answers.ping", ping, {"en": ("ping",)})]
