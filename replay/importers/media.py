"""The video of a session: its bytes copied unchanged and hashed on the way, and its frame table.

Only the picture stream is played. Audio, subtitles and attachments stay inside the copied file, raw-class, and are
reported. A video that cannot be read is a Problem, since events are of use without it; one whose header lies about
its size is refused, since nothing else in it can be trusted either.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import BinaryIO, Final

from replay.errors import BadInput
from replay.importers.contract import ImportSink, SourceFile, SourceSession
from replay.importers.untrusted_files import copied, opened
from replay.problems import Problem, Severity
from replay.shown_name import shown_name
from replay.video.frame_table import FrameTable
from replay.video.index import build_frame_table
from replay.video.probe import VideoFacts

TRACK: Final = "video"
_WITHOUT: Final = frozenset({"video_unreadable", "video_codec_unknown"})


@dataclass(frozen=True, slots=True)
class Video:
    """A video that can be played: its frames and what the file says of itself."""

    frames: FrameTable
    facts: VideoFacts
    sha256: str

    @property
    def size(self) -> tuple[int, int]:
        """(width, height) of a frame, px."""
        return self.facts.width, self.facts.height


def read_video(source: SourceSession, file: SourceFile | None, sink: ImportSink) -> Video | None:
    """Copy the video into the sink and index it; None, with a Problem, where there is none that can be played.

    Call it before the sink's clock is set: where session zero lies depends on whether there is a video.
    """
    if file is None:
        text = "The recording has no video; its events can be browsed without pictures."
        sink.problem(Problem("missing_media", Severity.WARNING, text))
        return None
    with opened(source, file, f"“{shown_name(file.path.name)}”") as f:
        return ingest(f, sink)


def ingest(file: BinaryIO, sink: ImportSink) -> Video | None:
    """`read_video` for an open, seekable file."""
    sink.progress(0, 0, "Reading the video's index")
    try:
        frames, facts, problems = build_frame_table(file, TRACK)
    except BadInput as e:
        if e.code not in _WITHOUT:
            raise
        text = f"{e.sentence} The session is imported without it."
        sink.problem(Problem("video_unreadable", Severity.ERROR, text))
        return None
    total = file.seek(0, 2)
    file.seek(0)
    with sink.media(TRACK) as track:
        sha256 = copied(file, track, lambda done: sink.progress(done, total, "Copying the video"))
    video = Video(frames, facts, sha256)
    report(video, problems, sink)
    return video


def report(video: Video, problems: list[Problem], sink: ImportSink) -> None:
    """Register the media track that was written, with its frames and its Problems."""
    facts = video.facts
    for problem in problems:
        sink.problem(problem)
    if facts.other_streams:
        text = (
            "The video holds sound, subtitles or attachments, which are kept with the session, not played and not "
            "exported."
        )
        sink.problem(Problem("streams_not_played", Severity.INFO, text, len(facts.other_streams)))
    sink.media_ready(
        TRACK,
        codec=facts.codec,
        width=facts.width,
        height=facts.height,
        time_base=facts.time_base,
        sha256=video.sha256,
    )
    table = video.frames.to_arrow("").drop_columns(["session_id"]).combine_chunks()
    for batch in table.to_batches():
        sink.batch("frames", batch)
