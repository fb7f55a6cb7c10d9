"""Can a reader of the documents follow every link and trust every example?"""

import os
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
DOCUMENTS = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])
LINK = re.compile(r"\]\(([^)#\s]+)(?:#[^)]*)?\)")
SKIP = re.compile(r"skip:")
SKIP_WITH_REASON = re.compile(r'<!--+ *skip: *\w+ +(?:if\(.+, *)?".{10,}"\)? *--+>')

every_document = pytest.mark.parametrize(
    "document", DOCUMENTS, ids=[str(file.relative_to(ROOT)) for file in DOCUMENTS]
)


@every_document
def test_links_to_files_lead_somewhere(document: Path) -> None:
    links = LINK.findall(_without_code(document))
    relative = [link for link in links if not re.match(r"[a-z]+:", link)]
    assert [link for link in relative if not (document.parent / link).exists()] == []


@every_document
def test_an_example_that_does_not_run_says_why(document: Path) -> None:
    lines = document.read_text(encoding="utf-8").splitlines()
    assert [line for line in lines if SKIP.search(line) and not SKIP_WITH_REASON.search(line)] == []


def test_the_two_commands_of_the_readmes_exist() -> None:
    for readme in ("README.md", "README.zh-CN.md"):
        text = (ROOT / readme).read_text(encoding="utf-8")
        for command in ("./demo", "./test"):
            assert re.search(rf"^{re.escape(command)}\b", text, re.MULTILINE), (readme, command)
            assert os.access(ROOT / command, os.X_OK)


def test_the_index_of_the_documents_names_each_of_them() -> None:
    index = (ROOT / "docs/README.md").read_text(encoding="utf-8")
    pages = [str(file.relative_to(ROOT / "docs")) for file in DOCUMENTS if _is_page(file)]
    assert [page for page in pages if f"({page})" not in index] == []


def _is_page(file: Path) -> bool:
    return ROOT / "docs" in file.parents and file != ROOT / "docs/README.md"


def _without_code(document: Path) -> str:
    text = document.read_text(encoding="utf-8")
    return re.sub(r"```.*?```|`[^`\n]*`", "", text, flags=re.DOTALL)
