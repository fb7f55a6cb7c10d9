"""What do tests of the core share? A database, captured logs, and the zoo of bad plugins."""

import importlib.util
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from types import ModuleType

import pytest
import structlog

from refdesk.storage import Database
from tests.databases import Engine, Place

ZOO = Path(__file__).parent / "zoo"


@pytest.fixture
def engine() -> Engine:
    """SQLite; a file about rows overrides this, to be run on both engines."""
    return "sqlite"


@pytest.fixture
def database(place: Place) -> Iterator[Database]:
    """A migrated, empty database."""
    with closing(place.open()) as opened:
        yield opened


@pytest.fixture
def logged() -> Iterator[list[dict[str, object]]]:
    """Every line that the program logs during the test."""
    with structlog.testing.capture_logs() as lines:
        yield lines  # type: ignore[misc]  # structlog types its lines more loosely


@pytest.fixture(scope="session")
def zoo() -> Callable[[str], ModuleType]:
    """Load an animal of the zoo: a new module each time, as a plugin under its own name."""

    def load(name: str) -> ModuleType:
        spec = importlib.util.spec_from_file_location(name, ZOO / f"{name}.py")
        assert spec is not None
        assert spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        return module

    return load
