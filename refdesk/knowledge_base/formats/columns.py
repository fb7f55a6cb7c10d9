"""Which column of a spreadsheet is which field, and how is a cell kept from being a formula?"""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from refdesk.errors import ImportFileError
from refdesk.knowledge_base.entries import Entry
from refdesk.knowledge_base.formats.records import FIELDS, LISTS, list_to_text, values_of

# How librarians head the columns of their own lists.
_FRIENDLY = {
    "_id": "id, number, no, key, code, 编号, 序号, 标识, 条目编号",
    "title": "question, heading, subject, 问题, 标题, 题目, 问, 提问",
    "text": "answer, body, content, reply, 答案, 回答, 正文, 内容, 答, 答复, 解答",
    "short_answer": "short, summary, 简短答案, 简答, 短答案",
    "variants": "other wordings, alternatives, variant, 变体, 其他问法, 相似问法, 相似问题, 别问",
    "language": "lang, 语言, 语种",
    "translation_of": "translation, 译自, 翻译自",
    "level": "access, 级别, 权限, 权限级别",
    "tags": "tag, keywords, category, 标签, 关键词, 分类, 类别",
    "source": "url, link, reference, 来源, 出处, 链接",
    "valid_until": "expires, expiry, valid, 有效期, 有效期至, 失效日期",
    "kind": "type, 类型",
}
_BY_HEADER = {
    **{name: name for name in FIELDS},
    **{word: name for name, words in _FRIENDLY.items() for word in words.split(", ")},
}
# A spreadsheet program runs a cell that begins so as a formula, also in full width.
_FORMULA = re.compile(r"'|[=+\-@\t\r＝＋－＠]")


def fields_of(header: Sequence[Any], file: str, line: int) -> list[str | None]:
    """Return for each column the field it holds, or None for a column that is passed over.

    Raises `ImportFileError` when a field has two columns, or there is neither question nor answer.
    """
    fields = [_BY_HEADER.get(_plain(heading)) for heading in header]
    named = [name for name in fields if name]
    for name in named:
        if named.count(name) > 1:
            raise ImportFileError(file, line, f"two columns hold {name}; keep one")
    if "title" not in named and "text" not in named:
        raise ImportFileError(
            file, line, "no column is headed title or text (question or answer, 问题 or 答案)"
        )
    return fields


def record_values(fields: Sequence[str | None], cells: Sequence[Any]) -> Mapping[str, Any]:
    """Return the values of a row by field; the guard against formulas is taken off."""
    return {
        name: unguarded(cell) if isinstance(cell, str) else cell
        for name, cell in zip(fields, cells, strict=False)
        if name and cell not in (None, "")
    }


def row_of(entry: Entry) -> list[str]:
    """Return the guarded cells of an entry in the order of `FIELDS`."""
    values = values_of(entry)
    for name in LISTS:
        values[name] = list_to_text(values.get(name, []))
    return [guarded(str(values.get(name, ""))) for name in FIELDS]


def guarded(cell: str) -> str:
    """Return the cell with an apostrophe before what a spreadsheet program would run.

    An apostrophe at the beginning gets one as well, so that `unguarded` always undoes it.
    """
    return f"'{cell}" if _FORMULA.match(cell) else cell


def unguarded(cell: str) -> str:
    """Undo `guarded`."""
    return cell[1:] if cell.startswith("'") and _FORMULA.match(cell, 1) else cell


def _plain(heading: Any) -> str:
    text = str(heading or "").strip().lower()
    return text if text in FIELDS else " ".join(text.replace("_", " ").split())
