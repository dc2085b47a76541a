"""Sealed objects as the store sees them: minted data keys on the way in, leases on the way out.

The only module outside the vault's own rooms through which a track's bytes are sealed or opened.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import BinaryIO, Final, cast

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from replay.vault.canonical import canonical
from replay.vault.classes import TrackClass
from replay.vault.container import ContentAltered, MemoryTrack, PatchableTrack, SealedReader, SealedWriter, context_of
from replay.vault.keys import SessionKey, open_data_key, seal_data_key
from replay.vault.lease import Lease
from replay.vault.segmented import SegmentedReader, write_segmented
from replay.vault.segments import Segment

__all__ = ["WHOLE", "MintedKeys", "SealedKey", "Segment", "TrackName", "open_keys", "open_object", "seal_key"]

WHOLE: Final = "whole"
"""The part of a track that is sealed under one key."""

_KEY_BYTES: Final = 32


@dataclass(frozen=True, slots=True)
class TrackName:
    """One version of one track: what its object's context and its data keys' seals are bound to."""

    library: str
    session: str
    track: str
    version: int

    def context(self) -> bytes:
        return context_of(library=self.library, session=self.session, track=self.track, version=self.version)


@dataclass(frozen=True, slots=True)
class SealedKey:
    """The data key of one part of a track, sealed under the session's key of `track_class` and `epoch`."""

    part: str
    track_class: TrackClass
    epoch: int
    sealed: bytes


@dataclass(frozen=True, slots=True)
class MintedKeys:
    """Fresh data keys for tracks that are being made: all that a worker gets of a session it writes.

    Each track version and part has its own key; nothing of them opens a track that exists already.
    """

    library: str
    session: str
    secret: bytes = field(repr=False)

    @classmethod
    def mint(cls, library: str, session: str) -> MintedKeys:
        return cls(library, session, secrets.token_bytes(_KEY_BYTES))

    def name(self, track: str, version: int) -> TrackName:
        return TrackName(self.library, self.session, track, version)

    def data_key(self, track: str, version: int, part: str = WHOLE) -> bytes:
        info = canonical({"track": track, "version": version, "part": part})
        return HKDF(SHA256(), _KEY_BYTES, None, info).derive(self.secret)

    def writer(self, file: BinaryIO, track: str, version: int) -> BinaryIO:
        """Seals what is written in order; closing it makes the object whole and closes `file`."""
        context = self.name(track, version).context()
        return cast(BinaryIO, SealedWriter(file, self.data_key(track, version), context))

    def memory_writer(self, file: BinaryIO, track: str, version: int) -> BinaryIO:
        """Like `writer`, also readable and seekable: held in memory and sealed when closed."""
        context = self.name(track, version).context()
        return cast(BinaryIO, MemoryTrack(file, self.data_key(track, version), context))

    def patchable_writer(self, file: BinaryIO, track: str, version: int) -> BinaryIO:
        """Like `writer`, and what lies in the first chunk may be written over until it is closed."""
        context = self.name(track, version).context()
        return cast(BinaryIO, PatchableTrack(file, self.data_key(track, version), context))

    def reader(self, file: BinaryIO, track: str, version: int) -> BinaryIO:
        context = self.name(track, version).context()
        return cast(BinaryIO, SealedReader(file, self.data_key(track, version), context))

    def write_segments(
        self, plain: BinaryIO, file: BinaryIO, track: str, version: int, segments: Sequence[Segment]
    ) -> None:
        """Seal `plain` in segments, each part under a key of its own."""
        parts = {s.part for s in segments}
        keys = {part: self.data_key(track, version, part) for part in parts}
        write_segmented(plain, file, segments, keys, self.name(track, version).context())

    def sealed_key(self, session_key: SessionKey, track: str, version: int, part: str) -> SealedKey:
        """The data key of one part, for the manifest."""
        name = self.name(track, version)
        data_key = self.data_key(track, version, part)
        return seal_key(session_key, data_key, name, part)


def seal_key(session_key: SessionKey, data_key: bytes, name: TrackName, part: str) -> SealedKey:
    sealed = seal_data_key(
        session_key,
        data_key,
        library=name.library,
        session=name.session,
        track=name.track,
        version=name.version,
        part=part,
    )
    return SealedKey(part, session_key.track_class, session_key.epoch, sealed)


def open_keys(name: TrackName, keys: Sequence[SealedKey], leases: Mapping[TrackClass, Lease]) -> dict[str, bytes]:
    """The data keys of the parts that the leases reach, by part. Raises Denied or BadInput (altered)."""
    opened = {}
    for key in keys:
        lease = leases.get(key.track_class)
        if lease is not None:
            opened[key.part] = opened_key(lease.key(name.session, key.epoch), key, name)
    return opened


def opened_key(session_key: SessionKey, key: SealedKey, name: TrackName) -> bytes:
    """The data key of one part of a track. Raises KeyRefused."""
    return open_data_key(
        session_key,
        key.sealed,
        library=name.library,
        session=name.session,
        track=name.track,
        version=name.version,
        part=key.part,
    )


def open_object(
    file: BinaryIO,
    name: TrackName,
    keys: Sequence[SealedKey],
    segments: Sequence[Segment],
    leases: Mapping[TrackClass, Lease],
) -> BinaryIO:
    """The plain bytes of a track, seekable, for as long as the leases hold; takes `file` over.

    Parts that no lease reaches read as zeros; a track that none reaches is not opened at all (PermissionError).
    """
    opened = open_keys(name, keys, leases)
    if not opened:
        raise PermissionError(name.track)
    used = [leases[k.track_class] for k in keys if k.part in opened]

    def check() -> None:
        for lease in used:
            lease.check()

    def refused() -> None:
        used[0].refused(name.session, "content_altered")

    try:
        reader = (
            SegmentedReader(file, segments, opened, name.context(), check=check)
            if segments
            else SealedReader(file, opened[WHOLE], name.context(), check=check)
        )
    except ContentAltered:
        refused()
        raise
    reader.on_altered = refused
    return cast(BinaryIO, reader)
