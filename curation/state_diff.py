"""What two states of a session's decisions differ in, and how far two annotators agree. Pure."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from curation.model import CurationState, Label, RectRedaction, TextRedaction, WindowRedaction
from curation.touches import Kind, range_of
from replay.geometry import Rect
from replay.timebase import TimeRange, merged

OTHER_NAME_FROM: Final = 0.5
"""Two labels of different names are one judgement in dispute where they overlap at least this much, else two."""
_SURE: Final = 3.0


class Where(StrEnum):
    LEFT = "left"
    RIGHT = "right"
    CHANGED = "changed"


@dataclass(frozen=True, slots=True)
class Difference:
    """One thing that only one side has, or that both have but not alike. `left` and `right` are the model's values;
    `fields` says in what they differ. Sync and state have no id and no place."""

    kind: Kind
    where: Where
    left: object | None
    right: object | None
    fields: tuple[str, ...] = ()

    @property
    def range(self) -> TimeRange | None:
        """Where to look: on the left where it is there."""
        return range_of(self.left) or range_of(self.right)


@dataclass(frozen=True, slots=True)
class Agreement:
    """How long each side says so, and how long both do at once, ns. `name` is empty for episodes and cuts."""

    kind: Kind
    name: str
    left_ns: int
    right_ns: int
    both_ns: int

    @property
    def ratio(self) -> float:
        """The overlap as a share of what either side covers, 0 to 1."""
        return self.both_ns / max(1, self.left_ns + self.right_ns - self.both_ns)


def differences(left: CurationState, right: CurationState) -> tuple[Difference, ...]:
    """In order of time, what has no place last.

    Things are the same by id, else by likeness: two people never share ids, and equal judgements under two ids are no
    difference.
    """
    found: list[Difference] = []
    for kind, ours, theirs in (
        (Kind.LABEL, left.labels, right.labels),
        (Kind.EPISODE, left.episodes, right.episodes),
        (Kind.CUT, left.cuts, right.cuts),
        (Kind.REDACTION, left.redactions, right.redactions),
    ):
        found += _of_kind(kind, ours, theirs)
    found.sort(key=lambda d: (d.range is None, d.range or TimeRange(0, 1), d.kind))
    if left.correction != right.correction:
        found.append(Difference(Kind.SYNC, Where.CHANGED, left.correction, right.correction))
    if left.state is not right.state:
        found.append(Difference(Kind.STATE, Where.CHANGED, left.state, right.state))
    return tuple(found)


def _of_kind(kind: Kind, ours: Mapping[str, object], theirs: Mapping[str, object]) -> list[Difference]:
    pairs = [(ours[i], theirs[i]) for i in ours if i in theirs]
    only_ours = {i: v for i, v in ours.items() if i not in theirs}
    only_theirs = {i: v for i, v in theirs.items() if i not in ours}
    likely = ((likeness(a, b), i, j) for i, a in only_ours.items() for j, b in only_theirs.items())
    for _, i, j in sorted((c for c in likely if c[0] > 0), reverse=True):
        if i in only_ours and j in only_theirs:
            pairs.append((only_ours.pop(i), only_theirs.pop(j)))
    changed = ((a, b, _fields(a, b)) for a, b in pairs)
    out = [Difference(kind, Where.CHANGED, a, b, fields) for a, b, fields in changed if fields]
    out += [Difference(kind, Where.LEFT, v, None) for v in only_ours.values()]
    return out + [Difference(kind, Where.RIGHT, None, v) for v in only_theirs.values()]


def likeness(a: object, b: object) -> float:
    """How much two things of one kind mean the same; 0 where they do not."""
    if type(a) is not type(b):
        return 0.0
    if isinstance(a, TextRedaction) and isinstance(b, TextRedaction):
        return _SURE * (a.value_mac == b.value_mac)
    if isinstance(a, WindowRedaction) and isinstance(b, WindowRedaction):
        return _SURE * (a.pattern_mac == b.pattern_mac)
    ours, theirs = range_of(a), range_of(b)
    overlap = 0.0 if ours is None or theirs is None else _overlap(ours, theirs)
    if isinstance(a, Label) and isinstance(b, Label):
        if (a.schema, a.name) == (b.schema, b.name):
            return 1 + overlap if overlap > 0 else 0.0
        return overlap if overlap >= OTHER_NAME_FROM else 0.0
    if isinstance(a, RectRedaction) and isinstance(b, RectRedaction) and overlap > 0:
        at = max(a.range.start_ns, b.range.start_ns)
        return overlap if _touch(a.rect_at(at), b.rect_at(at)) else 0.0
    return overlap


def _overlap(a: TimeRange, b: TimeRange) -> float:
    both = min(a.end_ns, b.end_ns) - max(a.start_ns, b.start_ns)
    return max(0, both) / max(1, a.duration_ns + b.duration_ns - max(0, both))


def _touch(a: Rect, b: Rect) -> bool:
    return a.x < b.x + b.w and b.x < a.x + a.w and a.y < b.y + b.h and b.y < a.y + a.h


def _fields(a: object, b: object) -> tuple[str, ...]:
    if a == b or not dataclasses.is_dataclass(a):
        return ()
    names = (f.name for f in dataclasses.fields(a) if f.name != "id")
    return tuple(n for n in names if getattr(a, n) != getattr(b, n, None))


def agreement(left: CurationState, right: CurationState) -> tuple[Agreement, ...]:
    """For every label name that either side uses, then for episodes and for cuts, how far the two overlap in time."""
    names = {(v.schema, v.name) for state in (left, right) for v in state.labels.values()}
    out = [_agreement(Kind.LABEL, n[1], _labelled(left, n), _labelled(right, n)) for n in sorted(names)]
    for kind, ours, theirs in (
        (Kind.EPISODE, left.episodes, right.episodes),
        (Kind.CUT, left.cuts, right.cuts),
    ):
        if ours or theirs:
            out.append(_agreement(kind, "", _ranges(ours), _ranges(theirs)))
    return tuple(out)


def _labelled(state: CurationState, name: tuple[str, str]) -> list[TimeRange]:
    return [v.range for v in state.labels.values() if (v.schema, v.name) == name]


def _ranges(things: Mapping[str, object]) -> list[TimeRange]:
    return [r for r in map(range_of, things.values()) if r is not None]


def _agreement(kind: Kind, name: str, left: list[TimeRange], right: list[TimeRange]) -> Agreement:
    a, b = _length(left), _length(right)
    return Agreement(kind, name, a, b, a + b - _length([*left, *right]))


def _length(ranges: list[TimeRange]) -> int:
    return sum(r.duration_ns for r in merged(ranges))
