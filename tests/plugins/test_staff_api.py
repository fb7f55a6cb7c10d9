"""Does the staff API do what a librarian means, and nothing for anybody else?"""

import asyncio
import io
import itertools
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from refdesk.core.staff.authorise import Role
from refdesk.errors import StorageError
from tests.desk_server import PASSWORD, Desk, Script, running_desk

NEVER_OPEN = """
[hours]
time_zone = "UTC"
default_place = "reference_desk"
[hours.places.reference_desk]
names = { en = ["reference desk"] }
weekly = {}
"""
# Every way to touch one consultation.
DEEDS: list[tuple[str, str, Any]] = [
    ("GET", "", None),
    ("GET", "/events", None),
    ("GET", "/earlier", None),
    ("POST", "/claim", {}),
    ("POST", "/messages", {"text": "Hello", "client_id": "one"}),
    ("POST", "/return", {}),
    ("POST", "/close", {}),
    ("POST", "/wrap_up", {"outcome": "answered"}),
]


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[Desk]:
    async with running_desk(tmp_path) as running:
        yield running


async def test_a_librarian_takes_over_a_question_and_sees_it_through(desk: Desk) -> None:
    reader = await desk.reader()
    await reader.say("hello")
    consultation = await reader.wait_for_person("Where are the old maps of the town?")
    mei = await desk.signed_in("mei")

    (item,) = (await mei.get("/consultations?state=waiting")).body["items"]
    assert (item["id"], item["state"]) == (consultation, "waiting")
    assert item["first_text"] == "hello"
    assert item["question"] == "Where are the old maps of the town?"
    assert item["handoff_reason"] == "asked_for_person"

    claimed = await mei.post(f"/consultations/{consultation}/claim")
    assert (claimed.status, claimed.body["state"]) == (200, "with_librarian")
    arrival = await reader.next("event", state="with_librarian")
    assert arrival["name"] == "Li Mei"

    sent = await mei.write(consultation, "On the second floor, in the map room.")
    reply = await reader.next("event", kind="reply", **{"from": "librarian"})
    assert reply["parts"] == [{"type": "text", "text": "On the second floor, in the map room."}]
    assert (sent.status, sent.body["seq"]) == (201, reply["seq"])

    closed = await mei.post(f"/consultations/{consultation}/close")
    assert closed.body["state"] == "closed"
    await reader.next("event", state="closed")
    assert await mei.ids("closed") == [consultation]

    notes = {"outcome": "answered", "question_type": "directional", "read_effort": 2}
    wrapped_up = await mei.post(f"/consultations/{consultation}/wrap_up", notes)
    assert wrapped_up.body["state"] == "wrapped_up"
    for state in ("waiting", "with_librarian", "closed"):
        assert await mei.ids(state) == []


async def test_the_list_shows_who_has_waited_longest_first(desk: Desk) -> None:
    waiting = [await (await desk.reader()).wait_for_person() for _ in range(3)]
    assert await (await desk.signed_in("mei")).ids("waiting") == waiting


async def test_questions_taken_outside_hours_wait_for_a_person_too(tmp_path: Path) -> None:
    async with running_desk(tmp_path, NEVER_OPEN) as desk:
        reader = await desk.reader()
        await reader.say("librarian")
        await reader.next("event", state="asynchronous")
        mei = await desk.signed_in("mei")
        (item,) = (await mei.get("/consultations?state=waiting")).body["items"]
        assert (item["id"], item["state"]) == (reader.consultation, "asynchronous")
        claimed = await mei.post(f"/consultations/{reader.consultation}/claim")
        assert claimed.body["state"] == "with_librarian"


async def test_who_was_promised_an_answer_for_later_stands_before_who_comes_now(
    tmp_path: Path,
) -> None:
    async with running_desk(tmp_path, NEVER_OPEN) as desk:
        first, second = await desk.reader(), await desk.reader()
        await first.say("librarian")
        await first.next("event", state="asynchronous")
        mei = await desk.signed_in("mei")
        assert await mei.ids("waiting") == [first.consultation]
        await second.say("librarian")
        told = await second.next("event", state="waiting")
        assert "readers before you: 1" in told["parts"][0]["text"]
        assert await mei.ids("waiting") == [first.consultation, second.consultation]


