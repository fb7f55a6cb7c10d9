"""The public names for plugin authors; everything else may change."""

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
