"""How does a form ask, check and finish, with the plugin that has declared it?"""

from collections.abc import Sequence
from dataclasses import replace
from types import NoneType

from refdesk.core.dialogues.dialogues import Dialogue, Possible, Wrong, text_in
from refdesk.core.dialogues.forms import Form, dump_form
from refdesk.core.dialogues.prompts import (
    again,
    buttons,
    invitation,
    prompt,
    try_again,
    ways_out,
)
from refdesk.core.dialogues.steps import Give, Misheard, Move, Resume, step
from refdesk.core.hosting.plugin_host import PluginHost
from refdesk.core.intents import Intent, Say, Schedule, Unschedule
from refdesk.core.messages import Choice, Part, Reply, Text
from refdesk.core.middleware import Handling
from refdesk.core.translations import translate
from refdesk.core.turns.carrying_out import CarryingOut
from refdesk.core.turns.store import Outcome

# The core's own reminder: a form has waited long enough.
TIME_OUT = "form"
_FINISHED = (Reply, str, NoneType)
_CHECKED = (Wrong, NoneType)
_CHOICES = (Sequence, Wrong)
_NO_TIMER = Unschedule("", TIME_OUT, "")


class Asking:
    """Takes one step of a form and asks what comes next."""

    def __init__(self, host: PluginHost, carrying_out: CarryingOut) -> None:
        """Call the plugins of `host`."""
        self._host = host
        self._carrying_out = carrying_out

    async def given(
        self, handling: Handling, dialogue: Dialogue, form: Form, move: Give
    ) -> Outcome:
        """Let the plugin check an answer before it is taken."""
        field = dialogue.field(form.asked)
        value = move.answer.value
        if field is None or field.check is None or value is None:
            return await self.stepped(handling, dialogue, form, move)
        context = self._carrying_out.context(form.plugin, handling)
        checked = await self._host.run(
            form.plugin,
            f"{dialogue.name}.{field.name}",
            field.check,
            value,
            form.values,
            context,
            expected=_CHECKED,
        )
        if checked is None:
            return await self._failed(handling, form)
        if isinstance(checked.value, Wrong):
            form = step(dialogue, form, Misheard()).form
            return await self.ask(handling, dialogue, form, checked.value.why)
        return await self.stepped(handling, dialogue, form, move)

    async def stepped(
        self, handling: Handling, dialogue: Dialogue, form: Form, move: Move
    ) -> Outcome:
        """Take a step."""
        stepped = step(dialogue, form, move)
        match stepped.then:
            case "finishes":
                return await self._finished(handling, dialogue, form)
            case "is cancelled":
                words = translate("“{title}” is cancelled.", form.language, title=form.title)
                intents: list[Intent] = [Say(Reply.of(words)), _NO_TIMER]
                return replace(await self._outcome(handling, intents), dialogue="")
            case "waits":
                return await self.say(handling, stepped.form, Reply((invitation(form),)))
            case "asks":
                why = ""
                if isinstance(move, Misheard):
                    field = dialogue.field(form.asked)
                    why = text_in(field.kind.hint, form.language) if field else ""
                asked = await self.ask(handling, dialogue, stepped.form, why)
                if not isinstance(move, Resume):
                    return asked
                return replace(asked, intents=(*asked.intents, timer(dialogue, stepped.form)))

    async def ask(
        self,
        handling: Handling,
        dialogue: Dialogue,
        form: Form,
        why: str = "",
        before: tuple[Part, ...] = (),
    ) -> Outcome:
        """Ask what the form asks now; the buttons may come from the plugin."""
        field = dialogue.field(form.asked)
        if field is not None and field.choices is not None and not form.possible:
            context = self._carrying_out.context(form.plugin, handling)
            chosen = await self._host.run(
                form.plugin,
                f"{dialogue.name}.{field.name}",
                field.choices,
                form.values,
                context,
                expected=_CHOICES,
            )
            if chosen is None:
                return await self._failed(handling, form)
            possible = chosen.value
            if not isinstance(possible, Wrong) and not all(
                isinstance(one, Possible) for one in possible
            ):
                return await self._failed(handling, form)
            if isinstance(possible, Wrong) or not possible:
                return await self._nothing_to_choose(handling, form, possible)
            form = replace(form, possible=tuple(possible))
        reply = again(dialogue, form, why) if why else prompt(dialogue, form)
        return await self.say(handling, form, Reply((*before, *reply.parts)))

    async def _nothing_to_choose(
        self, handling: Handling, form: Form, why: Wrong | Sequence[Possible]
    ) -> Outcome:
        language = form.language
        words = (
            why.why
            if isinstance(why, Wrong)
            else translate("There is nothing to choose from just now.", language)
        )
        ask = Choice(translate("How shall we go on?", language), ways_out(form))
        return await self.say(handling, form, Reply((Text(words), ask)))

    async def _failed(self, handling: Handling, form: Form) -> Outcome:
        """Say that the plugin did not manage it; nothing the reader has said is lost."""
        words = translate("Sorry, that did not work just now.", form.language)
        return await self.say(
            handling, form, Reply((Choice(words, (try_again(form), *ways_out(form))),))
        )

    async def _finished(self, handling: Handling, dialogue: Dialogue, form: Form) -> Outcome:
        context = self._carrying_out.context(form.plugin, handling)
        done = await self._host.run(
            form.plugin, dialogue.name, dialogue.finish, form.values, context, expected=_FINISHED
        )
        if done is None:
            return await self._failed(handling, form)
        reply = Reply.of(done.value) if isinstance(done.value, str) else done.value
        said = [Say(reply)] if isinstance(reply, Reply) else []
        offered = buttons(reply) if isinstance(reply, Reply) else ()
        intents = [*context.intents, *said, _NO_TIMER]
        outcome = await self._carrying_out.outcome(handling, intents, offered, 1.0)
        return replace(outcome, dialogue="")

    async def say(self, handling: Handling, form: Form, reply: Reply) -> Outcome:
        """Say something in a form that goes on."""
        outcome = await self._outcome(handling, [Say(reply)])
        return replace(outcome, offered=buttons(reply), dialogue=dump_form(form))

    async def _outcome(self, handling: Handling, intents: list[Intent]) -> Outcome:
        return await self._carrying_out.outcome(handling, intents, confidence=1.0)


def timer(dialogue: Dialogue, form: Form) -> Schedule:
    """Return the reminder that looks whether the reader has gone on with the form."""
    return Schedule("", TIME_OUT, "", form.touched + 60.0 * dialogue.minutes, "{}")
