"""A person's key lies in slots alone: every class key that is meant to reaches it, nothing else does."""

from __future__ import annotations

from dataclasses import replace

import pytest

from replay.errors import BadInput
from replay.vault import statements
from replay.vault.bodies import body_of
from replay.vault.classes import TrackClass
from replay.vault.keys import KeyRefused, KeyRing
from replay.vault.statements import StatementRefused
from replay.vault.subject_keys import Slot, SubjectSlots, make_slots, open_slots, read_slots, reseal, sign_slots
from tests.vault_people import class_keys, person


@pytest.mark.parametrize("track_class", list(TrackClass))
def test_each_class_key_alone_reaches_the_subject_key(track_class: TrackClass) -> None:
    keys = class_keys()
    subject_key, slots = make_slots("ann", keys, "lib")
    assert open_slots(slots, KeyRing(k for k in keys if k.track_class is track_class), "lib") == subject_key
    assert all(subject_key not in slot.sealed for slot in slots.slots.values())


def test_two_people_have_different_keys() -> None:
    keys = class_keys()
    assert make_slots("ann", keys, "lib")[0] != make_slots("ann", keys, "lib")[0]


def test_a_ring_that_reaches_no_slot_opens_nothing() -> None:
    _, slots = make_slots("ann", class_keys(1), "lib")
    for ring in (KeyRing([]), KeyRing(class_keys(2))):
        with pytest.raises(KeyRefused) as refused:
            open_slots(slots, ring, "lib")
        assert refused.value.code == "key_missing"


def test_without_slots_the_key_is_gone() -> None:
    keys = class_keys()
    _, slots = make_slots("ann", keys, "lib")
    with pytest.raises(KeyRefused):
        open_slots(replace(slots, slots={}), KeyRing(keys), "lib")


def test_slots_of_other_keys_people_libraries_and_classes_open_nothing() -> None:
    keys = class_keys()
    _, slots = make_slots("ann", keys, "lib")
    _, other = make_slots("bob", keys, "lib")
    swapped = {TrackClass.RAW: slots.slots[TrackClass.MASKED], TrackClass.MASKED: slots.slots[TrackClass.RAW]}
    hostile = [
        replace(slots, subject="bob"),
        replace(slots, slots=other.slots),
        replace(slots, slots=swapped),
        replace(slots, library="lib2"),
        # Sealed for this very person by somebody who holds the keys, but around another subject key.
        replace(slots, slots={**slots.slots, TrackClass.RAW: make_slots("ann", keys, "lib")[1].slots[TrackClass.RAW]}),
    ]
    for document in hostile:
        with pytest.raises(KeyRefused) as refused:
            open_slots(document, KeyRing(keys), "lib")
        assert refused.value.code == "key_does_not_open"
    with pytest.raises(KeyRefused):
        open_slots(slots, KeyRing(keys), "lib2")
    with pytest.raises(KeyRefused):
        open_slots(slots, KeyRing(class_keys()), "lib")


def test_every_altered_byte_of_a_slot_is_noticed() -> None:
    keys = class_keys()
    _, slots = make_slots("ann", keys[:1], "lib")
    [(track_class, slot)] = slots.slots.items()
    for i in range(len(slot.sealed)):
        altered = bytes([*slot.sealed[:i], slot.sealed[i] ^ 0x80, *slot.sealed[i + 1 :]])
        with pytest.raises(KeyRefused):
            open_slots(replace(slots, slots={track_class: Slot(1, altered)}), KeyRing(keys), "lib")


def test_resealing_keeps_the_key_and_shuts_the_old_epoch_out() -> None:
    old, fresh = class_keys(1), class_keys(2)
    subject_key, slots = make_slots("ann", old, "lib")
    resealed = reseal(slots, KeyRing(old), fresh, "lib")
    assert open_slots(resealed, KeyRing(fresh), "lib") == subject_key
    with pytest.raises(KeyRefused):
        open_slots(resealed, KeyRing(old), "lib")


def test_resealing_one_class_leaves_the_slots_of_the_others() -> None:
    old = class_keys(1)
    subject_key, slots = make_slots("ann", old, "lib")
    raw = next(k for k in class_keys(2) if k.track_class is TrackClass.RAW)
    resealed = reseal(slots, KeyRing(old), [raw], "lib")
    assert {c for c in TrackClass if resealed.slots[c] != slots.slots[c]} == {TrackClass.RAW}
    assert open_slots(resealed, KeyRing([raw]), "lib") == subject_key


def test_signed_slots_read_back_as_they_were() -> None:
    signer = person("Ingest")
    _, slots = make_slots("ann", class_keys(), "lib")
    assert read_slots(sign_slots(signer, slots), {signer.card.id: signer.card}) == slots


def test_slots_signed_by_a_stranger_are_refused() -> None:
    _, slots = make_slots("ann", class_keys(), "lib")
    with pytest.raises(StatementRefused):
        read_slots(sign_slots(person("Stranger"), slots), {})


@pytest.mark.parametrize(
    "change",
    [
        {"subject": 5},
        {"subject": None},
        {"more": 1},
        {"slots": []},
        {"slots": {"unheard-of": {"epoch": 1, "sealed": ""}}},
        {"slots": {"raw": {"epoch": "1", "sealed": ""}}},
        {"slots": {"raw": {"epoch": 1, "sealed": "!"}}},
        {"slots": {"raw": {"epoch": 1}}},
        {"slots": {"raw": {"epoch": 1, "sealed": "", "more": 1}}},
    ],
    ids=str,
)
def test_signed_slots_of_another_shape_are_refused(change: dict[str, object]) -> None:
    signer = person("Ingest")
    body = body_of(SubjectSlots("lib", "ann", {})) | change
    with pytest.raises(BadInput) as refused:
        read_slots(statements.sign(signer, "subject", body), {signer.card.id: signer.card})
    assert refused.value.code == "subject_malformed"