async def test_of_fifty_claims_at_once_one_wins_and_the_others_learn_who(desk: Desk) -> None:
    for number in range(50):
        desk.app.staff.add(f"staff{number}", f"Colleague {number}", Role.LIBRARIAN, PASSWORD)
    everybody = await asyncio.gather(*(desk.signed_in(f"staff{n}") for n in range(50)))
    consultation = await (await desk.reader()).wait_for_person()

    path = f"/consultations/{consultation}/claim"
    answers = await asyncio.gather(*(one.post(path) for one in everybody))

    assert sorted(answer.status for answer in answers) == [200] + [409] * 49
    (winner,) = (answer.body["owner"] for answer in answers if answer.status == 200)
    lost = [answer.body for answer in answers if answer.status == 409]
    assert {(body["error"], body["by"]) for body in lost} == {("taken", winner)}
    assert all(winner in body["message"] for body in lost)


async def test_the_winner_may_claim_again_and_nothing_happens(desk: Desk) -> None:
    reader = await desk.reader()
    consultation = await reader.wait_for_person()
    mei = await desk.signed_in("mei")
    first = await mei.post(f"/consultations/{consultation}/claim")
    again = await mei.post(f"/consultations/{consultation}/claim")
    assert (first.status, again.status) == (200, 200)
    log = (await mei.get(f"/consultations/{consultation}/events")).body["items"]
    assert [event.get("state") for event in log].count("with_librarian") == 1


async def test_the_same_client_id_sends_once_even_at_the_same_time(desk: Desk) -> None:
    reader = await desk.reader()
    consultation = await reader.wait_for_person()
    mei = await desk.signed_in("mei")
    await mei.post(f"/consultations/{consultation}/claim")
    answers = await asyncio.gather(*(mei.write(consultation, "Once", "same") for _ in range(20)))
    assert sorted(answer.status for answer in answers) == [200] * 19 + [201]
    assert len({answer.body["seq"] for answer in answers}) == 1
    log = (await mei.get(f"/consultations/{consultation}/events")).body["items"]
    assert sum(event["kind"] == "reply" and event["from"] == "librarian" for event in log) == 1


async def test_the_same_client_id_in_another_consultation_is_another_message(desk: Desk) -> None:
    readers = [await desk.reader(), await desk.reader()]
    consultations = [await reader.wait_for_person() for reader in readers]
    mei = await desk.signed_in("mei")
    for reader, consultation in zip(readers, consultations, strict=True):
        await mei.post(f"/consultations/{consultation}/claim")
        assert (await mei.write(consultation, "For you", "same")).status == 201
        await reader.next("event", kind="reply", **{"from": "librarian"})


async def test_a_returned_reader_talks_with_the_assistant_again(desk: Desk) -> None:
    reader = await desk.reader()
    consultation = await reader.wait_for_person()
    mei = await desk.signed_in("mei")
    await mei.post(f"/consultations/{consultation}/claim")
    returned = await mei.post(f"/consultations/{consultation}/return")
    assert (returned.status, returned.body["state"]) == (200, "self_service")
    await reader.next("event", state="self_service")
    await reader.say("hello")
    answer = await reader.next("event", kind="reply", **{"from": "bot"})
    assert answer["automatic"] is True
    # What a reader does with the assistant is nobody's business, not the former owner's either.
    assert (await mei.get(f"/consultations/{consultation}/events")).status == 404


async def test_without_signing_in_nothing_is_shown_or_done(desk: Desk) -> None:
    consultation = await (await desk.reader()).wait_for_person()
    everybody = [desk.nobody(), Script(desk.http, desk.address, "forged"), desk.nobody()]
    everybody[2].token = "x" * 5000
    for who, (method, path, body) in itertools.product(everybody, DEEDS):
        answer = await who.call(method, f"/consultations/{consultation}{path}", json=body)
        assert (answer.status, answer.body["error"]) == (401, "not_signed_in")
    assert (await desk.nobody().get("/consultations")).status == 401


async def test_an_editor_reads_no_consultation(desk: Desk) -> None:
    consultation = await (await desk.reader()).wait_for_person()
    editor = await desk.signed_in("ed")
    assert (await editor.get("/consultations")).status == 403
    for method, path, body in DEEDS:
        answer = await editor.call(method, f"/consultations/{consultation}{path}", json=body)
        assert (answer.status, answer.body["error"]) == (403, "not_a_librarian")


