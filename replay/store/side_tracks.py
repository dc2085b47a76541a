"""The tracks beside a session's video as side files: what is missing, altered or of another video is left out."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import BinaryIO, TypeVar

from replay import schema
from replay.errors import BadInput, NotFound, StorageFailed
from replay.store.manifest import Manifest
from replay.store.parquet_tables import read_table
from replay.store.track_classes import CHECKPOINTS, MEZZANINE, MEZZANINE_FRAMES, SKIM, SKIM_FRAMES
from replay.video.frame_table import FrameTable
from replay.video.side_files import PreviewVideo, SideFiles, source_index_of

T = TypeVar("T")
OpenTrack = Callable[[str], BinaryIO]


def open_side(manifest: Manifest, open_track: OpenTrack, frames: FrameTable, size: tuple[int, int] | None) -> SideFiles:
    """The side files of a session whose video has these `frames`, of `size` pixels.

    Raises Denied where `open_track` does; nothing that is wrong with a side file itself.
    """

    def preview(video: str, table: str, crop: tuple[int, int] | None) -> PreviewVideo | None:
        if not (manifest.has(video) and manifest.has(table)):
            return None
        return _left_out(lambda: _preview(open_track, video, table, frames, crop))

    mezzanine = preview(MEZZANINE, MEZZANINE_FRAMES, size)
    if mezzanine is not None and len(mezzanine.frames) != len(frames):
        mezzanine.close()
        mezzanine = None
    checkpoints = _left_out(lambda: _not_empty(open_track(CHECKPOINTS))) if manifest.has(CHECKPOINTS) else None
    return SideFiles(preview(SKIM, SKIM_FRAMES, None), mezzanine, checkpoints)


def _left_out(opened: Callable[[], T | None]) -> T | None:
    try:
        return opened()
    except (BadInput, NotFound, StorageFailed):
        return None


def _not_empty(file: BinaryIO) -> BinaryIO | None:
    """An empty track, like an empty frame table, says that it could not be made."""
    if file.seek(0, os.SEEK_END) > 0:
        file.seek(0)
        return file
    file.close()
    return None


def _preview(
    open_track: OpenTrack, video: str, table: str, frames: FrameTable, crop: tuple[int, int] | None
) -> PreviewVideo | None:
    with open_track(table) as file:
        found = FrameTable.from_arrow(read_table(file, schema.FRAMES))
    source_index = None if found is None else source_index_of(found, frames)
    if found is None or source_index is None:
        return None
    return PreviewVideo(open_track(video), found, source_index, crop)
