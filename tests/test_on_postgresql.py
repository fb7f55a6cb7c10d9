"""Does the whole program do its work on PostgreSQL, one server or two?"""

import asyncio
import json
import subprocess
import sys
from contextlib import AsyncExitStack
from pathlib import Path

import pytest

from refdesk.core.secrets import deployment_key
from refdesk.knowledge_base import make_entry
from tests.desk_server import Desk, running_desk
from tests.postgres_server import PostgresServer

SETTINGS = """
[storage]
engine = "postgresql"
dsn = {{ file = "{file}" }}
"""
PRINTING = make_entry("print", "Where can I print?", "Beside the stairs.", language="en")


@pytest.fixture
def settings(postgres: PostgresServer, tmp_path: Path) -> str:
    file = tmp_path / "dsn"
    file.write_text(postgres.empty_database(), "utf-8")
    return SETTINGS.format(file=file)


async def test_a_question_is_answered_and_a_librarian_takes_over(
    settings: str, tmp_path: Path
) -> None:
    folder = tmp_path / "node"
    folder.mkdir()
    async with running_desk(folder, settings) as desk:
        await asyncio.to_thread(desk.app.deployment.knowledge_base.put, [PRINTING], author="test")
        reader = await desk.reader()
        await reader.say("Where can I print?")
        answer = await reader.next("event", kind="reply", **{"from": "bot"})
        assert "Beside the stairs." in str(answer["parts"])

        consultation = await reader.wait_for_person()
        mei = await desk.signed_in("mei")
        assert await mei.ids("waiting") == [consultation]
        assert (await mei.post(f"/consultations/{consultation}/claim")).status == 200
        await mei.write(consultation, "I shall show you.")
        reply = await reader.next("event", kind="reply", **{"from": "librarian"})
        assert reply["parts"] == [{"type": "text", "text": "I shall show you."}]
        assert (await mei.post(f"/consultations/{consultation}/close")).status == 200
        wrap_up = {"outcome": "answered", "question_type": "directional", "read_effort": 1}
        wrapped_up = await mei.post(f"/consultations/{consultation}/wrap_up", wrap_up)
        assert wrapped_up.body["state"] == "wrapped_up"
    assert not (folder / "refdesk.db").exists()


async def test_what_was_said_is_there_after_a_restart(settings: str, tmp_path: Path) -> None:
    async with running_desk(tmp_path, settings) as desk:
        consultation = await (await desk.reader()).wait_for_person("Where are the old maps?")
    async with running_desk(tmp_path, settings) as desk:
        mei = await desk.signed_in("mei")
        assert await mei.ids("waiting") == [consultation]
        events = (await mei.get(f"/consultations/{consultation}/events?after=0")).body
        assert "Where are the old maps?" in str(events)


async def test_of_two_servers_one_claims(settings: str, tmp_path: Path) -> None:
    async with AsyncExitStack() as stack:
        desks: list[Desk] = []
        for name in ("one", "two"):
            folder = tmp_path / name
            folder.mkdir()
            (folder / "secret.key").write_bytes(deployment_key(tmp_path))
            desks.append(await stack.enter_async_context(running_desk(folder, settings)))
        waiting = [await (await desks[0].reader()).wait_for_person() for _ in range(5)]
        mei, tom = await desks[0].signed_in("mei"), await desks[1].signed_in("tom")
        assert await tom.ids("waiting") == waiting
        for consultation in waiting:
            answers = await asyncio.gather(
                *(one.post(f"/consultations/{consultation}/claim") for one in (mei, tom))
            )
            assert sorted(one.status for one in answers) == [200, 409]


def test_check_says_which_engine_it_found(settings: str, tmp_path: Path) -> None:
    (tmp_path / "refdesk.toml").write_text(settings, "utf-8")
    tmp_path.chmod(0o700)
    command = [sys.executable, "-W", "ignore", "-m", "refdesk", "check", "--json"]
    done = subprocess.run(
        [*command, "--data", str(tmp_path)], capture_output=True, text=True, check=False
    )
    found = json.loads(done.stdout)
    assert found["database"].startswith("PostgreSQL ")
    # The server of the tests is fast and forgetful, and check notices.
    assert [one for one in found["problems"] if "fsync = off" in one]
