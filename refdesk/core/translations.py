"""How do system texts speak the reader's language?

The English text in the source is the key; `locale/zh/*.po` hold the Chinese ones, so translators
use their usual tools (`pybabel extract`). A test fails when a text has no translation.
"""

from functools import cache
from pathlib import Path

_LOCALE = Path(__file__).parent / "locale"


def translate(text: str, language: str, **values: object) -> str:
    """Return `text` in `language`, with `{name}` replaced by the values given.

    A text without a translation stays English: better understood by some than by nobody.
    """
    translated = text if language == "en" else _catalogue(language).get(text, text)
    return translated.format(**values) if values else translated


@cache
def _catalogue(language: str) -> dict[str, str]:
    from babel.messages.pofile import read_po  # noqa: PLC0415 - not for English readers

    texts: dict[str, str] = {}
    for file in sorted((_LOCALE / language).glob("*.po")):
        with file.open("rb") as source:
            catalogue = read_po(source, locale=language)
        texts |= {
            str(message.id): str(message.string)
            for message in catalogue
            if message.id and message.string
        }
    return texts
