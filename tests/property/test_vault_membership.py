"""For any history of a library: rosters only go forward, and keys open in their own place and nowhere else."""

from __future__ import annotations

import contextlib
import copy
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from replay.errors import BadInput
from replay.vault import statements
from replay.vault.actions import Role
from replay.vault.bodies import body_of
from replay.vault.classes import TrackClass
from replay.vault.consent import issue_consent, read_consent
from replay.vault.grants import ROLE_CLASSES, issue, open_keys, read_grant
from replay.vault.keys import KeyRefused, KeyRing, SessionKey, open_data_key, seal_data_key, session_key
from replay.vault.roster import Roster, RosterChain, RosterRefused
from replay.vault.subject_keys import make_slots, open_slots, read_slots
from tests.vault_people import Founded, class_keys, person

PEOPLE = [person(name) for name in ("Ann", "Bob", "Cid")]
FOUNDED = Founded.fresh()
KEYS = class_keys()
CLASSES = st.sampled_from(TrackClass)
NAMES = st.text(max_size=8)

places = st.fixed_dictionaries(
    {"library": NAMES, "session": NAMES, "track": NAMES, "version": st.integers(1, 9), "part": NAMES}
)
changes = st.lists(
    st.tuples(
        st.sampled_from(["member", "custodian", "dismiss", "revoke", "epochs", "floors", "quorum"]),
        st.integers(0, 2),
        CLASSES,
    ),
    max_size=12,
)


def changed(draft: Roster, change: tuple[str, int, TrackClass]) -> Roster:
    what, who, track_class = change
    card = PEOPLE[who].card
    return {
        "member": lambda: draft.with_member(card),
        "custodian": lambda: draft.with_custodian(card.id),
        "dismiss": lambda: draft.with_custodian(card.id, False),
        "revoke": lambda: draft.with_revocation(card.id, who),
        "epochs": lambda: draft.with_epochs([track_class]),
        "floors": lambda: draft.with_floors({track_class: draft.epochs[track_class]}),
        "quorum": lambda: draft.with_quorum(1 + who),
    }[what]()


def signed(body: dict[str, Any], chain: RosterChain) -> bytes:
    """By every custodian there is: no signature is missing, so only the rules can refuse."""
    signers = [p for p in (FOUNDED.maker, FOUNDED.recovery, *PEOPLE) if p.card.id in chain.current.custodians]
    document = statements.sign(signers[0], "roster", body)
    for signer in signers[1:]:
        document = statements.cosign(document, signer)
    return document


def history(steps: list[tuple[str, int, TrackClass]]) -> RosterChain:
    chain = FOUNDED.chain
    for step in steps:
        with contextlib.suppress(RosterRefused):
            chain = chain.extended([signed(body_of(changed(chain.draft(), step)), chain)])
    return chain


def goes_forward(old: Roster, new: Roster) -> bool:
    """What must hold of any two neighbours in a chain, said without the rules that check it."""
    stay = all(
        (member := new.member(m.card.id)) is not None and member.card == m.card and (not m.is_revoked or member == m)
        for m in old.members
    )
    keys = all(new.epochs[c] >= old.epochs[c] and new.floors[c] >= old.floors[c] for c in TrackClass)
    decided = len(new.custodians) >= new.quorum >= 1
    return stay and keys and decided and new.version == old.version + 1


@given(changes)
def test_every_history_of_changes_goes_forward(steps: list[tuple[str, int, TrackClass]]) -> None:
    chain = history(steps)
    assert all(goes_forward(old, new) for old, new in zip(chain.rosters, chain.rosters[1:], strict=False))
    revoked = {m.card.id for m in chain.current.members if m.is_revoked}
    assert chain.log_limits.keys() == revoked
    assert not revoked & chain.current.custodians.keys()


def spots(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """The path of every leaf of a body."""
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else None
    return [path] if inner is None else [s for key, v in inner for s in spots(v, (*path, key))]


@given(changes, st.data())
def test_no_single_forged_field_under_every_custodians_signature_goes_back(
    steps: list[tuple[str, int, TrackClass]], data: st.DataObject
) -> None:
    chain = history(steps)
    body = copy.deepcopy(body_of(chain.draft()))
    *path, last = data.draw(st.sampled_from(spots(body)))
    place = body
    for key in path:
        place = place[key]
    place[last] = data.draw(st.one_of(st.none(), st.booleans(), st.integers(-2, 9), st.text(max_size=4)))
    try:
        longer = chain.extended([signed(body, chain)])
    except BadInput:
        return
    assert goes_forward(chain.current, longer.current)


whole_numbers = st.integers(-(2**53) + 1, 2**53 - 1)
leaves = st.one_of(st.none(), st.booleans(), whole_numbers, st.floats(allow_nan=False, allow_infinity=False), NAMES)
anything = st.recursive(leaves, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=3))