async def test_what_a_colleague_answers_does_not_exist_for_another(desk: Desk) -> None:
    consultation = await (await desk.reader()).wait_for_person()
    mei, tom = await desk.signed_in("mei"), await desk.signed_in("tom")
    await mei.post(f"/consultations/{consultation}/claim")
    missing = await tom.get("/consultations/nothing-here")
    for method, path, body in DEEDS:
        answer = await tom.call(method, f"/consultations/{consultation}{path}", json=body)
        if path == "/claim":
            assert (answer.status, answer.body["by"]) == (409, "Li Mei")
        else:
            assert (answer.status, answer.body) == (404, missing.body)
    assert await tom.ids("with_librarian") == []
    await mei.post(f"/consultations/{consultation}/close")
    for method, path, body in DEEDS:
        answer = await tom.call(method, f"/consultations/{consultation}{path}", json=body)
        assert answer.status == 404
    assert await tom.ids("closed") == []


async def test_what_a_reader_asks_the_assistant_is_shown_to_nobody(desk: Desk) -> None:
    reader = await desk.reader()
    await reader.say("a private matter")
    for name in ("mei", "sue"):
        colleague = await desk.signed_in(name)
        for method, path, body in DEEDS:
            answer = await colleague.call(
                method, f"/consultations/{reader.consultation}{path}", json=body
            )
            assert answer.status == 404
        assert await colleague.ids("waiting") == []


async def test_a_supervisor_reads_along_but_does_not_speak_for_others(desk: Desk) -> None:
    consultation = await (await desk.reader()).wait_for_person("Where are the maps?")
    mei, sue = await desk.signed_in("mei"), await desk.signed_in("sue")
    await mei.post(f"/consultations/{consultation}/claim")
    assert await sue.ids("with_librarian") == [consultation]
    assert (await sue.get(f"/consultations/{consultation}/events")).body["items"]
    for method, path, body in DEEDS[4:]:
        answer = await sue.call(method, f"/consultations/{consultation}{path}", json=body)
        assert (answer.status, answer.body["error"]) == (403, "not_allowed")


async def test_who_has_not_claimed_may_read_what_waits_but_not_answer_it(desk: Desk) -> None:
    consultation = await (await desk.reader()).wait_for_person()
    mei = await desk.signed_in("mei")
    assert (await mei.get(f"/consultations/{consultation}/events")).status == 200
    assert (await mei.write(consultation, "Hello")).status == 403


async def test_a_follow_up_stays_with_whoever_has_to_wrap_it_up(desk: Desk) -> None:
    reader = await desk.reader()
    consultation = await reader.wait_for_person("Where are the maps?")
    mei, tom = await desk.signed_in("mei"), await desk.signed_in("tom")
    await mei.post(f"/consultations/{consultation}/claim")
    await mei.post(f"/consultations/{consultation}/close")
    assert (await reader.say("thanks"))["consultation"] == consultation
    await reader.next("event", state="self_service")

    assert await mei.ids("closed") == [consultation]
    item = (await mei.get(f"/consultations/{consultation}")).body
    assert (item["state"], item["follow_ups"], item["to_wrap_up"]) == ("self_service", 1, True)
    assert (await tom.get(f"/consultations/{consultation}")).status == 404
    done = await mei.post(f"/consultations/{consultation}/wrap_up", {"outcome": "answered"})
    assert (done.status, done.body["to_wrap_up"]) == (200, False)
    assert await mei.ids("closed") == []


async def test_two_consultations_of_one_reader_are_merged(tmp_path: Path) -> None:
    async with running_desk(tmp_path, "[consultations]\nreopen_hours = 0\n") as desk:
        reader, other = await desk.reader(), await desk.reader()
        mei, tom = await desk.signed_in("mei"), await desk.signed_in("tom")
        first = await reader.wait_for_person("Where are the maps?")
        await mei.post(f"/consultations/{first}/claim")
        await mei.post(f"/consultations/{first}/close")
        second = await reader.wait_for_person("The maps, again")
        strange = await other.wait_for_person()
        assert first != second
        for one in (second, strange):
            await mei.post(f"/consultations/{one}/claim")

        (earlier,) = (await mei.get(f"/consultations/{second}/earlier")).body["items"]
        assert (earlier["id"], earlier["mergeable"]) == (first, True)
        path = f"/consultations/{first}/merge"
        assert (await mei.post(path, {"into": strange})).body["error"] == "not_the_same_reader"
        assert (await mei.post(path, {})).body["error"] == "bad_request"
        assert (await tom.post(path, {"into": second})).status == 404

        merged = await mei.post(path, {"into": second})
        assert (merged.status, merged.body["id"]) == (200, second)
        away = (await mei.get(f"/consultations/{first}")).body
        assert (away["state"], away["merged_into"]) == ("wrapped_up", second)
        assert (await mei.get(f"/consultations/{first}/events")).body["items"]
        (earlier,) = (await mei.get(f"/consultations/{second}/earlier")).body["items"]
        assert earlier["mergeable"] is False


