"""What happens in a turn that no message began: an effect has ended, a reminder is due?

The plugin's own handler tells the reader. While a librarian has the consultation it comes as a
notice of the system, and nothing else changes.
"""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from types import NoneType
from typing import Any

from refdesk.core import hookspecs
from refdesk.core.consultations import BOT_ANSWERS, Consultation
from refdesk.core.declarations import declared
from refdesk.core.dialogues.asking import TIME_OUT
from refdesk.core.dialogues.prompts import buttons
from refdesk.core.effects.effects import Effect, EffectNews
from refdesk.core.effects.reminders import Reminder, ReminderDue
from refdesk.core.hosting.plugin_host import PluginHost
from refdesk.core.intents import BeginDialogue, HandOff, Intent, ReturnToSelfService, Say
from refdesk.core.messages import Option, Reply
from refdesk.core.middleware import Handling
from refdesk.core.offers import HandoffReason
from refdesk.core.translations import translate
from refdesk.core.turns.carrying_out import CarryingOut
from refdesk.core.turns.store import Outcome
from refdesk.core.turns.triggers import EFFECT, REMINDER, Trigger
from refdesk.logs import get_logger

log = get_logger(__name__)
_SAID = (Reply, str, NoneType)
_NEEDS_THE_BOT = (HandOff, ReturnToSelfService, BeginDialogue)
OwnHandler = Callable[[Handling], Awaitable[Outcome]]


class TriggerTurns:
    """The handlers of everything that goes through a turn beside messages, by plugin and name."""

    def __init__(
        self, host: PluginHost, carrying_out: CarryingOut, form_timed_out: OwnHandler
    ) -> None:
        """Collect what the plugins of `host` declare; the core's own trigger is a form's."""
        self._host = host
        self._carrying_out = carrying_out
        self._own = {f"{REMINDER}{TIME_OUT}": form_timed_out}
        self._handlers: dict[tuple[str, str], tuple[Callable[..., Any], Callable[..., Any]]] = {
            (plugin, f"{EFFECT}{name}"): (effect.tell, _news)
            for (plugin, name), effect in declared(host, hookspecs.register_effects, Effect).items()
        }
        reminders = declared(host, hookspecs.register_reminders, Reminder)
        for (plugin, name), reminder in reminders.items():
            self._handlers[plugin, f"{REMINDER}{name}"] = (reminder.handler, _due)

    async def outcome(self, handling: Handling, trigger: Trigger) -> Outcome:
        """Let the one who asked for it tell the reader."""
        own = self._own.get(trigger.name) if not trigger.plugin else None
        if own is not None:
            return await own(handling)
        found = self._handlers.get((trigger.plugin, trigger.name))
        if found is None:
            return await self._untold(handling, trigger)
        handler, read = found
        context = self._carrying_out.context(trigger.plugin, handling)
        value = read(trigger, handling.consultation)
        done = await self._host.run(
            trigger.plugin, trigger.name, handler, value, context, expected=_SAID
        )
        if done is None:
            return await self._untold(handling, trigger)
        intents: list[Intent] = list(context.intents)
        reply = Reply.of(done.value) if isinstance(done.value, str) else done.value
        if isinstance(reply, Reply):
            intents.append(Say(reply))
        return await self._told(handling, intents, reply)

    async def _told(
        self, handling: Handling, intents: list[Intent], reply: Reply | None
    ) -> Outcome:
        """Say it; a form that is open, and the buttons shown last, stay as they are."""
        consultation = handling.consultation
        if consultation.state not in BOT_ANSWERS:
            told: list[Intent] = [one for one in intents if not isinstance(one, _NEEDS_THE_BOT)]
            intents = [Say(one.reply, "system") if isinstance(one, Say) else one for one in told]
        offered: tuple[Option, ...] = buttons(reply) if reply else ()
        if not offered or consultation.dialogue:
            offered = consultation.offered
        outcome = await self._carrying_out.outcome(handling, intents, offered)
        return replace(outcome, misses=consultation.misses)

    async def _untold(self, handling: Handling, trigger: Trigger) -> Outcome:
        """Leave no reader without news of an effect: a person looks at it."""
        if not trigger.name.startswith(EFFECT):
            log.warning("trigger_unheard", plugin=trigger.plugin, trigger=trigger.name)
            return await self._told(handling, [], None)
        words = translate(
            "There is news about something you had asked for, and I cannot show it at the "
            "moment. A librarian looks at it.",
            handling.language,
        )
        return await self._told(
            handling, [Say(Reply.of(words)), HandOff(HandoffReason.FAILURE)], None
        )


def _news(trigger: Trigger, consultation: Consultation) -> EffectNews:
    data = trigger.data
    return EffectNews(
        data["ending"], data["key"], data["arguments"], data["data"], data["reason"], consultation
    )


def _due(trigger: Trigger, consultation: Consultation) -> ReminderDue:
    data = trigger.data
    return ReminderDue(data["reference"], data["at"], data["data"], consultation)
