"""The policy says of every role, action and class what docs/privacy.md says, and why not where it does not."""

from __future__ import annotations

from dataclasses import fields, replace

import pytest

from replay.errors import BadInput
from replay.vault.actions import Action, Role
from replay.vault.classes import TrackClass
from replay.vault.policy import (
    POLICY_FILES,
    REASONS,
    SCHEMA_FILE,
    Decision,
    Policy,
    PolicyRefused,
    explain,
)
from resources import read_text
from tests.policy_facts import NOW_MS, PURPOSE, facts, grant

CATALOGUE, MASKED, RAW, LABELS = TrackClass
SESSION_TRACKS = (MASKED, RAW, LABELS)
EVERYTHING = (None, *TrackClass)

# Written out by hand from docs/privacy.md, so that a slip in the policy meets something that was not made from it.
ALLOWED: dict[Role, set[tuple[Action, TrackClass | None]]] = {
    Role.CURATOR: {
        (Action.BROWSE, CATALOGUE),
        (Action.OPEN, MASKED),
        (Action.OPEN, LABELS),
        (Action.EDIT, LABELS),
    },
    Role.UNMASKER: {
        (Action.BROWSE, CATALOGUE),
        (Action.OPEN, MASKED),
        (Action.UNMASK, RAW),
        (Action.UNMASK, MASKED),
    },
    Role.REVIEWER: {
        (Action.BROWSE, CATALOGUE),
        (Action.OPEN, MASKED),
        (Action.OPEN, LABELS),
        *((Action.REVIEW, c) for c in SESSION_TRACKS),
    },
    Role.EXPORTER: {(Action.BROWSE, CATALOGUE), *((Action.EXPORT, c) for c in EVERYTHING)},
    Role.INGEST: {
        (Action.BROWSE, CATALOGUE),
        *((Action.IMPORT, c) for c in EVERYTHING),
        *((Action.SCREEN, c) for c in TrackClass),
    },
    Role.CUSTODIAN: {
        (action, None)
        for action in (
            Action.ADMINISTER,
            Action.CONSENT,
            Action.WITHDRAW,
            Action.ERASE,
            Action.REVOKE,
            Action.RECOVER,
            Action.REPORT,
            Action.READ_LOG,
            Action.VERIFY,
        )
    },
    Role.AUDITOR: {(Action.READ_LOG, None), (Action.VERIFY, None)},
    Role.SUBJECT: set(),
}
CELLS = [(role, action, c) for role in Role for action in Action for c in EVERYTHING]
RIGHTFUL = [(role, action, c) for role, action, c in CELLS if (action, c) in ALLOWED[role]]
FOR_A_PURPOSE = [cell for cell in RIGHTFUL if cell[1] in (Action.UNMASK, Action.REVIEW, Action.EXPORT)]


@pytest.fixture(scope="module", params=["as shipped", "without belts"])
def policy(request: pytest.FixtureRequest) -> Policy:
    """What the policy says, its permits must say alone: a belt must not hide that one of them has lost a condition."""
    if request.param == "as shipped":
        return Policy.load()
    permits = [name for name in POLICY_FILES if name != "policy/belts.cedar"]
    return Policy("\n".join(read_text(name) for name in permits), read_text(SCHEMA_FILE))


def decided(policy: Policy, cell: tuple[Role, Action, TrackClass | None], **changes: object) -> Decision:
    role, action, track_class = cell
    return policy.decide(facts(action, track_class, role, **changes))


@pytest.mark.clause("P-03")
@pytest.mark.clause("P-04")
@pytest.mark.clause("P-05")
@pytest.mark.clause("P-06")
@pytest.mark.clause("P-11")
@pytest.mark.clause("P-13")
@pytest.mark.clause("P-15")
@pytest.mark.clause("P-16")
@pytest.mark.clause("P-17")
def test_each_role_may_do_what_its_clauses_say_and_nothing_else(policy):
    allowed = {cell for cell in CELLS if decided(policy, cell).allowed}
    assert allowed == set(RIGHTFUL)


