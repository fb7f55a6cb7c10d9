"""Do imports point downward?"""

from pathlib import Path

import pytest
from importlinter.cli import lint_imports

ROOT = Path(__file__).parents[2]


def test_the_contracts_of_pyproject_hold(
    capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.syspath_prepend(str(ROOT))
    outcome = lint_imports(str(ROOT / "pyproject.toml"), no_cache=True, no_logo=True)
    assert outcome == 0, capfd.readouterr().out
