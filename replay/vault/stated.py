"""What members stated in signed records and the gate goes by: object lists, consents, and the last proof."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from replay.errors import BadInput, NotFound
from replay.vault import proof, statements
from replay.vault.consent import read_consent
from replay.vault.key_source import ConsentNow
from replay.vault.log.library_log import LibraryLog
from replay.vault.membership import Membership
from replay.vault.proof import Proof
from replay.vault.records import Records

SESSIONS: Final = "session/"
CONSENT: Final = "consent/"
PROOF: Final = proof.KIND


class Stated:
    """Follows the log's heads. Not safe across threads: the gate locks."""

    def __init__(self, log: LibraryLog, records: Records, membership: Membership) -> None:
        self._log = log
        self._records = records
        self._membership = membership
        self._manifests: dict[str, tuple[int, Mapping[str, Any]]] = {}
        self._consents: Mapping[str, ConsentNow] = {}
        self._consents_at = -1
        self._proof: Proof | None = None
        self._proof_at = -1

    def manifest(self, session: str) -> Mapping[str, Any]:
        """The session's object list as its publisher signed it. Raises NotFound, BadInput."""
        head = self._log.heads.get(SESSIONS + session)
        if head is None or head.sha256 is None:
            raise NotFound("no_such_session", "The library has no such session.")
        known = self._manifests.get(session)
        if known is None or known[0] != head.version:
            self._manifests[session] = known = (head.version, self._verified_manifest(session))
        return known[1]

    def _verified_manifest(self, session: str) -> Mapping[str, Any]:
        document = self._records.read(SESSIONS + session)
        statement = statements.verify(document, "manifest", self._membership.chain.cards)
        if not set(statement.signers) <= self._membership.publishers() or statement.body.get("session") != session:
            raise BadInput(
                "session_unfounded",
                "A session's object list was signed by somebody who may not publish.",
                "Ask a custodian who replaced it.",
            )
        self._records.check_author(SESSIONS + session, statement.signers)
        return statement.body

    def consents(self) -> Mapping[str, ConsentNow]:
        """What was stated after the import, by session id or subject handle."""
        if self._consents_at != self._log.generation:
            targets = [n.removeprefix(CONSENT) for n in self._log.names(CONSENT.removesuffix("/"))]
            self._consents = {t: stated for t in targets if (stated := self.consent(t)) is not None}
            self._consents_at = self._log.generation
        return self._consents

    def consent(self, target: str) -> ConsentNow | None:
        """What was stated about a session or a subject; None where nothing was."""
        head = self._log.heads.get(CONSENT + target)
        if head is None:
            return None
        if head.sha256 is None or head.device not in self._membership.custodians_ever():
            # No act of ours ends a statement of consent, and who is no custodian can only withdraw: whatever stands
            # there, nothing is opened by it, and nothing else is kept from being read.
            return ConsentNow("withdrawn", (), head.ts_ms)
        stated = read_consent(self._records.read(CONSENT + target), self._membership.chain)
        if stated.target != target or self._log.heads[CONSENT + target].device != stated.by:
            # An older statement, or one about something else, put here by somebody who did not make it.
            return ConsentNow("withdrawn", (), head.ts_ms)
        return ConsentNow(stated.status, stated.purposes, stated.at_ms)

    def proof_is_due(self, now_ms: int) -> bool:
        """Whether the last proof that the library refuses attacks failed, is too old, or cannot be relied on."""
        if PROOF not in self._log.heads:
            return now_ms - self._log.first_ms > proof.DUE_MS
        last = self.last_proof()
        return last is None or proof.is_due(last, now_ms)

    def last_proof(self) -> Proof | None:
        """What was last proven; None where nothing was, or where the record is not what a custodian signed."""
        if self._proof_at != self._log.generation:
            try:
                document = self._records.read(PROOF)
                device = self._log.heads[PROOF].device
                self._proof = proof.read_proof(document, self._membership.chain, by=device)
            except BadInput:
                self._proof = None  # read-only, which is what an overdue proof means; not unreadable
            self._proof_at = self._log.generation
        return self._proof
