"""A statement holds for what was signed, by whom, as what; everything else is refused and says why."""

from __future__ import annotations

import base64
import json

import pytest

from replay.vault.canonical import NotCanonical, canonical
from replay.vault.identity import Card, Identity, Protection, new_secret
from replay.vault.statements import (
    StatementRefused,
    cosign,
    pre_authentication_encoding,
    sign,
    untrusted_body,
    verify,
)

ANA, BEN, EVE = (Identity.from_secret(new_secret(), name, Protection.DEVICE) for name in ("Ana", "Ben", "Eve"))
CARDS = {i.card.id: i.card for i in (ANA, BEN)}
BODY = {"person": "p-x", "days": 30, "classes": ["masked"], "until": None}


def refusal(document: bytes, kind: str = "grant", cards: dict[str, Card] = CARDS, quorum: int = 1) -> str:
    with pytest.raises(StatementRefused) as refused:
        verify(document, kind, cards, quorum=quorum)
    return refused.value.code


def changed(document: bytes, **members: object) -> bytes:
    return canonical({**json.loads(document), **members})


def signatures(document: bytes) -> list[dict[str, str]]:
    return json.loads(document)["signatures"]


def test_what_is_signed_is_the_encoding_that_dsse_publishes():
    # The example of the DSSE protocol, version 1.0.2.
    encoded = pre_authentication_encoding("http://example.com/HelloWorld", b"hello world")
    assert encoded == b"DSSEv1 29 http://example.com/HelloWorld 11 hello world"


def test_a_statement_is_a_dsse_envelope_that_others_can_check():
    envelope = json.loads(sign(ANA, "grant", BODY))
    payload = base64.b64decode(envelope["payload"])
    assert json.loads(payload) == BODY
    assert envelope["payloadType"] == "application/vnd.safelight.grant+json"
    [signature] = envelope["signatures"]
    assert signature["keyid"] == ANA.card.id
    signed = pre_authentication_encoding(envelope["payloadType"], payload)
    assert ANA.card.verifies(base64.b64decode(signature["sig"]), signed)


def test_a_signed_statement_says_what_and_who():
    statement = verify(sign(ANA, "grant", BODY), "grant", CARDS)
    assert (statement.kind, statement.body, statement.signers) == ("grant", BODY, (ANA.card.id,))


def test_two_signatures_make_the_same_statement_in_either_order_and_once_each():
    both = cosign(sign(ANA, "grant", BODY), BEN)
    assert cosign(sign(BEN, "grant", BODY), ANA) == both
    assert cosign(both, ANA) == both
    assert verify(both, "grant", CARDS, quorum=2).signers == tuple(sorted(CARDS))


def test_a_quorum_counts_people_and_is_never_less_than_one():
    alone = sign(ANA, "grant", BODY)
    assert refusal(alone, quorum=2) == "statement_quorum"
    assert refusal(cosign(alone, ANA), quorum=2) == "statement_quorum"
    twice = changed(alone, signatures=signatures(alone) * 2)
    assert refusal(twice, quorum=2) == "statement_damaged"
    assert refusal(changed(alone, signatures=[]), quorum=0) == "statement_quorum"


def test_a_signature_of_somebody_unknown_refuses_the_whole():
    assert refusal(sign(EVE, "grant", BODY)) == "statement_unknown_signer"
    assert refusal(cosign(sign(ANA, "grant", BODY), EVE)) == "statement_unknown_signer"


def test_a_signature_under_another_name_is_not_genuine():
    document = sign(EVE, "grant", BODY)
    [own] = signatures(document)
    assert refusal(changed(document, signatures=[{**own, "keyid": ANA.card.id}])) == "statement_bad_signature"
    # Whoever keeps the cards must not be able to file one person's card under another's id.
    assert refusal(document, cards={EVE.card.id: ANA.card}) == "statement_bad_signature"
    assert refusal(sign(ANA, "grant", BODY), cards={ANA.card.id: EVE.card}) == "statement_bad_signature"


def test_one_person_under_two_ids_does_not_make_a_quorum():
    document = sign(ANA, "grant", BODY)
    [own] = signatures(document)
    twice = changed(document, signatures=[own, {**own, "keyid": "p-zzzzzzzzzzzzzzzz"}])
    known = {ANA.card.id: ANA.card, "p-zzzzzzzzzzzzzzzz": ANA.card}
    assert refusal(twice, cards=known, quorum=2) == "statement_bad_signature"


def test_a_statement_of_one_kind_cannot_stand_for_another():
    document = sign(ANA, "grant", BODY)
    assert refusal(document, kind="roster") == "statement_wrong_kind"
    retyped = changed(document, payloadType="application/vnd.safelight.roster+json")
    assert refusal(retyped, kind="roster") == "statement_bad_signature"