@pytest.mark.clause("P-06")
@pytest.mark.parametrize("action", [a for a in Action if a not in (Action.UNMASK, Action.REVIEW, Action.EXPORT)])
def test_a_person_with_every_role_reaches_raw_tracks_by_no_other_action(policy, action):
    decision = policy.decide(facts(action, RAW, *Role, is_subject=True))
    assert decision.allowed == (action in (Action.SCREEN, Action.IMPORT)), "which show them to nobody"


@pytest.mark.clause("P-15")
@pytest.mark.parametrize("track_class", list(TrackClass))
def test_a_custodian_gets_no_track_by_any_action(policy, track_class):
    for action in Action:
        assert not policy.decide(facts(action, track_class, Role.CUSTODIAN)).allowed


@pytest.mark.clause("P-01")
@pytest.mark.parametrize("cell", RIGHTFUL, ids=str)
def test_neither_strangers_nor_the_revoked_may_do_anything(policy, cell):
    assert decided(policy, cell, is_member=False).reasons == ("not_a_member",)
    assert decided(policy, cell, is_revoked=True).reasons == ("revoked",)


@pytest.mark.clause("P-02")
@pytest.mark.parametrize("cell", RIGHTFUL, ids=str)
def test_a_grant_counts_within_its_time_and_sessions_only(policy, cell):
    role = cell[0]
    for changes, reason in (
        ({"covers_session": False}, "out_of_scope"),
        ({"not_before_ms": NOW_MS + 1}, "grant_not_yet"),
        ({"not_after_ms": NOW_MS}, "grant_expired"),
    ):
        assert decided(policy, cell, grants=(grant(role, **changes),)).reasons == (reason,)
    for changes in ({"not_before_ms": NOW_MS}, {"not_after_ms": NOW_MS + 1}, {"not_after_ms": None}):
        assert decided(policy, cell, grants=(grant(role, **changes),)).allowed
    assert decided(policy, cell, grants=()).reasons == ("no_grant",)


@pytest.mark.clause("P-02")
def test_a_grant_of_single_sessions_says_why_it_does_not_reach_the_collection(policy):
    sentence, remedy = explain(decided(policy, RIGHTFUL[0], grants=(grant(RIGHTFUL[0][0], covers_session=False),)))
    assert "single sessions" in sentence
    assert "whole collection" in remedy


@pytest.mark.clause("P-02")
def test_the_grant_that_allows_is_named_among_those_that_do_not(policy):
    grants = (
        grant(Role.AUDITOR),
        grant(Role.UNMASKER, not_after_ms=NOW_MS),
        grant(Role.UNMASKER, covers_session=False),
        grant(Role.UNMASKER, purposes=("another",)),
        grant(Role.UNMASKER, not_after_ms=NOW_MS + 5000),
    )
    decision = policy.decide(facts(Action.UNMASK, RAW, grants=grants))
    assert decision == Decision(True, (), ("unmask-tracks",), 4, until_ms=NOW_MS + 5000)


@pytest.mark.clause("P-07")
@pytest.mark.parametrize("cell", FOR_A_PURPOSE, ids=str)
def test_what_is_seen_raw_or_leaves_needs_a_stated_purpose_that_the_grant_names(policy, cell):
    everything = (grant(cell[0], purposes=("*",)),)
    assert decided(policy, cell, purpose="performance review").reasons == ("wrong_purpose",)
    assert decided(policy, cell, purpose="").reasons == ("purpose_missing",)
    assert decided(policy, cell, purpose="", grants=everything).reasons == ("purpose_missing",)
    assert decided(policy, cell, purpose="*", grants=everything).reasons == ("purpose_missing",)
    assert decided(policy, cell, purpose="anything", grants=everything).allowed
    assert decided(policy, cell, grants=(grant(cell[0], purposes=()),)).reasons == ("wrong_purpose",)


