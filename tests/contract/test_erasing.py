"""Does an erasure take away the same on every database, whoever writes meanwhile?"""

import asyncio
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import text

from refdesk import Reply, Text
from refdesk.core.intents import Say
from refdesk.core.messages import InboundMessage
from refdesk.core.turns.consultation_store import ConsultationStore
from refdesk.core.turns.store import Fenced, Finished, Outcome
from refdesk.core.vault.erasing import nobody
from refdesk.core.vault.erasure_journal import JOURNAL_FILE, ErasureJournal
from refdesk.core.vault.erasures import Erasures
from refdesk.errors import NotFoundError
from refdesk.storage import Database, prepare
from tests.databases import Place

WORDS = prepare(text("SELECT parts FROM event ORDER BY id"))
WHOSE = prepare(
    text(
        "SELECT consultation.rid, event.parts FROM event JOIN consultation "
        "ON consultation.id = event.consultation WHERE event.kind = 'message' ORDER BY event.id"
    )
)
READERS = prepare(text("SELECT rid, state FROM consultation ORDER BY id"))
KEYS = prepare(text("SELECT event_key FROM inbox ORDER BY event_key"))
NUMBERS = prepare(text("SELECT number, rid FROM erasure ORDER BY number"))


@pytest.fixture
def database(place: Place) -> Iterator[Database]:
    with closing(place.open()) as opened:
        yield opened


@pytest.fixture
def store(database: Database) -> ConsultationStore:
    return ConsultationStore(database, "main", lambda _account: True)


@pytest.fixture
def erasures(database: Database, tmp_path: Path) -> Erasures:
    return Erasures(database, "main", ErasureJournal(tmp_path / JOURNAL_FILE))


def message(rid: str, words: str) -> InboundMessage:
    return InboundMessage("web_chat", rid, f"{rid}:{words}", words, 0.0, "en")


def saying(words: str) -> Outcome:
    return Outcome("en", (Say(Reply((Text(words),))),))


async def asks(store: ConsultationStore, rid: str, words: str) -> None:
    accepted = await store.accept(message(rid, words))
    assert accepted.turn is not None
    assert isinstance(await store.finish(accepted.turn, saying(f"you said {words}")), Finished)


async def test_words_keys_and_names_go_and_those_of_others_stay(
    store: ConsultationStore, erasures: Erasures, database: Database
) -> None:
    await asks(store, "r1", "secret")
    await asks(store, "r2", "of somebody else")
    report = await asyncio.to_thread(erasures.erase, "r1")
    assert (report.erased.consultations, report.erased.events) == (1, 2)
    words = str([tuple(row) for row in await database.read(lambda tx: tx.all(WORDS))])
    assert "secret" not in words
    assert "of somebody else" in words
    readers = [tuple(row) for row in await database.read(lambda tx: tx.all(READERS))]
    assert sorted(readers) == [(nobody("main"), "closed"), ("r2", "self_service")]
    keys = [row[0] for row in await database.read(lambda tx: tx.all(KEYS))]
    assert keys == ["r2:of somebody else"]


async def test_what_was_in_hand_is_not_written(
    store: ConsultationStore, erasures: Erasures, database: Database
) -> None:
    accepted = await store.accept(message("r1", "secret"))
    assert accepted.turn is not None
    await asyncio.to_thread(erasures.erase, "r1")
    assert isinstance(await store.finish(accepted.turn, saying("secret")), Fenced)
    words = str([tuple(row) for row in await database.read(lambda tx: tx.all(WORDS))])
    assert "secret" not in words
    assert await store.claim() == []


async def test_messages_that_come_meanwhile_are_erased_or_of_somebody_new(
    store: ConsultationStore, erasures: Erasures, database: Database
) -> None:
    await asks(store, "r1", "secret")
    erasing = asyncio.create_task(asyncio.to_thread(erasures.erase, "r1"))
    for number in range(20):
        await store.accept(message("r1", f"secret {number}"))
    await erasing
    rows = [tuple(row) for row in await database.read(lambda tx: tx.all(WHOSE))]
    assert len(rows) == 21, "each message keeps its place"
    assert rows[0][0] == nobody("main")
    for rid, parts in rows:
        assert (rid == "r1") == ("secret" in parts), "words and reader go together"


async def test_erasures_are_numbered_without_gaps(
    store: ConsultationStore, erasures: Erasures, database: Database
) -> None:
    for rid in ("r1", "r2", "r3"):
        await asks(store, rid, "secret")
    await asyncio.gather(*(asyncio.to_thread(erasures.erase, rid) for rid in ("r1", "r2", "r3")))
    rows = [tuple(row) for row in await database.read(lambda tx: tx.all(NUMBERS))]
    assert [row[0] for row in rows] == [1, 2, 3]
    assert {row[1] for row in rows} == {"r1", "r2", "r3"}
    assert erasures.catch_up() == []


async def test_a_database_older_than_the_journal_is_brought_up_to_it(
    store: ConsultationStore, erasures: Erasures, place: Place, database: Database
) -> None:
    await asks(store, "r1", "secret")
    await asyncio.to_thread(erasures.erase, "r1")
    await asks(store, "r1", "written after the erasure")
    assert await asyncio.to_thread(erasures.catch_up) == []
    place.execute("DELETE FROM erasure")  # as a database from before it would have none
    (again,) = await asyncio.to_thread(erasures.catch_up)
    assert again.erased.consultations == 1
    words = str([tuple(row) for row in await database.read(lambda tx: tx.all(WORDS))])
    assert "written after" not in words
    with pytest.raises(NotFoundError):
        await asyncio.to_thread(erasures.erase, "r1")
