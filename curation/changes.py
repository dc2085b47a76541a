"""What views hear: which kinds of things changed, which ids, where on the timeline, and who caused it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from curation.touches import Address, Kind, range_of
from replay.timebase import TimeRange, merged

FROM_LOG = "log"  # the origin of changes that other processes made


@dataclass(frozen=True, slots=True)
class Change:
    """A fact about the state: `ranges` are where things stood before and stand after, joined, in session time.

    `origin` is what the committer called itself, so that a view can ignore its own.
    """

    kinds: frozenset[Kind]
    ids: frozenset[str]
    ranges: tuple[TimeRange, ...]
    origin: str
    head: int


@dataclass(frozen=True, slots=True)
class Effect:
    """One transaction's effect: what stood at every address it touched, before and after."""

    before: dict[Address, object]
    after: dict[Address, object]


def change_of(effects: Iterable[Effect], origin: str, head: int) -> Change:
    """One Change for everything in `effects`."""
    addresses: set[Address] = set()
    ranges: list[TimeRange] = []
    for effect in effects:
        addresses.update(effect.after)
        things = (*effect.before.values(), *effect.after.values())
        ranges += [r for t in things if (r := range_of(t)) is not None]
    return Change(
        kinds=frozenset(kind for kind, _ in addresses),
        ids=frozenset(id_ for _, id_ in addresses if id_),
        ranges=merged(ranges),
        origin=origin,
        head=head,
    )
