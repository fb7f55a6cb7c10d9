"""In which language did a reader write?"""

import re

from refdesk.core.messages import Language

_HAN = re.compile(r"[\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff]")
_LETTER = re.compile(r"[A-Za-z]")
# "ok", "hi" or a call number beside Chinese text does not change the language of a conversation.
_FEW_LETTERS = 4


def language_of(text: str, fallback: Language) -> Language:
    """Return `zh` when there is a Chinese character, `en` for Latin words, else the fallback."""
    if text.isascii():
        return "en" if len(_LETTER.findall(text)) > _FEW_LETTERS else fallback
    return "zh" if _HAN.search(text) else fallback
