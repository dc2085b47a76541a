"""Rectangle masks and their keyframes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from curation.commands.result import UNCHANGED, Edits, Refusal, checked, fresh_id, missing
from curation.edits import RedactionAdded, RedactionChanged
from curation.model import CurationState, MaskKeyframe, RectRedaction
from replay.geometry import Rect
from replay.timebase import TimeNs, TimeRange

_ONLY_RECTS = Refusal("not_a_mask", "Only a rectangle mask has keyframes.", "Choose a rectangle.")


def redact_rect(
    state: CurationState,
    range: TimeRange,
    keyframes: Sequence[MaskKeyframe],
    *,
    category: str = "other",
    frame_size: tuple[int, int] | None = None,
) -> Edits | Refusal:
    """Hide a rectangle during `range`; frame px. With `frame_size` (width, height) it must touch the frame."""
    ordered = tuple(sorted(keyframes, key=lambda k: k.t_ns))
    if frame_size is not None and not any(_touches(k.rect, frame_size) for k in ordered):
        return Refusal(
            "mask_outside_frame",
            f"This rectangle lies outside the picture ({frame_size[0]}×{frame_size[1]} px), so it would hide nothing.",
            "Give x, y, width and height in frame pixels.",
        )
    mask = RectRedaction(fresh_id(), range, ordered, category)
    return checked(state, (RedactionAdded(mask),), "Add mask", mask.id)


def set_keyframe(state: CurationState, redaction_id: str, t_ns: TimeNs, rect: Rect) -> Edits | Refusal:
    """Put the mask at `rect` (frame px) at `t_ns`; a keyframe at that very moment is replaced."""
    mask = _mask(state, redaction_id)
    if isinstance(mask, Refusal):
        return mask
    others = [k for k in mask.keyframes if k.t_ns != t_ns]
    keyframes = tuple(sorted([*others, MaskKeyframe(t_ns, rect)], key=lambda k: k.t_ns))
    return _changed(state, mask, replace(mask, keyframes=keyframes), "Set mask keyframe")


def remove_keyframe(state: CurationState, redaction_id: str, t_ns: TimeNs) -> Edits | Refusal:
    """Remove the keyframe at `t_ns`; the last one stays."""
    mask = _mask(state, redaction_id)
    if isinstance(mask, Refusal):
        return mask
    left = tuple(k for k in mask.keyframes if k.t_ns != t_ns)
    if len(left) == len(mask.keyframes):
        return Refusal("no_such_keyframe", "The mask has no keyframe at this moment.")
    if not left:
        return Refusal("last_keyframe", "A mask keeps at least one keyframe.", "Remove the mask instead.")
    return _changed(state, mask, replace(mask, keyframes=left), "Remove mask keyframe")


def move_mask(state: CurationState, redaction_id: str, dx: float, dy: float) -> Edits | Refusal:
    """Move the whole mask, every keyframe of it, by (dx, dy) frame px."""
    mask = _mask(state, redaction_id)
    if isinstance(mask, Refusal):
        return mask
    moved = tuple(MaskKeyframe(k.t_ns, Rect(k.rect.x + dx, k.rect.y + dy, k.rect.w, k.rect.h)) for k in mask.keyframes)
    return _changed(state, mask, replace(mask, keyframes=moved), "Move mask")


def change_category(state: CurationState, redaction_id: str, category: str) -> Edits | Refusal:
    """Say what a redaction hides."""
    redaction = state.redactions.get(redaction_id)
    if redaction is None:
        return missing("redaction")
    new = replace(redaction, category=category)
    if new == redaction:
        return UNCHANGED
    return checked(state, (RedactionChanged(new),), "Change redaction category", redaction_id)


def _mask(state: CurationState, redaction_id: str) -> RectRedaction | Refusal:
    redaction = state.redactions.get(redaction_id)
    if redaction is None:
        return missing("redaction")
    return redaction if isinstance(redaction, RectRedaction) else _ONLY_RECTS


def _changed(state: CurationState, old: RectRedaction, new: RectRedaction, title: str) -> Edits | Refusal:
    return UNCHANGED if new == old else checked(state, (RedactionChanged(new),), title, new.id)


def _touches(rect: Rect, frame_size: tuple[int, int]) -> bool:
    width, height = frame_size
    return rect.x < width and rect.y < height and rect.right > 0 and rect.bottom > 0
