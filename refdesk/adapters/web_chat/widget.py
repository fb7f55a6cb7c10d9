"""What does the script say that puts a chat button on other sites? (`/widget.js`)"""

import json
from functools import cache
from pathlib import Path

from refdesk.core.messages import Language
from refdesk.core.translations import translate

_SCRIPT = Path(__file__).parent / "widget.js"
# The script is a file that can be read and checked on its own; its texts come in here.
_PLACE_FOR_TEXTS = "{ TEXTS: 0 }"
_TEXTS = {
    "open": "Ask the library",
    "link": "Ask the library (opens in a new window)",
    "title": "Chat with the library",
}


@cache
def widget_script() -> str:
    """Return the script with its texts in both languages."""
    texts = {"en": _texts("en"), "zh": _texts("zh")}
    return _SCRIPT.read_text("utf-8").replace(_PLACE_FOR_TEXTS, json.dumps(texts), 1)


def _texts(language: Language) -> dict[str, str]:
    return {name: translate(_TEXTS[name], language) for name in _TEXTS}
