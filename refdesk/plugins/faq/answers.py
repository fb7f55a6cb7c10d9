"""How does a found entry become an offer?"""

import re
from collections.abc import Sequence

from pydantic import BaseModel, ConfigDict, Field

from refdesk import Choice, Offer, Option, PluginContext, Reply, Source, Text
from refdesk.knowledge_base import Entry, Hit

_SENTENCE_END = re.compile(r"(?<=[.!?])\s+|(?<=[。！？])|\n+")


class FaqSettings(BaseModel):
    """Section `[plugins.faq]`."""

    model_config = ConfigDict(extra="forbid")

    related_above: float = Field(
        0.25, ge=0, le=1, description="Confidence from which a further entry is shown as related."
    )
    highest_confidence: float = Field(
        0.85,
        ge=0,
        le=1,
        description="Most that an entry may claim: a plugin that asks a living source goes first.",
    )
    longest_answer: int = Field(
        900, ge=200, description="Characters of an entry shown at once; a button shows the rest."
    )


def offer_of_hits(hits: Sequence[Hit], context: PluginContext) -> Offer:
    """Return the best hit as an offer; the next ones are its related buttons."""
    settings = context.settings(FaqSettings)
    best, *others = hits
    text, rest = beginning(best.text or best.title, settings.longest_answer)
    related = [
        Option(label_of(hit.title, hit.text), f"faq.entry:{hit.entry_id}")
        for hit in others
        if hit.confidence >= settings.related_above
    ]
    if rest == "more":
        related.insert(0, _whole(best.entry_id, context))
    return Offer(
        (Text(text, best.short_answer),),
        confidence=min(best.confidence, settings.highest_confidence),
        sources=(source_of(best.title, best.source, best.entry_id),),
        title=label_of(best.title, best.text),
        action=f"faq.entry:{best.entry_id}",
        related=tuple(related),
        feedback=_feedback(best.entry_id, context),
    )


def offer_of_entry(entry: Entry, context: PluginContext) -> Offer:
    """Return the whole of an entry that the reader has asked for by its button."""
    return Offer(
        (Text(entry.text or entry.title, entry.short_answer),),
        confidence=1.0,
        sources=(source_of(entry.title, entry.source, entry.id),),
        title=label_of(entry.title, entry.text),
        feedback=_feedback(entry.id, context),
    )


def not_helpful_reply(context: PluginContext, person: Option) -> Reply:
    """Return what to say to a reader whom an answer did not help."""
    prompt = context.translate("I am sorry. Please try other words, or let a librarian answer you.")
    return Reply((Choice(prompt, (person,)),))


def beginning(text: str, longest: int) -> tuple[str, str]:
    """Return whole sentences of at most `longest` characters, and `all` or `more`."""
    if len(text) <= longest:
        return text, "all"
    end = 0
    for match in _SENTENCE_END.finditer(text):
        if match.start() > longest:
            break
        end = match.start()
    kept = text[: end or longest].rstrip()
    return f"{kept} …", "more"


def label_of(title: str, text: str) -> str:
    """Return a short name for an entry, which may have no title."""
    label = title or text
    return label if len(label) <= 80 else f"{label[:78].rstrip()} …"  # noqa: PLR2004 - a line


def source_of(title: str, source: str, entry_id: str) -> Source:
    """Return the source of an entry: its own, or the knowledge base's entry."""
    if source.startswith(("https://", "http://")):
        return Source(title or source, url=source, entry=entry_id)
    name = f"{title} ({source})" if title and source else title or source
    return Source(name, entry=entry_id)


def _feedback(entry_id: str, context: PluginContext) -> tuple[Option, ...]:
    return (
        Option(context.translate("Yes"), f"faq.helpful:{entry_id}"),
        Option(context.translate("No"), f"faq.not_helpful:{entry_id}"),
    )


def _whole(entry_id: str, context: PluginContext) -> Option:
    return Option(context.translate("Show the whole text"), f"faq.entry:{entry_id}")