def test_a_changed_body_is_not_what_was_signed():
    document = sign(ANA, "grant", BODY)
    longer = base64.b64encode(canonical({**BODY, "days": 3000})).decode()
    assert refusal(changed(document, payload=longer)) == "statement_bad_signature"


@pytest.mark.parametrize(
    "payload", [b'{"days": 30}', b'{"days":30,"days":30}', b"", b"{", b"\xff"], ids=["space", "twice", "", "cut", "ff"]
)
def test_a_body_that_is_not_canonical_is_refused_even_when_it_is_signed(payload):
    kind = "application/vnd.safelight.grant+json"
    signature = ANA.sign(pre_authentication_encoding(kind, payload))
    document = canonical(
        {
            "payload": base64.b64encode(payload).decode(),
            "payloadType": kind,
            "signatures": [{"keyid": ANA.card.id, "sig": base64.b64encode(signature).decode()}],
        }
    )
    assert refusal(document) == "statement_not_canonical"


def test_a_statement_has_one_spelling():
    document = sign(ANA, "grant", {"a": 1})
    envelope = json.loads(document)
    [own] = envelope["signatures"]
    # The last letter of a signature in base64 carries four bits that decode to nothing.
    loose = own["sig"][:-3] + chr(ord(own["sig"][-3]) + 1) + "=="
    assert base64.b64decode(loose) == base64.b64decode(own["sig"])
    both = cosign(document, BEN)
    other_spellings = {
        "spaces": json.dumps(envelope).encode(),
        "end of line": document + b"\n",
        "further member": changed(document, note="x"),
        "further member of a signature": changed(document, signatures=[{**own, "note": "x"}]),
        "loose base64": changed(document, signatures=[{**own, "sig": loose}]),
        "other order": changed(both, signatures=signatures(both)[::-1]),
    }
    codes = {name: refusal(spelling) for name, spelling in other_spellings.items()}
    assert set(codes.values()) == {"statement_not_canonical", "statement_damaged"}


@pytest.mark.parametrize(
    "untrusted",
    [
        b"",
        b"null",
        b"[]",
        b"{}",
        b'"x"',
        b"\x00",
        b"[" * 50_000,
        canonical({"payload": 3, "payloadType": "application/vnd.safelight.grant+json", "signatures": []}),
        canonical({"payload": "", "payloadType": 3, "signatures": []}),
        canonical({"payload": "", "payloadType": "text/plain", "signatures": []}),
        canonical({"payload": "e30=", "payloadType": "application/vnd.safelight.grant+json", "signatures": 3}),
        canonical({"payload": "e30=", "payloadType": "application/vnd.safelight.grant+json", "signatures": [3]}),
        canonical(
            {
                "payload": "e30=",
                "payloadType": "application/vnd.safelight.grant+json",
                "signatures": [{"keyid": [], "sig": ""}],
            }
        ),
    ],
)
def test_what_is_no_statement_is_refused(untrusted):
    assert refusal(untrusted) in {"statement_not_canonical", "statement_damaged"}
    for use in (lambda: untrusted_body(untrusted, "grant"), lambda: cosign(untrusted, ANA)):
        with pytest.raises(StatementRefused):
            use()


def test_a_signed_body_must_be_an_object():
    kind = "application/vnd.safelight.grant+json"
    signature = base64.b64encode(ANA.sign(pre_authentication_encoding(kind, b"[]"))).decode()
    document = canonical(
        {"payload": "W10=", "payloadType": kind, "signatures": [{"keyid": ANA.card.id, "sig": signature}]}
    )
    assert refusal(document) == "statement_damaged"


def test_no_flipped_bit_and_no_cut_is_a_statement():
    document = cosign(sign(ANA, "grant", BODY), BEN)
    for i in range(len(document)):
        for bit in range(8):
            refusal(document[:i] + bytes([document[i] ^ (1 << bit)]) + document[i + 1 :], quorum=2)
        refusal(document[:i], quorum=2)


def test_what_cannot_be_written_canonically_cannot_be_signed():
    with pytest.raises(NotCanonical):
        sign(ANA, "grant", {"until": float("inf")})
    with pytest.raises(ValueError, match="kind"):
        sign(ANA, "grant+json; x", BODY)


def test_what_a_statement_claims_can_be_read_before_it_is_trusted():
    assert untrusted_body(sign(EVE, "roster", BODY), "roster") == BODY


def test_signatures_are_checked_as_strictly_as_the_vectors_ask(shared_data):
    vectors = json.loads((shared_data / "vectors" / "wycheproof" / "ed25519_test.json").read_text())
    checked = 0
    for group in vectors["testGroups"]:
        card = Card.of("x", ANA.card.seal_key, bytes.fromhex(group["publicKey"]["pk"]))
        for case in group["tests"]:
            verifies = card.verifies(bytes.fromhex(case["sig"]), bytes.fromhex(case["msg"]))
            assert verifies == (case["result"] == "valid"), case["tcId"]
            checked += 1
    assert checked == vectors["numberOfTests"] == 151