@pytest.mark.clause("P-07")
@pytest.mark.parametrize("cell", [c for c in RIGHTFUL if c[1] in (Action.OPEN, Action.EDIT)], ids=str)
def test_masked_work_is_curation_unless_another_purpose_is_stated(policy, cell):
    assert decided(policy, cell, purpose="").allowed
    assert decided(policy, cell, purpose="curation").allowed
    assert decided(policy, cell, purpose="performance review").reasons == ("wrong_purpose",)


@pytest.mark.clause("P-08")
@pytest.mark.parametrize("consent", ["unknown", None])
def test_consent_that_nobody_recorded_allows_neither_unmasking_nor_review_nor_export(policy, consent):
    for cell in RIGHTFUL:
        decision = decided(policy, cell, consent=consent, consent_purposes=(PURPOSE,))
        assert decision.allowed == (cell not in FOR_A_PURPOSE), cell
        assert decision.allowed or decision.reasons == ("consent_unknown",)


@pytest.mark.clause("P-09")
def test_limited_consent_holds_for_the_purposes_that_were_agreed_to(policy):
    for cell in RIGHTFUL:
        assert decided(policy, cell, consent="limited", consent_purposes=("another", PURPOSE)).allowed
        for purposes in ((), ("another",), ("*",)):
            decision = decided(policy, cell, consent="limited", consent_purposes=purposes)
            assert decision.allowed == (cell not in FOR_A_PURPOSE), cell
            assert decision.allowed or decision.reasons == ("consent_purpose",)


@pytest.mark.clause("P-10")
def test_withdrawn_consent_leaves_the_row_erasing_and_the_report(policy):
    left = {a for role, a, c in RIGHTFUL if decided(policy, (role, a, c), consent="withdrawn").allowed}
    # These are about the library, not about a session, and must not hang on one person's consent.
    of_the_library = {Action.REVOKE, Action.RECOVER, Action.READ_LOG, Action.VERIFY}
    assert left == {Action.BROWSE, Action.WITHDRAW, Action.ERASE, Action.REPORT} | of_the_library
    denied = decided(policy, (Role.CURATOR, Action.OPEN, MASKED), consent="withdrawn")
    assert denied.reasons == ("consent_withdrawn",)


@pytest.mark.parametrize("consent", ["", "GRANTED", "granted ", "yes", "*"])
def test_a_consent_status_that_does_not_exist_allows_no_track(policy, consent):
    tracks = [cell for cell in RIGHTFUL if cell[2] is not None and cell[1] is not Action.BROWSE]
    assert not [cell for cell in tracks if decided(policy, cell, consent=consent).allowed]


@pytest.mark.clause("P-12")
@pytest.mark.parametrize("quorum", [1, 2])
def test_nobody_reviews_their_own_work(policy, quorum):
    for track_class in SESSION_TRACKS:
        own = facts(Action.REVIEW, track_class, *Role, own_edit=True, quorum=quorum, approvals=5)
        assert policy.decide(own).reasons == ("own_edits",)


@pytest.mark.clause("P-13")
def test_an_export_waits_for_the_first_pass(policy):
    assert decided(policy, (Role.EXPORTER, Action.EXPORT, RAW), is_screened=False).reasons == ("not_screened",)
    assert decided(policy, (Role.CURATOR, Action.OPEN, MASKED), is_screened=False).allowed, "everything is filled"


@pytest.mark.clause("P-14")
@pytest.mark.parametrize(
    ("quorum", "approvals", "allowed"),
    [(1, 0, True), (2, 0, False), (2, 1, True), (3, 1, False), (3, 2, True), (0, 0, False), (-1, 9, False)],
)
def test_an_export_needs_the_other_approvers(policy, quorum, approvals, allowed):
    decision = decided(policy, (Role.EXPORTER, Action.EXPORT, RAW), quorum=quorum, approvals=approvals)
    assert decision.allowed == allowed
    assert allowed or decision.reasons == ("needs_approval",)


