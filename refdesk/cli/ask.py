"""How is one question asked from the command line, and how does one chat there?"""

import asyncio
import json
import time
from typing import Annotated, Any

import typer

from refdesk.app import App
from refdesk.cli.folders import ConfigOption, DataOption, JsonOption, chosen_deployment
from refdesk.core.consultations import Consultation, State
from refdesk.core.intents import Say
from refdesk.core.language import language_of
from refdesk.core.log.parts_json import plain_text, source_to_json
from refdesk.core.messages import Choice, InboundMessage
from refdesk.core.turns.store import Turn
from refdesk.deployment import Deployment


def ask(
    text: Annotated[str, typer.Argument(help="The question.")],
    data: DataOption = None,
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Ask one question, as a reader would; nothing is stored."""
    deployment = chosen_deployment(data, config)
    try:
        answer = asyncio.run(_ask(deployment, text))
    finally:
        deployment.close()
    if as_json:
        typer.echo(json.dumps(answer, ensure_ascii=False))
        return
    typer.echo(answer["answer"])
    for source in answer["sources"]:
        typer.echo(f"  [{source['title']}]")
    for related in answer["related"]:
        typer.echo(f"  → {related}")


async def _ask(deployment: Deployment, text: str) -> dict[str, Any]:
    """Return answer, confidence, sources, related titles and the reason for a person."""
    app = App(deployment)
    default = deployment.settings.library.default_language
    language = language_of(text, default)
    now = time.time()
    consultation = Consultation(
        "ask", "console", "nobody", State.SELF_SERVICE, language, 1, opened_at=now, since=now
    )
    message = InboundMessage("console", "nobody", "ask", text, now, language)
    outcome = await app.pipeline.handle(Turn(consultation, message, 1))
    replies = [intent.reply for intent in outcome.intents if isinstance(intent, Say)]
    words = [part for reply in replies for part in reply.parts if not isinstance(part, Choice)]
    prompts = [part.prompt for reply in replies for part in reply.parts if isinstance(part, Choice)]
    promise = [outcome.waiting.choice.promise] if outcome.waiting else []
    said = [plain_text(words)] if words else prompts
    reason = outcome.waiting.reason if outcome.waiting else None
    # A single question cannot be clarified: without an answer it is one for a person.
    if outcome.misses:
        reason = "low_confidence"
    return {
        "answer": "\n".join([*filter(None, said), *promise]),
        "confidence": round(outcome.confidence, 3),
        "sources": [source_to_json(s) for reply in replies for s in reply.sources],
        "related": [
            option.label for option in outcome.offered if option.action.startswith("faq.entry:")
        ],
        "handoff": reason,
    }


def chat(data: DataOption = None, config: ConfigOption = None) -> None:
    """Chat in the terminal, the way readers do on any other platform."""
    deployment = chosen_deployment(data, config)
    try:
        asyncio.run(_chat(deployment))
    finally:
        deployment.close()


async def _chat(deployment: Deployment) -> None:
    app = App(deployment)
    await app.start()
    try:
        await app.adapter("console").run()
        await app.settle()
    finally:
        await app.stop()
