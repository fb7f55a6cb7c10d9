"""Who decides how a reader waits for a person, and what they are promised?"""

import time
from collections.abc import Callable
from dataclasses import dataclass

from refdesk.core import hookspecs
from refdesk.core.consultations import Consultation
from refdesk.core.hosting.plugin_host import PluginHost
from refdesk.core.messages import Language
from refdesk.core.offers import HandoffReason
from refdesk.core.plugin_context import PluginContext, Surroundings
from refdesk.core.queues import DEFAULT_QUEUE, QueueChoice
from refdesk.core.translations import translate


@dataclass(frozen=True, slots=True)
class HandoffRouting:
    """Asks the plugins; the first choice holds."""

    host: PluginHost
    surroundings: Surroundings
    clock: Callable[[], float] = time.time

    async def route(
        self, consultation: Consultation, language: Language, reason: HandoffReason
    ) -> QueueChoice:
        """Return the plugins' choice; without any, the default queue and the least promise."""
        context = PluginContext("", language, self.clock(), self.surroundings)
        chosen = await self.host.ask_first(
            hookspecs.route_handoff, consultation=consultation, reason=reason, context=context
        )
        if chosen is not None:
            return chosen.value
        if reason is HandoffReason.UNCLAIMED:
            words = translate(
                "No librarian has been able to take your question yet. It is kept for them; "
                "you may leave, the answer will appear here.",
                language,
            )
            return QueueChoice(DEFAULT_QUEUE, "asynchronous", words)
        promise = translate("Your question is on the librarians' list.", language)
        return QueueChoice(DEFAULT_QUEUE, "waiting", promise)
