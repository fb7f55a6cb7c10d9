"""Does the adapter that the how-to shows keep the contract, with the class that it shows?"""

import re
from pathlib import Path
from typing import Any

DOCUMENT = Path(__file__).parents[2] / "docs/how-to/write-an-adapter.md"
EXAMPLE = re.compile(r"^```python\n(.*?)^```", re.DOTALL | re.MULTILINE)
SHOWN: dict[str, Any] = {"__name__": __name__}
for block in EXAMPLE.findall(DOCUMENT.read_text("utf-8")):
    exec(compile(block, str(DOCUMENT), "exec"), SHOWN)  # noqa: S102 - our own document

TestPostcards = SHOWN["TestPostcards"]
