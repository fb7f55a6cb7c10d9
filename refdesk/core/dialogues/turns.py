"""What happens in a turn while a reader fills in a form?

A step around the handling of a message: words and buttons that belong to the form are taken here,
all others go on as if there were none, and the form then asks its question again.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Literal

from refdesk.core import hookspecs
from refdesk.core.commands import CommandTable
from refdesk.core.consultations import BOT_ANSWERS
from refdesk.core.dialogues.asking import TIME_OUT, Asking, timer
from refdesk.core.dialogues.dialogues import Circumstances, Dialogue, DialogueTable, text_in
from refdesk.core.dialogues.forms import (
    KEPT_SECONDS,
    Answer,
    Form,
    dump_form,
    load_form,
    put_aside,
)
from refdesk.core.dialogues.hearing import Heard, ShowFields, Stale, hear, is_word_of_form
from refdesk.core.dialogues.prompts import buttons, fields_to_change, how_to_leave, invitation
from refdesk.core.dialogues.steps import Give, Misheard, first_step, fitting
from refdesk.core.hosting.plugin_host import PluginHost
from refdesk.core.intents import BeginDialogue, HandOff, Say, Schedule
from refdesk.core.messages import InboundMessage, Option, Reply, Text
from refdesk.core.middleware import Handling, Next
from refdesk.core.offers import HandoffReason
from refdesk.core.plugin_context import Surroundings
from refdesk.core.translations import translate
from refdesk.core.turns.carrying_out import CarryingOut
from refdesk.core.turns.store import Outcome
from refdesk.logs import get_logger

log = get_logger(__name__)


class Dialogues:
    """The forms of all plugins, and how they are filled in."""

    def __init__(
        self,
        host: PluginHost,
        surroundings: Surroundings,
        commands: CommandTable,
        carrying_out: CarryingOut,
        clock: Callable[[], float],
    ) -> None:
        """Use the forms that the plugins of `host` have registered."""
        self._host = host
        self._surroundings = surroundings
        self._commands = commands
        self._carrying_out = carrying_out
        self._asking = Asking(host, carrying_out)
        self._clock = clock
        self._table = DialogueTable(
            [
                (plugin, dialogue)
                for plugin, dialogues in host.collect(hookspecs.register_dialogues)
                for dialogue in dialogues
            ]
        )

    async def around(self, handling: Handling, following: Next) -> Outcome:
        """Handle a message: in the form that is open, or else as `following` does."""
        consultation = handling.consultation
        if consultation.dialogue and consultation.state in BOT_ANSWERS:
            outcome = await self._in_form(handling, following)
        else:
            outcome = await following(handling)
        outcome = await self.begun(handling, outcome)
        if consultation.dialogue and outcome.waiting and outcome.dialogue is None:
            return replace(outcome, dialogue=put_aside(consultation.dialogue))
        return outcome

    async def begun(self, handling: Handling, outcome: Outcome) -> Outcome:
        """Begin the form that an outcome asks for, if it does."""
        for intent in outcome.intents:
            if isinstance(intent, BeginDialogue):
                return await self._begin(handling, outcome, intent)
        return outcome

    async def timed_out(self, handling: Handling) -> Outcome:
        """Put a form aside that has waited too long; forget one that nobody came back to."""
        quiet = Outcome(
            handling.language, (), handling.consultation.misses, handling.consultation.offered
        )
        form = load_form(handling.consultation.dialogue)
        if form is None:
            return replace(quiet, dialogue="")
        found, now = self._table.find(form.dialogue), self._clock()
        waits_until = form.touched + 60.0 * (found[1].minutes if found else 0)
        forgotten_at = form.touched + KEPT_SECONDS
        if now >= forgotten_at:
            return replace(quiet, dialogue="")
        if form.condition != "open":
            return replace(quiet, intents=(_look_again(forgotten_at),))
        if now < waits_until:
            return replace(quiet, intents=(_look_again(waits_until),))
        words = translate(
            "“{title}” is put aside, since nothing was written for a while. Your answers are kept "
            "for a day: type “continue” to go on.",
            form.language,
            title=form.title,
        )
        aside = dump_form(replace(form, condition="mentioned"))
        said = Say(Reply.of(words), "system")
        return replace(quiet, intents=(said, _look_again(forgotten_at)), offered=(), dialogue=aside)

    async def _in_form(self, handling: Handling, following: Next) -> Outcome:
        form = load_form(handling.consultation.dialogue)
        if form is None:
            log.error("form_unreadable")
            return replace(await following(handling), dialogue="")
        dialogue = self._found(form, handling.consultation.account)
        if dialogue is None:
            return await self._gone(handling, form, following)
        waited = self._clock() - form.touched
        if waited >= KEPT_SECONDS:
            return replace(await following(handling), dialogue="")
        if form.condition == "open" and waited > 60.0 * dialogue.minutes:
            # Nobody has put it aside: its consultation was closed for a while.
            form = replace(form, condition="aside")
        understood = await self._understood(handling, dialogue, form)
        if understood is None:
            return await self._gone(handling, form, following)
        form, heard = understood
        outcome = None
        if not self._is_command(handling, "reserved"):
            outcome = await self._taken(handling, dialogue, form, heard)
        return outcome or await self._beside_form(handling, following, dialogue, form)

    async def _understood(
        self, handling: Handling, dialogue: Dialogue, form: Form
    ) -> tuple[Form, Heard] | None:
        """Read what is said; None when that fails, since kinds of answers may be a plugin's own."""
        message, offered = handling.message, handling.consultation.offered
        done = await self._host.run(
            form.plugin,
            dialogue.name,
            _understand,
            dialogue,
            form,
            message,
            offered,
            self._circumstances(form),
        )
        return done.value if done else None

    async def _taken(
        self, handling: Handling, dialogue: Dialogue, form: Form, heard: Heard
    ) -> Outcome | None:
        """Take what is said to the form; None when it is not for the form."""
        if heard == "not for the form":
            return None
        if isinstance(heard, Misheard) and self._is_command(handling, "any"):
            return None
        form = replace(form, touched=self._clock())
        handling = replace(handling, language=form.language)
        match heard:
            case Stale():
                return await self._asking.ask(handling, dialogue, form)
            case ShowFields():
                return await self._asking.say(handling, form, fields_to_change(dialogue, form))
            case Give():
                return await self._asking.given(handling, dialogue, form, heard)
        return await self._asking.stepped(handling, dialogue, form, heard)

    def _found(self, form: Form, account: str) -> Dialogue | None:
        """Return the declared form, if its plugin is there and at work."""
        found = self._table.find(form.dialogue)
        if found is None or not self._host.serves(found[0], account):
            return None
        return found[1] if self._host.condition(found[0]) == "working" else None

    def _is_command(self, handling: Handling, which: Literal["reserved", "any"]) -> bool:
        """Say whether the words are those of a command; the words of the form come first."""
        text = handling.message.text
        if handling.message.action:
            return False
        found = self._commands.find(text, "", ())
        if found is None or not self._host.serves(found[0], handling.consultation.account):
            return False
        if which == "reserved":
            return (found[1].reserved and not is_word_of_form(text)) or text[:1] == "/"
        return True

    async def _begin(self, handling: Handling, outcome: Outcome, begin: BeginDialogue) -> Outcome:
        """Begin a form after what a command has said."""
        others = tuple(one for one in outcome.intents if not isinstance(one, BeginDialogue))
        outcome = replace(outcome, intents=others)
        found = self._table.find(begin.dialogue)
        if found is None or outcome.waiting is not None:
            log.error("form_not_begun", dialogue=begin.dialogue)
            return outcome
        plugin, dialogue = found
        language = handling.language
        form = Form(
            plugin,
            dialogue.name,
            dialogue.version,
            handling.seq,
            language,
            text_in(dialogue.title, language),
            answers=_answers_given(dialogue, begin, language),
            touched=self._clock(),
        )
        asked = await self._asking.ask(
            handling,
            dialogue,
            first_step(dialogue, form).form,
            before=(Text(how_to_leave(form)),),
        )
        intents = (*others, *asked.intents, timer(dialogue, form))
        return replace(asked, intents=intents, confidence=outcome.confidence)

    async def _beside_form(
        self, handling: Handling, following: Next, dialogue: Dialogue, form: Form
    ) -> Outcome:
        """Handle something else, then ask the form's question again, or offer to go on with it."""
        outcome = await following(handling)
        begins = any(isinstance(one, BeginDialogue) for one in outcome.intents)
        if outcome.waiting is not None or outcome.returned != "no" or begins:
            return outcome
        if form.condition == "mentioned":
            return outcome
        if form.condition == "aside":
            told = Reply((invitation(form),))
            form = replace(form, condition="mentioned")
        else:
            asked = await self._asking.ask(handling, dialogue, form)
            return replace(
                asked, intents=(*outcome.intents, *asked.intents), confidence=outcome.confidence
            )
        return replace(
            outcome,
            intents=(*outcome.intents, Say(told)),
            offered=(*outcome.offered, *buttons(told)),
            dialogue=dump_form(form),
        )

    async def _gone(self, handling: Handling, form: Form, following: Next) -> Outcome:
        """Tell a reader whose form nobody can go on with, and bring a person."""
        if form.condition != "open":
            return replace(await following(handling), dialogue="")
        words = translate(
            "“{title}” is not available at the moment, so I cannot go on with it. A librarian "
            "can see what you have filled in.",
            form.language,
            title=form.title,
        )
        outcome = await self._carrying_out.outcome(
            handling, [Say(Reply.of(words)), HandOff(HandoffReason.FAILURE)]
        )
        return replace(outcome, dialogue=put_aside(handling.consultation.dialogue))

    def _circumstances(self, form: Form) -> Circumstances:
        today = datetime.fromtimestamp(self._clock(), self._surroundings.zone).date()
        return Circumstances(form.language, today)


async def _understand(
    dialogue: Dialogue,
    form: Form,
    message: InboundMessage,
    offered: Sequence[Option],
    known: Circumstances,
) -> tuple[Form, Heard]:
    form = fitting(dialogue, form, known)
    return form, hear(dialogue, form, message.text, message.action, offered, known)


def _look_again(at: float) -> Schedule:
    return Schedule("", TIME_OUT, "", at, "{}")


def _answers_given(dialogue: Dialogue, begin: BeginDialogue, language: str) -> dict[str, Answer]:
    """Return what the plugin knows already, as if the reader had said it."""
    spoken: Literal["en", "zh"] = "zh" if language == "zh" else "en"
    return {
        field.name: Answer(
            value,
            text_in(field.title, language),
            "" if value is None else field.kind.show(value, spoken),
        )
        for field in dialogue.fields
        for value in [begin.answers.get(field.name)]
        if field.name in begin.answers
    }
