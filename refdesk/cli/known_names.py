"""What is said of a name on the command line that nobody bears?"""

from collections.abc import Iterable
from difflib import get_close_matches

from refdesk.core.hosting.plugin_names import found_entry_points
from refdesk.deployment import Deployment
from refdesk.errors import NotFoundError


def refuse_unknown_plugin(name: str) -> None:
    """Raise `NotFoundError` for a plugin that is not installed."""
    _refuse_unknown(name, "plugin", [point.name for point in found_entry_points("refdesk.plugins")])


def refuse_unknown_account(account: str, deployment: Deployment, *others: str) -> None:
    """Raise `NotFoundError` for one that is neither installed nor set up nor among `others`."""
    installed = [point.name for point in found_entry_points("refdesk.adapters")]
    set_up = deployment.settings.adapters.model_extra or {}
    _refuse_unknown(account, "channel account", dict.fromkeys([*installed, *set_up, *others]))


def _refuse_unknown(name: str, kind: str, known: Iterable[str]) -> None:
    names = list(known)
    if name not in names:
        near = get_close_matches(name, names, n=1)
        hint = f"Did you mean {near[0]!r}?" if near else f"Known are: {', '.join(names)}."
        raise NotFoundError(f"There is no {kind} {name!r}. {hint}")
