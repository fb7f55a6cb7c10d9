"""Entries that answer readers' questions: kept in the database, found through an index."""

from refdesk.knowledge_base.entries import Entry, make_entry
from refdesk.knowledge_base.hits import Hit
from refdesk.knowledge_base.knowledge_base import KnowledgeBase
from refdesk.knowledge_base.store import StoredEntry, Tally

__all__ = ["Entry", "Hit", "KnowledgeBase", "StoredEntry", "Tally", "make_entry"]
