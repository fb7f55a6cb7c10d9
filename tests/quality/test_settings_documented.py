"""Is the reference of the settings what the models say today?"""

from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path

DOCS = Path(__file__).parents[2] / "docs"


def test_the_reference_of_the_settings_is_current() -> None:
    spec = spec_from_file_location("generate_settings", DOCS / "generate_settings.py")
    assert spec is not None
    assert spec.loader is not None
    script = module_from_spec(spec)
    spec.loader.exec_module(script)
    written = (DOCS / "reference/settings.md").read_text(encoding="utf-8")
    assert written == script.settings_page(), "run: python docs/generate_settings.py"
