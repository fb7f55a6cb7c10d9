"""Does every message come back from storage as it went in?"""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from refdesk import Choice, File, Image, Link, Option, Part, Quote, Source, Text
from refdesk.core.log.parts_json import (
    dump_options,
    dump_parts,
    dump_sources,
    load_options,
    load_parts,
    load_sources,
    part_from_json,
    part_to_json,
    plain_text,
)

TEXTS = st.text(max_size=40)
OPTIONS = st.builds(Option, TEXTS, TEXTS)
PARTS: st.SearchStrategy[Part] = st.one_of(
    st.builds(Text, TEXTS),
    st.builds(Link, TEXTS, TEXTS),
    st.builds(Choice, TEXTS, st.lists(OPTIONS, max_size=4).map(tuple)),
    st.builds(File, TEXTS, TEXTS, TEXTS, st.integers(0, 2**40)),
    st.builds(Image, TEXTS, TEXTS),
    st.builds(Quote, TEXTS),
)
SOURCES = st.builds(Source, TEXTS, TEXTS, TEXTS)


@given(st.lists(PARTS, max_size=6).map(tuple))
def test_parts_come_back_as_they_were(parts: tuple[Part, ...]) -> None:
    assert load_parts(dump_parts(parts)) == parts


@given(st.lists(SOURCES, max_size=4).map(tuple), st.lists(OPTIONS, max_size=4).map(tuple))
def test_sources_and_buttons_come_back_as_they_were(
    sources: tuple[Source, ...], options: tuple[Option, ...]
) -> None:
    assert load_sources(dump_sources(sources)) == sources
    assert load_options(dump_options(options)) == options


@given(PARTS)
def test_every_part_has_a_type_and_a_plain_text(part: Part) -> None:
    data = part_to_json(part)
    assert data["type"] in {"text", "link", "choice", "file", "image", "quote"}
    assert json.loads(json.dumps(data)) == data
    assert isinstance(plain_text([part]), str)


@given(
    st.recursive(
        st.none() | st.integers() | TEXTS | st.sampled_from(["text", "choice", "link"]),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3),
    )
)
def test_what_is_no_part_is_refused(data: object) -> None:
    with pytest.raises(ValueError, match="unknown type"):
        part_from_json({"type": "video", "data": data})


def test_chinese_is_stored_as_itself() -> None:
    assert "续借" in dump_parts([Text("续借")])


def test_plain_text_numbers_the_buttons_and_shows_addresses() -> None:
    parts: list[Part] = [
        Text("Hours"),
        Choice("Did you mean", (Option("Printing", "a"), Option("Scanning", "b"))),
        Link("https://x.example", "Map"),
        Link("https://x.example", "https://x.example"),
        Link("https://x.example", ""),
        Text(""),
    ]
    assert plain_text(parts).split("\n") == [
        "Hours",
        "Did you mean",
        "1. Printing",
        "2. Scanning",
        "Map: https://x.example",
        "https://x.example",
        "https://x.example",
    ]
