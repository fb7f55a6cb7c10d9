"""How do tests get a knowledge base of their own?"""

from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest

from refdesk.knowledge_base import KnowledgeBase
from refdesk.storage import Database, SqliteDatabase
from refdesk.storage.schema import CORE_MIGRATIONS, bring_up_to_date


@pytest.fixture(scope="session")
def migrated(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """An empty database with every table; migrating takes longer than most tests."""
    path = tmp_path_factory.mktemp("migrated") / "refdesk.db"
    bring_up_to_date(path, CORE_MIGRATIONS)
    with closing(SqliteDatabase(path)):
        pass
    return path.read_bytes()


@pytest.fixture
def database(tmp_path: Path, migrated: bytes) -> Iterator[Database]:
    path = tmp_path / "refdesk.db"
    path.write_bytes(migrated)
    with closing(SqliteDatabase(path)) as database:
        yield database


@pytest.fixture
def open_base(database: Database, tmp_path: Path) -> Callable[[], KnowledgeBase]:
    """Opens the same base again, as another process would."""
    return lambda: KnowledgeBase.open(database, tmp_path / "index")


@pytest.fixture
def base(open_base: Callable[[], KnowledgeBase]) -> KnowledgeBase:
    return open_base()
