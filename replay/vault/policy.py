"""May this be done: the facts of one request in, a decision with its reasons out; Cedar alone can allow.

The policy is text in `resources/policy`, written for the person who reviews privacy (`docs/privacy.md` maps each of
its statements to a clause). Python gathers facts and, for a denial, finds out which of them stood in the way by asking
Cedar again with that fact alone. It holds no rule of its own, so what people are told cannot drift from what is
enforced.

Cedar skips a `forbid` whose condition cannot be evaluated. So the conditions stand in the permits, the schema makes
every attribute required, and any error, in whichever statement, is a denial.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any, Final, Self

import cedarpy

from replay.errors import BadInput
from replay.vault.actions import Action, Role
from replay.vault.classes import TrackClass
from resources import read_text

SCHEMA_FILE: Final = "policy/schema.cedarschema"
POLICY_FILES: Final = ("policy/tracks.cedar", "policy/library.cedar", "policy/belts.cedar")

ALL_PURPOSES: Final = "*"
# The role that the roster alone gives; Cedar's, not one that can be granted.
MEMBER: Final = "member"
_FOREVER_MS: Final = 2**63 - 1
# A person may hold thousands of grants, each for one session; this many are looked at for the reasons of a denial.
_EXPLAINED: Final = 8


class PolicyRefused(BadInput):
    """The policy's text does not fit its schema, or is no policy at all; code `policy_invalid`."""


@dataclass(frozen=True, slots=True)
class GrantFacts:
    """One grant as the policy sees it. Times are UTC milliseconds, `not_after_ms` exclusive or None for no end.

    `covers_session` is true where the grant names the request's session, or the whole collection; for a request
    without a session it is true for grants of the whole collection only.
    """

    role: Role
    purposes: tuple[str, ...]
    covers_session: bool
    not_before_ms: int
    not_after_ms: int | None


@dataclass(frozen=True, slots=True)
class Facts:
    """Everything a decision rests on. None of it has a default: a fact that nobody looked up must not exist.

    `track_class` is None where the library itself is meant. `purpose` is "" where none was stated. `consent` is the
    session's status, None where no session is meant, which counts as unknown. `own_edit`: the person made the edits,
    or asked for the release, that they would judge. `approvals` counts people other than the one who asks.
    `session_sealed_current`: the session is sealed at or above the roster's floor of epochs (true without a session).
    """

    action: Action
    track_class: TrackClass | None
    purpose: str
    is_member: bool
    is_revoked: bool
    grants: tuple[GrantFacts, ...]
    now_ms: int
    consent: str | None
    consent_purposes: tuple[str, ...]
    is_screened: bool
    quorum: int
    own_edit: bool
    approvals: int
    is_subject: bool
    proof_is_due: bool
    session_sealed_current: bool


@dataclass(frozen=True, slots=True)
class Decision:
    """What was decided, why not (stable codes, empty when allowed), by which statements, and through which grant.

    `grant` is the place in `Facts.grants` of the grant that allowed it; None for a denial and for what members may do
    without a grant. `until_ms`: when that grant ends (UTC milliseconds), None where it does not.
    """

    allowed: bool
    reasons: tuple[str, ...]
    statements: tuple[str, ...]
    grant: int | None = None
    until_ms: int | None = None


@dataclass(frozen=True, slots=True)
class _Asker:
    """A role with what its grant says, as Cedar is asked about it."""

    role: str
    purposes: tuple[str, ...]
    covers_session: bool
    not_before_ms: int
    not_after_ms: int


@dataclass(frozen=True, slots=True)
class _Answer:
    """Cedar's answer about one role. `failed` says that something could not be evaluated."""

    allowed: bool
    failed: bool
    statements: tuple[str, ...]


