"""Fast pictures of a published session, in the worker: reads it as any masked reader does, has no key to more."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from curation.intake.protocol import Prepare, Prepared
from replay import schema
from replay.errors import BadInput
from replay.store.library import Library
from replay.store.parquet_tables import write_table
from replay.store.sessions import Access, SessionStore
from replay.store.staging import staged_tracks
from replay.store.track_classes import CHECKPOINTS, MEZZANINE, MEZZANINE_FRAMES, SKIM, SKIM_FRAMES
from replay.store.tracks import StagedTracks
from replay.vault.actions import Action
from replay.vault.handed import HandedKeys
from replay.vault.objects import MintedKeys
from replay.video.checkpoints.writer import write_checkpoints
from replay.video.composed import VideoFiles, open_pictures
from replay.video.decoder import always
from replay.video.frame_table import FrameSpan, FrameTable
from replay.video.preview_pass import PreviewPass, Report
from replay.video.preview_video import MEZZANINE_RECIPE, SKIM_RECIPE

_RECIPES: Final = {SKIM: SKIM_RECIPE, MEZZANINE: MEZZANINE_RECIPE}
_TABLES: Final = {SKIM: SKIM_FRAMES, MEZZANINE: MEZZANINE_FRAMES}


def prepared(request: Prepare, report: Report) -> Prepared:
    """Raises BadInput, StorageFailed, Cancelled; then the staging folder is of no use."""
    library = Library(Path(request.library), request.keys.library_id, HandedKeys(request.keys))
    store = SessionStore(library, Access(Action.SCREEN, "", is_raw=False))
    tracks = StagedTracks(
        Path(request.staging), MintedKeys(library.id, request.session_id, request.minted), request.version
    )
    frames = store.frames(request.session_id)
    made: dict[str, FrameTable] = {}
    left_out: list[str] = []
    if frames is None:
        tracks.create(CHECKPOINTS).close()
    else:
        with store.open_video(request.session_id) as video:
            made = _previews(video, frames, tracks, report)
            left_out = [name for name in _TABLES if name not in made]
            left_out += [] if _checkpoints(video, frames, tracks, report) else [CHECKPOINTS]
    for name, table in _TABLES.items():
        rows = made[name].to_arrow(request.session_id) if name in made else schema.FRAMES.arrow.empty_table()
        with tracks.create(table) as file:
            write_table(file, schema.FRAMES, rows)
    return Prepared(staged_tracks(tracks, {}), tuple(sorted(left_out)))


def _previews(video: VideoFiles, frames: FrameTable, tracks: StagedTracks, report: Report) -> dict[str, FrameTable]:
    pictures = open_pictures(video, frames)
    try:
        return PreviewPass(pictures, frames, tracks, report).run(_RECIPES, _size(video))
    finally:
        pictures.close()


def _checkpoints(video: VideoFiles, frames: FrameTable, tracks: StagedTracks, report: Report) -> bool:
    """Checkpoints inside what a masked reader can read of the original; False, and an empty track, where none hold."""
    readable = None if video.twin is None else _readable(video.from_twin, len(frames))
    try:
        with tracks.create(CHECKPOINTS) as out:
            if video.original is None:
                return False
            return write_checkpoints(video.original, frames, out, readable, always, report).written > 0
    except BadInput:
        tracks.drop(CHECKPOINTS)
        tracks.create(CHECKPOINTS).close()
        return False


def _readable(from_twin: Sequence[FrameSpan], count: int) -> list[FrameSpan]:
    """The frames between those that are in the twin."""
    edges = [0, *(edge for span in from_twin for edge in span), count]
    return [(first, last) for first, last in zip(edges[::2], edges[1::2], strict=True) if first < last]


def _size(video: VideoFiles) -> int:
    """Bytes of the video that a masked reader reads."""
    return sum(file.seek(0, os.SEEK_END) for file in (video.original, video.twin) if file is not None)
