"""Which entries fit what a reader has typed so far? (`/api/v1/suggest`)"""

import asyncio

from aiohttp import web

from refdesk.core.web.pages import language_of_visitor
from refdesk.core.web.server import SETTINGS, refusal, service_of
from refdesk.knowledge_base import KnowledgeBase

MOST_SUGGESTIONS = 5
LONGEST_QUERY = 200


async def suggest(request: web.Request) -> web.Response:
    """Return `{"items": [{"id", "title", "action"}]}` for the text `q`, of level 0 only."""
    text = request.query.get("q", "")
    if len(text) > LONGEST_QUERY:
        return refusal(400, "too_long", f"q may have {LONGEST_QUERY} characters.")
    language = language_of_visitor(request, request.app[SETTINGS].library.default_language)
    knowledge_base: KnowledgeBase = service_of(request, KnowledgeBase)
    found = await asyncio.to_thread(
        knowledge_base.suggest, text, level=0, language=language, limit=MOST_SUGGESTIONS
    )
    items = [{"id": key, "title": title, "action": f"faq.entry:{key}"} for key, title in found]
    return web.json_response({"items": items})
