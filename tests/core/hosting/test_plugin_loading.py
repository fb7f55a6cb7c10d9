"""What becomes of plugins that are installed but cannot be loaded?"""

import itertools
import uuid
from collections.abc import Callable
from pathlib import Path

import pytest

from refdesk.core.hosting.plugin_host import PluginHost
from refdesk.core.hosting.plugin_loading import LoadReport, load_plugins
from refdesk.testing import MakeLibrary

Install = Callable[..., None]
Logged = list[dict[str, object]]
GOOD = """
from refdesk import Offer, hookimpl

@hookimpl
async def answer_question():
    return Offer("From outside.", 0.9)
"""


@pytest.fixture
def install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Install:
    """Install distributions as pip does: a module, and metadata with an entry point beside it."""
    numbers = itertools.count(1)

    def install(
        name: str, code: str, group: str = "refdesk.plugins", within: str = "", by: str = ""
    ) -> None:
        # A name of its own: Python keeps what it has imported for the tests after this one.
        module = f"refdesk_outside_{uuid.uuid4().hex}"
        folder = tmp_path / f"site-{next(numbers)}"
        metadata = folder / f"refdesk_{by or name}-1.2.dist-info"
        metadata.mkdir(parents=True)
        (folder / f"{module}.py").write_text(code)
        (metadata / "METADATA").write_text(
            f"Metadata-Version: 2.1\nName: refdesk-{by or name}\nVersion: 1.2\n"
        )
        (metadata / "entry_points.txt").write_text(f"[{group}]\n{name} = {module}{within}\n")
        monkeypatch.syspath_prepend(str(folder))

    return install


def report_of(name: str, *, disabled: tuple[str, ...] = ()) -> LoadReport:
    reports = load_plugins(PluginHost(), disabled, ())
    return next(report for report in reports if report.name == name)


async def test_an_installed_plugin_is_found_and_asked(
    install: Install, library: MakeLibrary
) -> None:
    install("outside", GOOD)
    asked = library()
    assert await asked.ask("Is anything out there?") == "From outside."
    report = next(one for one in asked.app.plugin_reports if one.name == "outside")
    assert (report.condition, report.version) == ("loaded", "1.2")


@pytest.mark.parametrize(
    ("code", "reason"),
    [
        ("raise RuntimeError('no licence')", "RuntimeError: no licence"),
        ("import refdesk_no_such_module", "ModuleNotFoundError"),
        ("def broken(:", "SyntaxError"),
        ("import sys; sys.exit('goodbye')", "SystemExit: goodbye"),
        ("import pytest; pytest.skip('x', allow_module_level=True)", "Skipped: x"),
        (GOOD.replace("answer_question", "anwser_question"), "Did you mean 'answer_question'?"),
        (GOOD.replace("answer_question()", "answer_question(db)"), "db"),
    ],
)
async def test_a_plugin_that_cannot_be_loaded_is_put_in_quarantine_and_the_others_work(
    code: str, reason: str, install: Install, library: MakeLibrary, logged: Logged
) -> None:
    install("broken", code)
    install("outside", GOOD)
    asked = library()
    report = next(one for one in asked.app.plugin_reports if one.name == "broken")
    assert report.condition == "quarantined"
    assert reason in report.reason
    assert [line["plugin"] for line in logged if line["event"] == "plugin_quarantined"] == [
        "broken"
    ]
    assert await asked.ask("Is anything out there?") == "From outside."
    assert (await asked.ask("hello")).startswith("Hello!")


def test_an_entry_point_that_names_nothing_is_put_in_quarantine(install: Install) -> None:
    install("empty", GOOD, within=":Missing")
    assert report_of("empty").condition == "quarantined"


def test_a_plugin_that_is_switched_off_is_not_even_imported(install: Install) -> None:
    install("broken", "raise RuntimeError('imported')")
    report = report_of("broken", disabled=("broken",))
    assert (report.condition, report.reason) == ("disabled", "switched off in refdesk.toml")


def test_plugins_named_first_are_asked_first_then_by_name(install: Install) -> None:
    for name in ("zeta", "alpha", "beta"):
        install(name, GOOD)
    host = PluginHost()
    load_plugins(host, (), ("zeta", "beta"))
    built_in = ("courtesies", "desk", "faq", "handoff", "opening_hours")
    assert [name for name in host.names() if name not in built_in] == ["zeta", "beta", "alpha"]


def test_something_that_is_no_adapter_is_put_in_quarantine(
    install: Install, library: MakeLibrary, logged: Logged
) -> None:
    install("pigeon", "class Pigeon: pass", "refdesk.adapters", ":Pigeon")
    report = next(one for one in library().app.adapter_reports if one.name == "pigeon")
    assert (report.condition, report.reason) == ("quarantined", "it is no Adapter")
    assert [line["adapter"] for line in logged if line["event"] == "adapter_quarantined"]


async def test_a_newcomer_with_the_name_of_a_built_in_plugin_does_not_replace_it(
    install: Install, library: MakeLibrary, logged: Logged
) -> None:
    install("courtesies", "raise RuntimeError('imported')", by="newcomer")
    asked = library()
    assert (await asked.ask("hello")).startswith("Hello!")
    stays, refused = [one for one in asked.app.plugin_reports if one.name == "courtesies"]
    assert stays.condition == "loaded"
    assert (refused.condition, refused.version) == ("quarantined", "1.2")
    assert refused.reason == (
        "refdesk-newcomer names it 'courtesies', but refdesk has one of this name already, which "
        "goes on. Uninstall refdesk-newcomer, or rename its entry point."
    )
    assert [line["plugin"] for line in logged if line["event"] == "plugin_quarantined"] == [
        "courtesies"
    ]


def test_of_two_outsiders_of_one_name_one_is_refused_whoever_was_installed_later(
    install: Install,
) -> None:
    install("lost", GOOD, by="b")
    install("lost", GOOD, by="c")
    install("lost", GOOD, by="a")
    host = PluginHost()
    reports = [one for one in load_plugins(host, (), ()) if one.name == "lost"]
    assert [one.condition for one in reports] == ["loaded", "quarantined", "quarantined"]
    assert [one.reason.partition(" ")[0] for one in reports] == ["", "refdesk-b", "refdesk-c"]
    assert all("but refdesk-a has one" in one.reason for one in reports[1:])


def test_a_newcomer_with_the_name_of_a_built_in_adapter_does_not_replace_it(
    install: Install, library: MakeLibrary, logged: Logged
) -> None:
    install("web_chat", "class WebChat: pass", "refdesk.adapters", ":WebChat", by="newcomer")
    app = library().app
    reports = [one for one in app.adapter_reports if one.name == "web_chat"]
    assert [one.condition for one in reports] == ["loaded", "quarantined"]
    assert "refdesk-newcomer" in reports[1].reason
    assert type(app.adapter("web_chat")).__module__.startswith("refdesk.")
    assert [line["adapter"] for line in logged if line["event"] == "adapter_quarantined"]