async def test_a_deed_at_the_wrong_time_is_a_conflict(desk: Desk) -> None:
    consultation = await (await desk.reader()).wait_for_person()
    mei = await desk.signed_in("mei")
    await mei.post(f"/consultations/{consultation}/claim")
    early = await mei.post(f"/consultations/{consultation}/wrap_up", {"outcome": "answered"})
    await mei.post(f"/consultations/{consultation}/close")
    late = [
        await mei.write(consultation, "Too late"),
        await mei.post(f"/consultations/{consultation}/close"),
        await mei.post(f"/consultations/{consultation}/return"),
        await mei.post(f"/consultations/{consultation}/claim"),
    ]
    for answer in (early, *late):
        assert (answer.status, answer.body["error"]) == (409, "wrong_state")


async def test_events_come_after_a_number(desk: Desk) -> None:
    consultation = await (await desk.reader()).wait_for_person("first", "second")
    mei = await desk.signed_in("mei")
    log = (await mei.get(f"/consultations/{consultation}/events")).body["items"]
    numbers = [event["seq"] for event in log]
    assert numbers == sorted(set(numbers))
    rest = (await mei.get(f"/consultations/{consultation}/events?after={numbers[2]}")).body["items"]
    assert rest == log[3:]


@pytest.mark.parametrize("after", ["-1", "x", "1.5", "9" * 400, "１", " 1", "1 OR 1=1"])
async def test_an_event_number_that_is_none_is_refused(desk: Desk, after: str) -> None:
    mei = await desk.signed_in("mei")
    answer = await mei.call("GET", "/consultations/any/events", params={"after": after})
    assert (answer.status, answer.body["error"]) == (400, "bad_number")


async def test_an_unknown_list_is_refused_with_the_known_ones(desk: Desk) -> None:
    answer = await (await desk.signed_in("mei")).get("/consultations?state=secret")
    assert answer.status == 400
    assert "waiting, with_librarian, closed" in answer.body["message"]


BAD_MESSAGES: list[tuple[bytes, int, str]] = [
    (b"{", 400, "bad_json"),
    (b"[]", 400, "bad_json"),
    (b"\xff\xfe", 400, "bad_json"),
    (b"[" * 100_000, 400, "bad_json"),
    (b'{"text": 1, "client_id": "a"}', 400, "bad_request"),
    (b'{"text": "Hello"}', 400, "bad_client_id"),
    (b'{"text": "Hello", "client_id": "a b"}', 400, "bad_client_id"),
    (b'{"text": "Hello", "client_id": ["a"]}', 400, "bad_client_id"),
    (b'{"text": " \\u0000\\n", "client_id": "a"}', 400, "bad_text"),
    (json.dumps({"text": "x" * 8001, "client_id": "a"}).encode(), 413, "too_long"),
    (json.dumps({"text": "x" * 1_000_000, "client_id": "a"}).encode(), 413, "too_large"),
    (b"x" * (1024 * 1024 + 1), 413, "too_large"),
]


@pytest.mark.parametrize(("body", "status", "code"), BAD_MESSAGES)
async def test_a_bad_message_is_refused_and_nothing_is_sent(
    desk: Desk, body: bytes, status: int, code: str
) -> None:
    consultation = await (await desk.reader()).wait_for_person()
    mei = await desk.signed_in("mei")
    await mei.post(f"/consultations/{consultation}/claim")
    before = (await mei.get(f"/consultations/{consultation}/events")).body
    answer = await mei.call(
        "POST",
        f"/consultations/{consultation}/messages",
        data=io.BytesIO(body),
        headers={"Content-Type": "application/json"},
    )
    assert (answer.status, answer.body["error"]) == (status, code)
    assert answer.body["message"]
    assert (await mei.get(f"/consultations/{consultation}/events")).body == before


