"""What somebody could open without asking the gate: with the files, their own private keys, and keys they kept.

For attacking a library (`safelight verify`), and for showing after an erasure that nothing opens. It trusts nothing
that it reads and cares for no policy, as an attacker would.
"""

from __future__ import annotations

import io
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import msgspec

from replay.errors import SafelightError
from replay.vault import statements
from replay.vault.bodies import value_of
from replay.vault.classes import TrackClass
from replay.vault.container import SealedReader
from replay.vault.grants import KIND as GRANT
from replay.vault.grants import Grant, open_keys
from replay.vault.identity import Identity
from replay.vault.keys import SessionKey
from replay.vault.lease import Lease
from replay.vault.objects import SealedKey, TrackName, opened_key
from replay.vault.sealing import MANIFEST

_OBJECTS: Final = "objects"


@dataclass(slots=True)
class Loot:
    """Keys that somebody kept: of sessions, and of single objects by (session, track)."""

    session_keys: list[SessionKey] = field(default_factory=list, repr=False)
    data_keys: dict[tuple[str, str], bytes] = field(default_factory=dict, repr=False)

    def keep(self, library: str, body: Mapping[str, Any], leases: Mapping[TrackClass, Lease]) -> None:
        """Copy what leases give of a session whose object list is `body`, as a patched viewer would."""
        session = str(body["session"])
        for track, key, name in _sealed_keys(library, session, body):
            lease = leases.get(key.track_class)
            if lease is not None:
                held = lease.key(session, key.epoch)
                if held not in self.session_keys:
                    self.session_keys.append(held)
                self.data_keys[session, track] = _opened(held, key, name)

    def keep_granted(self, library: Path, identity: Identity) -> None:
        """Take every key out of every grant in the folder that this identity can open, in force or not."""
        for path in sorted(library.glob("grants/*.json")):
            with suppress(SafelightError, OSError):
                grant = value_of(Grant, statements.untrusted_body(path.read_bytes(), GRANT), GRANT)
                self.session_keys += [k for k in open_keys(grant, identity) if isinstance(k, SessionKey)]


def opened_tracks(library: Path, library_id: str, session: str, loot: Loot) -> tuple[str, ...]:
    """The tracks of a session of which any object opens with any of the keys, whichever version of any list names it.

    Whole tracks only: a canary has no segmented video.
    """
    found = set()
    for body in _lists(library, session):
        for track, key, name in _sealed_keys(library_id, session, body):
            keys = [_opened(k, key, name) for k in loot.session_keys]
            keys += [k for (s, _), k in loot.data_keys.items() if s == session]
            if any(_opens(_path(library, name), k, name) for k in keys if k):
                found.add(track)
    return tuple(sorted(found))


def opens_under(library: Path, real: TrackName, claimed: TrackName, loot: Loot) -> bool:
    """Whether an object opens under another name with its own data key, as if it had been moved there."""
    key = loot.data_keys[real.session, real.track]
    return _opens(_path(library, real), key, claimed)


def _lists(library: Path, session: str) -> Iterator[Mapping[str, Any]]:
    for path in sorted((library / _OBJECTS / session).glob("manifest.*.json")):
        with suppress(SafelightError, OSError):
            yield statements.untrusted_body(path.read_bytes(), MANIFEST)


def _sealed_keys(
    library: str, session: str, untrusted: Mapping[str, Any]
) -> Iterable[tuple[str, SealedKey, TrackName]]:
    for entry in untrusted["tracks"]:
        name = TrackName(library, session, str(entry["track"]), int(entry["version"]))
        for key in entry["keys"]:
            yield name.track, msgspec.convert(key, SealedKey), name


def _opened(held: SessionKey, key: SealedKey, name: TrackName) -> bytes:
    """The data key; empty where this key does not open it."""
    if (held.track_class, held.epoch, held.session) != (key.track_class, key.epoch, name.session):
        return b""
    with suppress(SafelightError):
        return opened_key(held, key, name)
    return b""


def _opens(path: Path, key: bytes, name: TrackName) -> bool:
    try:
        with SealedReader(io.BytesIO(path.read_bytes()), key, name.context()) as reader:
            reader.read()
    except (SafelightError, OSError, ValueError):
        return False
    return True


def _path(library: Path, name: TrackName) -> Path:
    return library / _OBJECTS / name.session / f"{name.track}.{name.version}"
