"""What is made from an imported session for quicker looking: one thumbnail, as a track of the session."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Final

from replay.errors import SafelightError
from replay.store.tracks import create_track, open_track
from replay.video.decoder import GopDecoder
from replay.video.frame_table import FrameTable

TRACK: Final = "thumbnail"
SIZE: Final = (320, 180)  # twice the row height, for high-density screens


def write_thumbnail(folder: Path, frames: FrameTable, version: int) -> None:
    """A PNG of the I-frame nearest to a third of the session, at most SIZE; absent where it cannot be decoded."""
    index = frames.iframe_at_or_before(len(frames) // 3)
    try:
        with open_track(folder, frames.media, version) as video:
            decoder = GopDecoder(video, frames)
            picture = decoder.picture(index).to_image()  # type: ignore[no-untyped-call]
            decoder.close()
    except SafelightError:
        return  # the frame table's own Problem already says that the video does not decode
    picture.thumbnail(SIZE)
    png = io.BytesIO()
    picture.save(png, "PNG")
    with create_track(folder, TRACK, version) as track:
        track.write(png.getvalue())
