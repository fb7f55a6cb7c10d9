"""How are words of two languages found in what somebody typed?"""

import re
import unicodedata

# Readers in Hong Kong and Taiwan ask in traditional characters.
_SIMPLIFIED = str.maketrans(
    "開關門館時間嗎週點幾圖書閉節號現營業後這還們請問沒個為麼禮從國慶學總務臺與會麻煩",
    "开关门馆时间吗周点几图书闭节号现营业后这还们请问没个为么礼从国庆学总务台与会麻烦",
)
_APOSTROPHES = str.maketrans("’‘`", "'''")
_SUFFIXES = re.compile(r"'(?:s|re|m|d|ll|ve)\b")
_CONDITION = re.compile(r"\(\?[!=][^)]*\)")
_SPACES = re.compile(r"[\s\x00-\x1f]+")


def normalised(text: str) -> str:
    """Return `text` in one width, one case and simplified characters, without "'s"."""
    text = unicodedata.normalize("NFKC", text).casefold().translate(_APOSTROPHES)
    return _SPACES.sub(" ", _SUFFIXES.sub(" ", text).translate(_SIMPLIFIED)).strip()


def any_of(english: str = "", chinese: str = "") -> re.Pattern[str]:
    """Return a pattern for words, the longest first; they may hold regular expressions.

    English ones are separated by ", " and found as whole words, Chinese ones are separated by
    spaces and found anywhere.
    """
    patterns = []
    if english:
        patterns.append(rf"(?<![a-z0-9])(?:{_alternatives(english.split(', '))})(?![a-z0-9])")
    if chinese:
        patterns.append(_alternatives(chinese.split(" ")))
    return re.compile("|".join(patterns))


def _alternatives(words: list[str]) -> str:
    return "|".join(sorted(words, key=lambda word: (-len(_CONDITION.sub("", word)), word)))
