"""How do a plugin's words and wishes become the outcome of a turn?"""

from collections.abc import Callable, Sequence
from typing import Literal

from refdesk.core.commands import HUMAN_COMMAND
from refdesk.core.hosting.plugin_host import PluginHost
from refdesk.core.intents import EndConsultation, HandOff, Intent, ReturnToSelfService, Say
from refdesk.core.lifecycle.handoff_routing import HandoffRouting
from refdesk.core.messages import Choice, Option, Reply
from refdesk.core.middleware import Handling
from refdesk.core.plugin_context import PluginContext, Surroundings
from refdesk.core.translations import translate
from refdesk.core.turns.store import Outcome, Waiting

# What moves the consultation, instead of saying or writing something.
_MOVES = (HandOff, ReturnToSelfService, EndConsultation)


class CarryingOut:
    """What commands, questions, forms and triggers share."""

    def __init__(
        self, host: PluginHost, surroundings: Surroundings, clock: Callable[[], float]
    ) -> None:
        """Route wishes for a person through the plugins of `host`."""
        self._routing = HandoffRouting(host, surroundings, clock)
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
        kept = tuple([intent for intent in intents if not isinstance(intent, _MOVES)])
        if len(kept) == len(intents):
            return Outcome(handling.language, kept, offered=offered, confidence=confidence)
        handoffs = [intent for intent in intents if isinstance(intent, HandOff)]
        returned: Literal["no", "to self-service", "ended"] = "no"
        if any(isinstance(intent, EndConsultation) for intent in intents):
            returned = "ended"
        elif any(isinstance(intent, ReturnToSelfService) for intent in intents):
            returned = "to self-service"
        waiting = None
        if handoffs:
            reason, consultation = handoffs[0].reason, handling.consultation
            choice = await self._routing.route(consultation, handling.language, reason)
            waiting = Waiting(choice, reason.value)
        return Outcome(
            handling.language,
            kept,
            offered=offered,
            waiting=waiting,
            returned=returned,
            confidence=confidence,
        )

    def apology(self, handling: Handling) -> Outcome:
        """Say that something failed, without a word about what; a person is one button away."""
        language = handling.language
        person = Option(translate("Ask a librarian", language), HUMAN_COMMAND)
        prompt = translate("Sorry, that did not work just now.", language)
        reply = Reply((Choice(prompt, (person,)),))
        return Outcome(language, (Say(reply),), offered=(person,))
