"""What did a visitor send with a form? (Bounded, and never an error.)"""

from urllib.parse import parse_qs

from aiohttp import web

_LARGEST_FORM_BYTES = 16 * 1024
_MOST_FIELDS = 10


async def form_fields(request: web.Request) -> dict[str, str]:
    """Return the fields of a form; one that no page of ours sends has none."""
    raw = await request.read()
    if len(raw) > _LARGEST_FORM_BYTES:
        return {}
    try:
        found = parse_qs(raw.decode("utf-8", "replace"), max_num_fields=_MOST_FIELDS)
    except ValueError:
        return {}
    return {name: values[0] for name, values in found.items()}
