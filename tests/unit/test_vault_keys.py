"""Keys follow from keys: every input counts, and what is sealed opens in its own place only."""

from __future__ import annotations

import hashlib
import hmac
import json

import pytest

from replay.vault.classes import TrackClass
from replay.vault.keys import (
    ClassKey,
    KeyRefused,
    KeyRing,
    SessionKey,
    collection_key,
    new_class_key,
    open_data_key,
    seal_data_key,
    session_key,
)

CLASS_KEY = ClassKey(TrackClass.MASKED, 3, bytes(range(32)))
SUBJECT = bytes(range(100, 132))
PLACE = {"library": "lib", "session": "s1", "track": "video", "version": 2, "part": "raw"}


def by_hand(ikm: bytes, info: dict[str, object]) -> bytes:
    """RFC 5869 with SHA-256, no salt, one block."""
    spelled = json.dumps(info, sort_keys=True, separators=(",", ":")).encode()
    extracted = hmac.digest(bytes(32), ikm, hashlib.sha256)
    return hmac.digest(extracted, spelled + b"\x01", hashlib.sha256)


def a_session_key(epoch: int = 3) -> SessionKey:
    return SessionKey("s1", TrackClass.RAW, epoch, bytes(32))


def test_a_session_key_is_hkdf_over_both_halves_and_what_it_is_for() -> None:
    info = {"use": "session", "library": "lib", "session": "s1", "track_class": "masked", "epoch": 3}
    derived = session_key(CLASS_KEY, SUBJECT, library="lib", session="s1")
    assert derived.secret == by_hand(CLASS_KEY.secret + SUBJECT, info)
    assert (derived.session, derived.track_class, derived.epoch) == ("s1", TrackClass.MASKED, 3)


def test_a_collection_key_is_hkdf_over_the_class_key_and_its_name() -> None:
    info = {"use": "collection", "library": "lib", "name": "catalogue", "track_class": "masked", "epoch": 3}
    assert collection_key(CLASS_KEY, library="lib", name="catalogue") == by_hand(CLASS_KEY.secret, info)


def test_every_input_of_a_session_key_counts() -> None:
    other = new_class_key(TrackClass.MASKED, 3)
    keys = [
        session_key(CLASS_KEY, SUBJECT, library="lib", session="s1"),
        session_key(CLASS_KEY, SUBJECT, library="lib", session="s2"),
        session_key(CLASS_KEY, SUBJECT, library="lib2", session="s1"),
        session_key(CLASS_KEY, bytes(32), library="lib", session="s1"),
        session_key(other, SUBJECT, library="lib", session="s1"),
        session_key(ClassKey(TrackClass.RAW, 3, CLASS_KEY.secret), SUBJECT, library="lib", session="s1"),
        session_key(ClassKey(TrackClass.MASKED, 4, CLASS_KEY.secret), SUBJECT, library="lib", session="s1"),
    ]
    assert len({k.secret for k in keys}) == len(keys)


def test_a_data_key_opens_where_it_was_sealed() -> None:
    sealed = seal_data_key(a_session_key(), SUBJECT, **PLACE)
    assert open_data_key(a_session_key(), sealed, **PLACE) == SUBJECT
    assert SUBJECT not in sealed
    assert seal_data_key(a_session_key(), SUBJECT, **PLACE) != sealed  # a nonce is never used again


@pytest.mark.parametrize(
    "moved",
    [{"library": "x"}, {"session": "s2"}, {"track": "keys"}, {"version": 1}, {"part": "masked"}],
    ids=lambda m: next(iter(m)),
)
def test_a_data_key_moved_elsewhere_opens_nothing(moved: dict[str, object]) -> None:
    sealed = seal_data_key(a_session_key(), SUBJECT, **PLACE)
    with pytest.raises(KeyRefused) as refused:
        open_data_key(a_session_key(), sealed, **(PLACE | moved))
    assert refused.value.code == "key_does_not_open"


