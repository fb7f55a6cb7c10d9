"""What becomes of one message? (No input or output here.)

These are the steps 5 to 8 of docs/explanation/design.md, section 3.
Top-down: middleware, then commands and buttons by table, then the plugins' offers, then a person.
The result is an `Outcome`, which the store writes in one transaction.
"""

import time
from collections.abc import Callable, Sequence
from types import NoneType
from typing import TYPE_CHECKING

from refdesk.core import hookspecs
from refdesk.core.answering import Answer, AnswerRules, BringPerson, Clarify, decide, misses_of
from refdesk.core.commands import HUMAN_COMMAND, Command, CommandCall, CommandTable, normalised
from refdesk.core.consultations import BOT_ANSWERS
from refdesk.core.dialogues.turns import Dialogues
from refdesk.core.hosting.plugin_host import PluginHost
from refdesk.core.intents import HandOff, Intent, Say
from refdesk.core.messages import Choice, Language, Option, Part, Reply
from refdesk.core.middleware import Handling, Middleware, choose_language, compose
from refdesk.core.offers import Offer, Question
from refdesk.core.plugin_context import Surroundings
from refdesk.core.translations import translate
from refdesk.core.turns.carrying_out import CarryingOut
from refdesk.core.turns.fragments import Reading, breaks_off
from refdesk.core.turns.store import Outcome, Turn
from refdesk.core.turns.trigger_turns import TriggerTurns

if TYPE_CHECKING:
    from refdesk.core.hosting.plugin_host import Answered

MIDDLEWARE: tuple[Middleware, ...] = (choose_language,)
# Longer ones may be a call number, a year or an ISBN.
_LONGEST_BUTTON_NUMBER = 2
_RESULT_OF_COMMAND = (Reply, Offer, str, NoneType)


