"""Whatever the facts: taking something away never lets anybody in, and the belts carry nothing."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import cedarpy
import pytest
from hypothesis import given
from hypothesis import strategies as st

from replay.vault.actions import Action, Role
from replay.vault.classes import TrackClass
from replay.vault.policy import POLICY_FILES, REASONS, SCHEMA_FILE, Facts, GrantFacts, Policy
from resources import read_text

BELTS = "policy/belts.cedar"
POLICY = Policy.load()
UNBELTED = Policy("\n".join(read_text(name) for name in POLICY_FILES if name != BELTS), read_text(SCHEMA_FILE))

# Few values of each kind, so that they meet; a purpose that nobody names is among them.
purposes = st.sampled_from(["", "*", "curation", "research", "review of staff"])
some_purposes = st.lists(purposes, max_size=3).map(tuple)
times = st.integers(0, 4)
flags = st.booleans()
mostly = st.sampled_from([True, True, True, False])
rarely = mostly.map(lambda usual: not usual)
grants = st.builds(
    GrantFacts,
    role=st.sampled_from(list(Role)),
    purposes=some_purposes,
    covers_session=mostly,
    not_before_ms=times,
    not_after_ms=st.none() | times,
)


@st.composite
def all_facts(draw: st.DrawFn) -> Facts:
    action, track_class = draw(
        st.sampled_from([(a, c) for a in Action for c in (None, *TrackClass)])
        | st.sampled_from([(Action.UNMASK, TrackClass.RAW), (Action.EXPORT, TrackClass.RAW)])
    )
    return Facts(
        action=action,
        track_class=track_class,
        purpose=draw(purposes),
        is_member=draw(mostly),
        is_revoked=draw(rarely),
        grants=tuple(draw(st.lists(grants, max_size=5))),
        now_ms=draw(times),
        consent=draw(st.sampled_from(["granted", "granted", "limited", "unknown", "withdrawn", "nonsense", None])),
        consent_purposes=draw(some_purposes),
        is_screened=draw(mostly),
        quorum=draw(st.integers(-1, 3)),
        own_edit=draw(rarely),
        approvals=draw(st.integers(0, 3)),
        is_subject=draw(flags),
        proof_is_due=draw(rarely),
        session_sealed_current=draw(mostly),
    )


def worse(facts: Facts) -> list[Facts]:
    """Every way in which one fact more can speak against the request."""
    changes: list[dict[str, Any]] = [
        {"is_member": False},
        {"is_revoked": True},
        {"is_screened": False},
        {"own_edit": True},
        {"is_subject": False},
        {"proof_is_due": True},
        {"session_sealed_current": False},
        {"quorum": max(facts.quorum, 0) + 1},
        {"approvals": facts.approvals - 1},
        {"purpose": "nobody granted this"},
        {"consent": "withdrawn"},
        {"consent": "nonsense"},
    ]
    if facts.consent == "granted":
        changes += [{"consent": "limited"}, {"consent": "unknown"}, {"consent": None}]
    if facts.consent == "limited":
        changes += [{"consent": "unknown"}, {"consent": None}]
    changes += [{"consent_purposes": without(facts.consent_purposes, i)} for i in range(len(facts.consent_purposes))]
    for place, grant in enumerate(facts.grants):
        changes.append({"grants": without(facts.grants, place)})
        for spoilt in worse_grants(grant, facts.now_ms):
            changes.append({"grants": (*facts.grants[:place], spoilt, *facts.grants[place + 1 :])})
    return [replace(facts, **change) for change in changes if not is_exempt(facts, change)]


def worse_grants(grant: GrantFacts, now_ms: int) -> list[GrantFacts]:
    return [
        replace(grant, covers_session=False),
        replace(grant, not_before_ms=now_ms + 1),
        replace(grant, not_after_ms=now_ms),
        replace(grant, purposes=()),
        replace(grant, role=Role.SUBJECT),
    ]


def is_exempt(facts: Facts, change: dict[str, Any]) -> bool:
    """A purpose that “*” covers is a purpose; stating one where none was stated is no step back."""
    return "purpose" in change and any("*" in grant.purposes for grant in facts.grants)


def without(values: tuple[Any, ...], place: int) -> tuple[Any, ...]:
    return values[:place] + values[place + 1 :]


@pytest.mark.clause("P-21")
@given(all_facts())
def test_nothing_that_speaks_against_a_request_ever_allows_it(facts):
    if POLICY.decide(facts).allowed:
        return
    allowed = [spoilt for spoilt in worse(facts) if POLICY.decide(spoilt).allowed]
    assert allowed == []


@given(all_facts())
def test_a_denial_has_reasons_and_what_is_allowed_has_statements(facts):
    decision = POLICY.decide(facts)
    assert bool(decision.reasons) != decision.allowed
    assert set(decision.reasons) <= REASONS - {"policy_error", "policy_denied"}, "facts of the right kind have names"
    assert len(set(decision.reasons)) == len(decision.reasons)
    if decision.allowed:
        assert decision.statements


@pytest.mark.clause("P-21")
@given(all_facts())
def test_the_belts_change_no_decision(facts):
    belted, unbelted = POLICY.decide(facts), UNBELTED.decide(facts)
    assert (belted.allowed, belted.reasons, belted.grant) == (unbelted.allowed, unbelted.reasons, unbelted.grant)


def context_of(facts: Facts, grant: GrantFacts) -> dict[str, Any]:
    """The context as the schema words it, made here without the product's help."""
    same = ("purpose", "now_ms", "is_member", "is_revoked", "is_subject", "own_edit", "is_screened", "quorum")
    return {
        **{name: getattr(facts, name) for name in (*same, "approvals", "proof_is_due")},
        "is_sealed_current": facts.session_sealed_current,
        "consent": facts.consent or "unknown",
        "consent_purposes": list(facts.consent_purposes),
        "grant": {
            "covers_session": grant.covers_session,
            "not_before_ms": grant.not_before_ms,
            "not_after_ms": 2**63 - 1 if grant.not_after_ms is None else grant.not_after_ms,
            "purposes": list(grant.purposes),
        },
    }


