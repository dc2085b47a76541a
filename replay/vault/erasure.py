"""Erasing a person: their keys are destroyed first, then everything that was sealed under them goes.

One log entry ends the person's slots, every object list and every key granted for one of their sessions. From then on
the gate knows none of it; what a crash leaves behind is removed by erasing again. The ids stay ended for good.
"""

from __future__ import annotations

import contextlib
import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final

import msgspec

from replay.errors import BadInput, NotFound
from replay.vault import statements
from replay.vault.actions import Action
from replay.vault.bodies import body_of
from replay.vault.custody import HeldKeys
from replay.vault.gate import SESSIONS, Gate
from replay.vault.grants import Grant
from replay.vault.keys import KeyRefused, KeyRing, SessionKey, open_data_key, session_key
from replay.vault.membership import GRANTS
from replay.vault.objects import SealedKey
from replay.vault.sealing import MANIFEST
from replay.vault.session_keys import SUBJECTS
from replay.vault.subject_keys import open_slots, read_slots
from replay.vault.subjects import Subjects

KIND: Final = "erasure"
ERASED: Final = "subject_erased"
PROVED: Final = "erasure_proved"


@dataclass(frozen=True, slots=True)
class Trial:
    """How many sealed data keys were tried with everything the caller holds, and how many of them opened."""

    tried: int
    opened: int


@dataclass(frozen=True, slots=True)
class Shredded:
    """A person whose keys are gone. `sessions` is everything that was ever erased of them, sorted.

    `before` is the trial of the same sealed keys while the slots were there; of a resumed erasure it may be empty.
    `bodies` are the ended object lists, in memory alone.
    """

    handle: str
    sessions: tuple[str, ...]
    before: Trial
    bodies: tuple[Mapping[str, Any], ...] = field(repr=False)


@dataclass(frozen=True, slots=True)
class Receipt:
    """What was erased and how that was proved, for the person; `exports` are hashes of manifests that held them."""

    library: str
    subject: str
    sessions: tuple[str, ...]
    exports: tuple[str, ...]
    keys_opened_before: int
    keys_tried_after: int
    keys_opened_after: int
    at_ms: int  # UTC, since the Unix epoch
    roster_version: int
    by: str


def erased_ids(gate: Gate) -> frozenset[str]:
    """The sessions of everybody who was erased."""
    with gate.lock:
        gate.log.refresh()
        heads = gate.log.heads.items()
        return frozenset(n.removeprefix(SESSIONS) for n, h in heads if n.startswith(SESSIONS) and h.sha256 is None)


def erased_of(gate: Gate, handle: str) -> tuple[str, ...]:
    """The erased sessions of one person, sorted."""
    gone = erased_ids(gate)
    acts = (e for e in gate.log.entries() if e.act == ERASED and e.detail.get("subject") == handle)
    named = {n.removeprefix(SESSIONS) for e in acts for n in e.records if n.startswith(SESSIONS)}
    return tuple(sorted(named & gone))


def shred(gate: Gate, subject: str) -> Shredded:
    """Destroy a person's keys (pseudonym or handle) and what was signed about their sessions.

    Nothing of theirs opens from the one entry on that this writes. Raises Denied, NotFound, StorageFailed.
    """
    gate.permit(Action.ERASE)
    subjects = Subjects(gate)
    with gate.lock, gate.log.locked():
        handle = subjects.handle(subject)
        sessions = subjects.sessions(handle)
        gone = erased_of(gate, handle)
        bodies = (*_bodies_in_force(gate, sessions), *_bodies_left(gate, gone))
        before = trial(gate, handle, bodies)
        changes = _changes(gate, handle, sessions)
        if changes:
            gate.records.commit(
                changes,
                ERASED,
                policy_sha256=gate.policy.sha256,
                detail={"subject": handle, "sessions": len(sessions)},
            )
    gate.records.sweep_record(SUBJECTS + handle)
    everything = tuple(sorted({*sessions, *gone}))
    for session in everything:
        gate.records.sweep_record(SESSIONS + session)
    return Shredded(handle, everything, before, bodies)


def prove(gate: Gate, shredded: Shredded, exports: Sequence[str]) -> tuple[Receipt, bytes]:
    """Try to open what was erased, write the outcome into the log, and answer the receipt, also signed.

    Raises BadInput (erasure_incomplete) where anything opens or any file of the person is left.
    """
    after = trial(gate, shredded.handle, shredded.bodies)
    left = sum(1 for _ in _left(gate, shredded))
    receipt = Receipt(
        library=gate.library_id,
        subject=shredded.handle,
        sessions=shredded.sessions,
        exports=tuple(exports),
        keys_opened_before=shredded.before.opened,
        keys_tried_after=after.tried,
        keys_opened_after=after.opened,
        at_ms=gate.now_ms(),
        roster_version=gate.membership.roster.version,
        by=gate.identity.card.id,
    )
    document = statements.sign(gate.identity, KIND, body_of(receipt))
    detail = {"subject": shredded.handle, "opened": after.opened, "left": left}
    gate.audit(PROVED, detail={**detail, "receipt_sha256": hashlib.sha256(document).hexdigest()})
    if after.opened or left:
        raise BadInput(
            "erasure_incomplete",
            "The person's keys are ended, but something of theirs is still there.",
            "Run the erasure again.",
        )
    return receipt, document


