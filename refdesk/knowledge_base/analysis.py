"""How does a text become the terms it is found by?

Entries and questions take the same way. English words lose case, possessives and inflection
(Snowball's English stemmer); stop words are dropped unless nothing else remains. Runs of Chinese
become single characters and pairs, which beat dictionaries on real questions and need none.
Digits and codes are kept as they are. No text, however strange, raises an error.
"""

import re
import unicodedata
from functools import lru_cache

from whoosh.lang.porter2 import stem as snowball_english

from refdesk.knowledge_base.stop_words import (
    CHINESE_COURTESIES,
    CHINESE_FUNCTION_WORDS,
    COURTESIES,
    ENGLISH,
)

# A question beyond this is a pasted text; its beginning says what it is about.
QUESTION_CHARACTERS = 1000
QUESTION_TERMS = 64
LONGEST_TERM = 64

# Han with its extensions and compatibility forms, and kana, which also run on without spaces.
_HAN = "\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
_TOKEN = re.compile(
    rf"[{_HAN}]+"
    r"|\b[a-z0-9]{1,2}(?:&[a-z0-9]{1,2})+\b"  # a&a, q&a, at&t: a name, not two letters
    r"|\b[a-z](?:\+\+|\#)"  # c++, c#
    rf"|[^\W_{_HAN}]+(?:'[^\W_{_HAN}]+)*"
)
_IS_HAN = re.compile(rf"[{_HAN}]")
_COURTEOUS_CHINESE = re.compile("|".join(map(re.escape, CHINESE_COURTESIES)))
_EMPTY_CHINESE = re.compile("|".join(map(re.escape, CHINESE_COURTESIES + CHINESE_FUNCTION_WORDS)))
_PLAIN_WORD = re.compile(r"[a-z]+")
_ENDINGS = ("'s", "'m", "'t", "'re", "'ve", "'ll", "'d")
# Zero-width marks, text direction controls, soft hyphens.
_INVISIBLE_RANGES = ((0x200B, 0x200F), (0x202A, 0x202E), (0x2060, 0x206F))
_INVISIBLE_MARKS = (0x00AD, 0x061C, 0x180E, 0xFEFF)
_FOLDED_MARKS: dict[int, str | None] = {
    **dict.fromkeys(_INVISIBLE_MARKS),
    **{mark: None for first, last in _INVISIBLE_RANGES for mark in range(first, last + 1)},
    **dict.fromkeys(map(ord, "‘’ʼ"), "'"),
}


def terms(text: str) -> list[str]:
    """Return the terms of an entry's text in order, repeated as often as they occur."""
    tokens = _TOKEN.findall(fold(text))
    return _terms_of(tokens, ENGLISH) or _terms_of(tokens, frozenset())


def question_terms(text: str) -> list[str]:
    """Return the distinct terms of a reader's question, without courtesies, in order."""
    folded = fold(text[:QUESTION_CHARACTERS])
    tokens = _TOKEN.findall(_COURTEOUS_CHINESE.sub(" ", folded))
    found = (
        _terms_of(tokens, ENGLISH | COURTESIES)
        or _terms_of(tokens, ENGLISH)
        or _terms_of(_TOKEN.findall(folded), frozenset())
    )
    return list(dict.fromkeys(found))[:QUESTION_TERMS]


def content_terms(text: str) -> frozenset[str]:
    """Return the terms that say what a question or a title is about, for judging likeness.

    As `question_terms`, and Chinese function words are left out unless nothing else remains.
    """
    folded = fold(text[:QUESTION_CHARACTERS])
    found = _terms_of(_TOKEN.findall(_EMPTY_CHINESE.sub(" ", folded)), ENGLISH | COURTESIES)
    return frozenset(found or question_terms(text))


def surface_words(text: str) -> list[str]:
    """Return words as written (no stemming, stop words kept) and Chinese pairs, for type-ahead."""
    words = []
    for token in _TOKEN.findall(fold(text)):
        if _IS_HAN.match(token):
            words.extend(_pairs(token) or [token])
        else:
            words.append(token[:LONGEST_TERM])
    return words


def fold(text: str) -> str:
    """Return the text without differences of width, case, typographic quotes and hidden marks."""
    if not text.isascii():
        text = unicodedata.normalize("NFKC", text).translate(_FOLDED_MARKS)
        return unicodedata.normalize("NFKC", text.casefold())
    return text.lower()


def spans(text: str) -> list[tuple[int, int, frozenset[str]]]:
    """Return where terms stand in `text`: (start, end, terms), for marking matches.

    A text whose folding changes its length is measured in its folded form's own words, found
    one by one, so that places stay true.
    """
    return [
        (match.start(), match.end(), frozenset(terms(match.group())))
        for match in _PLACES.finditer(text)
    ]


_PLACES = re.compile(rf"[{_HAN}]|[^\W_{_HAN}]+(?:['’&][^\W_{_HAN}]+)*")


def has_han(text: str) -> bool:
    """Tell whether any Chinese character occurs."""
    return _IS_HAN.search(text) is not None


def _terms_of(tokens: list[str], unwanted: frozenset[str]) -> list[str]:
    found: list[str] = []
    for token in tokens:
        if _IS_HAN.match(token):
            found.extend(token)
            found.extend(_pairs(token))
        elif token not in unwanted:
            term = _stem(token)
            if term not in unwanted:
                found.append(term)
    return found


def _pairs(run: str) -> list[str]:
    return [run[place : place + 2] for place in range(len(run) - 1)]


@lru_cache(maxsize=65_536)
def _stem(token: str) -> str:
    if "'" in token:
        token = _without_apostrophe(token)
    token = token[:LONGEST_TERM]
    # The stemmer knows English letters only; codes and other scripts stay as they are.
    return snowball_english(token) if _PLAIN_WORD.fullmatch(token) else token


def _without_apostrophe(token: str) -> str:
    for ending in _ENDINGS:
        if token.endswith(ending):
            token = token.removesuffix(ending).removesuffix("n" if ending == "'t" else "")
            break
    return token.replace("'", "")
