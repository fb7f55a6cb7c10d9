"""Does what is said reach a platform: once, in order, within its limits, and honestly told?"""

import asyncio
from typing import Any

import pytest

from refdesk.core.channels.adapter import Budget, Capabilities, Health, Rate, SendResult
from refdesk.core.outbox.outbox import Outbox
from refdesk.core.outbox.rules import MOST_ATTEMPTS
from tests.databases import ENGINES, Engine, Place
from tests.sending import ACCOUNT, Platform, PlatformAdapter, Post, Time

MakePost = Any
WECHAT = Capabilities(messages_per_inbound=3, push_window_seconds=3600.0, librarian_reserve=1)
TWO_DAYS = 48 * 3600.0


@pytest.fixture(params=ENGINES)
def engine(request: pytest.FixtureRequest) -> Engine:
    """Both engines in turn."""
    engine: Engine = request.param
    return engine


@pytest.fixture
def post(place: Place) -> Any:
    posts: list[Post] = []

    def make(capabilities: Capabilities | None = None, marks_per_payload: int = 1) -> Post:
        clock = Time()
        platform = Platform(capabilities or Capabilities(), clock, marks_per_payload)
        posts.append(Post(place.open, platform, clock))
        return posts[-1]

    yield make
    for one in posts:
        one.database.close()


async def test_a_reply_arrives_and_is_marked(post: MakePost) -> None:
    made = post()
    await made.reader_says("r1", 1)
    assert made.states() == ["queued"]
    await made.send()
    assert made.platform.arrived_at("r1") == ["r1:1"]
    assert made.states() == ["accepted"]


async def test_a_platform_that_confirms_delivery_is_believed(post: MakePost) -> None:
    made = post()
    made.platform.answers = [SendResult("delivered")]
    await made.reader_says("r1", 1)
    await made.send()
    assert made.states() == ["delivered"]


async def test_parts_that_have_arrived_are_not_sent_again(post: MakePost) -> None:
    made = post()
    made.platform.answers = [SendResult("accepted"), SendResult("accepted"), SendResult("retry")]
    await made.reader_says("r1", 4)
    await made.send()
    assert made.states() == ["queued"]
    made.clock.now += 10
    await made.send()
    assert made.platform.arrived_at("r1") == ["r1:1", "r1:2", "r1:3", "r1:4"]
    tried = [one.key for one in made.platform.tried]
    assert tried[2] == tried[3], "the same part has the same key"
    assert len(set(tried)) == 4


async def test_a_message_that_waits_holds_back_its_reader_only(post: MakePost) -> None:
    made = post()
    await made.reader_says("r1", 1, 1)
    await made.reader_says("r2", 1)
    made.platform.answers = [SendResult("retry", 30.0, "busy")]
    await made.send()
    assert made.platform.arrived_at("r1") == []
    assert made.platform.arrived_at("r2") == ["r2:1"]
    made.clock.now += 29
    await made.send()
    assert made.platform.arrived_at("r1") == [], "the platform has named the time"
    made.clock.now += 2
    await made.send()
    assert made.platform.arrived_at("r1") == ["r1:1", "r1:2"]


async def test_the_platform_s_own_time_is_kept(post: MakePost) -> None:
    made = post()
    made.platform.answers = [SendResult("retry", retry_at=made.clock.now + 500)]
    await made.reader_says("r1", 1)
    await made.send()
    made.clock.now += 499
    await made.send()
    assert len(made.platform.tried) == 1
    made.clock.now += 1
    await made.send()
    assert made.states() == ["accepted"]


async def test_a_platform_may_hold_the_whole_account(post: MakePost) -> None:
    made = post(Capabilities(sends_at_once=1))
    await made.reader_says("r1", 1)
    await made.reader_says("r2", 1)
    made.platform.answers = [SendResult("retry", 60.0, "quota", holds="account")]
    await made.send()
    assert made.platform.arrived == []
    made.clock.now += 61
    await made.send()
    assert len(made.platform.arrived) == 2


async def test_pauses_grow_and_at_last_people_are_asked(post: MakePost) -> None:
    made = post()
    made.platform.answers = [SendResult("retry", reason="busy")] * MOST_ATTEMPTS
    await made.reader_says("r1", 1)
    pauses = []
    while made.states() == ["queued"]:
        await made.send()
        pauses.append(made.rows()[0]["next_try"] - made.clock.now)
        made.clock.now = max(made.rows()[0]["next_try"], made.clock.now)
    assert made.states() == ["failed"]
    assert made.reasons() == [f"busy; gave up after {MOST_ATTEMPTS} tries"]
    assert pauses[0] < 3
    assert max(pauses) <= 300
    assert pauses[:6] == sorted(pauses[:6])


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (SendResult("permanent", reason="the reader has left"), "the reader has left"),
        (SendResult("window_closed"), "window closed"),
    ],
)
async def test_a_refused_message_is_for_staff_and_the_next_one_goes_on(
    post: MakePost, answer: SendResult, reason: str
) -> None:
    made = post()
    made.platform.answers = [answer]
    await made.reader_says("r1", 1, 1)
    await made.send()
    assert made.states() == ["failed", "accepted"]
    assert made.reasons() == [reason, None]


