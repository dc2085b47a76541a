"""When each modifier key was held, and by which rows: the base of shortcuts and of clicks with modifiers."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from curation.keyboard import modifier_of
from curation.steps.keynames import modifier_name
from curation.steps.recipe import ReduceRecipe
from replay.events import KeyEvent, Timed
from replay.timebase import TimeNs


@dataclass(frozen=True, slots=True)
class Hold:
    """One modifier from its press to its release, half-open [t_down_ns, t_up_ns).

    `repeats` are the seqs of auto-repeated downs. `released` is False where the release was never recorded; the hold
    then ends shortly after the last input it can have shaped.
    """

    name: str
    key: str
    seq: int
    t_down_ns: TimeNs
    t_up_ns: TimeNs
    up_seq: int | None
    repeats: tuple[tuple[int, TimeNs], ...] = ()

    @property
    def right(self) -> bool:
        return self.key.lower().endswith(("right", "_r"))


class HoldIndex:
    """Which holds are in force at a moment; holds of one physical key never overlap."""

    def __init__(self, holds: Sequence[Hold]) -> None:
        self._keys: dict[str, tuple[list[TimeNs], list[TimeNs], list[int]]] = {}
        for i, hold in enumerate(holds):
            downs, ups, indexes = self._keys.setdefault(hold.key, ([], [], []))
            downs.append(hold.t_down_ns)
            ups.append(hold.t_up_ns)
            indexes.append(i)

    def at(self, t_ns: TimeNs) -> tuple[int, ...]:
        """Indexes of the holds with t_down ≤ t < t_up, in press order."""
        found = []
        for downs, ups, indexes in self._keys.values():
            k = bisect_right(downs, t_ns) - 1
            if k >= 0 and t_ns < ups[k]:
                found.append(indexes[k])
        return tuple(sorted(found))


@lru_cache(maxsize=1024)
def _modifier(code: str | None, key: str | None) -> str | None:
    return modifier_of(code) or modifier_of(key)


def is_modifier(event: KeyEvent) -> bool:
    """Whether the row is of Shift, Ctrl, Alt, Meta or AltGr itself."""
    return _modifier(event.code, event.key) is not None


def holds_of(keys: Timed[KeyEvent], recipe: ReduceRecipe, *, macos: bool) -> tuple[Hold, ...]:
    """Every hold of a modifier, by press time."""
    finished: list[Hold] = []
    open_: dict[str, Hold] = {}
    for event in keys.events:
        modifier = _modifier(event.code, event.key)
        if modifier is None:
            continue
        where = event.code or event.key or ""
        held = open_.get(where)
        if event.kind == "up":
            if held is not None:
                finished.append(_ended(open_.pop(where), event.t_ns, event.seq))
        elif held is not None and _is_repeat(held, event, recipe):
            open_[where] = _repeated(held, event)
        else:
            if held is not None:
                finished.append(_lost(held, recipe, event.t_ns))
            name = modifier_name(modifier, macos=macos)
            open_[where] = Hold(name, where, event.seq, event.t_ns, event.t_ns, None)
    finished += [_lost(h, recipe, None) for h in open_.values()]
    return tuple(sorted(finished, key=lambda h: (h.t_down_ns, h.seq)))


def _is_repeat(held: Hold, event: KeyEvent, recipe: ReduceRecipe) -> bool:
    last_ns = held.repeats[-1][1] if held.repeats else held.t_down_ns
    return event.repeat or event.t_ns - last_ns <= recipe.ns("repeat_gap_s")


def _repeated(held: Hold, event: KeyEvent) -> Hold:
    return Hold(
        held.name, held.key, held.seq, held.t_down_ns, event.t_ns, None, (*held.repeats, (event.seq, event.t_ns))
    )


def _ended(held: Hold, t_ns: TimeNs, up_seq: int | None) -> Hold:
    return Hold(held.name, held.key, held.seq, held.t_down_ns, t_ns, up_seq, held.repeats)


def _lost(held: Hold, recipe: ReduceRecipe, next_down_ns: TimeNs | None) -> Hold:
    last_ns = held.repeats[-1][1] if held.repeats else held.t_down_ns
    end = last_ns + recipe.ns("repeat_gap_s")
    return _ended(held, end if next_down_ns is None else min(end, next_down_ns), None)
