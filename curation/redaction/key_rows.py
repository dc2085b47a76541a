"""Hidden keystrokes as placeholders: one press for a whole hidden stretch, its time on a coarse grid.

The number of rows and their rhythm tell the length of what was typed and who typed it, so neither leaves.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from curation.model import SeqSpan
from curation.placeholders import placeholder
from curation.redaction.plan import RedactionPlan
from replay import schema
from replay.session import Session
from replay.timebase import NS_PER_S, TimeNs

QUANTUM_NS: Final = NS_PER_S
Int64s = npt.NDArray[np.int64]
_PRESS: Final = schema.POINTER_KINDS.index("down")
_RELEASE: Final = schema.POINTER_KINDS.index("up")


@dataclass(frozen=True, slots=True)
class SeqMap:
    """Old row numbers of one table to the exported ones. `old` ascending; row i became rows `first[i]`..`last[i]`."""

    old: Int64s
    first: Int64s
    last: Int64s

    def span(self, span: SeqSpan) -> SeqSpan | None:
        """The exported rows of `span`; None where none of them left."""
        a, b = np.searchsorted(self.old, [span.first, span.last + 1])
        if a == b:
            return None
        return SeqSpan(span.table, int(self.first[a:b].min()), int(self.last[a:b].max()))

    @classmethod
    def renumbered(cls, old: Int64s) -> SeqMap:
        """Surviving rows counted from 0 in the order of their old numbers."""
        new = np.arange(len(old), dtype=np.int64)
        return cls(np.sort(old), new, new)


class CoarseTime:
    """Times of hidden typing on a coarse grid, never moved across something that leaves with its own exact time.

    Such fences are presses, changes of focus, keys that are not hidden, and the edges of cuts.
    """

    def __init__(self, plan: RedactionPlan, session: Session) -> None:
        events = session.events
        pressed = events.pointer.t_ns[(events.pointer.kind == _PRESS) | (events.pointer.kind == _RELEASE)]
        fences: list[int] = pressed.tolist()
        fences += [w.t_ns for w in events.windows.events if w.focused]
        fences += [e.t_ns for e in events.keys.events if e.seq not in plan.hidden_keys]
        fences = [t for t in fences if not plan.touches_cut(t, t)]
        fences += [t for c in plan.cuts for t in (c.start_ns - plan.margin_ns - 1, c.end_ns + plan.margin_ns)]
        self._fences = sorted(fences)

    def before(self, t_ns: TimeNs) -> TimeNs:
        """`t_ns` down to the grid or to the last fence."""
        i = bisect_right(self._fences, t_ns)
        coarse = t_ns // QUANTUM_NS * QUANTUM_NS
        return max(coarse, self._fences[i - 1]) if i else coarse

    def after(self, t_ns: TimeNs) -> TimeNs:
        """`t_ns` up to the grid or to the next fence."""
        i = bisect_left(self._fences, t_ns)
        coarse = -(-t_ns // QUANTUM_NS) * QUANTUM_NS
        return min(coarse, self._fences[i]) if i < len(self._fences) else coarse


def collapsed(plan: RedactionPlan, session: Session, rows: pa.Table) -> tuple[pa.Table, SeqMap]:
    """`keys` rows (session time, cut rows gone), hidden stretches replaced and renumbered, and the map of numbers."""
    breaks = _breaks(session)
    coarse = CoarseTime(plan, session)
    out: list[dict[str, Any]] = []
    old: list[int] = []
    first: list[int] = []
    last: list[int] = []
    group: tuple[int, str] | None = None
    for row in sorted(rows.to_pylist(), key=lambda r: (r["t_ns"], r["seq"])):
        category = plan.hidden_keys.get(row["seq"])
        mine = None if category is None else (bisect_right(breaks, row["t_ns"]), category)
        if mine is None or mine != group:
            out += [_placeholder_row(coarse, row, mine[1], kind) for kind in schema.KEY_KINDS] if mine else [row]
        group = mine
        old.append(row["seq"])
        first.append(len(out) - (2 if mine else 1))
        last.append(len(out) - 1)
    for n, row in enumerate(out):
        row["seq"] = n
    order = np.argsort(np.array(old, np.int64), kind="stable")
    seq_map = SeqMap(*(np.array(v, np.int64)[order] for v in (old, first, last)))
    return pa.Table.from_pylist(out, schema=rows.schema), seq_map


def _placeholder_row(coarse: CoarseTime, row: dict[str, Any], category: str, kind: str) -> dict[str, Any]:
    hidden = dict.fromkeys(row)
    hidden |= {"session_id": row["session_id"], "t_ns": coarse.before(row["t_ns"]), "seq": 0, "kind": kind}
    word = placeholder(category)
    return hidden | {"code": word, "key": word, "text": word, "modifiers": [], "repeat": False, "secure": row["secure"]}


def _breaks(session: Session) -> list[TimeNs]:
    """Times at which typing moves elsewhere whatever is typed, so that they tell nothing of it."""
    pointer = session.events.pointer
    presses: list[int] = pointer.t_ns[pointer.kind == _PRESS].tolist()
    return sorted([*presses, *(w.t_ns for w in session.events.windows.events if w.focused)])
