"""Does the judge of the fault bench see what is wrong? (It has to be trusted when it says 0.)"""

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

BENCH = Path(__file__).parents[2] / "benchmarks/faults"
READER, OTHER = "reader-001", "reader-002"


@pytest.fixture
def verdict(monkeypatch: pytest.MonkeyPatch) -> Callable[..., dict[str, Any]]:
    monkeypatch.syspath_prepend(str(BENCH))
    for name in ("judge", "record"):
        monkeypatch.delitem(sys.modules, name, raising=False)
    import judge  # noqa: PLC0415 - found by the line above

    def judged(
        asked: list[dict[str, Any]], shown: list[dict[str, Any]], by_staff: set[int] = frozenset()
    ) -> dict[str, Any]:
        found = judge.judge({"asked": asked, "shown": shown, "faults": {}}, set(by_staff))
        broken = {name: found[name] for name in judge.PROMISES if found[name]}
        assert judge.is_broken(found) == bool(broken)
        return broken

    return judged


def asked(number: int, sent: float, acknowledged: float | None, to: str = READER) -> dict[str, Any]:
    return {
        "number": number,
        "platform": "keyed",
        "reader": to,
        "first_sent": sent,
        "acknowledged": acknowledged,
        "deliveries": 1,
    }


def shown(at: float, *numbers: int, to: str = READER, text: str = "") -> dict[str, Any]:
    words = text or "\n".join(f"Answer to {number}." for number in numbers)
    return {"platform": "keyed", "reader": to, "text": words, "key": "", "way": "sent", "at": at}


ONE_AFTER_THE_OTHER = [asked(1, 1.0, 2.0), asked(2, 3.0, 4.0)]
ON_THEIR_WAY_TOGETHER = [asked(1, 1.0, 3.5), asked(2, 3.0, 4.0)]


def test_it_is_content_with_what_was_promised(verdict: Callable[..., Any]) -> None:
    assert verdict(ONE_AFTER_THE_OTHER, [shown(5, 1), shown(6, 2)]) == {}
    assert verdict(ONE_AFTER_THE_OTHER, [shown(5, 1, 2)]) == {}, "two answers in one message"
    assert verdict(ON_THEIR_WAY_TOGETHER, [shown(5, 2), shown(6, 1)]) == {}
    assert verdict(ONE_AFTER_THE_OTHER, [shown(6, 2)], {1}) == {}, "staff had it on their list"


def test_it_sees_what_is_wrong(verdict: Callable[..., Any]) -> None:
    right = [shown(5, 1), shown(6, 2)]
    assert verdict(ONE_AFTER_THE_OTHER, [shown(5, 1)]) == {"lost": 1}
    assert verdict(ONE_AFTER_THE_OTHER, [*right, shown(7, 1)]) == {"answered_twice": 1}
    assert verdict(ONE_AFTER_THE_OTHER, [shown(5, 2), shown(6, 1)]) == {"out_of_order": 1}
    assert verdict(ONE_AFTER_THE_OTHER, [*right, shown(7, text="Sorry.")]) == {"other_texts": 1}
    assert verdict([asked(1, 1.0, None)], []) == {"silent": 1}
    assert verdict([*ONE_AFTER_THE_OTHER, asked(3, 4.5, 5.0, OTHER)], [*right, shown(7, 3)]) == {
        "to_another_reader": 1
    }