class Policy:
    """A parsed policy, safe to share between threads. A decision takes about 0.1 ms, a denial some tenths more."""

    def __init__(self, text: str, schema: str) -> None:
        """Raises PolicyRefused where the text does not parse or does not fit the schema."""
        try:
            self._schema = cedarpy.Schema.from_str(schema)
            self._policies = cedarpy.PolicySet.from_str(text)
            self._entities = cedarpy.Entities.from_json_str("[]")
            checked = cedarpy.validate_policies(text, self._schema)
        except ValueError as e:
            raise PolicyRefused("policy_invalid", f"The policy cannot be read: {e}") from e
        if not checked.validation_passed:
            what = "; ".join(str(e) for e in checked.errors)
            raise PolicyRefused("policy_invalid", f"The policy does not fit its schema: {what}")
        self.sha256 = hashlib.sha256(b"\0".join(part.encode() for part in (schema, text))).hexdigest()
        self._able_roles: dict[tuple[Action, TrackClass | None], frozenset[str]] = {}

    @classmethod
    def load(cls) -> Self:
        """The policy that the application ships."""
        return cls("\n".join(read_text(name) for name in POLICY_FILES), read_text(SCHEMA_FILE))

    def decide(self, facts: Facts) -> Decision:
        """Ask with each grant in turn, then as a mere member; the first that Cedar allows counts."""
        try:
            able = self._able(facts.action, facts.track_class)
            refused: list[tuple[_Asker, _Answer]] = []
            for place, asker in _askers(facts, able):
                answer = self._ask(facts, asker)
                if answer.failed:
                    return Decision(False, ("policy_error",), answer.statements)
                if answer.allowed:
                    until_ms = None if place is None else facts.grants[place].not_after_ms
                    return Decision(True, (), answer.statements, place, until_ms)
                refused.append((asker, answer))
            return self._denied(facts, refused, is_possible=bool(able))
        except (ValueError, TypeError, KeyError, AttributeError, OverflowError):
            # Facts that are not what their types say. Nothing was allowed, and nothing may be.
            return Decision(False, ("policy_error",), ())

    def _able(self, action: Action, track_class: TrackClass | None) -> frozenset[str]:
        """The roles that may do this when nothing else stands in the way; only they are worth asking with."""
        key = (action, track_class)
        if key not in self._able_roles:
            ideal = _ideal(action, track_class)
            roles = [str(role) for role in Role] + [MEMBER]
            self._able_roles[key] = frozenset(r for r in roles if self._ask(ideal, _ideal_asker(r)).allowed)
        return self._able_roles[key]

    def _ask(self, facts: Facts, asker: _Asker) -> _Answer:
        result = cedarpy.is_authorized(self._request(facts, asker), self._policies, self._entities, self._schema)
        failed = bool(result.diagnostics.errors) or result.decision is cedarpy.Decision.NoDecision
        statements = tuple(sorted(result.diagnostics.id_annotations_by_reason.values()))
        return _Answer(result.allowed and not failed, failed, statements)

    def _request(self, facts: Facts, asker: _Asker) -> dict[str, Any]:
        """What Cedar is asked; an attack that loses facts takes this place."""
        return _request(facts, asker)

    def _denied(self, facts: Facts, refused: list[tuple[_Asker, _Answer]], *, is_possible: bool) -> Decision:
        if not refused or not facts.is_member or facts.is_revoked:
            # A stranger learns no more than this: not what the person consented to, nor that a proof is overdue.
            return Decision(False, tuple(_standing(facts, bool(refused), is_possible)), ())
        against = [(tuple(self._against_grant(facts, asker)), asker, answer) for asker, answer in refused[:_EXPLAINED]]
        reasons, nearest, answer = min(against, key=lambda found: len(found[0]))
        reasons += tuple(self._against_facts(facts, nearest.role))
        return Decision(False, reasons or ("policy_denied",), answer.statements)

    def _against_grant(self, facts: Facts, asker: _Asker) -> Iterator[str]:
        """What this grant alone would already be refused for."""
        anyone = _ideal(facts.action, facts.track_class)
        stated = replace(anyone, purpose=facts.purpose, consent_purposes=(facts.purpose,))
        if self._ask(replace(stated, now_ms=facts.now_ms), asker).allowed:
            return
        holder = _ideal_asker(asker.role)
        if not self._ask(anyone, replace(holder, covers_session=asker.covers_session)).allowed:
            yield "out_of_scope"
        times = replace(holder, not_before_ms=asker.not_before_ms, not_after_ms=asker.not_after_ms)
        if not self._ask(replace(anyone, now_ms=facts.now_ms), times).allowed:
            yield "grant_not_yet" if facts.now_ms < asker.not_before_ms else "grant_expired"
        if not self._ask(stated, holder).allowed:
            yield "purpose_missing"
        elif not self._ask(stated, replace(holder, purposes=asker.purposes)).allowed:
            yield "wrong_purpose"

    def _against_facts(self, facts: Facts, role: str) -> Iterator[str]:
        """What the facts alone would already be refused for, whatever the grant of this role says."""
        anyone = _ideal(facts.action, facts.track_class)
        holder = _ideal_asker(role)
        for code, names in _CONDITIONS:
            alone = replace(anyone, **{name: getattr(facts, name) for name in names})
            if alone != anyone and not self._ask(alone, holder).allowed:
                yield code
        consent = replace(anyone, consent=facts.consent, consent_purposes=facts.consent_purposes)
        if facts.consent == "limited" and facts.purpose:
            consent = replace(consent, purpose=facts.purpose)
        if facts.consent != anyone.consent and not self._ask(consent, holder).allowed:
            yield _CONSENT_REASONS.get(facts.consent or "", "consent_unknown")


# What can stand in the way besides grant, purpose and consent: the reason, and the facts that belong together.
_CONDITIONS: Final[tuple[tuple[str, tuple[str, ...]], ...]] = (
    ("own_edits", ("own_edit",)),
    ("needs_approval", ("quorum", "approvals")),
    ("not_screened", ("is_screened",)),
    ("seal_outdated", ("session_sealed_current",)),
    ("library_read_only", ("proof_is_due",)),
)
_CONSENT_REASONS: Final = {"withdrawn": "consent_withdrawn", "limited": "consent_purpose"}


