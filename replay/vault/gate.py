"""The gate: the only code that obtains a key. Every reader and writer of a library passes here, worker or window.

A request is decided by what the log says at that moment: membership, grants, consent, policy. The decision is written
down before any key is derived; what the log cannot take is not released. Rejected: a gate per door (list, play,
export), because the second door is the one whose check is forgotten.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import math
import threading
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import replace
from typing import Any, Final

from replay.errors import BadInput, SafelightError
from replay.vault import stated
from replay.vault.actions import Action, Role
from replay.vault.canary import is_canary
from replay.vault.classes import TrackClass
from replay.vault.collection import open_for_collection
from replay.vault.grants import Grant
from replay.vault.identity import Identity
from replay.vault.key_source import ConsentNow
from replay.vault.keys import KeyRing, SessionKey, collection_key
from replay.vault.lease import Denied, Lease, Request
from replay.vault.log.entry import ALLOWED, DENIED, Entry
from replay.vault.log.library_log import DECIDED, LibraryLog
from replay.vault.membership import Membership, RosterFolder
from replay.vault.policy import Decision, Facts, GrantFacts, Policy, explain
from replay.vault.proof import Proof
from replay.vault.records import Records
from replay.vault.session_keys import SessionKeys
from replay.vault.stated import Stated

SESSIONS: Final = stated.SESSIONS
CONSENT: Final = stated.CONSENT
PROOF: Final = stated.PROOF
LIBRARY_KEY: Final = "library-key"
_LOOK_S: Final = 0.25
"""How long a lease in use trusts what the log last said. A revocation is felt within it, far below the bar of 2 s."""


class Gate:
    """One identity's gate to one library. Safe to use from any thread."""

    def __init__(
        self,
        library_id: str,
        identity: Identity,
        rosters: RosterFolder,
        log: LibraryLog,
        records: Records,
        policy: Policy,
        now_ms: Callable[[], int] = lambda: time.time_ns() // 1_000_000,
    ) -> None:
        self._library_id = library_id
        self.identity = identity
        self.log = log
        self.records = records
        self.membership = Membership(identity, rosters, log, records)
        self._stated = Stated(log, records, self.membership)
        self.policy = policy
        self.now_ms = now_ms
        self.lock = threading.RLock()
        self._looked_s = 0.0
        self._keys = SessionKeys(library_id, self.membership, records, self.ring)
        self._library_key: bytes | None = None
        self._looked_up_at = -1
        self._sessions: tuple[str, ...] = ()
        self._shown: tuple[str, ...] = ()
        self._sessions_at = -1
        self._leases: dict[Request, Lease] = {}
        self._refusals: set[tuple[Request, str]] = set()

    # -- what there is ---------------------------------------------------------------------------------------------

    @property
    def library_id(self) -> str:
        return self._library_id

    def session_ids(self) -> tuple[str, ...]:
        with self.lock:
            self.published_ids()
            return self._shown

    def published_ids(self) -> tuple[str, ...]:
        """Ids of all sessions, the hidden canaries included: who seals keys anew must not leave them out."""
        with self.lock:
            self._look()
            if self._sessions_at != self.log.generation:
                self._sessions = tuple(n.removeprefix(SESSIONS) for n in self.records.names(SESSIONS))
                self._shown = tuple(s for s in self._sessions if not is_canary(s))
                self._sessions_at = self.log.generation
            return self._sessions

    def manifest_body(self, session: str) -> Mapping[str, Any]:
        with self.lock:
            self._look()
            try:
                return self._stated.manifest(session)
            except BadInput as e:
                self._refused(Request(Action.OPEN, None, "", session), e.code)
                raise

    def consent(self, session: str) -> ConsentNow:
        """The newest word on a session: its own statement, its subject's, or what was said at import.

        A withdrawal of either holds, however old: only a later statement about the same target lifts it.
        """
        with self.lock:
            body = self.manifest_body(session)
            said = [self._stated.consent(session), self._stated.consent(body["subject"])]
            found = [s for s in said if s is not None]
            withdrawn = next((s for s in found if s.status == "withdrawn"), None)
            if withdrawn is not None:
                return withdrawn
            if found:
                return max(found, key=lambda s: s.at_ms or 0)
            return ConsentNow(body["consent"], tuple(body["consent_purposes"]))

    def stated_consents(self) -> Mapping[str, ConsentNow]:
        with self.lock:
            self._look()
            return self._stated.consents()

    def proof_is_due(self) -> bool:
        with self.lock:
            return self._stated.proof_is_due(self.now_ms())

    def last_proof(self) -> Proof | None:
        with self.lock:
            self._look()
            return self._stated.last_proof()

    # -- decisions -------------------------------------------------------------------------------------------------

    def decide(self, request: Request) -> Decision:
        """What the policy says of a request at this moment; nothing is released or written down."""
        with self.lock:
            self.log.refresh()
            roster = self.membership.roster
            me = roster.member(self.identity.card.id)
            consent = None if request.session is None else self.consent(request.session)
            body = None if request.session is None else self.manifest_body(request.session)
            facts = Facts(
                action=request.action,
                track_class=request.track_class,
                purpose=request.purpose,
                is_member=me is not None,
                is_revoked=me is not None and me.is_revoked,
                grants=tuple(self._grant_facts(g, request) for g in self.membership.grants()),
                now_ms=self.now_ms(),
                consent=None if consent is None else consent.status,
                consent_purposes=() if consent is None else consent.purposes,
                is_screened=body is None or body["screening"] is not None,
                quorum=roster.quorum,
                own_edit=me is not None and me.card.id in self.log.editors(request.session),
                approvals=0,
                is_subject=False,
                proof_is_due=self.proof_is_due(),
                session_sealed_current=body is None or _is_current(body, roster.floors),
            )
            return self.policy.decide(facts)

    def _grant_facts(self, grant: Grant, request: Request) -> GrantFacts:
        covers = grant.sessions is None or request.session in grant.sessions
        return GrantFacts(grant.role, grant.purposes, covers, grant.not_before_ms, grant.not_after_ms)

    def permit(self, action: Action, purpose: str = "", session: str | None = None, **told: Any) -> None:
        """Decide, and write down, something that needs no key. Raises Denied."""
        self._passed(Request(action, None, purpose, session), **told)

    def _passed(self, request: Request, **told: Any) -> Decision:
        with self.lock:
            try:
                decision = self.decide(request)
            except BadInput as e:
                self._refused(request, e.code)
                raise
            self._written(request, decision.reasons, decision.allowed, **told)
            if not decision.allowed:
                raise denied(decision)
            return decision

    def _written(self, request: Request, reasons: tuple[str, ...], allowed: bool, **told: Any) -> None:
        self.audit(
            request.action.value,
            session=request.session,
            track_class=None if request.track_class is None else request.track_class.value,
            purpose=request.purpose,
            decision=ALLOWED if allowed else DENIED,
            reasons=reasons,
            **told,
        )

    def _refused(self, request: Request, code: str) -> None:
        """Something that was read is not what the library's log names; written down once, where the log takes it."""
        with self.lock:
            if (request, code) not in self._refusals:
                self._refusals.add((request, code))
                with suppress(SafelightError):
                    self._written(request, (code,), allowed=False)

    def audit(self, act: str, **fields: Any) -> Entry:
        """Write down what was done; never content. Raises StorageFailed: what cannot be written must not happen."""
        with self.lock:
            roster = self.log.heads.get("roster")
            return self.log.append(
                act,
                policy_sha256=self.policy.sha256,
                roster=0 if roster is None else roster.version,
                **{k: v for k, v in fields.items() if v is not None},
            )

    # -- keys ------------------------------------------------------------------------------------------------------

    def lease(self, request: Request) -> Lease:
        """Keys for a request; the same request within a lease's time gets the same lease. Raises Denied."""
        with self.lock:
            self._look()
            known = self._leases.get(request)
            if known is not None:
                self._still(known)
                return known
            decision = self._passed(request)
            self._leases[request] = lease = self._released(request)
            lease.lasts(_left_s(decision, self.now_ms()))
            return lease

    def _released(self, request: Request) -> Lease:
        track_class = request.track_class
        if track_class is None:
            raise ValueError("the library itself has no key")
        lease = Lease(
            request,
            lambda session, epoch: self._session_key(session, track_class, epoch),
            self._still,
            lambda session, code: self._refused(replace(request, session=session), code),
        )
        lease.seen = self.log.generation
        return lease

    def epochs(self, track_class: TrackClass) -> tuple[int, ...]:
        """The epochs of a class whose keys this identity holds at this moment, ascending."""
        with self.lock:
            return self.ring().epochs(track_class)

    def labels_epoch(self) -> int:
        with self.lock:
            self._look()
            return self.membership.roster.epochs[TrackClass.LABELS]

    def decided_head(self, session: str) -> int:
        with self.lock:
            self._look()
            return self.log.decided(session)

    def note_decided(self, session: str, head: int) -> None:
        self.audit(DECIDED, session=session, detail={"head": head})

    def labels_lease(self, session: str, action: Action) -> Lease:
        with self.lock:
            # What was edited stands in the log session by session: nobody reviews their own edits.
            of_all = action is not Action.EDIT and any(g.sessions is None for g in self.membership.grants())
            return self.lease(Request(action, TrackClass.LABELS, "curation", None if of_all else session))

    def _look(self) -> None:
        now_s = time.monotonic()
        if now_s - self._looked_s > _LOOK_S:
            self.log.refresh()
            self._looked_s = now_s

    def _still(self, lease: Lease) -> None:
        """A lease goes on while the policy permits; an end is written down, and so is each renewal."""
        with self.lock:
            self._look()
            if lease.seen == self.log.generation and not lease.is_over:
                return
            self._refuse_ended(lease)
            if lease.is_over or not self.decide(lease.request).allowed:
                self._leases.pop(lease.request, None)
                decision = self._passed(lease.request, detail={"renewal": 1})
                lease.lasts(_left_s(decision, self.now_ms()))
                self._leases[lease.request] = lease
            lease.seen = self.log.generation

    def _refuse_ended(self, lease: Lease) -> None:
        """Of a session that was erased while it was open there is nothing left to decide about."""
        head = self.log.heads.get(SESSIONS + (lease.request.session or ""))
        if head is not None and head.sha256 is None:
            self._leases.pop(lease.request, None)
            raise Denied("session_erased", "This session was erased while it was open.")

    def ring(self) -> KeyRing:
        """The class keys of this identity's valid grants; only for code inside the vault."""
        return self.membership.ring(self.now_ms())

    def _session_key(self, session: str, track_class: TrackClass, epoch: int) -> SessionKey:
        with self.lock:
            # The catalogue's row stays until the person is erased.
            if track_class is not TrackClass.CATALOGUE and self.consent(session).status == "withdrawn":
                raise Denied("consent_withdrawn", "The person has withdrawn this session.", "It can only be erased.")
            subject = self.manifest_body(session)["subject"]
            return self._keys.key(session, subject, track_class, epoch, self.now_ms())

    def subject_key(self, handle: str, ring: KeyRing) -> bytes:
        """Raises NotFound where the person was erased, BadInput where no held key opens the slots."""
        with self.lock:
            return self._keys.subject_key(handle, ring)

    def collection_key(self, name: str, epoch: int | None = None) -> tuple[int, bytes]:
        with self.lock:
            self._look_up()
            wanted = self.membership.roster.epochs[TrackClass.CATALOGUE] if epoch is None else epoch
            key = self.ring().get(TrackClass.CATALOGUE, wanted)
            return key.epoch, collection_key(key, library=self._library_id, name=name)

    def _look_up(self) -> None:
        """Whoever browses may look things up; a custodian may too, to find whom a revocation or an erasure is about."""
        self._look()
        browse = Request(Action.BROWSE, TrackClass.CATALOGUE, "browse")
        is_custodian = self.identity.card.id in self.membership.roster.custodians
        if browse in self._leases or not is_custodian or self.decide(browse).allowed:
            self.lease(browse)
        elif self._looked_up_at != self.log.generation:
            self.audit("look_up")
            self._looked_up_at = self.log.generation

    def library_key(self) -> bytes:
        with self.lock:
            self._look_up()
            if self._library_key is None:
                self._library_key = open_for_collection(self, LIBRARY_KEY, self.records.read(LIBRARY_KEY))
            return self._library_key

    def handle_of(self, subject_id: str) -> str:
        """The name under which a person's key slots lie: it says nothing about the pseudonym."""
        mac = hmac.new(self.library_key(), b"subject\0" + subject_id.encode(), hashlib.sha256)
        return base64.b32encode(mac.digest()).decode()[:26]


def _left_s(decision: Decision, now_ms: int) -> float:
    """How long the grant goes on that allowed it; nothing new stands in the log when it ends."""
    return math.inf if decision.until_ms is None else (decision.until_ms - now_ms) / 1000


def denied(decision: Decision) -> Denied:
    sentence, remedy = explain(decision)
    return Denied(decision.reasons[0] if decision.reasons else "denied", sentence, remedy)


def _is_current(body: Mapping[str, Any], floors: Mapping[TrackClass, int]) -> bool:
    """Whether no key of a session is sealed under an epoch that has been retired."""
    try:
        keys = [k for t in body["tracks"] for k in t["keys"]]
        return all(int(k["epoch"]) >= floors.get(TrackClass(k["track_class"]), 0) for k in keys)
    except (KeyError, TypeError, ValueError) as e:
        raise BadInput("session_damaged", "The session's object list is damaged.", "Import the session again.") from e


ALL_ROLES: Final = tuple(r for r in Role if r is not Role.SUBJECT)
