"""Can nobody but us make a reader's token?"""

from hypothesis import given
from hypothesis import strategies as st

from refdesk.core.reader_tokens import LIFETIME_SECONDS, ReaderTokens

NOW = 1_800_000_000.0
TOKENS = ReaderTokens(b"k" * 32)


def test_a_token_says_who_it_was_issued_to() -> None:
    rid, token = TOKENS.issue(NOW)
    assert TOKENS.read(token, NOW) == rid


def test_every_reader_is_another() -> None:
    assert len({TOKENS.issue(NOW)[0] for _ in range(1000)}) == 1000


def test_a_token_ends_with_its_lifetime() -> None:
    rid, token = TOKENS.issue(NOW)
    assert TOKENS.read(token, NOW + LIFETIME_SECONDS - 1) == rid
    assert TOKENS.read(token, NOW + LIFETIME_SECONDS) is None


def test_a_token_of_another_deployment_is_none_of_ours() -> None:
    _, token = ReaderTokens(b"x" * 32).issue(NOW)
    assert TOKENS.read(token, NOW) is None


def test_expiry_and_reader_are_both_signed() -> None:
    rid, token = TOKENS.issue(NOW)
    _, expiry, signature = token.split(".")
    assert TOKENS.read(f"{rid}.{int(expiry) + 1}.{signature}", NOW) is None
    assert TOKENS.read(f"{rid}.0{expiry}.{signature}", NOW) is None
    assert TOKENS.read(f"{rid}x.{expiry}.{signature}", NOW) is None
    assert TOKENS.read(f".{expiry}.{signature}", NOW) is None


@given(st.data())
def test_one_changed_character_makes_a_token_worthless(data: st.DataObject) -> None:
    _, token = TOKENS.issue(NOW)
    place = data.draw(st.integers(0, len(token) - 1))
    other = data.draw(st.characters().filter(lambda c: c != token[place]))
    assert TOKENS.read(token[:place] + other + token[place + 1 :], NOW) is None


@given(st.text(max_size=200) | st.from_regex(r"[\w-]{22}\.\d{1,14}\.[\w-]{43}", fullmatch=True))
def test_a_forged_token_is_read_as_nobody(token: str) -> None:
    assert TOKENS.read(token, NOW) is None
