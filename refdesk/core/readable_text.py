"""What of a typed text is kept? (Everything that can be read.)"""

import re
import unicodedata

# Control characters but tab and line break: they can only confuse whoever reads the text.
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")
# Spaces, and marks that only steer how other characters are shown.
_UNSEEN = frozenset({"Cc", "Cf", "Zl", "Zp", "Zs"})


def readable(text: str) -> str:
    """Return `text` without control characters and with half characters replaced.

    Empty when there is nothing to see in it.
    """
    whole = text.encode("utf-8", "replace").decode("utf-8")
    kept = _CONTROL.sub("", whole.replace("\r\n", "\n").replace("\r", "\n")).strip()
    return "" if all(unicodedata.category(character) in _UNSEEN for character in kept) else kept
