"""Exports one session: resolves its plan, applies it, and feeds encoder and writers from one pass over the video."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from curation.export.contract import EncodedVideo, SessionWriter, Writer
from curation.export.encode import VideoEncoder, output_times
from curation.export.frame_feed import FrameFeed
from curation.export.raw_frames import RawFrames
from curation.export.recipe import Recipe
from curation.export.source import SessionSource
from curation.redaction.apply import Applier, redacted_frame
from curation.redaction.plan import RedactionPlan, resolve
from curation.redaction.types import RawFrame, RedactedFrame, RedactedSession
from curation.steps.reduce import reduce
from replay.video.decoder import GopDecoder
from replay.video.frame_table import FrameTable

Report = Callable[[int, int, str], None]
VIDEO_FILE = "video.mp4"


@dataclass(frozen=True, slots=True)
class OpenWriter:
    """A writer and the folder it writes to, below the export's."""

    writer: Writer
    folder: Path


@dataclass(frozen=True, slots=True)
class ExportedSession:
    """What one session's export came to. The plan holds secrets and must not outlive the proof."""

    plan: RedactionPlan
    redacted: RedactedSession
    has_video: bool


class SessionExport:
    """One session through one set of writers; `report(done, total, what)` raises Cancelled to stop the work."""

    def __init__(self, source: SessionSource, recipe: Recipe, library_key: bytes, report: Report) -> None:
        self._source = source
        self._recipe = recipe
        self._report = report
        self.plan = resolve(source.session, source.state, library_key)
        steps = reduce(source.session, recipe.reduce_recipe(), self.plan.cuts)
        applier = Applier(self.plan, source.session, source.state, source.read_table, library_key)
        self.redacted = applier.apply(steps)

    def write(self, writers: Sequence[OpenWriter]) -> ExportedSession:
        feeds = [FrameFeed(w.writer, self.redacted.episodes) for w in writers]
        keeper = next((w for w in writers if w.writer.wants_video), None)
        video = None
        if self._source.session.frames is not None and len(self.plan.kept_frames):
            video = self._pictures(self._source.session.frames, keeper, feeds)
        for feed in feeds:
            feed.finish(self._picture)
        for w in writers:
            if video is not None and w.writer.wants_video:
                w.writer.session_video(self.redacted.session, video)
            if isinstance(w.writer, SessionWriter):
                w.writer.session(self.redacted, video)
        return ExportedSession(self.plan, self.redacted, video is not None)

    def _pictures(
        self, frames: FrameTable, keeper: OpenWriter | None, feeds: Sequence[FrameFeed]
    ) -> EncodedVideo | None:
        """The pass over the video: paint, encode, feed. Without an encoder it ends at the last wanted picture."""
        kept = self.plan.kept_frames
        last = int(kept[-1]) if keeper else max((f.last_wanted for f in feeds), default=-1)
        if last < 0:
            return None
        wanted = frozenset(kept.tolist())
        total = int(kept.searchsorted(last, side="right"))
        with ExitStack() as stack:
            encoder = None if keeper is None else stack.enter_context(self._encoder(frames, keeper))
            raw = stack.enter_context(RawFrames(self._source.open_video, frames, last))
            done = 0
            for frame in raw:
                if frame.index not in wanted:
                    continue
                redacted = redacted_frame(self.plan, frame)
                for feed in feeds:
                    feed.frame(redacted)
                if encoder is not None:
                    encoder.write(redacted)
                done += 1
                self._report(done, total, "Encoding")
        return None if encoder is None else encoder.encoded()

    def _encoder(self, frames: FrameTable, keeper: OpenWriter) -> VideoEncoder:
        assert self.plan.frame_size is not None
        video = self._source.session.video
        folder = keeper.folder / self.redacted.session
        folder.mkdir(exist_ok=True)
        times = output_times(frames, self.plan.kept_frames, video.time_base if video else "1/1000000")
        return VideoEncoder(folder / VIDEO_FILE, self._recipe.video, times, self.plan.edges(), self.plan.masks)

    def _picture(self, index: int) -> RedactedFrame:
        frames = self._source.session.frames
        assert frames is not None
        with self._source.open_video() as file:
            decoder = GopDecoder(file, frames)
            try:
                picture = decoder.picture(index)
                return redacted_frame(self.plan, RawFrame(index, int(frames.t_ns[index]), picture))
            finally:
                decoder.close()
