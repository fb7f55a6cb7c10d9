"""How do tests get a knowledge base of their own?"""

from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest

from refdesk.knowledge_base import KnowledgeBase
from refdesk.storage import Database
from tests.databases import Engine, Place


@pytest.fixture
def engine() -> Engine:
    """SQLite; a file about rows overrides this, to be run on both engines."""
    return "sqlite"


@pytest.fixture
def database(place: Place) -> Iterator[Database]:
    with closing(place.open()) as opened:
        yield opened


@pytest.fixture
def open_base(database: Database, tmp_path: Path) -> Callable[[], KnowledgeBase]:
    """Opens the same base again, as another process would."""
    return lambda: KnowledgeBase.open(database, tmp_path / "index")


@pytest.fixture
def base(open_base: Callable[[], KnowledgeBase]) -> KnowledgeBase:
    return open_base()
