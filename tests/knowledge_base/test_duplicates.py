from itertools import combinations

from hypothesis import given
from hypothesis import strategies as st

from refdesk.knowledge_base import make_entry
from refdesk.knowledge_base.duplicates import LIKENESS, near_duplicates

words = st.sampled_from([f"word{letter}" for letter in "abcdefghijkl"])
sets = st.lists(st.sets(words, min_size=1, max_size=10), max_size=12)


@given(sets)
def test_the_short_cut_finds_exactly_what_comparing_all_pairs_finds(given_sets: list[set[str]]):
    entries = [
        make_entry(f"e{n:02}", text=" ".join(sorted(one))) for n, one in enumerate(given_sets)
    ]
    expected = {
        (f"e{a:02}", f"e{b:02}")
        for (a, one), (b, other) in combinations(enumerate(given_sets), 2)
        if min(len(one), len(other)) >= 3 and len(one & other) >= LIKENESS * len(one | other)
    }
    assert {(pair.first, pair.second) for pair in near_duplicates(entries)} == expected


def test_inflection_and_punctuation_hide_no_duplicate():
    entries = [
        make_entry("a", "Renewing a book", "Renew your books online, three times."),
        make_entry("b", "Renew books", "Renewed book; online: three TIMES!"),
    ]
    assert [(pair.first, pair.second) for pair in near_duplicates(entries)] == [("a", "b")]


def test_translations_are_no_duplicates_of_their_original():
    same = "CNKI CARSI eduroam VPN"
    entries = [make_entry("a", same), make_entry("b", same, translation_of="a")]
    assert near_duplicates(entries) == []