async def test_a_broken_line_is_unknown_where_repeats_would_show(post: MakePost) -> None:
    made = post()
    made.platform.answers = ["silence"]
    await made.reader_says("r1", 1)
    await made.send()
    made.clock.now += 1000
    await made.send()
    assert made.states() == ["unknown"]
    assert len(made.platform.tried) == 1


async def test_a_broken_line_is_tried_again_under_its_key(post: MakePost) -> None:
    made = post(Capabilities(idempotent_send="by key"))
    made.platform.answers = ["silence"]
    await made.reader_says("r1", 1)
    await made.send()
    made.clock.now += 10
    await made.send()
    assert made.states() == ["accepted"]
    assert made.platform.arrived_at("r1") == ["r1:1"]
    assert len({one.key for one in made.platform.tried}) == 1


@pytest.mark.parametrize("idempotent", ["no", "by key"])
async def test_a_crash_between_send_and_mark(post: MakePost, idempotent: Any) -> None:
    made = post(Capabilities(idempotent_send=idempotent))
    made.platform.answers = [SendResult("accepted"), "death"]
    await made.reader_says("r1", 3)
    await made.send()
    await made.send()
    if idempotent == "no":
        assert made.states() == ["unknown"]
        assert made.platform.arrived_at("r1") == ["r1:1", "r1:2"]
    else:
        assert made.states() == ["accepted"]
        assert made.platform.arrived_at("r1") == ["r1:1", "r1:2", "r1:3"]


async def test_an_adapter_that_raises_or_returns_nonsense_costs_its_message_only(
    post: MakePost,
) -> None:
    made = post()
    made.platform.answers = ["nonsense that is no result", 17]
    await made.reader_says("r1", 1)
    await made.reader_says("r2", 1)
    await made.reader_says("r3", 1)
    await made.send()
    assert sorted(made.states()) == ["accepted", "unknown", "unknown"]


async def test_a_send_that_never_returns_is_given_up(post: MakePost) -> None:
    made = post(Capabilities(send_seconds=0.02))
    made.platform.answers = ["death"]
    made.platform.died = asyncio.Event()
    await made.reader_says("r1", 1)
    await made.outbox.send_due()
    assert made.states() == ["unknown"]
    assert made.reasons() == ["no answer within 0.02 seconds"]


async def test_a_refused_key_stops_the_account_and_burns_no_attempts(post: MakePost) -> None:
    made = post(Capabilities(sends_at_once=1))
    made.platform.health = Health("failing", "no valid key")
    made.platform.answers = [SendResult("auth", reason="key refused")]
    for reader in ("r1", "r2", "r3"):
        await made.reader_says(reader, 1)
    await made.send()
    await made.send()
    assert len(made.platform.tried) == 1
    assert {row["attempts"] for row in made.rows()} == {0}
    (alert,) = made.outbox.watch.alerts()
    assert (alert.account, alert.trouble, alert.reason) == (ACCOUNT, "stopped", "key refused")
    made.platform.health = Health("working")
    await made.outbox.examine()
    await made.send()
    assert made.states() == ["accepted"] * 3
    assert made.outbox.watch.alerts() == []


async def test_a_budget_is_kept_with_a_reserve_for_the_librarian(post: MakePost) -> None:
    made = post(Capabilities(
        messages_per_inbound=3, push_window_seconds=TWO_DAYS, librarian_reserve=1, coalesce="never"
    ))  # fmt: skip
    await made.reader_says("r1", 1, 1, 1)
    await made.send()
    assert made.platform.arrived_at("r1") == ["r1:1", "r1:2"]
    assert made.reasons()[2] == "budget used up"
    await made.librarian_says("r1")
    await made.librarian_says("r1")
    made.clock.now += 61
    await made.send()
    assert made.platform.arrived_at("r1") == ["r1:1", "r1:2", "r1:4"]
    assert made.states() == ["accepted", "accepted", "failed", "accepted", "queued"]
    await made.reader_says("r1", 1)
    await made.send()
    assert made.platform.arrived_at("r1")[-2:] == ["r1:5", "r1:6"], "a message opens a new window"


async def test_a_budget_survives_a_restart(post: MakePost) -> None:
    made = post(WECHAT)
    await made.reader_says("r1", 1)
    await made.send()
    await made.librarian_says("r1")
    await made.send()
    made.start()
    await made.librarian_says("r1")
    await made.librarian_says("r1")
    await made.send()
    assert len(made.platform.arrived) == 3
    assert made.states()[-1] == "queued"


async def test_replies_are_one_message_where_the_platform_counts(post: MakePost) -> None:
    made = post(WECHAT, marks_per_payload=10)
    await made.reader_says("r1", 1, 2, 1)
    await made.send()
    assert [one.marks for one in made.platform.arrived] == [("r1:1", "r1:2", "r1:3", "r1:4")]
    assert made.states() == ["accepted"] * 3


