"""Does `[storage]` say clearly what does not fit together?"""

from pathlib import Path

import pytest

from refdesk.core.settings import load_settings
from refdesk.deployment import open_deployment
from refdesk.errors import SettingsError


def settings_file(folder: Path, text: str) -> Path:
    file = folder / "refdesk.toml"
    file.write_text(text, "utf-8")
    return file


def test_without_a_word_sqlite_keeps_the_rows(tmp_path: Path) -> None:
    assert load_settings(settings_file(tmp_path, "")).storage.engine == "sqlite"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('[storage]\nengine = "postgresql"\n', "needs a dsn"),
        ('[storage]\ndsn = { env = "X" }\n', "belongs to engine = 'postgresql'"),
        ('[storage]\nengine = "mysql"\n', r"storage\.engine"),
        ('[storage]\nengine = "postgresql"\ndsn = "postgresql://u:4711@h/d"\n', r"storage\.dsn"),
    ],
)
def test_a_mistake_is_named_and_no_secret_repeated(text: str, words: str, tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=words) as raised:
        load_settings(settings_file(tmp_path, text))
    assert "4711" not in str(raised.value)


def test_an_address_that_is_not_there_is_named(tmp_path: Path) -> None:
    settings_file(tmp_path, '[storage]\nengine = "postgresql"\ndsn = { file = "/nowhere/dsn" }\n')
    with pytest.raises(SettingsError, match=r"\[storage\] dsn: the secret is empty or missing"):
        open_deployment(tmp_path)
