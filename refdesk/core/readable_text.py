"""What of a typed text is kept? (Everything that can be read.)"""

import re

# Control characters but tab and line break: they can only confuse whoever reads the text.
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")


def readable(text: str) -> str:
    """Return `text` without control characters and with half characters replaced."""
    whole = text.encode("utf-8", "replace").decode("utf-8")
    return _CONTROL.sub("", whole.replace("\r\n", "\n").replace("\r", "\n")).strip()