def bodies() -> dict[str, tuple[dict[str, Any], Callable[[bytes], object]]]:
    """One good body of each kind, and what reads it."""
    chain = FOUNDED.chain
    terms: dict[str, Any] = {"role": Role.REVIEWER, "purposes": ["*"], "policy_sha256": "0" * 64, "not_before_ms": 0}
    grant = read_grant(issue(FOUNDED.maker, FOUNDED.maker.card, chain, keys=KEYS[:1], **terms), chain)
    consent = issue_consent(FOUNDED.maker, chain, target="s", status="limited", purposes=["a"], at_ms=1)
    _, slots = make_slots("ann", KEYS[:1], "lib")
    return {
        "roster": (body_of(chain.draft()), lambda document: chain.extended([document])),
        "grant": (body_of(grant), lambda document: open_keys(read_grant(document, chain), FOUNDED.maker)),
        "consent": (body_of(read_consent(consent, chain)), lambda document: read_consent(document, chain)),
        "subject": (
            body_of(slots),
            lambda document: open_slots(read_slots(document, chain.cards), KeyRing(KEYS), "lib"),
        ),
    }


BODIES = bodies()


@given(st.sampled_from(sorted(BODIES)), anything, st.data())
def test_whatever_a_custodian_signs_is_read_or_refused_and_never_crashes_the_reader(
    kind: str, value: Any, data: st.DataObject
) -> None:
    body, read = copy.deepcopy(BODIES[kind][0]), BODIES[kind][1]
    path = data.draw(st.sampled_from(spots(body)))
    *inner, last = path[: data.draw(st.integers(1, len(path)))]  # a leaf, or all that hangs on one of its branches
    place: Any = body
    for key in inner:
        place = place[key]
    place[last] = value
    with contextlib.suppress(BadInput):
        read(statements.sign(FOUNDED.maker, kind, body))


@pytest.mark.parametrize("kind", sorted(BODIES))
def test_the_bodies_that_are_forged_are_read_as_they_stand(kind: str) -> None:
    body, read = BODIES[kind]
    read(statements.sign(FOUNDED.maker, kind, body))


@given(st.binary(max_size=200))
def test_no_bytes_make_a_roster_or_a_grant(untrusted: bytes) -> None:
    with pytest.raises(BadInput):
        FOUNDED.chain.extended([untrusted])
    with pytest.raises(BadInput):
        read_grant(untrusted, FOUNDED.chain)


@given(places, places, CLASSES, CLASSES, st.integers(1, 3), st.integers(1, 3))
def test_a_data_key_opens_in_its_own_place_and_nowhere_else(
    here: dict[str, Any], there: dict[str, Any], a: TrackClass, b: TrackClass, old: int, new: int
) -> None:
    sealed_under = SessionKey(here["session"], a, old, bytes(32))
    asked_under = SessionKey(there["session"], b, new, bytes(32))
    sealed = seal_data_key(sealed_under, b"k" * 32, **here)
    assert open_data_key(sealed_under, sealed, **here) == b"k" * 32
    if (here, a, old) != (there, b, new):
        with pytest.raises(KeyRefused):
            open_data_key(asked_under, sealed, **there)


@given(st.sets(CLASSES), st.sets(CLASSES))
def test_slots_open_exactly_where_a_held_class_meets_a_sealed_one(
    sealed_for: set[TrackClass], held: set[TrackClass]
) -> None:
    subject_key, slots = make_slots("ann", [k for k in KEYS if k.track_class in sealed_for], "lib")
    ring = KeyRing(k for k in KEYS if k.track_class in held)
    if sealed_for & held:
        assert open_slots(slots, ring, "lib") == subject_key
    else:
        with pytest.raises(KeyRefused):
            open_slots(slots, ring, "lib")


@given(st.sampled_from(Role), st.sets(st.sampled_from(["s1", "s2", "s3"])), st.booleans())
def test_a_grant_opens_what_its_role_and_scope_meet(role: Role, sessions: set[str], is_whole: bool) -> None:
    session_keys = [session_key(k, bytes(32), library="lib", session=s) for k in KEYS for s in ("s1", "s2", "s3")]
    document = issue(
        FOUNDED.maker,
        FOUNDED.recovery.card,
        FOUNDED.chain,
        role=role,
        purposes=["*"],
        keys=[*KEYS, *session_keys],
        policy_sha256="0" * 64,
        not_before_ms=0,
        sessions=None if is_whole else sorted(sessions),
    )
    opened = open_keys(read_grant(document, FOUNDED.chain), FOUNDED.recovery)
    offered = KEYS if is_whole else [k for k in session_keys if k.session in sessions]
    assert set(opened) == {k for k in offered if k.track_class in ROLE_CLASSES[role]}
