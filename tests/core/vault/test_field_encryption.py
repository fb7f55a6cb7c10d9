"""Does a sealed value open only as it was, where it was, and with its own key?"""

import secrets
from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from refdesk.core.vault.field_encryption import FieldKey, Place
from refdesk.errors import VaultError

KEY = FieldKey(b"k" * 32)
PLACE = Place("main", "r1", "wechat", "address")
texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=200)
names = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
places = st.builds(Place, names, names, names, names)


@given(text=texts, place=places, secret=st.binary(min_size=32, max_size=32))
def test_what_was_sealed_opens_again(text: str, place: Place, secret: bytes) -> None:
    assert FieldKey(secret).open(FieldKey(secret).seal(text, place), place) == text


@given(text=texts, position=st.integers(min_value=0), change=st.integers(1, 255))
def test_a_changed_byte_anywhere_is_noticed(text: str, position: int, change: int) -> None:
    raw = bytearray(urlsafe_b64decode(KEY.seal(text, PLACE)))
    raw[position % len(raw)] ^= change
    with pytest.raises(VaultError, match="changed or moved"):
        KEY.open(urlsafe_b64encode(raw).decode(), PLACE)


@given(text=texts, kept=st.integers(min_value=0))
def test_a_shortened_value_is_noticed(text: str, kept: int) -> None:
    sealed = KEY.seal(text, PLACE)
    with pytest.raises(VaultError, match="changed or moved"):
        KEY.open(sealed[: kept % len(sealed)], PLACE)


@given(nonsense=st.text())
def test_nonsense_in_the_place_of_a_value_is_noticed(nonsense: str) -> None:
    with pytest.raises(VaultError, match="changed or moved"):
        KEY.open(nonsense, PLACE)


@given(here=places, there=places)
def test_a_value_opens_at_no_other_place(here: Place, there: Place) -> None:
    assert (here.bound() == there.bound()) == (here == there)


@pytest.mark.parametrize("part", ["library", "rid", "account", "field"])
def test_a_row_cannot_be_swapped_with_another(part: str) -> None:
    sealed = KEY.seal("openid-of-a-reader", PLACE)
    with pytest.raises(VaultError, match="changed or moved"):
        KEY.open(sealed, replace(PLACE, **{part: "another"}))


def test_another_key_opens_nothing_and_has_another_name() -> None:
    other = FieldKey(secrets.token_bytes(32))
    with pytest.raises(VaultError, match="changed or moved"):
        other.open(KEY.seal("a", PLACE), PLACE)
    assert other.id != KEY.id
    assert FieldKey(b"k" * 32).id == KEY.id


def test_the_same_text_is_never_sealed_alike() -> None:
    assert len({KEY.seal("a", PLACE) for _ in range(100)}) == 100


@given(one=st.tuples(names, names, names), other=st.tuples(names, names, names))
def test_only_the_same_address_has_the_same_fingerprint(
    one: tuple[str, str, str], other: tuple[str, str, str]
) -> None:
    assert (KEY.fingerprint(*one) == KEY.fingerprint(*other)) == (one == other)


def test_a_fingerprint_cannot_be_made_without_the_key() -> None:
    prints = {FieldKey(bytes([n]) * 32).fingerprint("main", "wechat", "a") for n in range(50)}
    assert len(prints) == 50


def test_a_key_shows_its_name_and_not_its_secret() -> None:
    assert KEY.id in repr(KEY)
    assert "kkkk" not in repr(KEY)
    with pytest.raises(VaultError, match="32 bytes"):
        FieldKey(b"short")