def trial(gate: Gate, handle: str, bodies: Sequence[Mapping[str, Any]]) -> Trial:
    """Try every sealed data key of the object lists with every key that this identity holds or that lies about."""
    ring = gate.ring()
    subject_keys = tuple(_subject_keys(gate, handle, ring))
    tried = opened = 0
    for body in bodies:
        for name, sealed in _sealed_keys(body):
            tried += 1
            opened += any(_opens(gate, key, name, sealed) for key in _held(gate, name[0], sealed, ring, subject_keys))
    return Trial(tried, opened)


def _changes(gate: Gate, handle: str, sessions: Sequence[str]) -> dict[str, bytes | None]:
    """The slots come first: their file is the first to be removed."""
    slots = {SUBJECTS + handle} & set(gate.records.names(SUBJECTS))
    ended: dict[str, bytes | None] = dict.fromkeys((*slots, *(SESSIONS + s for s in sessions)))
    for grant in gate.membership.all_grants():
        if grant.sessions is not None and not set(sessions).isdisjoint(grant.sessions):
            ended[GRANTS + grant.id] = _narrowed(gate, grant, frozenset(sessions))
    return ended


def _narrowed(gate: Gate, grant: Grant, erased: frozenset[str]) -> bytes | None:
    """The grant without the erased sessions; None where nothing is left of it, or where its keys are out of reach."""
    left = tuple(s for s in grant.sessions or () if s not in erased)
    if not left:
        return None
    try:
        return (
            HeldKeys.of(gate)
            .since(gate.membership.roster.floors)
            .rewrapped(replace(grant, sessions=left), gate.membership.chain)
        )
    except (BadInput, NotFound):
        # An erasure does not wait for a grant: the custodian issues it again.
        return None


def _bodies_in_force(gate: Gate, sessions: Sequence[str]) -> Iterator[Mapping[str, Any]]:
    for session in sessions:
        with contextlib.suppress(BadInput):
            yield gate.manifest_body(session)


def _bodies_left(gate: Gate, sessions: Sequence[str]) -> Iterator[Mapping[str, Any]]:
    """Ended object lists whose files an interrupted erasure left: read once more, to be tried."""
    for session in sessions:
        for path in gate.records.path_of(SESSIONS + session, 1).parent.glob("manifest.*.json"):
            with contextlib.suppress(BadInput, OSError):
                yield statements.verify(path.read_bytes(), MANIFEST, gate.membership.chain.cards).body


def _subject_keys(gate: Gate, handle: str, ring: KeyRing) -> Iterator[bytes]:
    """From whatever slots of the person lie in the library, in force or not."""
    for path in gate.records.path_of(SUBJECTS + handle, 1).parent.glob(f"{handle}.*.json"):
        with contextlib.suppress(BadInput, OSError):
            yield open_slots(read_slots(path.read_bytes(), gate.membership.chain.cards), ring, gate.library_id)


_Name = tuple[str, str, int]
"""(session, track, version)."""


def _sealed_keys(body: Mapping[str, Any]) -> Iterator[tuple[_Name, SealedKey]]:
    try:
        for track in body["tracks"]:
            for key in track["keys"]:
                name = (str(body["session"]), str(track["track"]), int(track["version"]))
                yield name, msgspec.convert(key, SealedKey)
    except (KeyError, TypeError, ValueError):
        return  # a list that is damaged opens nothing


def _held(
    gate: Gate, session: str, sealed: SealedKey, ring: KeyRing, subject_keys: Sequence[bytes]
) -> Iterator[SessionKey]:
    """Every key that might be the session's: derived, granted, and the class key itself."""
    granted = gate.membership.granted_session_key(session, sealed.track_class, sealed.epoch, gate.now_ms())
    if granted is not None:
        yield granted
    with contextlib.suppress(KeyRefused):
        class_key = ring.get(sealed.track_class, sealed.epoch)
        for subject_key in subject_keys:
            yield session_key(class_key, subject_key, library=gate.library_id, session=session)
        yield SessionKey(session, sealed.track_class, sealed.epoch, class_key.secret)


def _opens(gate: Gate, key: SessionKey, name: _Name, sealed: SealedKey) -> bool:
    session, track, version = name
    try:
        open_data_key(
            key,
            sealed.sealed,
            library=gate.library_id,
            session=session,
            track=track,
            version=version,
            part=sealed.part,
        )
    except KeyRefused:
        return False
    return True


def _left(gate: Gate, shredded: Shredded) -> Iterator[str]:
    """Files of the person that are still there, and sessions that the gate still knows."""
    known = set(gate.session_ids())
    for session in shredded.sessions:
        if session in known or gate.records.path_of(SESSIONS + session, 1).parent.exists():
            yield session
    if SUBJECTS + shredded.handle not in gate.records.names(SUBJECTS):
        yield from (
            p.name for p in gate.records.path_of(SUBJECTS + shredded.handle, 1).parent.glob(f"{shredded.handle}.*.json")
        )
