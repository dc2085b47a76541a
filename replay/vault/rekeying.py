"""The keys of a rotation: what lies under replaced epochs is opened here, and sealed under those in force.

A rotation is pending while the roster's floors are below its epochs. Everything that it has done, and has still to do,
stands in the records: it can be cut short anywhere and taken up by any custodian.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any, BinaryIO, Final, cast

from replay.errors import BadInput
from replay.vault import statements
from replay.vault.actions import Action
from replay.vault.administration import sealed_library_key
from replay.vault.classes import TrackClass
from replay.vault.collection import epoch_of_sealed, opened_under, sealed_under
from replay.vault.container import ContentAltered, SealedReader, StreamSealer
from replay.vault.custody import HeldKeys, next_roster
from replay.vault.gate import LIBRARY_KEY, SESSIONS, Gate
from replay.vault.grants import ROLE_CLASSES
from replay.vault.keys import ClassKey, KeyRefused, KeyRing, SessionKey, collection_key, session_key
from replay.vault.lease import Lease, Request
from replay.vault.membership import GRANTS
from replay.vault.objects import WHOLE, SealedKey, Segment, TrackName, opened_key, seal_key
from replay.vault.sealing import MANIFEST
from replay.vault.segmented import SegmentedReader, write_segmented
from replay.vault.session_keys import SUBJECTS
from replay.vault.subject_keys import SubjectSlots, open_slots, read_slots, reseal, sign_slots

_PURPOSE: Final = "rotation"
_STEP: Final = 256 * 1024
_BATCH: Final = 64
_KEY_BYTES: Final = 32
_PROBED: Final = 64
"""So many objects are probed with the data keys that they had."""


@dataclass(frozen=True, slots=True)
class TrackKeys:
    """One track version as its manifest names it."""

    name: TrackName
    keys: tuple[SealedKey, ...]
    segments: tuple[Segment, ...]


@dataclass(frozen=True, slots=True)
class _Copied:
    """Data keys that somebody may have copied before the rotation, and the track that has taken the place of theirs."""

    name: TrackName
    segments: tuple[Segment, ...]
    data_keys: Mapping[str, bytes] = field(repr=False)


class Rekeying:
    """One custodian's rotation of one library. For one thread."""

    def __init__(self, gate: Gate) -> None:
        """Raises Denied."""
        gate.permit(Action.REVOKE, _PURPOSE)
        self._gate = gate
        roster = gate.membership.roster
        self.epochs: Mapping[TrackClass, int] = roster.epochs
        self._floors = roster.floors
        self._held = HeldKeys.of(gate)
        self._ring = self._held.ring
        self._subjects: dict[str, bytes] = {}
        self._copied: list[_Copied] = []

    @property
    def is_pending(self) -> bool:
        return any(self._floors[c] < self.epochs[c] for c in TrackClass)

    def is_current(self, track_class: TrackClass, epoch: int) -> bool:
        return epoch >= self.epochs[track_class]

    # -- what belongs to everybody ---------------------------------------------------------------------------------

    def widen(self) -> None:
        """Grants of single sessions get the keys of the fresh epochs too, before anything lies under them."""
        for grant in self._gate.membership.all_grants():
            has = {(k.track_class, k.epoch) for k in grant.keys}
            lacks = any((c, self.epochs[c]) not in has for c in ROLE_CLASSES[grant.role])
            if grant.sessions is not None and grant.keys and lacks:
                with self._gate.log.locked():
                    document = self._held.since(self._floors).rewrapped(grant, self._gate.membership.chain)
                    self._commit({GRANTS + grant.id: document}, "rewrap")

    def reseal_library_key(self) -> None:
        """Where a crash, or another way to a fresh epoch, left it behind."""
        epoch = epoch_of_sealed(self._gate.records.read(LIBRARY_KEY))
        if not self.is_current(TrackClass.CATALOGUE, epoch):
            key = self._key(TrackClass.CATALOGUE)
            self._commit({LIBRARY_KEY: sealed_library_key(self._gate, key)}, "rotate")

    def reseal_subjects(self, report: Callable[[int, int], None]) -> None:
        """Everybody's key slots, some at a time; `report(done, total)`."""
        names = self._gate.records.names(SUBJECTS)
        for at in range(0, len(names), _BATCH):
            with self._gate.log.locked():
                changes = dict(c for name in names[at : at + _BATCH] if (c := self._resealed_subject(name)) is not None)
                if changes:
                    self._commit(changes, "rotate")
            report(min(at + _BATCH, len(names)), len(names))

    def _resealed_subject(self, name: str) -> tuple[str, bytes] | None:
        head = self._gate.log.heads[name]
        if head.sha256 is None:
            return None  # erased meanwhile
        slots = self._slots(name.removeprefix(SUBJECTS))
        stale = [c for c, slot in slots.slots.items() if not self.is_current(c, slot.epoch)]
        if not stale:
            return None
        fresh = reseal(slots, self._ring, [self._key(c) for c in stale], self._gate.library_id)
        return name, sign_slots(self._gate.identity, fresh)

    def resealed_for_collection(self, name: str, sealed: bytes) -> bytes | None:
        """A catalogue object under the epoch in force; None where it is. Raises BadInput where it does not open."""
        epoch = epoch_of_sealed(sealed)
        if self.is_current(TrackClass.CATALOGUE, epoch):
            return None
        library = self._gate.library_id
        old = collection_key(self._ring.get(TrackClass.CATALOGUE, epoch), library=library, name=name)
        plain = opened_under(library, name, old, sealed)
        fresh = self._key(TrackClass.CATALOGUE)
        return sealed_under(library, name, fresh.epoch, collection_key(fresh, library=library, name=name), plain)

    # -- sessions --------------------------------------------------------------------------------------------------

    def is_track_current(self, track: TrackKeys) -> bool:
        return all(self.is_current(k.track_class, k.epoch) for k in track.keys)

    def rekey(self, subject: str, track: TrackKeys, source: BinaryIO, target: BinaryIO) -> tuple[SealedKey, ...]:
        """Seal a track anew onto `target` as its next version, every part under a fresh key; answers the keys, sealed.

        Both files stay the caller's to close. Raises BadInput where the track is not what was sealed.
        """
        name = replace(track.name, version=track.name.version + 1)
        old = self._data_keys(subject, track)
        fresh = {part: os.urandom(_KEY_BYTES) for part in old}
        if track.segments:
            pieces = SegmentedReader(source, track.segments, old, track.name.context())
            write_segmented(cast(BinaryIO, pieces), target, track.segments, fresh, name.context())
        else:
            _copy(SealedReader(source, old[WHOLE], track.name.context()), target, fresh[WHOLE], name)
        if len(self._copied) < _PROBED:
            self._copied.append(_Copied(name, track.segments, old))
        return tuple(self._sealed(subject, name, key, fresh[key.part]) for key in track.keys)

    def carried(self, subject: str, track: TrackKeys) -> tuple[SealedKey, ...]:
        """The keys of a track whose object is gone, under the epochs in force: there is nothing to seal anew."""
        old = self._data_keys(subject, track)
        return tuple(self._sealed(subject, track.name, key, old[key.part]) for key in track.keys)

    def _data_keys(self, subject: str, track: TrackKeys) -> dict[str, bytes]:
        return {k.part: opened_key(self._session_key(subject, track.name, k), k, track.name) for k in track.keys}

    def _sealed(self, subject: str, name: TrackName, old: SealedKey, data_key: bytes) -> SealedKey:
        fresh = self._key(old.track_class)
        key = session_key(fresh, self._subject_key(subject), library=name.library, session=name.session)
        return seal_key(key, data_key, name, old.part)

    def _session_key(self, subject: str, name: TrackName, sealed: SealedKey) -> SessionKey:
        class_key = self._ring.get(sealed.track_class, sealed.epoch)
        return session_key(class_key, self._subject_key(subject), library=name.library, session=name.session)

    def _subject_key(self, handle: str) -> bytes:
        if handle not in self._subjects:
            self._subjects[handle] = self._gate.subject_key(handle, self._ring)
        return self._subjects[handle]

    def commit_session(self, session: str, version: int, body: Mapping[str, Any], install: Callable[[], None]) -> bool:
        """Bring a session's next object list into force, unless somebody has replaced version `version` meanwhile.

        `install` puts the objects in place just before. Answers whether it was done.
        """
        with self._gate.log.locked():
            head = self._gate.log.heads[SESSIONS + session]
            if head.sha256 is None or head.version != version:
                return False
            install()
            self._commit({SESSIONS + session: statements.sign(self._gate.identity, MANIFEST, body)}, "rotate", session)
        return True

    # -- decisions -------------------------------------------------------------------------------------------------

    @property
    def library_id(self) -> str:
        return self._gate.library_id

    def labels_epoch(self) -> int:
        return self.epochs[TrackClass.LABELS]

    def decided_head(self, session: str) -> int:
        return self._gate.decided_head(session)

    def note_decided(self, session: str, head: int) -> None:
        raise ValueError("a rotation decides nothing")

    def labels_lease(self, session: str, action: Action) -> Lease:
        """Keys to a session's decisions, whatever its consent: they are sealed anew and shown to nobody."""
        subject = str(self._gate.manifest_body(session)["subject"])

        def key_of(wanted: str, epoch: int) -> SessionKey:
            class_key = self._ring.get(TrackClass.LABELS, epoch)
            return session_key(class_key, self._subject_key(subject), library=self.library_id, session=wanted)

        return Lease(Request(action, TrackClass.LABELS, _PURPOSE, session), key_of, lambda _: None)

    # -- the end ---------------------------------------------------------------------------------------------------

    def probe(self, tracks: Iterable[tuple[str, TrackKeys]], open_file: Callable[[TrackName], BinaryIO]) -> int:
        """Try the replaced keys on slots, tracks and objects as they lie there, as somebody would who copied them.

        `tracks` come with their subjects. Answers how many attempts were refused; raises BadInput when one opens.
        """
        old = tuple(k for k in self._held.keys if not self.is_current(k.track_class, k.epoch))
        tried = 0
        for subject, track in tracks:
            _must_refuse(partial(open_slots, self._slots(subject), KeyRing(old), self.library_id))
            for key in track.keys:
                for class_key in old:
                    aged = self._aged(class_key, subject, track, key)
                    _must_refuse(partial(opened_key, aged, key, track.name))
            tried += 1 + len(track.keys) * len(old)
        for copied in self._copied:
            _must_refuse(partial(_first_byte, open_file(copied.name), copied))
        return tried + len(self._copied)

    def _slots(self, subject: str) -> SubjectSlots:
        return read_slots(self._gate.records.read(SUBJECTS + subject), self._gate.membership.chain.cards)

    def _aged(self, class_key: ClassKey, subject: str, track: TrackKeys, key: SealedKey) -> SessionKey:
        """An old key under the name of the one that is asked for: the seal must refuse it for its bytes alone."""
        old = session_key(class_key, self._subject_key(subject), library=self.library_id, session=track.name.session)
        return SessionKey(old.session, key.track_class, key.epoch, old.secret)

    def finish(self, probed: int) -> bool:
        """Raise the floors and drop the replaced keys from every grant, in one entry of the log.

        Answers False, and does nothing, where somebody else was revoked meanwhile: there is more to seal.
        """
        with self._gate.log.locked():
            draft = self._gate.membership.chain.draft()
            if dict(draft.epochs) != dict(self.epochs):
                return False
            chain, changes = next_roster(self._gate, draft.with_floors(self.epochs))
            kept = self._held.since(self.epochs)
            for grant in self._gate.membership.all_grants():
                if any(not self.is_current(k.track_class, k.epoch) for k in grant.keys):
                    changes[GRANTS + grant.id] = kept.rewrapped(grant, chain)
            self._commit(changes, "rotated", probed=probed)
        return True

    def _key(self, track_class: TrackClass) -> ClassKey:
        return self._ring.get(track_class, self.epochs[track_class])

    def _commit(self, changes: Mapping[str, bytes | None], act: str, session: str | None = None, **said: int) -> None:
        self._gate.records.commit(
            changes, act, session=session, purpose=_PURPOSE, policy_sha256=self._gate.policy.sha256, detail=said
        )


def _must_refuse(attempt: Callable[[], object]) -> None:
    try:
        attempt()
    except (KeyRefused, ContentAltered):
        return
    raise BadInput(
        "rotation_failed",
        "A replaced key still opens something in the library.",
        "Report this as a fault; the rotation stays unfinished.",
    )


def _copy(reader: SealedReader, target: BinaryIO, key: bytes, name: TrackName) -> None:
    sealer = StreamSealer(target, key, name.context())
    while content := reader.read(_STEP):
        sealer.write(content)
    sealer.finish()


def _first_byte(file: BinaryIO, copied: _Copied) -> bytes:
    context = copied.name.context()
    if copied.segments:
        with SegmentedReader(file, copied.segments, copied.data_keys, context) as pieces:
            return pieces.read(1)
    with SealedReader(file, copied.data_keys[WHOLE], context) as whole:
        return whole.read(1)