def lacking_one(context: dict[str, Any]) -> list[dict[str, Any]]:
    shorter = [{k: v for k, v in context.items() if k != name} for name in context]
    inner = context["grant"]
    return shorter + [{**context, "grant": {k: v for k, v in inner.items() if k != name}} for name in inner]


def cedar_allows(text: cedarpy.PolicySet, facts: Facts, role: Role, context: dict[str, Any]) -> bool:
    kind, name = ("Library", "this") if facts.track_class is None else ("TrackClass", facts.track_class.value)
    request = {
        "principal": {"type": "Role", "id": role.value},
        "action": {"type": "Action", "id": facts.action.value},
        "resource": {"type": kind, "id": name},
        "context": json.dumps(context),
    }
    return cedarpy.is_authorized(request, text, "[]").allowed


PERMITS = cedarpy.PolicySet.from_str("\n".join(read_text(name) for name in POLICY_FILES if name != BELTS))


@pytest.mark.clause("P-21")
@given(all_facts(), grants)
def test_an_attribute_that_is_missing_lets_nobody_in_even_without_belts_and_schema(facts, grant):
    whole = context_of(facts, grant)
    if cedar_allows(PERMITS, facts, grant.role, whole):
        return
    assert not [c for c in lacking_one(whole) if cedar_allows(PERMITS, facts, grant.role, c)]


@given(all_facts(), st.randoms(use_true_random=False))
def test_the_order_of_grants_changes_neither_the_answer_nor_who_is_let_in(facts, random):
    shuffled = list(facts.grants)
    random.shuffle(shuffled)
    assert POLICY.decide(replace(facts, grants=tuple(shuffled))).allowed == POLICY.decide(facts).allowed
