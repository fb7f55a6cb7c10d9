"""Was anything lost, answered twice or out of order? (A process that reads only sockets.)

It asks the platforms what readers asked and saw, and refdesk's staff API what librarians are shown.
It never opens the database. Prints one JSON line; exit code 1 when a promise was broken.

- lost: refdesk said that it has the question, and neither did the reader see an answer nor did
  one come when staff sent everything again that the desk lists as "nobody knows if it arrived".
- unknown, shown to staff: what came only then.
- answered twice: the reader saw more than one answer to it, before staff did anything.
- out of order: the answer to A was seen before the one to B, though B had been acknowledged before
  the platform first delivered A. (Of two that are on their way together either may come first.)
- other texts: the reader saw something else than an answer, such as an apology.
- silent: the platform never got a question acknowledged.
"""

import argparse
import json
import os
import sys
import time
from collections import Counter, defaultdict
from itertools import combinations
from typing import Any
from urllib.parse import quote
from urllib.request import Request, urlopen

from record import ANSWERED

PATIENCE_SECONDS = 20.0
PROMISES = (
    "lost",
    "answered_twice",
    "out_of_order",
    "to_another_reader",
    "other_texts",
    "silent",
)


def judge(record: dict[str, Any], by_staff: set[int]) -> dict[str, Any]:
    """Compare what was acknowledged with what was seen; `by_staff` came when they sent it again."""
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
        "lost": len(missing - by_staff),
        "answered_twice": sum(times.values()) - len(times),
        "out_of_order": sum(_out_of_order(asked, numbers) for numbers in by_reader.values()),
        "to_another_reader": wrong_reader,
        "unknown_shown_to_staff": len(missing & by_staff),
        "silent": len(asked) - len(acknowledged),
        "other_texts": other,
        "examples": {
            "lost": sorted(missing - by_staff)[:5],
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


def post_json(address: str, what: dict[str, Any], token: str = "") -> Any:
    headers = {"Content-Type": "application/json"}
    if token:
        headers["Authorization"] = f"Bearer {token}"
    with urlopen(Request(address, json.dumps(what).encode(), headers), timeout=30) as answer:
        return json.load(answer)


def numbers_seen(record: dict[str, Any]) -> set[int]:
    return {int(n) for shown in record["shown"] for n in ANSWERED.findall(shown["text"])}


def sent_again_by_staff(options: argparse.Namespace, missing: set[int]) -> set[int]:
    """Send again whatever the desk lists; return which of the missing answers came then."""
    password = os.environ["REFDESK_BENCH_PASSWORD"]
    api = f"{options.server}/api/v1"
    token = post_json(f"{api}/session", {"name": options.staff, "password": password})["token"]
    for item in read_json(f"{api}/attention", token)["items"]:
        post_json(f"{api}/attention/{quote(item['id'])}/resend", {}, token)
    deadline = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < deadline:
        came = missing & numbers_seen(read_json(f"{options.platforms}/record"))
        if came == missing:
            break
        time.sleep(0.2)
    return came


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--platforms", required=True)
    parser.add_argument("--server", required=True)
    parser.add_argument("--staff", required=True)
    options = parser.parse_args()
    record = read_json(f"{options.platforms}/record")
    taken_in = {one["number"] for one in record["asked"] if one["acknowledged"] is not None}
    missing = taken_in - numbers_seen(record)
    by_staff = sent_again_by_staff(options, missing) if missing else set()
    verdict = judge(record, by_staff)
    print(json.dumps(verdict))
    return int(is_broken(verdict))


if __name__ == "__main__":
    sys.exit(main())
