"""Does a flood reach nobody else, and does everybody learn how long to wait?"""

from hypothesis import given
from hypothesis import strategies as st

from refdesk.core.turns import rate_limit
from refdesk.core.turns.rate_limit import RateLimit


def test_a_burst_is_allowed_then_the_rate_counts() -> None:
    limit = RateLimit(burst=2, per_second=0.5)
    assert [limit.seconds_to_wait("a", 0.0) for _ in range(4)] == [0.0, 0.0, 2.0, 2.0]
    assert limit.seconds_to_wait("a", 2.0) == 0.0
    assert limit.seconds_to_wait("a", 2.0) == 2.0


def test_one_sender_does_not_slow_another() -> None:
    limit = RateLimit(burst=1, per_second=1)
    limit.seconds_to_wait("flooder", 0.0)
    assert limit.seconds_to_wait("flooder", 0.0) > 0
    assert limit.seconds_to_wait("reader", 0.0) == 0.0


def test_a_clock_that_goes_back_locks_nobody_out() -> None:
    limit = RateLimit(burst=2, per_second=1)
    limit.seconds_to_wait("a", 100_000.0)
    assert limit.seconds_to_wait("a", 0.0) <= 1.0
    assert limit.seconds_to_wait("a", 2.0) == 0.0


def test_memory_is_bounded_and_a_flooder_is_not_forgotten_first() -> None:
    limit = RateLimit(burst=1, per_second=0.001)
    limit.seconds_to_wait("flooder", 0.0)
    for number in range(rate_limit.MOST_SENDERS + 10):
        limit.seconds_to_wait(f"r{number}", 0.0)
        if number % 1000 == 0:
            assert limit.seconds_to_wait("flooder", 0.0) > 0
    assert limit.seconds_to_wait("r0", 0.0) == 0.0, "the longest idle one has been forgotten"


@given(
    st.lists(st.tuples(st.sampled_from("ab"), st.floats(0, 10)), max_size=60),
    st.integers(1, 5),
    st.floats(0.1, 10),
)
def test_nobody_ever_sends_more_than_the_burst_and_the_rate_allow(
    uses: list[tuple[str, float]], burst: int, rate: float
) -> None:
    limit, now = RateLimit(burst, rate), 0.0
    allowed: dict[str, int] = {}
    for sender, pause in uses:
        now += pause
        wait = limit.seconds_to_wait(sender, now)
        if wait == 0.0:
            allowed[sender] = allowed.get(sender, 0) + 1
            assert allowed[sender] <= burst + now * rate + 1e-6
        else:
            assert 0 < wait <= 1 / rate + 1e-6
