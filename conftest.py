"""Which documents does pytest run? The Python examples of the README and of docs/.

A block that must not run says why: `<!-- skip: next "the reason" -->` above it.
"""

from typing import Any

import pytest
from sybil import Sybil
from sybil.integration.pytest import SybilItem
from sybil.parsers.markdown import PythonCodeBlockParser, SkipParser

_filtered = SybilItem._traceback_filter  # noqa: SLF001 - there is no other place to mend it


def _traceback(item: SybilItem, excinfo: pytest.ExceptionInfo[BaseException]) -> Any:
    """Show also what went wrong around an example: Sybil 10.1 crashes on errors outside of it."""
    try:
        return _filtered(item, excinfo)
    except IndexError:
        return excinfo.traceback


SybilItem._traceback_filter = _traceback  # noqa: SLF001 - as above

pytest_collect_file = Sybil(
    parsers=[PythonCodeBlockParser(), SkipParser()],
    patterns=["README.md", "CONTRIBUTING.md", "ARCHITECTURE.md", "docs/**/*.md", "docs/*.md"],
).pytest()