def _askers(facts: Facts, able: frozenset[str]) -> Iterator[tuple[int | None, _Asker]]:
    """Whom to ask Cedar about: of thousands of grants those that cover the session; else one, to be told so."""
    places = [place for place, grant in enumerate(facts.grants) if grant.role in able]
    covering = [place for place in places if facts.grants[place].covers_session]
    for place in covering or places[:1]:
        grant = facts.grants[place]
        until = _FOREVER_MS if grant.not_after_ms is None else grant.not_after_ms
        yield place, _Asker(str(grant.role), grant.purposes, grant.covers_session, grant.not_before_ms, until)
    if MEMBER in able and facts.is_subject:
        yield None, _ideal_asker(MEMBER)


def _standing(facts: Facts, has_grant: bool, is_possible: bool) -> Iterator[str]:
    if not facts.is_member:
        yield "not_a_member"
    if facts.is_revoked:
        yield "revoked"
    if not has_grant:
        yield "no_grant" if is_possible else "wrong_class"


def _ideal(action: Action, track_class: TrackClass | None) -> Facts:
    """Facts that keep nobody from anything."""
    return Facts(
        action=action,
        track_class=track_class,
        purpose="any",
        is_member=True,
        is_revoked=False,
        grants=(),
        now_ms=0,
        consent="granted",
        consent_purposes=("any",),
        is_screened=True,
        quorum=1,
        own_edit=False,
        approvals=0,
        is_subject=True,
        proof_is_due=False,
        session_sealed_current=True,
    )


def _ideal_asker(role: str) -> _Asker:
    return _Asker(role, (ALL_PURPOSES,), True, 0, _FOREVER_MS)


def _request(facts: Facts, asker: _Asker) -> dict[str, Any]:
    resource = ("Library", "this") if facts.track_class is None else ("TrackClass", str(facts.track_class))
    return {
        "principal": {"type": "Role", "id": asker.role},
        "action": {"type": "Action", "id": str(facts.action)},
        "resource": {"type": resource[0], "id": resource[1]},
        "context": {
            "purpose": facts.purpose,
            "now_ms": facts.now_ms,
            "is_member": facts.is_member,
            "is_revoked": facts.is_revoked,
            "is_subject": facts.is_subject,
            "own_edit": facts.own_edit,
            "consent": "unknown" if facts.consent is None else facts.consent,
            "consent_purposes": list(facts.consent_purposes),
            "is_screened": facts.is_screened,
            "is_sealed_current": facts.session_sealed_current,
            "quorum": facts.quorum,
            "approvals": facts.approvals,
            "proof_is_due": facts.proof_is_due,
            "grant": {
                "covers_session": asker.covers_session,
                "not_before_ms": asker.not_before_ms,
                "not_after_ms": asker.not_after_ms,
                "purposes": list(asker.purposes),
            },
        },
    }


_SENTENCES: Final = {
    "not_a_member": ("You are not a member of this library.", "Ask a custodian to add your card to the roster."),
    "revoked": ("Your access to this library was revoked.", "Ask a custodian."),
    "no_grant": ("No grant of yours allows this.", "Ask a custodian for a grant with the role that does."),
    "wrong_class": ("Nobody may do this with tracks of this class.", ""),
    "out_of_scope": (
        "Your grant does not reach this far: it names single sessions.",
        "Ask a custodian for a grant of this session, or of the whole collection to list or search it.",
    ),
    "grant_not_yet": ("Your grant does not hold yet.", "Wait until it starts, or ask a custodian."),
    "grant_expired": ("Your grant has ended.", "Ask a custodian for a further one."),
    "purpose_missing": ("This needs a purpose.", "State one that your grant names, with --purpose."),
    "wrong_purpose": ("Your grant is not for this purpose.", "State a purpose that it names, or ask a custodian."),
    "consent_unknown": (
        "Nobody recorded whether the captured person agreed to this.",
        "Record it with: safelight consent LIB SESSION --status granted",
    ),
    "consent_withdrawn": ("The captured person withdrew their consent.", ""),
    "consent_purpose": (
        "The captured person agreed to other purposes only.",
        "State one of the purposes that they agreed to.",
    ),
    "own_edits": ("Nobody reviews their own work.", "Let another reviewer judge it."),
    "needs_approval": (
        "This library asks for the approval of others, and too few have given it.",
        "Approvals cannot be given in this version: nothing leaves the library.",
    ),
    "not_screened": ("The first pass over this session is not finished.", "Run the first pass."),
    "seal_outdated": (
        "This session is sealed under keys that were replaced.",
        "Let a custodian finish the rotation; if that is done, the file is an old copy.",
    ),
    "library_read_only": (
        "This library is read-only, because its proof is overdue or failed.",
        "Run: safelight verify LIB",
    ),
    "policy_error": ("The policy could not be evaluated, so the answer is no.", "Report this as a fault."),
    "policy_denied": ("The policy does not allow this.", "Ask a custodian."),
}
REASONS: Final = frozenset(_SENTENCES)


def explain(decision: Decision) -> tuple[str, str]:
    """The sentence and the remedy for a denial's first reason, which is the one to do something about first."""
    return _SENTENCES[decision.reasons[0] if decision.reasons else "policy_denied"]
