"""Which hooks can a plugin implement?

Grammar: `register_*` collects at start (plain `def`); an imperative asks while a message is
handled (`async def`). Arguments are optional for the implementer, so hooks can grow.
"""

# A specification is never called, so its body is its explanation and returns nothing:
# mypy: disable-error-code="empty-body"
# pyright: reportReturnType=false

from collections.abc import Sequence

import pluggy
from aiohttp import web
from pydantic import BaseModel

from refdesk.core.commands import Command
from refdesk.core.consultations import Consultation
from refdesk.core.dialogues.dialogues import Dialogue
from refdesk.core.effects.effects import Effect
from refdesk.core.effects.job_times import Job
from refdesk.core.effects.reminders import Reminder
from refdesk.core.offers import HandoffReason, Offer, Question
from refdesk.core.plugin_context import PluginContext
from refdesk.core.plugin_tables import PluginTables
from refdesk.core.queues import QueueChoice
from refdesk.core.web.assets import WebAssets

PROJECT = "refdesk"
hookspec = pluggy.HookspecMarker(PROJECT)
hookimpl = pluggy.HookimplMarker(PROJECT)


@hookspec
def register_settings() -> type[BaseModel]:
    """Return the model of the plugin's own section in refdesk.toml, `[plugins.NAME]`.

    Called once, before the plugin's other hooks. Give every field a description and a default.
    If several plugins implement this, each has its own section.
    """


@hookspec
def register_commands() -> Sequence[Command]:
    """Return the words and buttons that lead straight to a handler.

    Called once, at start. If several plugins implement this, all commands go into one table;
    two plugins that claim the same word stop the start with an error that names both.
    """


@hookspec
def register_dialogues() -> Sequence[Dialogue]:
    """Return forms that a reader fills in, one question after the other.

    Called once, at start. If several plugins implement this, all forms go into one table; two of
    the same name stop the start.
    """


@hookspec
def register_effects() -> Sequence[Effect]:
    """Return what the plugin has other systems do, and who tells the reader what came of it.

    Called once, at start. If several plugins implement this, each performs its own; two of one
    plugin with the same name stop the start.
    """


@hookspec
def register_reminders() -> Sequence[Reminder]:
    """Return what the plugin says to a reader later.

    Called once, at start. If several plugins implement this, each has its own; two of one plugin
    with the same name stop the start.
    """


@hookspec
def register_jobs() -> Sequence[Job]:
    """Return work that is done again and again, without a reader.

    Called once, at start. If several plugins implement this, every job runs; two of the same name
    stop the start.
    """


@hookspec
def register_tables() -> PluginTables:
    """Return the plugin's own tables and their migrations.

    Called once, at start, before the first message. If several plugins implement this, each keeps
    its own version table; names of tables begin with the plugin's name.
    """


@hookspec
def register_routes() -> Sequence[web.RouteDef]:
    """Return web pages and API calls to add to the server.

    Called once, at start. If several plugins implement this, all routes are added; a path that is
    already taken stops the start.
    """


@hookspec
def register_web_assets() -> WebAssets:
    """Return the folders of the plugin's page templates and static files.

    Called once, at start. Put files into a subfolder named after the plugin. If several plugins
    implement this, all folders are searched, the core's first.
    """


@hookspec
async def answer_question(
    question: Question, consultation: Consultation, context: PluginContext
) -> Offer | None:
    """Offer an answer to a free question, or None.

    Called for each question that no command, greeting or button has settled, never while a
    librarian has the consultation. If several plugins implement this, all are asked, side by
    side; the offer with the highest confidence wins, the next ones are shown as related.
    """


@hookspec
async def route_handoff(
    consultation: Consultation, reason: HandoffReason, context: PluginContext
) -> QueueChoice | None:
    """Choose the queue for a reader who needs a person, and what the reader is told.

    If several plugins implement this, the first choice that is not None wins. Without any choice
    the reader waits in the default queue.
    """