@pytest.mark.clause("P-18")
def test_a_read_only_library_refuses_edits_imports_grants_and_exports_and_nothing_else(policy):
    refused = {a for role, a, c in RIGHTFUL if not decided(policy, (role, a, c), proof_is_due=True).allowed}
    assert refused == {Action.EDIT, Action.IMPORT, Action.ADMINISTER, Action.EXPORT}
    denied = decided(policy, (Role.CURATOR, Action.EDIT, LABELS), proof_is_due=True)
    assert denied.reasons == ("library_read_only",)


@pytest.mark.clause("P-19")
def test_a_captured_person_needs_no_grant_for_their_own_rights(policy):
    rights = {Action.WITHDRAW, Action.CONSENT, Action.REPORT}
    for grants in ((), (grant(Role.SUBJECT),), (grant(Role.CURATOR, not_after_ms=0),)):
        own = {a for a in Action if policy.decide(facts(a, None, grants=grants, is_subject=True)).allowed}
        assert own == rights
        assert not [a for a in rights if policy.decide(facts(a, None, grants=grants)).allowed]
    assert policy.decide(facts(Action.WITHDRAW, None, is_subject=True, proof_is_due=True)).allowed
    assert policy.decide(facts(Action.WITHDRAW, None, is_subject=True, is_revoked=True)).reasons == ("revoked",)


@pytest.mark.clause("P-20")
def test_a_session_sealed_under_keys_that_were_replaced_is_refused(policy):
    stale = {a for role, a, c in RIGHTFUL if not decided(policy, (role, a, c), session_sealed_current=False).allowed}
    assert stale == {Action.OPEN, Action.EDIT, Action.UNMASK, Action.SCREEN, Action.REVIEW, Action.EXPORT}
    denied = decided(policy, (Role.CURATOR, Action.OPEN, MASKED), session_sealed_current=False)
    assert denied.reasons == ("seal_outdated",)


def test_every_reason_of_a_denial_is_told_at_once(policy):
    spoilt = facts(
        Action.EXPORT,
        RAW,
        grants=(grant(Role.EXPORTER, not_after_ms=0, purposes=("another",)),),
        consent="limited",
        is_screened=False,
        quorum=2,
        proof_is_due=True,
        session_sealed_current=False,
    )
    assert set(policy.decide(spoilt).reasons) == {
        "grant_expired",
        "wrong_purpose",
        "needs_approval",
        "not_screened",
        "seal_outdated",
        "library_read_only",
        "consent_purpose",
    }


def test_the_reasons_are_those_of_the_grant_that_came_nearest(policy):
    grants = (grant(Role.UNMASKER, purposes=(), not_after_ms=0), grant(Role.UNMASKER, not_after_ms=0))
    assert policy.decide(facts(Action.UNMASK, RAW, grants=grants)).reasons == ("grant_expired",)


@pytest.mark.clause("P-23")
def test_a_stranger_learns_nothing_about_the_session(policy):
    secret = facts(Action.EXPORT, RAW, *Role, is_member=False, consent="withdrawn", proof_is_due=True, quorum=3)
    assert policy.decide(secret).reasons == ("not_a_member",)
    assert policy.decide(replace(secret, is_member=True, grants=())).reasons == ("no_grant",)


@pytest.mark.clause("P-23")
@pytest.mark.parametrize("reason", sorted(REASONS))
def test_every_reason_has_a_sentence_that_holds_nothing_but_itself(reason):
    sentence, remedy = explain(Decision(False, (reason,), ()))
    assert sentence.endswith(".")
    assert "{" not in sentence + remedy, "no room for anything from the request"


@pytest.mark.clause("P-21")
def test_a_fact_that_is_missing_is_a_denial(policy):
    meaning_of_none = {"track_class", "consent"}
    for cell in RIGHTFUL:
        for name in {f.name for f in fields(facts(cell[1], cell[2]))} - meaning_of_none:
            assert not decided(policy, cell, **{name: None}).allowed, (cell, name)


