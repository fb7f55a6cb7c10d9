"""In which language is a reader answered?"""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from refdesk.core.language import language_of
from refdesk.core.messages import Language


@pytest.mark.parametrize(
    ("text", "fallback", "language"),
    [
        ("Where can I print?", "zh", "en"),
        ("图书馆几点开门？", "en", "zh"),
        ("怎么用 Web of Science", "en", "zh"),
        ("ok", "zh", "zh"),
        ("ok", "en", "en"),
        ("TP312", "zh", "zh"),
        ("42", "zh", "zh"),
        ("", "zh", "zh"),
        ("👍", "zh", "zh"),
        ("où est la bibliothèque", "en", "en"),
        ("㐀", "en", "zh"),
    ],
)
def test_the_words_tell_the_language_and_few_letters_do_not(
    text: str, fallback: Language, language: Language
) -> None:
    assert language_of(text, fallback) == language


@given(st.text(), st.sampled_from(["en", "zh"]))
def test_every_text_has_a_language(text: str, fallback: Language) -> None:
    assert language_of(text, fallback) in ("en", "zh")
