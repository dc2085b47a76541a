"""Edges of the selected item moved by key, one frame at a time; the playhead goes along to show where the edge is."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

import numpy as np

from app.actions.registry import Run
from app.edit_controller import EditController
from app.playback_controller import PlaybackController
from replay.errors import Refused
from replay.timebase import FRAME_WITHOUT_VIDEO_NS, TimeNs
from replay.video.frame_table import FrameTable
from widgets.timeline.drag import resized_range
from widgets.timeline.hit import Part


def next_edge(t_ns: TimeNs, frames: FrameTable | None, direction: int) -> TimeNs:
    """The nearest frame's start after `t_ns` (before it, with direction -1); beyond the frames, one frame's length."""
    if frames is None:
        return t_ns + direction * FRAME_WITHOUT_VIDEO_NS
    side = np.searchsorted(frames.t_ns, t_ns, side="right" if direction > 0 else "left")
    index = int(side) if direction > 0 else int(side) - 1
    inside = 0 <= index < len(frames)
    return int(frames.t_ns[index]) if inside else t_ns + direction * frames.frame_ns


@dataclass(frozen=True, slots=True)
class EdgeActs:
    edits: EditController
    playback: PlaybackController

    def handlers(self) -> dict[str, Run]:
        return {
            f"item.{name}_{way}": partial(self.nudge, part, direction)
            for name, part in (("start", Part.START), ("end", Part.END))
            for way, direction in (("earlier", -1), ("later", 1))
        }

    def nudge(self, part: Part, direction: int) -> None:
        """Move one edge of the selected item by a frame. Raises Refused where nothing with edges is selected."""
        item = self.edits.selected_item
        if item is None or not item.resizable:
            raise Refused("no_edges", "Nothing with edges to move is selected.", "Click a label, cut or mask.")
        edge = item.range.start_ns if part is Part.START else item.range.end_ns
        moved = next_edge(edge, self.edits.editing.session.frames, direction)
        extent = self.edits.editing.session.extent
        r = resized_range(item.range, part, min(max(moved, extent.start_ns), extent.end_ns))
        if r != item.range:
            self.edits.resize(item, r)
        # The first frame within, or the last one.
        self.playback.seek(r.start_ns if part is Part.START else r.end_ns - 1)
