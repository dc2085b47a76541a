"""One frame with its overlays and masks as a PNG: what the canvas would show, without a window."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QByteArray, QRectF
from PySide6.QtGui import QImage, QImageWriter, QPainter

from app.core import Core
from curation.model import RectRedaction
from curation.redaction.plan import resolve
from curation.veil import Veil
from replay.errors import NotFound, Refused, StorageFailed
from replay.geometry import Rect
from replay.overlay import Caption, overlay_at
from replay.video.composed import open_pictures
from replay.video.frame import bgra
from widgets.canvas_view import Shape
from widgets.mask_painter import MaskShape, MaskView, paint_masks
from widgets.overlay_painter import paint_overlay


def write_still(
    core: Core, session_prefix: str, index: int, view: MaskView, out: Path, purpose: str | None = None
) -> None:
    """Frame `index` of a session, overlays painted over the masks; as captured where a purpose is given.

    Raises NotFound, Refused or StorageFailed.
    """
    store = core.store_for(purpose)
    session = core.session(core.store.resolve(session_prefix), store)
    frames = session.frames
    if frames is None:
        raise Refused("no_video", "This session has no video.")
    if not 0 <= index < len(frames):
        raise NotFound("no_such_frame", f"The video has frames 0 to {len(frames) - 1}.")
    with store.open_video(session.id) as video:
        decoder = open_pictures(video, frames)
        try:
            picture = decoder.picture(index)
        finally:
            decoder.close()
    pixels = bgra(picture)
    captured = QImage(pixels.data, picture.width, picture.height, picture.width * 4, QImage.Format.Format_RGB32)
    image = captured.copy()
    state = core.state(session.id)
    plan = resolve(session, state, core.library.key)
    t_ns = int(frames.t_ns[index])
    shapes = [
        MaskShape("burned", Rect(b.x0, b.y0, b.x1 - b.x0, b.y1 - b.y0), burned=True) for b in plan.masks.at(index)
    ]
    drawn = [r for r in state.redactions.values() if isinstance(r, RectRedaction) and r.range.contains(t_ns)]
    shapes += [MaskShape(r.id, r.rect_at(t_ns)) for r in drawn]
    # Positions are in the video's declared size, whatever size this frame was decoded in.
    declared = session.geometry.frame_size or (picture.width, picture.height)
    placed = Shape((picture.width, picture.height), declared).one_to_one((picture.width, picture.height), 1.0)
    painter = QPainter(image)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    paint_masks(painter, placed, tuple(shapes), view)
    veil = Veil(plan)
    overlay = veil.overlay(overlay_at(session, t_ns, veil.options(Caption.SHORTCUTS)))
    paint_overlay(painter, placed, overlay, QRectF(image.rect()))
    painter.end()
    if not QImageWriter(str(out), QByteArray(b"PNG")).write(image):
        raise StorageFailed("picture_not_written", f"The picture “{out.name}” could not be written.")
