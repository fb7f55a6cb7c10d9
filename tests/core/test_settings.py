"""Is every mistake in refdesk.toml explained, with its place and the way out?"""

from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from refdesk.core.settings import LARGEST_FILE_BYTES, Settings, load_settings
from refdesk.errors import SettingsError
from refdesk.testing import MakeLibrary


def load(folder: Path, text: str | bytes) -> Settings:
    file = folder / "refdesk.toml"
    file.write_bytes(text if isinstance(text, bytes) else text.encode())
    return load_settings(file)


def test_an_empty_file_means_the_defaults(tmp_path: Path) -> None:
    settings = load(tmp_path, "")
    assert settings.library.id == "main"
    assert settings.answers.threshold == 0.4
    assert settings == Settings()


@pytest.mark.parametrize(
    ("text", "explanation"),
    [
        ("[libary]\nid = 'x'", "libary: there is no such key. Did you mean 'library'?"),
        ("[library]\nnmae = {}", "library.nmae: there is no such key. Did you mean 'name'"),
        ("[answers]\ntreshold = 0.4", "treshold: there is no such key. Did you mean 'thres"),
        ("[web]\nzzz = 1", "web.zzz: there is no such key. Known are: public_url, trusted_"),
        ("[limits]\nburst = 'many'", "limits.burst"),
        ("[limits]\nper_second = 0", "limits.per_second"),
        ("[answers]\nthreshold = 1.5", "answers.threshold"),
        ("[web]\npublic_url = 'library.example.edu'", "web.public_url"),
        ("[library]\nid = 'Main Library'", "library.id"),
        ("[library]\ndefault_language = 'fr'", "library.default_language"),
        ("library = 5", "library"),
        ("[plugins]\ndisabled = 'faq'", "plugins.disabled"),
    ],
)  # fmt: skip
def test_a_mistake_is_explained_with_its_place(text: str, explanation: str, tmp_path: Path) -> None:
    with pytest.raises(SettingsError) as refusal:
        load(tmp_path, text)
    assert explanation in str(refusal.value)
    assert str(tmp_path / "refdesk.toml") in str(refusal.value)


def test_every_mistake_is_named_at_once(tmp_path: Path) -> None:
    with pytest.raises(SettingsError) as refusal:
        load(tmp_path, "[limits]\nburst = 0\nspeed = 3\n[log]\nlevel = 'LOUD'")
    for place in ("limits.burst", "limits.speed", "log.level"):
        assert place in str(refusal.value)


@pytest.mark.parametrize(
    ("content", "explanation"),
    [
        (b"[library\nid = 1", "is not valid TOML"),
        ("[library]\nname = { zh = '图书馆' }".encode("gb18030"), "is not UTF-8"),
        (b"#" * (LARGEST_FILE_BYTES + 1), "is too large"),
    ],
)
def test_what_is_no_configuration_is_refused(
    content: bytes, explanation: str, tmp_path: Path
) -> None:
    with pytest.raises(SettingsError, match=explanation):
        load(tmp_path, content)


def test_a_file_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="cannot be read"):
        load_settings(tmp_path / "missing.toml")


def test_a_wrong_value_is_not_repeated_because_it_may_be_a_secret(tmp_path: Path) -> None:
    with pytest.raises(SettingsError) as refusal:
        load(tmp_path, "[limits]\nburst = 'hunter2'")
    assert "hunter2" not in str(refusal.value)


@pytest.mark.parametrize(
    ("text", "explanation"),
    [
        ("[plugins.faqq]\nrelated_above = 0.1", "there is no [plugins.faqq]. Did you mean 'faq'?"),
        ("[plugins.faq]\nrelated = 0.1", "plugins.faq.related: there is no such key. Did you"),
        ("[plugins.faq]\nrelated_above = 'x'", "plugins.faq.related_above"),
        ("[plugins.courtesies]\nhello = 'x'", "plugins.courtesies.hello: there is no such key"),
        ("[plugins]\nfaq = 5", "[faq] must be a section"),
        ("[plugins]\ndisabled = ['handof']", "disabled names 'handof'. Did you mean 'handoff'?"),
        ("[plugins]\nfirst = ['catalogue']", "first names 'catalogue'. Known are:"),
        ("[adapters.webchat]\nembed_origins = []", "[adapters.webchat]. Did you mean 'web_chat'"),
        ("[adapters.web_chat]\nembed = []", "Did you mean 'embed_origins'?"),
        ("[adapters.console]\ncolour = 'red'", "adapters.console.colour: there is no such key"),
    ],
)  # fmt: skip
def test_a_mistake_in_a_component_s_section_is_explained(
    text: str, explanation: str, library: MakeLibrary
) -> None:
    with pytest.raises(SettingsError) as refusal:
        library(settings=text)
    assert explanation in str(refusal.value)


def test_a_plugin_that_is_switched_off_keeps_its_section(library: MakeLibrary) -> None:
    made = library(settings="[plugins]\ndisabled = ['faq']\n[plugins.faq]\nrelated_above = 0.1")
    reports = {report.name: report for report in made.app.plugin_reports}
    assert reports["faq"].condition == "disabled"
    assert "faq" not in made.app.host.names()


@given(st.binary(max_size=300) | st.text(max_size=300).map(str.encode))
def test_any_file_is_settings_or_a_clear_refusal(
    tmp_path_factory: pytest.TempPathFactory, content: bytes
) -> None:
    folder = tmp_path_factory.getbasetemp() / "any-file"
    folder.mkdir(exist_ok=True)
    with suppress(SettingsError):
        assert isinstance(load(folder, content), Settings)
