"""Does each hook do what its documentation says, for a plugin that comes from outside?"""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from types import ModuleType
from typing import Any

from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer
from pydantic import BaseModel
from sqlalchemy import Column, MetaData, String, Table, bindparam, insert, select

from refdesk import (
    Command,
    CommandCall,
    HandoffReason,
    Offer,
    PluginContext,
    PluginTables,
    Question,
    QueueChoice,
    hookimpl,
)
from refdesk.core.web.assets import WebAssets
from refdesk.core.web.server import PAGES
from refdesk.storage import prepare
from refdesk.storage.schema import Migrations
from refdesk.testing import Library, MakeLibrary


def plugin(name: str, *hooks: Callable[..., Any]) -> ModuleType:
    module = ModuleType(name)
    for hook in hooks:
        setattr(module, hook.__name__, hookimpl(hook))
    return module


@asynccontextmanager
async def browsing(library: Library) -> AsyncIterator[TestClient[web.Request, web.Application]]:
    async with TestClient(TestServer(library.app.server)) as client:
        yield client


class GreeterSettings(BaseModel):
    words: str = "Good day"


def register_settings() -> type[BaseModel]:
    return GreeterSettings


def register_commands() -> list[Command]:
    async def greet(_call: CommandCall, context: PluginContext) -> str:
        return context.settings(GreeterSettings).words

    return [Command("greeter.greet", greet, {"en": ("ahoy",), "zh": ("哟",)})]


async def test_hook_register_settings(library: MakeLibrary) -> None:
    greeter = plugin("greeter", register_settings, register_commands)
    assert await library(greeter).ask("ahoy") == "Good day"
    configured = library(greeter, settings='[plugins.greeter]\nwords = "Welcome aboard"\n')
    assert await configured.ask("ahoy") == "Welcome aboard"


async def test_hook_register_commands(library: MakeLibrary) -> None:
    asked = library(plugin("greeter", register_settings, register_commands))
    assert await asked.ask("Ahoy!") == "Good day"
    assert await asked.ask("哟") == "Good day"


async def test_hook_register_tables(library: MakeLibrary, tmp_path: Path) -> None:
    scripts = tmp_path / "migrations"
    (scripts / "versions").mkdir(parents=True)
    (scripts / "env.py").write_text("from refdesk.storage.migration_run import run\n\nrun()\n")
    (scripts / "versions" / "0001_notes.py").write_text(
        "import sqlalchemy as sa\nfrom alembic import op\n\nrevision = '0001'\n"
        "down_revision = None\n\n\ndef upgrade():\n"
        "    op.create_table('notes_note', sa.Column('text', sa.String, primary_key=True))\n"
    )
    metadata = MetaData()
    table = Table("notes_note", metadata, Column("text", String, primary_key=True))
    write = prepare(insert(table).values(text=bindparam("text")))

    def register_tables() -> PluginTables:
        return PluginTables(metadata, Migrations(scripts, "0001", "notes_alembic_version"))

    def register_commands() -> list[Command]:
        async def note(call: CommandCall, context: PluginContext) -> str:
            context.write_row(write, text=call.argument)
            return "Noted."

        return [Command("notes.note", note, {"en": ("/note",)})]

    asked = library(plugin("notes", register_tables, register_commands))
    assert await asked.ask("/note buy paper") == "Noted."
    # The same row again breaks the table's rule: the reader hears it, the row is there once.
    assert "did not work" in await asked.ask("/note buy paper")
    rows = asked.deployment.database.read_blocking(lambda tx: tx.all(prepare(select(table))))
    assert [row["text"] for row in rows] == ["buy paper"]


async def test_hook_register_routes(library: MakeLibrary) -> None:
    async def seats(_request: web.Request) -> web.Response:
        return web.json_response({"free": 12})

    def register_routes() -> list[web.RouteDef]:
        return [web.get("/api/v1/seats", seats)]

    async with browsing(library(plugin("seats", register_routes))) as client:
        answer = await client.get("/api/v1/seats")
        assert await answer.json() == {"free": 12}


async def test_hook_register_web_assets(library: MakeLibrary, tmp_path: Path) -> None:
    for kind, name, text in (
        ("templates", "seats/seats.html", "<p>{{ free }} in {{ library }}</p>"),
        ("static", "seats/seats.css", "p { color: green }"),
    ):
        file = tmp_path / kind / name
        file.parent.mkdir(parents=True)
        file.write_text(text)

    async def page(request: web.Request) -> web.Response:
        return request.app[PAGES].render(request, "seats/seats.html", free="<12>")

    def register_routes() -> list[web.RouteDef]:
        return [web.get("/seats", page)]

    def register_web_assets() -> WebAssets:
        return WebAssets(tmp_path / "templates", tmp_path / "static")

    asked = library(plugin("seats", register_routes, register_web_assets))
    async with browsing(asked) as client:
        answer = await client.get("/seats")
        assert await answer.text() == "<p>&lt;12&gt; in The library</p>"
        style = await client.get(asked.app.server[PAGES].static("seats/seats.css"))
        assert await style.text() == "p { color: green }"


async def test_hook_answer_question(library: MakeLibrary) -> None:
    def offering(name: str, confidence: float) -> ModuleType:
        async def answer_question(question: Question) -> Offer | None:
            if not question.mentions("seat"):
                return None
            return Offer(f"Says {name}.", confidence, title=name, action=f"{name}.show")

        return plugin(name, answer_question)

    asked = library(offering("second", 0.6), offering("first", 0.9), offering("third", 0.1))
    assert await asked.ask("Is there a seat?") == "Says first.\nRelated:\n1. second"


async def test_hook_route_handoff(library: MakeLibrary) -> None:
    async def route_handoff(reason: HandoffReason) -> QueueChoice | None:
        if reason is not HandoffReason.ASKED:
            return None
        return QueueChoice("law", "waiting", "The law librarian will write to you.")

    asked = library(plugin("routes", route_handoff))
    events = await asked.say("librarian")
    assert events[-1].state == "waiting"
    assert await asked.ask("human") == "The law librarian will write to you."
    consultation = await asked.app.desk.reading.consultation(events[-1].consultation)
    assert consultation is not None
    assert (consultation.queue, consultation.handoff_reason) == ("law", "asked_for_person")
