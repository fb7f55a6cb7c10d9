"""Has every system text a Chinese translation that can replace it?

Texts are what reaches `translate`, `context.translate` or a template's `_`: written there, chosen
there from a few, named by a constant of the module, or handed on by a function of the module.
"""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from babel.messages.catalog import Message
from babel.messages.pofile import read_po
from jinja2 import Environment, nodes

ROOT = Path(__file__).parents[2]
CHINESE = ROOT / "refdesk/core/locale/zh"
PLACEHOLDER = re.compile(r"\{[^{}]*\}")
UNKNOWN = "?"  # what is translated cannot be told from the source


def texts_of_module(source: str) -> Iterator[tuple[str, int]]:
    """Yield each text of a Python module with its line."""
    tree = ast.parse(source)
    kinds = (ast.FunctionDef, ast.AsyncFunctionDef)
    functions = [node for node in ast.walk(tree) if isinstance(node, kinds)]
    constants = {
        target.id: statement.value
        for statement in tree.body
        if isinstance(statement, ast.Assign)
        for target in statement.targets
        if isinstance(target, ast.Name)
    }
    handed_on = {"translate": 0}
    for function in [*functions, *reversed(functions)]:
        parameters = [argument.arg for argument in function.args.args if argument.arg != "self"]
        for _call, text in _translations_in(function, handed_on):
            if isinstance(text, ast.Name) and text.id in parameters:
                handed_on[function.name] = parameters.index(text.id)
    names = {argument.arg for function in functions for argument in function.args.args}
    for call, text in _translations_in(tree, handed_on):
        if not (isinstance(text, ast.Name) and text.id in names):
            yield from ((found, call.lineno) for found in _strings(text, constants))


def texts_of_template(source: str) -> Iterator[tuple[str, int]]:
    """Yield each text of a page template with its line."""
    for call in Environment(autoescape=True).parse(source).find_all(nodes.Call):
        if isinstance(call.node, nodes.Name) and call.node.name == "_":
            first = call.args[0]
            choices = [first.expr1, first.expr2] if isinstance(first, nodes.CondExpr) else [first]
            for choice in choices:
                yield (choice.value if isinstance(choice, nodes.Const) else UNKNOWN), call.lineno


def _translations_in(
    tree: ast.AST, handed_on: dict[str, int]
) -> Iterator[tuple[ast.Call, ast.expr]]:
    for call in ast.walk(tree):
        if isinstance(call, ast.Call):
            name = _called(call.func)
            if name in handed_on and len(call.args) > handed_on[name]:
                yield call, call.args[handed_on[name]]


def _called(function: ast.expr) -> str:
    if isinstance(function, ast.Name):
        return function.id
    if isinstance(function, ast.Attribute):
        receiver = ast.unparse(function.value)
        # Strings have a method `translate` too.
        if receiver == "self" or receiver.endswith("context"):
            return function.attr
    return ""


def _strings(text: ast.expr | None, constants: dict[str, ast.expr]) -> list[str]:
    match text:
        case ast.Constant(value=str(words)):
            return [words]
        case ast.IfExp(body=one, orelse=other):
            return _strings(one, constants) + _strings(other, constants)
        case ast.Name(id=name) if name in constants:
            return _strings(constants[name], constants)
        case ast.Subscript(value=table):
            return _strings(table, constants)
        case ast.Dict(values=values) | ast.Tuple(elts=values) | ast.List(elts=values):
            return [found for value in values for found in _strings(value, constants)]
    return [UNKNOWN]


def _texts() -> Iterator[tuple[str, str]]:
    readers = {".py": texts_of_module, ".html": texts_of_template}
    for file in sorted((ROOT / "refdesk").rglob("*")):
        if file.suffix in readers:
            for text, line in readers[file.suffix](file.read_text(encoding="utf-8")):
                yield text, f"{file.relative_to(ROOT)}:{line}"


def _translations() -> Iterator[tuple[Path, Message]]:
    for file in sorted(CHINESE.glob("*.po")):
        with file.open("rb") as source:
            catalogue = read_po(source, locale="zh", abort_invalid=True)
        yield from ((file, message) for message in catalogue if message.id)


TEXTS = list(_texts())
TRANSLATIONS = {str(message.id): str(message.string) for _file, message in _translations()}


def test_every_system_text_has_a_chinese_one() -> None:
    missing = [f"{place}: {text}" for text, place in TEXTS if not TRANSLATIONS.get(text)]
    assert not missing, "\n".join(["No Chinese text for", *missing])


def test_no_translation_is_left_over_or_given_twice_differently() -> None:
    spoken = {text for text, _place in TEXTS}
    seen: dict[str, str] = {}
    problems = []
    for file, message in _translations():
        text, chinese = str(message.id), str(message.string)
        if text not in spoken:
            problems.append(f"{file.name}: nobody says {text!r}")
        if seen.setdefault(text, chinese) != chinese:
            problems.append(f"{file.name}: another translation of {text!r}")
        if message.fuzzy:
            problems.append(f"{file.name}: unsure translation of {text!r}")
    assert not problems, "\n".join(problems)


def test_translations_keep_the_placeholders() -> None:
    wrong = [
        text
        for text, chinese in TRANSLATIONS.items()
        if sorted(PLACEHOLDER.findall(chinese)) != sorted(PLACEHOLDER.findall(text))
    ]
    assert wrong == []


def test_translations_address_the_reader_politely() -> None:
    familiar = [chinese for chinese in TRANSLATIONS.values() if "你" in chinese.replace("你好", "")]
    assert familiar == []


@pytest.mark.parametrize(
    ("source", "texts"),
    [
        ('translate("Hello", language)', ["Hello"]),
        ('context.translate("No")', ["No"]),
        ('translate("One" if few else "Many", language)', ["One", "Many"]),
        ('ASK = "Why?"\ntranslate(ASK, language)', ["Why?"]),
        ('SAYS = {1: "Open", 2: "Closed"}\ntranslate(SAYS[n], language)', ["Open", "Closed"]),
        ('def say(text):\n    translate(text, "en")\nsay("Yes")', ["Yes"]),
        ("translate(words(), language)", [UNKNOWN]),
        ("name.translate(TABLE)", []),
    ],
)
def test_texts_are_found_where_they_are_written(source: str, texts: list[str]) -> None:
    assert [text for text, _line in texts_of_module(source)] == texts


def test_texts_of_templates_are_found() -> None:
    source = "<p title=\"{{ _('Why') }}\">{{ _('Yes' if good else 'No') }} {{ _(what) }}</p>"
    assert sorted(text for text, _line in texts_of_template(source)) == [
        UNKNOWN,
        "No",
        "Why",
        "Yes",
    ]
