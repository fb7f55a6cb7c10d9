"""The public names for plugin authors; everything else may change.

Each is imported when it is first used: `import refdesk` itself costs nothing.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from refdesk.core.commands import Command, CommandCall
    from refdesk.core.consultations import Consultation, State
    from refdesk.core.dialogues.dialogues import Answers, Dialogue, Field, Possible, Wrong
    from refdesk.core.dialogues.fields import Day, FreeText, OneOf, TimeOfDay, WholeNumber, YesOrNo
    from refdesk.core.effects.effects import (
        Effect,
        EffectCall,
        EffectDone,
        EffectNews,
        EffectRefused,
        EffectRetry,
    )
    from refdesk.core.effects.job_times import Job
    from refdesk.core.effects.reminders import Reminder, ReminderDue
    from refdesk.core.hookspecs import hookimpl
    from refdesk.core.messages import (
        Choice,
        File,
        Image,
        InboundMessage,
        Link,
        Option,
        Part,
        Quote,
        Reply,
        Source,
        Text,
    )
    from refdesk.core.offers import HandoffReason, Offer, Question
    from refdesk.core.plugin_context import PluginContext
    from refdesk.core.plugin_tables import PluginTables
    from refdesk.core.queues import QueueChoice

__all__ = [
    "Answers",
    "Choice",
    "Command",
    "CommandCall",
    "Consultation",
    "Day",
    "Dialogue",
    "Effect",
    "EffectCall",
    "EffectDone",
    "EffectNews",
    "EffectRefused",
    "EffectRetry",
    "Field",
    "File",
    "FreeText",
    "HandoffReason",
    "Image",
    "InboundMessage",
    "Job",
    "Link",
    "Offer",
    "OneOf",
    "Option",
    "Part",
    "PluginContext",
    "PluginTables",
    "Possible",
    "Question",
    "QueueChoice",
    "Quote",
    "Reminder",
    "ReminderDue",
    "Reply",
    "Source",
    "State",
    "Text",
    "TimeOfDay",
    "WholeNumber",
    "Wrong",
    "YesOrNo",
    "hookimpl",
]

_HOMES = {
    "Answers": "refdesk.core.dialogues.dialogues",
    "Choice": "refdesk.core.messages",
    "Command": "refdesk.core.commands",
    "CommandCall": "refdesk.core.commands",
    "Consultation": "refdesk.core.consultations",
    "Day": "refdesk.core.dialogues.fields",
    "Dialogue": "refdesk.core.dialogues.dialogues",
    "Effect": "refdesk.core.effects.effects",
    "EffectCall": "refdesk.core.effects.effects",
    "EffectDone": "refdesk.core.effects.effects",
    "EffectNews": "refdesk.core.effects.effects",
    "EffectRefused": "refdesk.core.effects.effects",
    "EffectRetry": "refdesk.core.effects.effects",
    "Field": "refdesk.core.dialogues.dialogues",
    "File": "refdesk.core.messages",
    "FreeText": "refdesk.core.dialogues.fields",
    "HandoffReason": "refdesk.core.offers",
    "Image": "refdesk.core.messages",
    "InboundMessage": "refdesk.core.messages",
    "Job": "refdesk.core.effects.job_times",
    "Link": "refdesk.core.messages",
    "Offer": "refdesk.core.offers",
    "OneOf": "refdesk.core.dialogues.fields",
    "Option": "refdesk.core.messages",
    "Part": "refdesk.core.messages",
    "PluginContext": "refdesk.core.plugin_context",
    "PluginTables": "refdesk.core.plugin_tables",
    "Possible": "refdesk.core.dialogues.dialogues",
    "Question": "refdesk.core.offers",
    "QueueChoice": "refdesk.core.queues",
    "Quote": "refdesk.core.messages",
    "Reminder": "refdesk.core.effects.reminders",
    "ReminderDue": "refdesk.core.effects.reminders",
    "Reply": "refdesk.core.messages",
    "Source": "refdesk.core.messages",
    "State": "refdesk.core.consultations",
    "Text": "refdesk.core.messages",
    "TimeOfDay": "refdesk.core.dialogues.fields",
    "WholeNumber": "refdesk.core.dialogues.fields",
    "Wrong": "refdesk.core.dialogues.dialogues",
    "YesOrNo": "refdesk.core.dialogues.fields",
    "hookimpl": "refdesk.core.hookspecs",
}


def __getattr__(name: str) -> Any:
    """Import a public name from where it lives."""
    home = _HOMES.get(name)
    if home is None:
        raise AttributeError(f"refdesk has no public name {name!r}")
    value = globals()[name] = getattr(import_module(home), name)
    return value
