"""Which documents does pytest run? The Python examples of the README and of docs/.

A block that must not run says why: `<!-- skip: next "the reason" -->` above it.
"""

from sybil import Sybil
from sybil.parsers.markdown import PythonCodeBlockParser, SkipParser

pytest_collect_file = Sybil(
    parsers=[PythonCodeBlockParser(), SkipParser()],
    patterns=["README.md", "CONTRIBUTING.md", "ARCHITECTURE.md", "docs/**/*.md", "docs/*.md"],
).pytest()
