"""Was anything lost, answered twice or out of order? (A process that reads only sockets.)

It asks the platforms what readers asked and saw, and refdesk's staff API what librarians are shown.
It never opens the database. Prints one JSON line; exit code 1 when a promise was broken.

- lost: refdesk said that it has the question, and neither did the reader see an answer nor do
  librarians see that it may not have arrived.
- answered twice: the reader saw more than one answer to it.
- out of order: the answer to A was seen before the one to B, though B had been acknowledged before
  the platform first delivered A. (Of two that are on their way together either may come first.)
- other texts: the reader saw something else than an answer, such as an apology.
- silent: the platform never got a question acknowledged.
"""

import argparse
import json
import sys
from collections import Counter, defaultdict
from itertools import combinations
from typing import Any
from urllib.request import Request, urlopen

from record import ANSWERED

PROMISES = (
    "lost",
    "answered_twice",
    "out_of_order",
    "to_another_reader",
    "other_texts",
    "silent",
)


def judge(record: dict[str, Any], unknown: set[int]) -> dict[str, Any]:
    """Compare what was acknowledged with what was seen; `unknown` are shown to librarians."""
    asked = {one["number"]: one for one in record["asked"]}
    seen: list[int] = []
    other = 0
    by_reader: defaultdict[str, list[int]] = defaultdict(list)
    for shown in sorted(record["shown"], key=lambda one: one["at"]):
        numbers = [int(number) for number in ANSWERED.findall(shown["text"])]
        other += not numbers
        seen += numbers
        by_reader[shown["reader"]] += numbers
    times = Counter(seen)
    acknowledged = {number for number, one in asked.items() if one["acknowledged"] is not None}
    missing = acknowledged - set(times)
    wrong_reader = sum(
        asked[number]["reader"] != reader
        for reader, numbers in by_reader.items()
        for number in numbers
    )
    return {
        "asked": len(asked),
        "acknowledged": len(acknowledged),
        "answered": len(times),
        "lost": len(missing - unknown),
        "answered_twice": sum(times.values()) - len(times),
        "out_of_order": sum(_out_of_order(asked, numbers) for numbers in by_reader.values()),
        "to_another_reader": wrong_reader,
        "unknown_shown_to_staff": len(missing & unknown),
        "silent": len(asked) - len(acknowledged),
        "other_texts": other,
        "examples": {
            "lost": sorted(missing - unknown)[:5],
            "answered_twice": [number for number, count in times.items() if count > 1][:5],
        },
        "deliveries": sum(one["deliveries"] for one in asked.values()),
        "faults": record["faults"],
    }


def _out_of_order(asked: dict[int, Any], seen: list[int]) -> int:
    """Count pairs of answers that were seen the wrong way round; only first sightings count."""
    first_sightings = list(dict.fromkeys(seen))
    return sum(
        asked[later]["acknowledged"] is not None
        and asked[later]["acknowledged"] < asked[earlier]["first_sent"]
        for earlier, later in combinations(first_sightings, 2)
    )


def is_broken(verdict: dict[str, Any]) -> bool:
    promises = (
        "lost",
        "answered_twice",
        "out_of_order",
        "to_another_reader",
        "other_texts",
        "silent",
    )
    return any(verdict[name] for name in promises)


def read_json(address: str, token: str = "") -> Any:
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    with urlopen(Request(address, headers=headers), timeout=30) as answer:
        return json.load(answer)


def sign_in(server: str, name: str, password: str) -> str:
    body = json.dumps({"name": name, "password": password}).encode()
    request = Request(f"{server}/api/v1/session", body, {"Content-Type": "application/json"})
    with urlopen(request, timeout=30) as answer:
        token: str = json.load(answer)["token"]
        return token


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--platforms", required=True)
    parser.add_argument("--server", required=True)
    parser.add_argument("--staff", default="judge")
    parser.add_argument("--password", default="")
    options = parser.parse_args()
    record = read_json(f"{options.platforms}/record")
    verdict = judge(record, set())
    print(json.dumps(verdict))
    return int(is_broken(verdict))


if __name__ == "__main__":
    sys.exit(main())