async def test_a_closed_window_is_said(post: MakePost) -> None:
    made = post(WECHAT)
    await made.reader_says("r1", 1)
    await made.send()
    made.clock.now += 3601
    await made.librarian_says("r1")
    await made.send()
    assert made.states() == ["accepted", "failed"]
    assert made.reasons() == [None, "window closed"]


async def test_another_action_opens_a_window_of_its_own(post: MakePost) -> None:
    menu = Capabilities(
        messages_per_inbound=1, push_window_seconds=60.0, windows={"menu": Budget(2, 300.0)}
    )
    made = post(menu)
    await made.reader_says("r1", 1)
    await made.send()
    made.clock.now += 100
    windows = made.windows()
    await windows.open(ACCOUNT, "r1", "menu")
    for _ in range(3):
        await made.librarian_says("r1")
    await made.send()
    assert made.states() == ["accepted", "accepted", "accepted", "queued"]


async def test_the_platform_s_count_is_believed_before_ours(post: MakePost) -> None:
    made = post(WECHAT)
    await made.reader_says("r1", 1)
    made.platform.answers = [SendResult("over_budget")]
    await made.send()
    made.clock.now += 61
    await made.send()
    assert made.platform.arrived == []
    assert made.reasons() == ["budget used up"]
    assert len(made.platform.tried) == 1, "it is not asked again before the reader writes"
    await made.reader_says("r1", 1)
    await made.send()
    assert made.platform.arrived_at("r1") == ["r1:1", "r1:2"]


async def test_an_account_sends_no_faster_than_it_may(post: MakePost) -> None:
    made = post(Capabilities(account_rate=Rate(2, 1.0)))
    for reader in ("r1", "r2", "r3", "r4"):
        await made.reader_says(reader, 1)
    await made.send()
    assert len(made.platform.arrived) == 2
    made.clock.now += 1
    await made.send()
    assert len(made.platform.arrived) == 3


async def test_one_reader_is_written_to_no_faster_than_the_platform_allows(post: MakePost) -> None:
    made = post(Capabilities(reader_rate=Rate(1, 0.1)))
    await made.reader_says("r1", 2)
    await made.reader_says("r2", 1)
    await made.send()
    assert made.platform.arrived_at("r1") == ["r1:1"]
    assert made.platform.arrived_at("r2") == ["r2:1"]
    made.clock.now += 10
    await made.send()
    assert made.platform.arrived_at("r1") == ["r1:1", "r1:2"]


async def test_so_many_readers_are_written_to_side_by_side(post: MakePost) -> None:
    made = post(Capabilities(sends_at_once=3))
    for number in range(10):
        await made.reader_says(f"r{number}", 1)
    await made.send()
    assert len(made.platform.arrived) == 10
    assert 1 < made.platform.most_under_way <= 3


async def test_two_servers_never_send_the_same(post: MakePost, place: Place) -> None:
    made = post()
    for number in range(12):
        await made.reader_says(f"r{number}", 1, 1)
    other = Post(place.open, made.platform, made.clock, beside=made)
    await asyncio.gather(made.outbox.send_due(), other.outbox.send_due())
    await made.send()
    other.database.close()
    assert len(made.platform.tried) == 24
    assert set(made.states()) == {"accepted"}
    for number in range(12):
        assert made.platform.arrived_at(f"r{number}") == [f"r{number}:1", f"r{number}:2"]


async def test_nothing_of_a_text_or_an_address_is_logged(
    post: MakePost, logged: list[dict[str, object]]
) -> None:
    made = post()
    made.platform.answers = [SendResult("permanent", reason="no"), ValueError("r1:1")]
    await made.reader_says("r1", 1)
    await made.reader_says("r2", 1)
    await made.send()
    assert logged
    assert "r1:1" not in str([{**line, "exc_info": ""} for line in logged])


async def test_a_clock_set_forward_takes_nothing_from_a_server_that_sends(post: MakePost) -> None:
    made = post()
    said = asyncio.Event()
    made.platform.answers = [said]
    await made.reader_says("r1", 1)
    sending = asyncio.ensure_future(made.outbox.send_due())
    async with asyncio.timeout(20):
        await made.platform.waits.wait()
    made.clock.now += 7200
    assert await made.outbox.recover() == 0
    said.set()
    await sending
    assert made.states() == ["accepted"]
    assert made.platform.arrived_at("r1") == ["r1:1"]


@pytest.mark.parametrize("capabilities", [Capabilities(), Capabilities(passive_reply_seconds=5.0)])
async def test_a_clock_set_back_keeps_nobody_waiting_for_hours(
    capabilities: Capabilities, post: MakePost
) -> None:
    made = post(capabilities)
    kept = Time()
    outbox = Outbox(
        made.database,
        "main",
        made.live,
        {ACCOUNT: PlatformAdapter(made.platform)},
        made.clock,
        lease=made.lease,
        monotonic=kept,
    )
    await made.reader_says("r1", 1)
    made.clock.now -= 7200
    kept.now += 30
    await outbox.look_at_the_clock()
    await outbox.send_due()
    assert made.platform.arrived_at("r1") == ["r1:1"]
    assert made.states() == ["accepted"]
