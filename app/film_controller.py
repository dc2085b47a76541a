"""The strip of small pictures on the timeline: of the open session's video, from fast pictures where it has some."""

from __future__ import annotations

from app.bridge import Bridge
from app.core import Core
from app.thumbnails import STRIP_SIZE, Thumbnails, film_track
from replay.session import Session
from replay.video.composed import VideoFiles
from widgets.timeline.view import TimelineView


class FilmController:
    """One session's strip at a time, on a decode thread of its own."""

    def __init__(self, timeline: TimelineView, bridge: Bridge) -> None:
        self._timeline = timeline
        self._pictures = Thumbnails(bridge, STRIP_SIZE, may_be_fast=True)
        self._pictures.made.connect(lambda made: timeline.show_picture(*made))
        timeline.pictures_wanted.connect(self._pictures.want)

    def open(self, core: Core, session: Session, video: VideoFiles | None) -> None:
        """The pictures of `video`, whose files are looked at here and opened anew for the strip."""
        frames = session.frames
        if frames is None or video is None:
            self.close()
            return
        self._pictures.open((lambda: core.store.open_video(session.id), frames))
        self._timeline.show_film(film_track(video, frames, session.geometry.frame_size))

    def close(self) -> None:
        """Nothing of a session stays."""
        self._pictures.open(None)
        self._timeline.show_film(None)

    def finish(self) -> None:
        """Join the decode thread."""
        self._pictures.close()

    @property
    def idle(self) -> bool:
        """Whether every picture in sight is there."""
        return self._pictures.idle
