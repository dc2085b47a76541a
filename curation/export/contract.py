"""What an export writer is. Writers register under the entry-point group `safelight.writers`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, runtime_checkable

from curation.redaction.types import RedactedEpisode, RedactedFrame, RedactedSession


@dataclass(frozen=True, slots=True)
class Bundle:
    """Facts about the export as a whole that a writer may state; holds no captured content and no paths."""

    name: str
    created_utc: str
    recipe: Mapping[str, object]
    seed: int


@dataclass(frozen=True, slots=True)
class EncodedVideo:
    """The re-encoded video of one session as the job wrote it into the writer's folder, and its frame table.

    `frames[i]` = (pts, t_ns, duration_ns, iframe) of output frame i; t_ns is original session time.
    """

    path: Path
    codec: str
    width: int
    height: int
    time_base: str
    sha256: str
    frames: tuple[tuple[int, int, int, bool], ...]


class Writer(Protocol):
    """Writes one format below its own folder. Called in this order, episodes in plan order:

    begin, then per session: per episode begin_episode, frame* (ascending, only the wanted), end_episode, then
    [session_video]? once the video is whole; then finish. Raises only `replay.errors.SafelightError`s and OSError;
    never sees a RawFrame. Picture files are named `<session>_<episode>_<frame index, six digits>.png`, so that the
    proof knows which masks they must show.
    """

    name: str
    wants_video: bool

    def begin(self, folder: Path, bundle: Bundle) -> None: ...

    def session_video(self, session: str, video: EncodedVideo) -> None: ...

    def wanted_frames(self, episode: RedactedEpisode) -> frozenset[int]:
        """Source frame indexes whose picture this writer needs for `episode`."""
        ...

    def begin_episode(self, episode: RedactedEpisode) -> None: ...

    def frame(self, frame: RedactedFrame) -> None: ...

    def end_episode(self) -> None: ...

    def finish(self) -> None: ...


@runtime_checkable
class SessionWriter(Protocol):
    """A writer that also takes whole sessions, once each, after their episodes and video."""

    def session(self, session: RedactedSession, video: EncodedVideo | None) -> None: ...