class Pipeline:
    """Turns a message and its consultation into an outcome."""

    def __init__(
        self,
        host: PluginHost,
        surroundings: Surroundings,
        rules: AnswerRules,
        clock: Callable[[], float] = time.time,
        middleware: Sequence[Middleware] = MIDDLEWARE,
    ) -> None:
        """Use the plugins of `host`, which have all been registered."""
        self._host = host
        self._rules = rules
        self._commands = CommandTable(
            (plugin, command)
            for plugin, commands in host.collect(hookspecs.register_commands)
            for command in commands
        )
        self._carrying_out = CarryingOut(host, surroundings, clock)
        self._dialogues = Dialogues(host, surroundings, self._commands, self._carrying_out, clock)
        self._triggers = TriggerTurns(host, self._carrying_out, self._dialogues.timed_out)
        self._run = compose((*middleware, self._dialogues.around), self._handle)

    async def handle(self, turn: Turn) -> Outcome:
        """Decide what to do about one message, or about what else has become due."""
        consultation = turn.consultation
        handling = Handling(turn.message, consultation, consultation.language, turn.seq)
        if turn.trigger is not None:
            outcome = await self._triggers.outcome(handling, turn.trigger)
            return await self._dialogues.begun(handling, outcome)
        return await self._run(handling)

    def reading(self, turn: Turn) -> Reading:
        """Return how a message is read beside the ones before and after it."""
        message, consultation = turn.message, turn.consultation
        if turn.trigger or message.action or consultation.state not in BOT_ANSWERS:
            return "command"
        if consultation.dialogue:
            return "command"  # each message may answer a question of its own
        found = self._commands.find(message.text, "", consultation.offered)
        if found is not None:
            return "opening" if found[1].opens else "command"
        return "unfinished" if breaks_off(message.text) else "whole"

    async def _handle(self, handling: Handling) -> Outcome:
        message, consultation = handling.message, handling.consultation
        found = self._commands.find(message.text, message.action, consultation.offered)
        if found is not None and not self._host.serves(found[0], consultation.account):
            found = None  # its plugin is switched off here: a word like any other, a dead button
        bot_answers = consultation.state in BOT_ANSWERS
        if found is not None and (bot_answers or found[1].reserved):
            return await self._run_command(handling, *found)
        if not bot_answers:
            return _silence(handling)
        if message.action or _presses_nothing(message.text):
            return self._say(handling, "This button no longer works. Please type your question.")
        return await self._answer_question(handling)

    async def _run_command(
        self, handling: Handling, plugin: str, command: Command, argument: str
    ) -> Outcome:
        context = self._carrying_out.context(plugin, handling)
        call = CommandCall(argument, handling.consultation, handling.message)
        done = await self._host.run(
            plugin, command.name, command.handler, call, context, expected=_RESULT_OF_COMMAND
        )
        if done is None:
            return self._carrying_out.apology(handling)
        intents = list(context.intents)
        offered: tuple[Option, ...] = ()
        if isinstance(done.value, Offer):
            reply, offered = _reply_with(done.value, done.value.related, handling.language)
            intents.append(Say(reply))
        elif isinstance(done.value, Reply):
            intents.append(Say(done.value))
            offered = _buttons(done.value.parts)
        elif done.value is not None:
            intents.append(Say(Reply.of(done.value)))
        return await self._carrying_out.outcome(handling, intents, offered, confidence=1.0)

    async def _answer_question(self, handling: Handling) -> Outcome:
        question = Question(handling.message.text, handling.language)
        answered = await self._host.ask_all(
            hookspecs.answer_question,
            question=question,
            consultation=handling.consultation,
            context=self._carrying_out.context("", handling),
        )
        offers = [one.value for one in answered]
        misses = misses_of(handling.consultation, self._rules)
        decision = decide(offers, misses, self._rules)
        match decision:
            case Answer(offer, related):
                reply, offered = _reply_with(offer, related, handling.language)
                intents = [*_intents_of(offer, answered), Say(reply)]
                return await self._carrying_out.outcome(
                    handling, intents, offered, offer.confidence
                )
            case Clarify(options):
                return self._clarify(handling, options)
            case BringPerson(reason, best):
                said = [Say(Reply(best.parts(), best.all_sources()))] if best else []
                return await self._carrying_out.outcome(handling, [*said, HandOff(reason)], ())

    def _clarify(self, handling: Handling, options: tuple[Option, ...]) -> Outcome:
        language = handling.language
        person = Option(translate("Ask a librarian", language), HUMAN_COMMAND)
        prompt = translate(
            "I am not sure that I understood you. Did you mean one of these?"
            if options
            else "I found no answer to that. Please try other words, or ask a librarian.",
            language,
        )
        shown = (*options, person)
        reply = Reply((Choice(prompt, shown),))
        misses = handling.consultation.misses + 1
        return Outcome(language, (Say(reply),), misses=misses, offered=shown)

    def _say(self, handling: Handling, text: str) -> Outcome:
        reply = Reply.of(translate(text, handling.language))
        return Outcome(handling.language, (Say(reply),), handling.consultation.misses)


def _presses_nothing(text: str) -> bool:
    """Say whether this is the number of a button, which has been looked for in vain."""
    number = normalised(text)
    return number.isdecimal() and len(number) <= _LONGEST_BUTTON_NUMBER


def _silence(handling: Handling) -> Outcome:
    """Say nothing, since a person speaks; the consultation remembers what it did."""
    consultation = handling.consultation
    return Outcome(handling.language, (), consultation.misses, consultation.offered)


def _reply_with(
    offer: Offer, related: Sequence[Option], language: Language
) -> tuple[Reply, tuple[Option, ...]]:
    """Return the reply of an offer with its buttons, and the buttons."""
    parts: list[Part] = [*offer.parts()]
    if related:
        parts.append(Choice(translate("Related:", language), tuple(related)))
    if offer.feedback:
        parts.append(Choice(translate("Was this helpful?", language), offer.feedback))
    return Reply(tuple(parts), offer.all_sources()), (*related, *offer.feedback)


def _buttons(parts: Sequence[Part]) -> tuple[Option, ...]:
    return tuple(option for part in parts if isinstance(part, Choice) for option in part.options)


def _intents_of(offer: Offer, answered: "Sequence[Answered[Offer]]") -> tuple[Intent, ...]:
    for one in answered:
        if one.value is offer:
            return one.intents
    return ()
