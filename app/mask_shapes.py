"""The masks that lie over one frame: those that were drawn, and under them what an export would burn in."""

from __future__ import annotations

from collections.abc import Iterable

from curation.model import RectRedaction, Redaction
from curation.redaction.plan import RedactionPlan
from replay.geometry import Rect
from replay.transport import TransportState
from widgets.mask_painter import MaskShape


def shapes_at(
    state: TransportState, redactions: Iterable[Redaction], plan: RedactionPlan | None, selected_id: str | None
) -> tuple[MaskShape, ...]:
    """At `state`, which is the picture's that they lie over; without a plan nothing is burned in."""
    drawn = [_shape(r, state, selected_id) for r in redactions if isinstance(r, RectRedaction) and _lasts(r, state)]
    if plan is None or state.frame is None:
        return tuple(drawn)
    boxes = plan.masks.at(state.frame)
    burned = [Rect(b.x0, b.y0, b.x1 - b.x0, b.y1 - b.y0) for b in boxes]
    return (*(MaskShape(f"burned-{i}", r, burned=True) for i, r in enumerate(burned)), *drawn)


def _lasts(r: RectRedaction, state: TransportState) -> bool:
    return r.range.contains(state.t_ns)


def _shape(r: RectRedaction, state: TransportState, selected_id: str | None) -> MaskShape:
    on_keyframe = any(k.t_ns == state.t_ns for k in r.keyframes)
    return MaskShape(r.id, r.rect_at(state.t_ns), selected_id == r.id, on_keyframe)
