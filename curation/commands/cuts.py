"""Cuts: ranges removed from every track."""

from __future__ import annotations

from dataclasses import replace

from curation.commands.result import UNCHANGED, Edits, Refusal, checked, fresh_id, missing
from curation.edits import CutAdded, CutChanged, CutRemoved
from curation.model import CurationState, Cut
from replay.timebase import TimeNs, TimeRange, complement


def add_cut(state: CurationState, range: TimeRange, *, reason: str = "") -> Edits | Refusal:
    """Remove `range` from every track."""
    if not complement(range, tuple(c.range for c in state.cuts.values())):
        return Refusal("already_cut", "This range is already cut.")
    cut = Cut(fresh_id(), range, reason)
    return checked(state, (CutAdded(cut),), "Add cut", cut.id)


def trim(
    state: CurationState,
    extent: TimeRange,
    *,
    in_ns: TimeNs | None = None,
    out_ns: TimeNs | None = None,
    reason: str = "trim",
) -> Edits | Refusal:
    """Keep [in, out) of `extent` (the session's): one cut before the in point, one from the out point on."""
    kept_from = extent.start_ns if in_ns is None else in_ns
    kept_to = extent.end_ns if out_ns is None else out_ns
    kept = TimeRange(kept_from, kept_to).intersection(extent) if kept_from < kept_to else None
    if kept is None:
        return Refusal("nothing_left", "The out point must come after the in point, inside the session.")
    present = tuple(c.range for c in state.cuts.values())
    parts = [r for r in complement(extent, (kept,)) if complement(r, present)]
    if not parts:
        return UNCHANGED
    cuts = [Cut(fresh_id(), r, reason) for r in parts]
    return checked(state, tuple(CutAdded(c) for c in cuts), "Trim", *(c.id for c in cuts))


def change_cut(
    state: CurationState, cut_id: str, *, range: TimeRange | None = None, reason: str | None = None
) -> Edits | Refusal:
    """Change what is given, keep the rest."""
    cut = state.cuts.get(cut_id)
    if cut is None:
        return missing("cut")
    new = replace(cut, range=range or cut.range, reason=cut.reason if reason is None else reason)
    return UNCHANGED if new == cut else checked(state, (CutChanged(new),), "Change cut", cut_id)


def remove_cut(state: CurationState, cut_id: str) -> Edits | Refusal:
    return checked(state, (CutRemoved(cut_id),), "Remove cut", cut_id)
