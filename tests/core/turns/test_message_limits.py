"""Can somebody flood us by coming back as a new reader each time?"""

from refdesk.core.turns.message_limits import MessageLimits
from refdesk.core.turns.rate_limit import RateLimit


def limits() -> MessageLimits:
    return MessageLimits(RateLimit(2, 1.0), RateLimit(3, 0.5))


def test_a_reader_is_limited_wherever_they_write_from() -> None:
    ours = limits()
    assert [ours.seconds_to_wait("r", f"192.0.2.{n}", 0.0) for n in range(3)] == [0.0, 0.0, 1.0]


def test_new_readers_of_one_address_share_a_wider_limit() -> None:
    ours = limits()
    waits = [ours.seconds_to_wait(f"r{n}", "192.0.2.7", 0.0) for n in range(4)]
    assert waits == [0.0, 0.0, 0.0, 2.0]
    assert ours.seconds_to_wait("other", "192.0.2.8", 0.0) == 0.0


def test_this_machine_and_channels_without_addresses_have_no_limit_by_address() -> None:
    ours = limits()
    for address in ("127.0.0.1", "::1", ""):
        assert not any(ours.seconds_to_wait(f"{address} {n}", address, 0.0) for n in range(9))


def test_what_is_no_address_shares_one_bucket() -> None:
    ours = limits()
    assert [ours.seconds_to_wait(f"r{n}", "unknown", 0.0) for n in range(4)][-1] == 2.0