@pytest.mark.clause("P-21")
@pytest.mark.parametrize(
    "wrong",
    [
        {"is_member": "true"},
        {"is_member": 1},
        {"now_ms": float(NOW_MS)},
        {"now_ms": 2**64},
        {"consent": True},
        {"purpose": 7},
        {"quorum": True},
        {"approvals": 2**63 - 1},
        {"consent_purposes": (1,)},
        {"purpose": "\ud800"},
        {"consent": "granted\0"},
        {"grants": (None,)},
        {"grants": (grant(Role.EXPORTER, purposes=(None,)),)},
        {"grants": (grant(Role.EXPORTER, covers_session="yes"),)},
        {"grants": (grant(Role.EXPORTER, not_before_ms=-(2**64)),)},
        {"action": "fly"},
        {"track_class": "everything"},
    ],
    ids=str,
)
def test_a_fact_of_the_wrong_kind_is_a_denial(policy, wrong):
    decision = decided(policy, (Role.EXPORTER, Action.EXPORT, RAW), **wrong)
    assert not decision.allowed
    assert set(decision.reasons) <= {"policy_error", "wrong_class", "consent_unknown"}


ALL = '@id("all") permit (principal, action, resource);'


@pytest.mark.clause("P-21")
def test_a_forbid_that_cannot_be_evaluated_does_not_let_anybody_in():
    # Cedar skips it and allows; with approvals this large, adding one overflows.
    trap = Policy(
        ALL + '@id("trap") forbid (principal, action, resource) when { context.approvals + 1 > 5 };',
        read_text(SCHEMA_FILE),
    )
    asked = facts(Action.OPEN, MASKED, Role.CURATOR)
    assert trap.decide(asked).allowed
    assert trap.decide(replace(asked, approvals=9)).reasons == ("needs_approval",)
    assert trap.decide(replace(asked, approvals=2**63 - 1)).reasons == ("policy_error",)


@pytest.mark.clause("P-21")
def test_only_cedar_allows_and_whatever_it_denies_is_denied_without_a_reason_of_ours():
    schema = read_text(SCHEMA_FILE)
    everything_wrong = facts(
        Action.OPEN,
        RAW,
        grants=(grant(Role.AUDITOR, covers_session=False, not_after_ms=0, purposes=()),),
        is_member=False,
        consent="withdrawn",
    )
    assert Policy(ALL, schema).decide(everything_wrong).allowed, "Python must hold no rule of its own"
    shipped = "\n".join(read_text(name) for name in POLICY_FILES)
    planted = '@id("planted") forbid (principal, action, resource) when { context.quorum == 1 && context.own_edit };'
    asked = facts(Action.OPEN, MASKED, Role.CURATOR, own_edit=True)
    assert Policy(shipped, schema).decide(asked).allowed
    assert Policy(shipped + planted, schema).decide(asked) == Decision(False, ("own_edits",), ("planted",))
    assert Policy("", schema).decide(asked).reasons == ("wrong_class",)


@pytest.mark.parametrize(
    "text",
    [
        ALL.replace(";", ""),
        'permit (principal == Role::"curatr", action, resource);',
        'permit (principal, action == Action::"opn", resource);',
        "permit (principal, action, resource) when { context.is_membr };",
        "permit (principal, action, resource) when { context.quorum };",
        'permit (principal, action, resource) when { resource == Track::"raw" };',
    ],
)
def test_a_policy_that_does_not_fit_its_schema_refuses_to_exist(text):
    with pytest.raises(PolicyRefused) as refused:
        Policy(text, read_text(SCHEMA_FILE))
    assert isinstance(refused.value, BadInput)
    assert refused.value.code == "policy_invalid"


def test_the_hash_names_the_text_and_its_schema():
    schema = read_text(SCHEMA_FILE)
    assert Policy.load().sha256 == Policy.load().sha256
    hashes = {Policy(ALL, schema).sha256, Policy(ALL + "\n", schema).sha256, Policy(ALL, schema + "\n").sha256}
    assert len(hashes) == 3
