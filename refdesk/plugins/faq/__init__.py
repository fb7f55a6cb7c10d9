"""Answers questions from the knowledge base, shows related entries, and asks whether it helped."""

import asyncio
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

from aiohttp import web
from pydantic import BaseModel

from refdesk import (
    Command,
    CommandCall,
    Job,
    Offer,
    Option,
    PluginContext,
    PluginTables,
    Question,
    Reply,
    hookimpl,
)
from refdesk.knowledge_base import KnowledgeBase
from refdesk.loops import running_loop
from refdesk.plugins.faq.answers import (
    FaqSettings,
    not_helpful_reply,
    offer_of_entry,
    offer_of_hits,
)
from refdesk.plugins.faq.expiry import report_expiry
from refdesk.plugins.faq.suggestions import suggest
from refdesk.plugins.faq.votes import CAST_VOTE, TABLES

HITS = 4
# Searching is pure computation: one thread keeps it off the event loop, more would only queue.
_SEARCHING = ThreadPoolExecutor(1, "refdesk-search")


@hookimpl
def register_settings() -> type[BaseModel]:
    """Bring the section `[plugins.faq]`."""
    return FaqSettings


@hookimpl
def register_tables() -> PluginTables:
    """Bring the table of votes."""
    return TABLES


@hookimpl
def register_routes() -> Sequence[web.RouteDef]:
    """Bring suggestions while a reader types."""
    return [web.get("/api/v1/suggest", suggest)]


@hookimpl
def register_commands() -> Sequence[Command]:
    """Bring the buttons below an answer."""
    return [
        Command("faq.entry", show_entry),
        Command("faq.helpful", vote_helpful),
        Command("faq.not_helpful", vote_not_helpful),
    ]


@hookimpl
def register_jobs() -> Sequence[Job]:
    """Bring the daily look at entries whose last day has come."""
    return [Job("expiry", report_expiry, daily_at="06:00")]


@hookimpl
async def answer_question(question: Question, context: PluginContext) -> Offer | None:
    """Offer the entry that fits best, with its confidence, source and neighbours."""
    knowledge_base = context.service(KnowledgeBase)
    hits = await running_loop().run_in_executor(
        _SEARCHING,
        lambda: knowledge_base.search(
            question.text, limit=HITS, level=question.level, language=question.language
        ),
    )
    return offer_of_hits(hits, context) if hits else None


async def show_entry(call: CommandCall, context: PluginContext) -> Offer | str:
    """Show the whole of one entry, as far as it is public."""
    entry = await asyncio.to_thread(context.service(KnowledgeBase).get, call.argument, 0)
    if entry is None:
        return context.translate("This entry is no longer there. Please type your question.")
    return offer_of_entry(entry, context)


async def vote_helpful(call: CommandCall, context: PluginContext) -> str:
    """Note that an answer helped."""
    await _cast(call, context, "helpful")
    return context.translate("Thank you!")


async def vote_not_helpful(call: CommandCall, context: PluginContext) -> Reply:
    """Note that it did not, and offer a person."""
    await _cast(call, context, "not_helpful")
    person = Option(context.translate("Ask a librarian"), "handoff.human")
    return not_helpful_reply(context, person)


async def _cast(call: CommandCall, context: PluginContext, verdict: str) -> None:
    """Write a vote on an entry that is really there."""
    entry = await asyncio.to_thread(context.service(KnowledgeBase).get, call.argument, 0)
    if entry is not None:
        context.write_row(
            CAST_VOTE,
            consultation=call.consultation.id,
            entry=entry.id,
            library=context.library_id,
            verdict=verdict,
            at=context.now,
        )
