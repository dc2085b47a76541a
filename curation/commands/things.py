"""What labels, episodes, cuts and masks share: they stand on a range that can be moved, stretched or split."""

from __future__ import annotations

from dataclasses import replace

from curation.commands.result import UNCHANGED, Edits, Refusal, checked, fresh_id
from curation.edits import (
    CutAdded,
    CutChanged,
    Edit,
    EpisodeChanged,
    EpisodeMarked,
    LabelAdded,
    LabelChanged,
    RedactionAdded,
    RedactionChanged,
)
from curation.model import CurationState, Cut, Episode, Label, MaskKeyframe, RectRedaction
from replay.timebase import TimeNs, TimeRange

_Ranged = Label | Episode | Cut | RectRedaction


def change_range(state: CurationState, thing_id: str, range: TimeRange) -> Edits | Refusal:
    """Move or stretch a label, episode, cut or mask to `range`."""
    thing = _ranged(state, thing_id)
    if isinstance(thing, Refusal):
        return thing
    if thing.range == range:
        return UNCHANGED
    if isinstance(thing, Episode):
        inside = thing.evidence_t_ns is not None and range.contains(thing.evidence_t_ns)
        return _checked_change(
            state, replace(thing, range=range, evidence_t_ns=thing.evidence_t_ns if inside else None)
        )
    return _checked_change(state, replace(thing, range=range))


def split(state: CurationState, thing_id: str, t_ns: TimeNs) -> Edits | Refusal:
    """Split a label, episode, cut or mask in two at `t_ns`; the first part keeps the id."""
    thing = _ranged(state, thing_id)
    if isinstance(thing, Refusal):
        return thing
    if not thing.range.start_ns < t_ns < thing.range.end_ns:
        return Refusal("split_outside", "The moment to split at must lie inside.", "Move the playhead into it.")
    first, second = _parts(thing, t_ns)
    edits = (_changing(first), _adding(second))
    return checked(state, edits, f"Split {_word(thing)}", first.id, second.id)


def _ranged(state: CurationState, thing_id: str) -> _Ranged | Refusal:
    found = (
        state.labels.get(thing_id)
        or state.episodes.get(thing_id)
        or state.cuts.get(thing_id)
        or state.redactions.get(thing_id)
    )
    if found is None:
        return Refusal("no_such_thing", "Nothing here has this id.", "It may have been removed.")
    if not isinstance(found, _Ranged):
        return Refusal(
            "no_range", "This redaction is bound to rows, not to a range.", "Redact again where it should be."
        )
    return found


def _parts(thing: _Ranged, t_ns: TimeNs) -> tuple[_Ranged, _Ranged]:
    before = TimeRange(thing.range.start_ns, t_ns)
    after = TimeRange(t_ns, thing.range.end_ns)
    if isinstance(thing, Episode):
        evidence = thing.evidence_t_ns
        return (
            replace(thing, range=before, evidence_t_ns=evidence if evidence is not None and evidence < t_ns else None),
            replace(
                thing,
                id=fresh_id(),
                range=after,
                evidence_t_ns=None if evidence is None or evidence < t_ns else evidence,
            ),
        )
    if isinstance(thing, RectRedaction):
        # Both parts get a keyframe at the seam, so that neither moves otherwise than the whole did.
        seam = MaskKeyframe(t_ns, thing.rect_at(t_ns))
        early = tuple(k for k in thing.keyframes if k.t_ns < t_ns)
        late = tuple(k for k in thing.keyframes if k.t_ns > t_ns)
        return (
            replace(thing, range=before, keyframes=(*early, seam)),
            replace(thing, id=fresh_id(), range=after, keyframes=(seam, *late)),
        )
    return replace(thing, range=before), replace(thing, id=fresh_id(), range=after)


def _checked_change(state: CurationState, thing: _Ranged) -> Edits | Refusal:
    return checked(state, (_changing(thing),), f"Change {_word(thing)}", thing.id)


def _changing(thing: _Ranged) -> Edit:
    if isinstance(thing, Label):
        return LabelChanged(thing)
    if isinstance(thing, Episode):
        return EpisodeChanged(thing)
    return CutChanged(thing) if isinstance(thing, Cut) else RedactionChanged(thing)


def _adding(thing: _Ranged) -> Edit:
    if isinstance(thing, Label):
        return LabelAdded(thing)
    if isinstance(thing, Episode):
        return EpisodeMarked(thing)
    return CutAdded(thing) if isinstance(thing, Cut) else RedactionAdded(thing)


def _word(thing: _Ranged) -> str:
    return {Label: "label", Episode: "episode", Cut: "cut", RectRedaction: "mask"}[type(thing)]
