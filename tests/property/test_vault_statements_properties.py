"""For any value: one spelling, read back the same; for any statement: what was signed is what is read."""

from __future__ import annotations

import json

from hypothesis import given
from hypothesis import strategies as st

from replay.errors import BadInput
from replay.vault.canonical import canonical, read_canonical
from replay.vault.identity import Card, CardRefused, Identity, Protection, SealRefused, seal_to
from replay.vault.statements import StatementRefused, cosign, pre_authentication_encoding, sign, untrusted_body, verify

SAFE = 2**53 - 1
TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
SCALARS = st.none() | st.booleans() | st.integers(-SAFE, SAFE) | TEXT
NUMBERS = st.floats(allow_nan=False, allow_infinity=False)
VALUES = st.recursive(SCALARS, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXT, inner, max_size=4))
BODIES = st.dictionaries(TEXT, VALUES, max_size=5)

SIGNERS = [Identity.from_secret(bytes([n]) * 128, f"signer {n}", Protection.DEVICE) for n in range(1, 4)]
CARDS = {i.card.id: i.card for i in SIGNERS}


@given(VALUES)
def test_a_spelling_reads_back_as_its_value(value):
    assert read_canonical(canonical(value)) == value
    assert json.loads(canonical(value)) == value


@given(st.lists(NUMBERS, max_size=4))
def test_every_finite_number_reads_back_as_itself(numbers):
    spelled = canonical(numbers)
    assert read_canonical(spelled) == numbers
    assert canonical(read_canonical(spelled)) == spelled


@given(st.dictionaries(TEXT, SCALARS, max_size=6), st.randoms(use_true_random=False))
def test_the_order_of_making_leaves_no_trace(value, random):
    items = list(value.items())
    random.shuffle(items)
    assert canonical(dict(items)) == canonical(value)


@given(st.binary(max_size=60) | VALUES.map(lambda v: json.dumps(v).encode()))
def test_bytes_are_canonical_or_refused(untrusted):
    try:
        value = read_canonical(untrusted)
    except BadInput:
        return
    assert canonical(value) == untrusted


@given(BODIES, st.lists(st.sampled_from(SIGNERS), min_size=1, max_size=5))
def test_signers_add_up_and_the_body_stays(body, signers):
    document = sign(signers[0], "roster", body)
    for signer in signers[1:]:
        document = cosign(document, signer)
    ids = {s.card.id for s in signers}
    statement = verify(document, "roster", CARDS, quorum=len(ids))
    assert (dict(statement.body), set(statement.signers)) == (body, ids)


@given(st.binary(max_size=200) | VALUES.map(canonical))
def test_no_foreign_bytes_are_a_statement(untrusted):
    for use in (lambda: verify(untrusted, "grant", CARDS), lambda: untrusted_body(untrusted, "grant")):
        try:
            use()
        except StatementRefused:
            continue
        raise AssertionError("it was taken for a statement")


@given(st.tuples(TEXT, st.binary(max_size=40)), st.tuples(TEXT, st.binary(max_size=40)))
def test_two_things_to_sign_never_share_an_encoding(one, other):
    assert (pre_authentication_encoding(*one) == pre_authentication_encoding(*other)) == (one == other)


@given(st.binary(max_size=64), st.binary(max_size=40), st.binary(max_size=40))
def test_a_sealed_key_opens_with_its_own_info_only(secret, info, other):
    mine = SIGNERS[0]
    sealed = seal_to(mine.card, secret, info)
    assert mine.open(sealed, info) == secret
    try:
        assert (mine.open(sealed, other), other) == (secret, info)
    except SealRefused:
        assert other != info


@given(VALUES | st.fixed_dictionaries({k: VALUES | st.just("") for k in ("id", "name", "seal_key", "sign_key")}))
def test_foreign_json_is_never_a_card(untrusted):
    for read in (lambda: Card.from_dict(untrusted), lambda: Card.from_json(json.dumps(untrusted).encode())):
        try:
            read()
        except CardRefused:
            continue
        raise AssertionError("it was taken for a card")
