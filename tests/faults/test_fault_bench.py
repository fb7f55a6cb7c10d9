"""Does the fault bench find what is broken, and nothing in refdesk? (Its short form.)

The full form and its figures: docs/performance.md, section "Faults".
"""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

BENCH = Path(__file__).parents[2] / "benchmarks/faults/run.py"
PROMISES = ("lost", "answered_twice", "out_of_order", "to_another_reader", "other_texts", "silent")
BOUND_SECONDS = 150


def bench(*options: str) -> tuple[int, dict[str, Any]]:
    done = subprocess.run(
        [sys.executable, str(BENCH), *options],
        capture_output=True,
        text=True,
        check=False,
        timeout=BOUND_SECONDS,
    )
    assert done.stdout, done.stderr
    verdict: dict[str, Any] = json.loads(done.stdout)
    return done.returncode, verdict


def test_nothing_is_lost_doubled_or_out_of_order_while_it_is_killed() -> None:
    code, verdict = bench(
        *("--messages", "400", "--readers", "40", "--kills", "3", "--seconds", "12"),
        *("--linger", "2"),
    )
    assert {name: verdict[name] for name in PROMISES} == dict.fromkeys(PROMISES, 0), verdict
    assert code == 0
    assert verdict["answered"] + verdict["unknown_shown_to_staff"] == 400
    assert sum(verdict["disturbances"].values()) == 3
    assert verdict["faults"]["429"] > 0, "the platforms were awkward"
