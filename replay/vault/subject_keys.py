"""A person's key: half of the keys of all their sessions, kept nowhere but in slots.

Each slot holds the same 32 random bytes, sealed under a key that follows from one class key. Destroying the slots
destroys every session of the person at once, whoever holds class keys (the handle for erasure).
"""

from __future__ import annotations

import hmac
import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final

from replay.vault import statements
from replay.vault.bodies import body_of, value_of
from replay.vault.canonical import canonical
from replay.vault.card import Card
from replay.vault.classes import TrackClass
from replay.vault.keys import KEY_BYTES, ClassKey, KeyRefused, KeyRing, collection_key, open_key, seal_key
from replay.vault.statements import Signer

KIND: Final = "subject"


@dataclass(frozen=True, slots=True)
class Slot:
    """The subject key, sealed under the class key of `epoch`."""

    epoch: int
    sealed: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class SubjectSlots:
    """`subject` is the handle that the library knows the person by, never their name."""

    library: str
    subject: str
    slots: Mapping[TrackClass, Slot]


def make_slots(subject: str, class_keys: Iterable[ClassKey], library: str) -> tuple[bytes, SubjectSlots]:
    """A fresh subject key and its slots, one for each class of `class_keys`."""
    subject_key = os.urandom(KEY_BYTES)
    return subject_key, _sealed(subject_key, SubjectSlots(library, subject, {}), class_keys)


def open_slots(slots: SubjectSlots, ring: KeyRing, library: str) -> bytes:
    """The subject key, from every slot that the ring reaches.

    Raises KeyRefused: key_missing where it reaches none, key_does_not_open where one is altered or belongs to another
    person or library, or where two hold different keys.
    """
    opened = [
        open_key(*_slot_key(ring.get(c, slot.epoch), library, slots.subject), slot.sealed)
        for c, slot in sorted(slots.slots.items())
        if slot.epoch in ring.epochs(c)
    ]
    if slots.library != library or any(not hmac.compare_digest(key, opened[0]) for key in opened):
        raise KeyRefused("key_does_not_open", "The slots of a person's key do not belong together.")
    if not opened:
        raise KeyRefused(
            "key_missing", "You hold no key that opens this person's sessions.", "Ask a custodian for a grant."
        )
    return opened[0]


def reseal(slots: SubjectSlots, ring: KeyRing, class_keys: Iterable[ClassKey], library: str) -> SubjectSlots:
    """The same subject key, with slots under `class_keys` in place of those of the same classes.

    Raises KeyRefused as `open_slots` does.
    """
    return _sealed(open_slots(slots, ring, library), slots, class_keys)


def sign_slots(identity: Signer, slots: SubjectSlots) -> bytes:
    """The slots as a statement."""
    return statements.sign(identity, KIND, body_of(slots))


def read_slots(untrusted_document: bytes, cards: Mapping[str, Card]) -> SubjectSlots:
    """The slots that one of `cards` signed. Raises StatementRefused, MalformedStatement."""
    return value_of(SubjectSlots, statements.verify(untrusted_document, KIND, cards).body, KIND)


def _sealed(subject_key: bytes, old: SubjectSlots, class_keys: Iterable[ClassKey]) -> SubjectSlots:
    slots = dict(old.slots)
    for class_key in class_keys:
        key, bound = _slot_key(class_key, old.library, old.subject)
        slots[class_key.track_class] = Slot(class_key.epoch, seal_key(key, bound, subject_key))
    return SubjectSlots(old.library, old.subject, slots)


def _slot_key(class_key: ClassKey, library: str, subject: str) -> tuple[bytes, bytes]:
    """(key, what the seal is bound to) of the slot of one class."""
    key = collection_key(class_key, library=library, name=f"subject/{subject}")
    bound = {"library": library, "subject": subject, "track_class": class_key.track_class.value}
    return key, canonical({**bound, "epoch": class_key.epoch})
