"""How do a plugin's words and wishes become the outcome of a turn?"""

from collections.abc import Callable, Sequence

from refdesk.core import hookspecs
from refdesk.core.commands import HUMAN_COMMAND
from refdesk.core.intents import HandOff, Intent, ReturnToSelfService, Say
from refdesk.core.messages import Choice, Option, Reply
from refdesk.core.middleware import Handling
from refdesk.core.offers import HandoffReason
from refdesk.core.plugin_context import PluginContext, Surroundings
from refdesk.core.plugin_host import PluginHost
from refdesk.core.queues import DEFAULT_QUEUE, QueueChoice
from refdesk.core.store import Outcome, Waiting
from refdesk.core.translations import translate


class CarryingOut:
    """What commands, questions, forms and triggers share."""

    def __init__(
        self, host: PluginHost, surroundings: Surroundings, clock: Callable[[], float]
    ) -> None:
        """Route wishes for a person through the plugins of `host`."""
        self._host = host
        self._surroundings = surroundings
        self._clock = clock

    def context(self, plugin: str, handling: Handling) -> PluginContext:
        """Return the context of a call, for one plugin at this moment."""
        return PluginContext(plugin, handling.language, self._clock(), self._surroundings)

    async def outcome(
        self,
        handling: Handling,
        intents: Sequence[Intent],
        offered: tuple[Option, ...] = (),
        confidence: float = 0.0,
    ) -> Outcome:
        """Turn intents into an outcome; wishes for a person are routed here."""
        kept = tuple(i for i in intents if not isinstance(i, HandOff | ReturnToSelfService))
        handoffs = [intent for intent in intents if isinstance(intent, HandOff)]
        returns = any(isinstance(intent, ReturnToSelfService) for intent in intents)
        waiting = await self._route(handling, handoffs[0].reason) if handoffs else None
        return Outcome(
            handling.language,
            kept,
            offered=offered,
            waiting=waiting,
            returned="to self-service" if returns else "no",
            confidence=confidence,
        )

    def apology(self, handling: Handling) -> Outcome:
        """Say that something failed, without a word about what; a person is one button away."""
        language = handling.language
        person = Option(translate("Ask a librarian", language), HUMAN_COMMAND)
        prompt = translate("Sorry, that did not work just now.", language)
        reply = Reply((Choice(prompt, (person,)),))
        return Outcome(language, (Say(reply),), offered=(person,))

    async def _route(self, handling: Handling, reason: HandoffReason) -> Waiting:
        chosen = await self._host.ask_first(
            hookspecs.route_handoff,
            consultation=handling.consultation,
            reason=reason,
            context=self.context("", handling),
        )
        if chosen is not None:
            return Waiting(chosen.value, reason.value)
        promise = translate("Your question is on the librarians' list.", handling.language)
        return Waiting(QueueChoice(DEFAULT_QUEUE, "waiting", promise), reason.value)
