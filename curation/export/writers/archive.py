"""The canonical archive: one folder a session with its tables as Parquet and its video, importable as `parquet`.

<session>/session.parquet, frames.parquet, pointer.parquet …    the tables of `replay.schema`, redacted
<session>/steps.parquet, episodes.parquet, labels.parquet       what was decided and derived
<session>/video.mp4                                             encoded anew
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Final

import pyarrow as pa
import pyarrow.parquet as pq

from curation.export.contract import Bundle, EncodedVideo
from curation.export.decided_tables import EPISODES, LABELS, STEPS, episode_rows, label_rows, step_rows
from curation.redaction.apply import frames_table, with_media
from curation.redaction.types import RedactedEpisode, RedactedFrame, RedactedSession, RedactedTable
from replay import schema

MEDIA: Final = "video"


class ArchiveWriter:
    """Lossless for what is allowed out. Needs no pictures besides the video."""

    name = "archive"
    wants_video = True

    def __init__(self) -> None:
        self._folder = Path()

    def begin(self, folder: Path, bundle: Bundle) -> None:
        self._folder = folder

    def wanted_frames(self, episode: RedactedEpisode) -> frozenset[int]:
        return frozenset()

    def begin_episode(self, episode: RedactedEpisode) -> None:
        """Episodes are written with their session."""

    def frame(self, frame: RedactedFrame) -> None:
        """No picture is wanted."""

    def end_episode(self) -> None:
        """Episodes are written with their session."""

    def session_video(self, session: str, video: EncodedVideo) -> None:
        """The job has put the file where it belongs."""

    def session(self, session: RedactedSession, video: EncodedVideo | None) -> None:
        folder = self._folder / session.session
        folder.mkdir(exist_ok=True)
        frames = () if video is None else video.frames
        tables = dict(session.tables)
        tables["frames"] = frames_table(session.session, MEDIA, frames)
        tables["session"] = with_media(tables["session"], None if video is None else _media(video))
        for name in sorted(tables):
            _write(folder / f"{name}.parquet", _checked(tables[name]))
        indexes = _frame_indexes(session, video)
        episodes = session.episodes
        _write(folder / "steps.parquet", pa.Table.from_pylist(step_rows(episodes, indexes), schema=STEPS.arrow))
        _write(folder / "episodes.parquet", pa.Table.from_pylist(episode_rows(episodes), schema=EPISODES.arrow))
        _write(folder / "labels.parquet", pa.Table.from_pylist(label_rows(episodes), schema=LABELS.arrow))

    def finish(self) -> None:
        """Every session is already on disk."""


def _media(video: EncodedVideo) -> Mapping[str, object]:
    return {
        "name": MEDIA,
        "codec": video.codec,
        "width": video.width,
        "height": video.height,
        "time_base": video.time_base,
        "sha256": video.sha256,
    }


def _frame_indexes(session: RedactedSession, video: EncodedVideo | None) -> dict[int, int]:
    """Source frame index → frame index of the exported video."""
    if video is None:
        return {}
    return {source: n for n, source in enumerate(session.frame_indexes)}


def _checked(table: RedactedTable) -> pa.Table:
    """The rows under exactly the declared schema; anything else raises before a byte is written."""
    return table.rows.select(schema.TABLES[table.name].arrow.names).cast(schema.TABLES[table.name].arrow)


def _write(path: Path, rows: pa.Table) -> None:
    with open(path, "xb") as file:
        pq.write_table(rows, file, compression="zstd")
        file.flush()
        os.fsync(file.fileno())
