"""The object list of one published session: its tracks, the sealed keys to them, and what the first pass has covered.

A signed record of the library, so a list that was altered, swapped or put back is refused where it is read.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

import msgspec

from replay.errors import BadInput, NotFound
from replay.problems import Problem, Severity
from replay.vault.classes import TrackClass
from replay.vault.objects import SealedKey, Segment
from replay.vault.segments import PackedSegments, packed, unpacked
from replay.video.frame_table import FrameSpan

UNSCREENED: Final = Problem(
    "unscreened",
    Severity.WARNING,
    "The first pass has not looked at this session, so its pictures and texts are hidden as a whole; "
    "“safelight screen LIB” runs it.",
)


@dataclass(frozen=True, slots=True)
class TrackEntry:
    """`track` in its current `version`; `size` is the sealed object's. `segments` tile a track of several parts."""

    track: str
    version: int
    size: int
    keys: tuple[SealedKey, ...]
    segments: tuple[Segment, ...] = ()


@dataclass(frozen=True, slots=True)
class Screening:
    """What the first pass has covered: by which detectors, at which head of the edit log, which frames it re-made."""

    detectors: tuple[str, ...] = ()
    head: int = 0
    from_twin: tuple[FrameSpan, ...] = ()


@dataclass(frozen=True, slots=True)
class Manifest:
    """`subject` is the handle of the person's key slots; consent is as it was at import. No screening: unscreened."""

    session: str
    subject: str
    consent: str
    consent_purposes: tuple[str, ...]
    screening: Screening | None
    tracks: tuple[TrackEntry, ...]

    def entry(self, track: str) -> TrackEntry:
        for t in self.tracks:
            if t.track == track:
                return t
        raise NotFound("no_such_track", f"This session has no track “{track}”.")

    def has(self, track: str) -> bool:
        return any(t.track == track for t in self.tracks)

    def with_tracks(
        self,
        entries: Mapping[str, TrackEntry],
        screening: Screening | None,
        *,
        without: Collection[str] = (),
    ) -> Manifest:
        """The list with some tracks replaced or added, and those of `without` gone unless they are among them."""
        kept = tuple(t for t in self.tracks if t.track not in entries and t.track not in without)
        tracks = tuple(sorted((*kept, *entries.values()), key=lambda t: t.track))
        return replace(self, tracks=tracks, screening=screening)

    def epochs(self) -> frozenset[tuple[TrackClass, int]]:
        return frozenset((k.track_class, k.epoch) for t in self.tracks for k in t.keys)

    def body(self) -> dict[str, Any]:
        """As plain values, for the signed record."""
        out: dict[str, Any] = msgspec.to_builtins(replace(self, tracks=()))
        out["tracks"] = [_track_body(t) for t in self.tracks]
        return out

    @classmethod
    def from_body(cls, body: Mapping[str, Any]) -> Manifest:
        """Raises BadInput where the values are not an object list."""
        try:
            return msgspec.convert({**body, "tracks": [_with_segments(t) for t in body["tracks"]]}, cls)
        except (msgspec.ValidationError, TypeError, KeyError, ValueError) as e:
            raise BadInput(
                "session_damaged", "The session's object list is damaged.", "Import the session again."
            ) from e


def _track_body(entry: TrackEntry) -> dict[str, Any]:
    out: dict[str, Any] = msgspec.to_builtins(replace(entry, segments=()))
    return {**out, "segments": msgspec.to_builtins(packed(entry.segments))}


def _with_segments(track: Mapping[str, Any]) -> dict[str, Any]:
    segments = unpacked(msgspec.convert(track["segments"], PackedSegments))
    return {**track, "segments": msgspec.to_builtins(segments)}
