"""How does an event of the log look as JSON, for readers' pages and for the desk?"""

from typing import Any

from refdesk.core.consultations import Event
from refdesk.core.log.parts_json import part_to_json, source_to_json


def event_to_json(one: Event) -> dict[str, Any]:
    """Return the event frame of the web-chat protocol (docs/reference/web-chat-protocol.md).

    `audience` is there only on notes that readers never see.
    """
    frame: dict[str, Any] = {
        "type": "event",
        "consultation": one.consultation,
        "seq": one.seq,
        "at": one.at,
        "kind": one.kind,
        "from": one.sender,
        "parts": [part_to_json(part) for part in one.parts],
        "sources": [source_to_json(source) for source in one.sources],
    }
    if one.state is not None:
        frame["state"] = one.state.value
    if one.alias is not None:
        frame["name"] = one.alias
    if one.kind == "reply" and one.sender == "bot":
        frame["automatic"] = True
    if one.audience == "staff":
        frame["audience"] = "staff"
    return frame
