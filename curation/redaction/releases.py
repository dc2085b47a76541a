"""Releases whose press was cut: a key that comes up after a cut names what was pressed inside it."""

from __future__ import annotations

from collections.abc import Hashable, Iterator

from curation.redaction.plan import RedactionPlan
from replay import schema
from replay.session import Session
from replay.timebase import TimeNs

_DOWN = schema.POINTER_KINDS.index("down")
_UP = schema.POINTER_KINDS.index("up")


def releases_of_cut_presses(plan: RedactionPlan, session: Session, table: str) -> frozenset[int]:
    """Row numbers of `keys` or `pointer` releases that lie outside the cuts while the press before them was cut."""
    if not plan.cuts or table not in ("keys", "pointer"):
        return frozenset()
    events = _keys(session) if table == "keys" else _buttons(session)
    cut_press: dict[Hashable, bool] = {}
    orphans = set()
    for what, t_ns, seq, is_press in events:
        if is_press:
            cut_press[what] = plan.touches_cut(t_ns, t_ns)
        elif cut_press.pop(what, False):
            orphans.add(seq)
    return frozenset(orphans)


_Event = tuple[Hashable, TimeNs, int, bool]


def _keys(session: Session) -> Iterator[_Event]:
    for k in session.events.keys.events:
        yield (k.code or k.key), k.t_ns, k.seq, k.kind == "down"


def _buttons(session: Session) -> Iterator[_Event]:
    pointer = session.events.pointer
    for i in ((pointer.kind == _DOWN) | (pointer.kind == _UP)).nonzero()[0].tolist():
        yield int(pointer.button[i]), int(pointer.t_ns[i]), int(pointer.seq[i]), int(pointer.kind[i]) == _DOWN
