"""Hidden keystrokes as placeholders: one press for a whole hidden stretch, its time on a coarse grid.

The number of rows and their rhythm tell the length of what was typed and who typed it, so neither leaves.
"""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from curation.model import SeqSpan
from curation.redaction.plan import RedactionPlan
from curation.redaction.secrets import placeholder
from replay import schema
from replay.session import Session
from replay.timebase import NS_PER_S, TimeNs

QUANTUM_NS: Final = NS_PER_S
Int64s = npt.NDArray[np.int64]
_PRESS: Final = schema.POINTER_KINDS.index("down")


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


def quantised(plan: RedactionPlan, t_ns: TimeNs) -> TimeNs:
    """`t_ns` down to the grid, but not back into a cut."""
    coarse = t_ns // QUANTUM_NS * QUANTUM_NS
    ends = [c.end_ns + plan.margin_ns for c in plan.cuts if c.end_ns <= t_ns]
    return max([coarse, *ends])


def quantised_up(plan: RedactionPlan, t_ns: TimeNs) -> TimeNs:
    """`t_ns` up to the grid, but not on into a cut."""
    coarse = -(-t_ns // QUANTUM_NS) * QUANTUM_NS
    starts = [c.start_ns - plan.margin_ns - 1 for c in plan.cuts if c.start_ns > t_ns]
    return min([coarse, *starts])


def collapsed(plan: RedactionPlan, session: Session, rows: pa.Table) -> tuple[pa.Table, SeqMap]:
    """`keys` rows (session time, cut rows gone), hidden stretches replaced and renumbered, and the map of numbers."""
    breaks = _breaks(session)
    out: list[dict[str, Any]] = []
    old: list[int] = []
    first: list[int] = []
    last: list[int] = []
    group: tuple[int, str] | None = None
    for row in sorted(rows.to_pylist(), key=lambda r: (r["t_ns"], r["seq"])):
        category = plan.hidden_keys.get(row["seq"])
        mine = None if category is None else (bisect_right(breaks, row["t_ns"]), category)
        if mine is None or mine != group:
            out += [_placeholder_row(plan, row, mine[1], kind) for kind in schema.KEY_KINDS] if mine else [row]
        group = mine
        old.append(row["seq"])
        first.append(len(out) - (2 if mine else 1))
        last.append(len(out) - 1)
    for n, row in enumerate(out):
        row["seq"] = n
    order = np.argsort(np.array(old, np.int64), kind="stable")
    seq_map = SeqMap(*(np.array(v, np.int64)[order] for v in (old, first, last)))
    return pa.Table.from_pylist(out, schema=rows.schema), seq_map


def _placeholder_row(plan: RedactionPlan, row: dict[str, Any], category: str, kind: str) -> dict[str, Any]:
    hidden = dict.fromkeys(row)
    hidden |= {"session_id": row["session_id"], "t_ns": quantised(plan, row["t_ns"]), "seq": 0, "kind": kind}
    word = placeholder(category)
    return hidden | {"code": word, "key": word, "text": word, "modifiers": [], "repeat": False, "secure": row["secure"]}


def _breaks(session: Session) -> list[TimeNs]:
    """Times at which typing moves elsewhere whatever is typed, so that they tell nothing of it."""
    pointer = session.events.pointer
    presses: list[int] = pointer.t_ns[pointer.kind == _PRESS].tolist()
    return sorted([*presses, *(w.t_ns for w in session.events.windows.events if w.focused)])
