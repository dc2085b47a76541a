"""The object list of one published session: which track has which version, size and hash."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final

from replay.errors import BadInput, NotFound
from replay.store.library import write_whole
from replay.store.tracks import storage_failed

MANIFEST: Final = "manifest.json"


@dataclass(frozen=True, slots=True)
class TrackEntry:
    """`track` in its current `version`; `sha256` is of the bytes behind `open_track`."""

    track: str
    version: int
    size: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Manifest:
    session: str
    revision: int
    tracks: tuple[TrackEntry, ...]

    def entry(self, track: str) -> TrackEntry:
        for t in self.tracks:
            if t.track == track:
                return t
        raise NotFound("no_such_track", f"This session has no track “{track}”.")

    def has(self, track: str) -> bool:
        return any(t.track == track for t in self.tracks)

    def write(self, folder: Path) -> None:
        write_whole(folder / MANIFEST, json.dumps(asdict(self)).encode())

    @classmethod
    def read(cls, folder: Path) -> Manifest:
        """Raises NotFound where `folder` holds no session, BadInput where its list is damaged, StorageFailed."""
        try:
            data = json.loads((folder / MANIFEST).read_bytes())
            return cls(data["session"], data["revision"], tuple(TrackEntry(**t) for t in data["tracks"]))
        except FileNotFoundError:
            raise NotFound("no_such_session", "The library has no such session.") from None
        except OSError as e:
            raise storage_failed(e) from e
        except (ValueError, KeyError, TypeError) as e:
            raise BadInput(
                "session_damaged", "The session's object list is damaged.", "Import the session again."
            ) from e