async def test_half_characters_and_controls_in_a_text_do_no_harm(desk: Desk) -> None:
    reader = await desk.reader()
    consultation = await reader.wait_for_person()
    mei = await desk.signed_in("mei")
    await mei.post(f"/consultations/{consultation}/claim")
    raw = rb'{"text": "a\ud800b\u0000\u202e<b>&amp;", "client_id": "a"}'
    headers = {"Content-Type": "application/json"}
    path = f"/consultations/{consultation}/messages"
    assert (await mei.call("POST", path, data=raw, headers=headers)).status == 201
    reply = await reader.next("event", kind="reply", **{"from": "librarian"})
    assert reply["parts"] == [{"type": "text", "text": "a?b\u202e<b>&amp;"}]


@pytest.mark.parametrize(
    ("notes", "code"),
    [
        ({}, "bad_outcome"),
        ({"outcome": "won"}, "bad_outcome"),
        ({"outcome": ["answered"]}, "bad_outcome"),
        ({"outcome": "answered", "read_effort": 0}, "bad_read_effort"),
        ({"outcome": "answered", "read_effort": 7}, "bad_read_effort"),
        ({"outcome": "answered", "read_effort": True}, "bad_read_effort"),
        ({"outcome": "answered", "read_effort": "3"}, "bad_read_effort"),
        ({"outcome": "answered", "question_type": "gossip"}, "bad_question_type"),
        ({"outcome": "answered", "subject": 5}, "bad_request"),
        ({"outcome": "answered", "subject": "x" * 201}, "bad_subject"),
    ],
)
async def test_a_wrap_up_that_means_nothing_is_refused(
    desk: Desk, notes: dict[str, Any], code: str
) -> None:
    consultation = await (await desk.reader()).wait_for_person()
    mei = await desk.signed_in("mei")
    await mei.post(f"/consultations/{consultation}/claim")
    await mei.post(f"/consultations/{consultation}/close")
    answer = await mei.post(f"/consultations/{consultation}/wrap_up", notes)
    assert (answer.status, answer.body["error"]) == (400, code)
    assert await mei.ids("closed") == [consultation]


@pytest.mark.parametrize("name", ["%ED%A0%80", "%00", "..%2F..", "'%20OR%201=1", "x" * 3000, "%E4"])
async def test_a_consultation_with_an_odd_number_is_simply_not_there(desk: Desk, name: str) -> None:
    from yarl import URL  # noqa: PLC0415 - only here the address must stay as it is written

    mei = await desk.signed_in("mei")
    address = URL(f"{desk.address}/api/v1/consultations/{name}", encoded=True)
    headers = {"Authorization": f"Bearer {mei.token}"}
    async with desk.http.get(address, headers=headers) as response:
        assert response.status == 404


async def test_answers_speak_the_callers_language(desk: Desk) -> None:
    answer = await desk.nobody().call(
        "GET", "/consultations", headers={"Accept-Language": "zh-CN,zh;q=0.9"}
    )
    assert answer.body["message"] == "请登录。您的登录可能已失效。"


async def test_calling_the_api_puts_a_librarian_on_duty_and_signing_out_ends_it(desk: Desk) -> None:
    mei, _ = await desk.signed_in("mei"), await desk.signed_in("ed")
    assert desk.app.duty.librarians() == frozenset()
    await mei.ids("waiting")
    assert desk.app.duty.librarians() == {"mei"}
    assert (await mei.call("DELETE", "/session")).status == 200
    assert desk.app.duty.librarians() == frozenset()
    assert (await mei.get("/consultations")).status == 401


async def test_on_a_full_disk_a_librarian_hears_that_nothing_can_be_stored_and_tries_again(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    consultation = await (await desk.reader()).wait_for_person()
    mei = await desk.signed_in("mei")
    database = desk.app.deployment.database

    async def full(_work: object) -> None:
        raise StorageError("database or disk is full")

    with monkeypatch.context() as broken:
        broken.setattr(database, "write", full)
        refused = await mei.post(f"/consultations/{consultation}/claim")
    assert (refused.status, refused.body["error"]) == (503, "not_stored")
    assert int(refused.headers["Retry-After"]) > 0
    assert (await mei.post(f"/consultations/{consultation}/claim")).status == 200
