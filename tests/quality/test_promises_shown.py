"""Does every test that a document names as proof exist?"""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
EXPLANATIONS = sorted((ROOT / "docs/explanation").glob("*.md"))


@pytest.mark.parametrize("page", EXPLANATIONS, ids=[page.name for page in EXPLANATIONS])
def test_a_test_named_as_proof_exists(page: Path) -> None:
    sources = (file.read_text(encoding="utf-8") for file in (ROOT / "tests").rglob("test_*.py"))
    known = set(re.findall(r"^\s*(?:async )?def (test_\w+)\(", "\n".join(sources), re.MULTILINE))
    named = set(re.findall(r"`(test_\w+)`", page.read_text(encoding="utf-8")))
    assert named - known == set()
