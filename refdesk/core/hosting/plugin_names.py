"""Whose is a name that two distributions give to a plugin or an adapter?

Never the newcomer's: refdesk's own stays, else the one of the distribution that comes first by
name. Otherwise an installed package could take the place of another one, and nobody would see it.
"""

import re
from collections.abc import Sequence
from importlib.metadata import EntryPoint, entry_points

OWN = "refdesk"


def found_entry_points(group: str, first: Sequence[str] = ()) -> list[EntryPoint]:
    """Return the entry points of a group, each name once, in a defined order."""
    owners = _owners(group)
    place = {name: number for number, name in enumerate(first)}
    return sorted(owners.values(), key=lambda one: (place.get(one.name, len(place)), one.name))


def refused_entry_points(group: str) -> list[tuple[EntryPoint, str]]:
    """Return the entry points whose name is another distribution's, each with what to do."""
    owners = _owners(group)
    refused = []
    for point in sorted(entry_points(group=group), key=_rank):
        owner, newcomer = distribution_name(owners[point.name]), distribution_name(point)
        if newcomer != owner:
            reason = (
                f"{newcomer} names it {point.name!r}, but {owner} has one of this name already, "
                f"which goes on. Uninstall {newcomer}, or rename its entry point."
            )
            refused.append((point, reason))
    return refused


def taken_name(group: str, point: EntryPoint, distribution: str) -> str | None:
    """Return whose the name of this entry point is already; None when it is free.

    `distribution` is who brings it, "" for a bare module: what is installed of the same
    distribution, or as the same module, is the plugin itself.
    """
    owner = _owners(group).get(point.name)
    if owner is None or distribution_name(owner) == normalized(distribution):
        return None
    if not distribution and owner.value == point.value:
        return None
    return distribution_name(owner)


def distribution_name(point: EntryPoint) -> str:
    """Return the name of the distribution that brings an entry point, as package indexes write it.

    It is "" when that is not known.
    """
    return normalized(point.dist.name) if point.dist else ""


def normalized(distribution: str) -> str:
    """Return a distribution's name with one spelling (Python packaging, name normalization)."""
    return re.sub(r"[-_.]+", "-", distribution).lower()


def _owners(group: str) -> dict[str, EntryPoint]:
    owners: dict[str, EntryPoint] = {}
    for point in sorted(entry_points(group=group), key=_rank):
        owners.setdefault(point.name, point)
    return owners


def _rank(point: EntryPoint) -> tuple[bool, str, str]:
    distribution = distribution_name(point)
    return distribution != OWN, distribution, point.name
