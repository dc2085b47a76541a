"""Files beside a session's video that give its pictures faster: smaller or lossy ones to look at, and checkpoints.

All of them are optional: whoever reads pictures gets the same ones without them, later.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import BinaryIO

import numpy as np
import numpy.typing as npt

from replay.video.frame_table import FrameTable

Int64s = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class PreviewVideo:
    """A smaller or faster video of the same session, for looking at only.

    `source_index[k]` is the session frame that frame k of `frames` shows, ascending. `crop` is (width, height) in
    pixels: the upper left part that is picture, where the coded one was padded to even sides.
    """

    file: BinaryIO
    frames: FrameTable
    source_index: Int64s
    crop: tuple[int, int] | None = None

    def place_of(self, index: int) -> int:
        """The preview frame that shows session frame `index`, or the last one before it (the first where none is)."""
        return max(0, int(np.searchsorted(self.source_index, index, side="right")) - 1)

    def close(self) -> None:
        self.file.close()


@dataclass(frozen=True, slots=True)
class SideFiles:
    """What there is beside one session's video.

    `skim`: about 640 pixels wide, at most 10 frames a second. `mezzanine`: full size, every frame, lossy.
    `checkpoints`: lossless entries inside groups of pictures of the original.
    """

    skim: PreviewVideo | None = None
    mezzanine: PreviewVideo | None = None
    checkpoints: BinaryIO | None = None

    @property
    def is_there(self) -> bool:
        """Whether there is any."""
        return any(file is not None for file in (self.skim, self.mezzanine, self.checkpoints))

    def close(self) -> None:
        for file in (self.skim, self.mezzanine, self.checkpoints):
            if file is not None:
                file.close()


def source_index_of(preview: FrameTable, frames: FrameTable) -> Int64s | None:
    """Which frames of `frames` a preview shows, told by their times; None where it shows a moment that has no frame."""
    at = np.searchsorted(frames.t_ns, preview.t_ns)
    inside = bool(np.all(at < len(frames)))
    return at.astype(np.int64) if inside and bool(np.all(frames.t_ns[at] == preview.t_ns)) else None
