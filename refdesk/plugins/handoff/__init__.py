"""Brings a person: when asked for one, when the program does not know, when policy wants it."""

from collections.abc import Sequence
from datetime import datetime

from pydantic import BaseModel, ConfigDict, Field

from refdesk import (
    Command,
    CommandCall,
    Consultation,
    HandoffReason,
    Offer,
    PluginContext,
    Question,
    QueueChoice,
    State,
    hookimpl,
)
from refdesk.core.calendar.calendar import OpenStatus, status_at
from refdesk.core.log.event_reading import EventReading
from refdesk.core.staff.duty import Duty
from refdesk.plugins.handoff.promises import Situation, answer_by, promise, promise_later

_HUMAN = {
    "en": ("human", "person", "librarian", "agent", "operator", "real person", "ask a librarian",
           "talk to a human", "talk to a person", "talk to a librarian", "speak to a librarian",
           "speak to a human", "speak to a person", "chat with a librarian", "live chat",
           "i want a human", "i want to talk to a librarian", "i need a librarian"),
    "zh": ("转人工", "人工", "人工服务", "转人工服务", "人工客服", "转接人工", "馆员", "咨询馆员",
           "找馆员", "联系馆员", "转馆员", "真人", "找人工", "我要人工", "请转人工", "人工咨询"),
}  # fmt: skip
_BACK = {
    "en": ("back", "back to bot", "stop waiting", "never mind"),
    "zh": ("返回", "不等了", "取消人工", "返回自助", "退出人工"),
}
_STOP = {
    "en": ("stop", "stop chat", "end", "end chat", "end conversation", "quit"),
    "zh": ("结束", "结束咨询", "结束对话", "结束会话", "退出", "退出咨询"),
}


class HandoffSettings(BaseModel):
    """Section `[plugins.handoff]`."""

    model_config = ConfigDict(extra="forbid")

    policy_topics: list[str] = Field(
        default_factory=lambda: [
            "complaint", "complain", "legal advice", "lawsuit", "harassment", "discrimination",
            "投诉", "起诉", "律师", "骚扰", "歧视",
        ],
        description="Words on which a person always answers, never the program.",
    )  # fmt: skip


@hookimpl
def register_settings() -> type[BaseModel]:
    """Bring the section `[plugins.handoff]`."""
    return HandoffSettings


@hookimpl
def register_commands() -> Sequence[Command]:
    """Bring the words that ask for a person, that stop waiting, and that end it all."""
    return [
        Command("handoff.human", bring_person, _HUMAN, reserved=True),
        Command("handoff.back", stop_waiting, _BACK, reserved=True),
        Command("handoff.stop", end_conversation, _STOP, reserved=True),
    ]


@hookimpl
async def answer_question(question: Question, context: PluginContext) -> Offer | None:
    """Send topics of policy to a person at once."""
    topics = context.settings(HandoffSettings).policy_topics
    if not question.mentions(*topics):
        return None
    words = context.translate("A librarian should answer this personally.")
    return Offer(words, confidence=1.0, handoff=HandoffReason.POLICY_TOPIC)


@hookimpl
async def route_handoff(
    consultation: Consultation, reason: HandoffReason, context: PluginContext
) -> QueueChoice:
    """Put every reader into the one queue, and tell them what is really going to happen."""
    situation = Situation(
        desk=_desk_status(context),
        librarians=len(context.service(Duty).librarians()),
        before=await _readers_before(consultation, context),
        answer_by=_answer_by(consultation, context),
    )
    decide = promise_later if reason is HandoffReason.UNCLAIMED else promise
    return decide(situation, context.translate, context.language)


async def bring_person(call: CommandCall, context: PluginContext) -> None:
    """Put the reader on the waiting list; one who already waits is told again how it stands."""
    if call.consultation.state is not State.WITH_LIBRARIAN:
        context.hand_off(HandoffReason.ASKED)


async def stop_waiting(call: CommandCall, context: PluginContext) -> str | None:
    """Take a waiting reader off the list."""
    match call.consultation.state:
        case State.WAITING | State.ASYNCHRONOUS:
            context.return_to_self_service()
            return None
        case State.SELF_SERVICE:
            return context.translate("Please type your question.")
    return None


async def end_conversation(_call: CommandCall, context: PluginContext) -> None:
    """End the conversation: the reader has said so."""
    context.end_consultation()


def _answer_by(consultation: Consultation, context: PluginContext) -> datetime | None:
    """Return until when an answer can be promised; what was promised before stays."""
    if context.hours is None:
        return None
    calendar = context.hours.reference_desk()
    if consultation.due_at is not None and consultation.due_at > context.now:
        return datetime.fromtimestamp(consultation.due_at, calendar.zone)
    return answer_by(calendar, context.moment)


def _desk_status(context: PluginContext) -> OpenStatus | None:
    if context.hours is None:
        return None
    return status_at(context.hours.reference_desk(), context.moment)


async def _readers_before(consultation: Consultation, context: PluginContext) -> int:
    # The desk lists those who were promised an answer for later among the others.
    on_the_list = (State.WAITING, State.ASYNCHRONOUS)
    waiting = await context.service(EventReading).in_states(on_the_list)
    since = consultation.since if consultation.state in on_the_list else context.now
    return sum(one.since < since for one in waiting if one.id != consultation.id)
