"""Gives a writer the pictures it asked for, episode by episode, out of one pass over the video."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from curation.export.contract import Writer
from curation.redaction.types import RedactedEpisode, RedactedFrame


class FrameFeed:
    """One writer's episodes of one session. Episodes whose pictures interleave are written after the pass."""

    def __init__(self, writer: Writer, episodes: Sequence[RedactedEpisode]) -> None:
        self._writer = writer
        self._wanted = [(e, tuple(sorted(writer.wanted_frames(e)))) for e in episodes]
        self._late: list[tuple[RedactedEpisode, tuple[int, ...]]] = []
        self._streamed: list[tuple[RedactedEpisode, tuple[int, ...]]] = []
        reached = -1
        for episode, wanted in self._wanted:
            # Episodes come in plan order; once one has to wait, those after it wait too.
            if self._late or (wanted and wanted[0] < reached):
                self._late.append((episode, wanted))
            else:
                self._streamed.append((episode, wanted))
                reached = max(reached, *wanted, -1)
        self._at = 0
        self._given = 0
        self._begun = False

    @property
    def last_wanted(self) -> int:
        """The last frame the pass must reach for this writer; -1 for none."""
        return max((w[-1] for _, w in self._streamed if w), default=-1)

    def frame(self, frame: RedactedFrame) -> None:
        """One frame of the pass, ascending; the same frame may end one episode and begin the next."""
        while self._at < len(self._streamed):
            _, wanted = self._streamed[self._at]
            self._begin()
            if self._given < len(wanted):
                if wanted[self._given] != frame.index:
                    return
                self._writer.frame(frame)
                self._given += 1
            if self._given < len(wanted):
                return
            self._end()

    def finish(self, picture: Callable[[int], RedactedFrame]) -> None:
        """After the pass: what is left, with pictures fetched one by one where episodes interleave."""
        while self._at < len(self._streamed):
            self._begin()
            self._end()
        for episode, wanted in self._late:
            self._writer.begin_episode(episode)
            for index in wanted:
                self._writer.frame(picture(index))
            self._writer.end_episode()

    def _begin(self) -> None:
        if not self._begun:
            self._writer.begin_episode(self._streamed[self._at][0])
            self._begun = True

    def _end(self) -> None:
        self._writer.end_episode()
        self._at, self._given, self._begun = self._at + 1, 0, False
