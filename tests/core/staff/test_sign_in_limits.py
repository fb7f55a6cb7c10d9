"""Are guessers slowed down, and only guessers?"""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from refdesk.core.staff.sign_in_limits import SignInLimits, place_of
from refdesk.testing import FakeClock


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


def tries(limits: SignInLimits, name: str, address: str, number: int) -> int:
    """Return how many of so many tries at once may be made."""
    return sum(limits.seconds_to_wait(name, address) == 0 for _ in range(number))


def test_one_name_from_one_place_may_be_tried_ten_times(clock: FakeClock) -> None:
    limits = SignInLimits(clock.monotonic)
    assert tries(limits, "mei", "203.0.113.1", 100) == 10
    assert 0 < limits.seconds_to_wait("mei", "203.0.113.1") <= 20
    clock.advance(20)
    assert tries(limits, "mei", "203.0.113.1", 5) == 1


def test_other_names_at_the_same_place_and_the_name_elsewhere_go_on(clock: FakeClock) -> None:
    limits = SignInLimits(clock.monotonic)
    tries(limits, "mei", "203.0.113.1", 500)
    assert limits.seconds_to_wait("tom", "203.0.113.1") == 0
    assert limits.seconds_to_wait("mei", "198.51.100.1") == 0


def test_a_guess_spread_over_many_places_is_slowed_down_too(clock: FakeClock) -> None:
    limits = SignInLimits(clock.monotonic)
    allowed = sum(tries(limits, "mei", f"203.0.{n // 250}.{n % 250}", 1) for n in range(1000))
    assert allowed == 100


def test_where_a_name_has_signed_in_before_such_a_guess_does_not_count(clock: FakeClock) -> None:
    limits = SignInLimits(clock.monotonic)
    limits.seconds_to_wait("mei", "198.51.100.1")
    limits.succeeded("mei", "198.51.100.1")
    for number in range(1000):
        limits.seconds_to_wait("mei", f"203.0.{number // 250}.{number % 250}")
    assert limits.seconds_to_wait("mei", "192.0.2.1") > 0
    assert limits.seconds_to_wait("mei", "198.51.100.1") == 0


def test_one_place_that_walks_through_all_names_is_slowed_down(clock: FakeClock) -> None:
    limits = SignInLimits(clock.monotonic)
    assert sum(tries(limits, f"name {n}", "203.0.113.1", 1) for n in range(1000)) == 200


def test_the_right_password_costs_nothing(clock: FakeClock) -> None:
    limits = SignInLimits(clock.monotonic)
    for _ in range(1000):
        assert limits.seconds_to_wait("mei", "203.0.113.1") == 0
        limits.succeeded("mei", "203.0.113.1")


def test_a_customer_of_ipv6_is_one_place_however_many_addresses_it_has(clock: FakeClock) -> None:
    limits = SignInLimits(clock.monotonic)
    assert sum(tries(limits, "mei", f"2001:db8::{n:x}", 1) for n in range(100)) == 10


@pytest.mark.parametrize(
    ("address", "place"),
    [
        ("203.0.113.1", "203.0.113.1"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("unknown", "unknown"),
        ("", ""),
    ],
)
def test_places(address: str, place: str) -> None:
    assert place_of(address) == place


@given(st.text())
def test_whatever_an_address_looks_like_it_has_a_place(address: str) -> None:
    assert isinstance(place_of(address), str)