@pytest.mark.parametrize(
    "key",
    [
        SessionKey("s1", TrackClass.RAW, 4, bytes(32)),
        SessionKey("s1", TrackClass.MASKED, 3, bytes(32)),
        SessionKey("s1", TrackClass.RAW, 3, bytes(31) + b"\x01"),
    ],
    ids=["epoch", "class", "secret"],
)
def test_another_session_key_opens_nothing(key: SessionKey) -> None:
    sealed = seal_data_key(a_session_key(), SUBJECT, **PLACE)
    with pytest.raises(KeyRefused):
        open_data_key(key, sealed, **PLACE)


def test_no_altered_shortened_or_longer_seal_opens() -> None:
    sealed = seal_data_key(a_session_key(), SUBJECT, **PLACE)
    hostile = [sealed[:i] + bytes([sealed[i] ^ 1]) + sealed[i + 1 :] for i in range(len(sealed))]
    hostile += [sealed[:n] for n in range(len(sealed))] + [sealed + b"\0"]
    for document in hostile:
        with pytest.raises(KeyRefused):
            open_data_key(a_session_key(), document, **PLACE)


@pytest.mark.parametrize("length", [0, 16, 31, 33])
def test_only_keys_of_32_bytes_are_keys(length: int) -> None:
    short = bytes(length)
    for attempt in (
        lambda: ClassKey(TrackClass.RAW, 1, short),
        lambda: SessionKey("s1", TrackClass.RAW, 1, short),
        lambda: session_key(CLASS_KEY, short, library="lib", session="s1"),
        lambda: seal_data_key(a_session_key(), short, **PLACE),
    ):
        with pytest.raises(KeyRefused):
            attempt()


def test_a_key_never_shows_its_secret() -> None:
    secret = b"\xab" * 32
    for key in (ClassKey(TrackClass.RAW, 1, secret), SessionKey("s1", TrackClass.RAW, 1, secret)):
        assert "xab" not in repr(key)
        assert secret.hex() not in repr(key)


def test_fresh_class_keys_differ() -> None:
    assert len({new_class_key(TrackClass.RAW, 1).secret for _ in range(100)}) == 100


def test_a_ring_answers_the_key_of_a_class_and_epoch() -> None:
    old, new = new_class_key(TrackClass.RAW, 1), new_class_key(TrackClass.RAW, 2)
    ring = KeyRing([new, old, ClassKey(TrackClass.RAW, 1, old.secret)])
    assert ring.get(TrackClass.RAW, 1) == old
    assert ring.newest(TrackClass.RAW) == new
    assert ring.epochs(TrackClass.RAW) == (1, 2)
    assert ring.classes == {TrackClass.RAW}


@pytest.mark.parametrize("wanted", [(TrackClass.RAW, 2), (TrackClass.MASKED, 1)])
def test_a_ring_refuses_keys_it_does_not_hold(wanted: tuple[TrackClass, int]) -> None:
    with pytest.raises(KeyRefused) as refused:
        KeyRing([new_class_key(TrackClass.RAW, 1)]).get(*wanted)
    assert refused.value.code == "key_missing"


def test_an_empty_ring_has_no_newest_key() -> None:
    with pytest.raises(KeyRefused) as refused:
        KeyRing([]).newest(TrackClass.RAW)
    assert refused.value.code == "key_missing"


@pytest.mark.parametrize("count", [2, 3])
def test_two_different_keys_of_one_name_are_both_refused(count: int) -> None:
    good = new_class_key(TrackClass.RAW, 1)
    ring = KeyRing([*(new_class_key(TrackClass.MASKED, 1) for _ in range(count)), good])
    with pytest.raises(KeyRefused) as refused:
        ring.get(TrackClass.MASKED, 1)
    assert refused.value.code == "key_conflict"
    assert ring.get(TrackClass.RAW, 1) == good
