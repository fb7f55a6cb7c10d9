"""The public names for plugin authors; everything else may change.

Each is imported when it is first used: `import refdesk` itself costs nothing.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from refdesk.core.commands import Command, CommandCall
    from refdesk.core.consultations import Consultation, State
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
    "Choice",
    "Command",
    "CommandCall",
    "Consultation",
    "File",
    "HandoffReason",
    "Image",
    "InboundMessage",
    "Link",
    "Offer",
    "Option",
    "Part",
    "PluginContext",
    "PluginTables",
    "Question",
    "QueueChoice",
    "Quote",
    "Reply",
    "Source",
    "State",
    "Text",
    "hookimpl",
]

_HOMES = {
    "Choice": "refdesk.core.messages",
    "Command": "refdesk.core.commands",
    "CommandCall": "refdesk.core.commands",
    "Consultation": "refdesk.core.consultations",
    "File": "refdesk.core.messages",
    "HandoffReason": "refdesk.core.offers",
    "Image": "refdesk.core.messages",
    "InboundMessage": "refdesk.core.messages",
    "Link": "refdesk.core.messages",
    "Offer": "refdesk.core.offers",
    "Option": "refdesk.core.messages",
    "Part": "refdesk.core.messages",
    "PluginContext": "refdesk.core.plugin_context",
    "PluginTables": "refdesk.core.plugin_tables",
    "Question": "refdesk.core.offers",
    "QueueChoice": "refdesk.core.queues",
    "Quote": "refdesk.core.messages",
    "Reply": "refdesk.core.messages",
    "Source": "refdesk.core.messages",
    "State": "refdesk.core.consultations",
    "Text": "refdesk.core.messages",
    "hookimpl": "refdesk.core.hookspecs",
}


def __getattr__(name: str) -> Any:
    """Import a public name from where it lives."""
    home = _HOMES.get(name)
    if home is None:
        raise AttributeError(f"refdesk has no public name {name!r}")
    value = globals()[name] = getattr(import_module(home), name)
    return value
