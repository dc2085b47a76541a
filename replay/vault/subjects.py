"""The captured person: finding what is theirs, writing down what they agree to, and ending it at once."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import msgspec

from replay.errors import NotFound
from replay.vault.actions import Action
from replay.vault.consent import issue_consent
from replay.vault.gate import CONSENT, SESSIONS, Gate
from replay.vault.records import RecordRefused
from replay.vault.session_keys import SUBJECTS

WITHDRAWN: Final = "withdrawn"
RECORDED: Final = "consent_recorded"
"""The act by which statements of consent come into force; `detail` holds the status and the purposes."""


class _Document(msgspec.Struct):
    payload: bytes


class _Body(msgspec.Struct):
    subject: str


_document: Final = msgspec.json.Decoder(_Document)
_body: Final = msgspec.json.Decoder(_Body)


class Subjects:
    """The people of one library. Safe to use from any thread, as its gate is."""

    def __init__(self, gate: Gate) -> None:
        self._gate = gate

    def handle(self, name: str) -> str:
        """The handle behind a pseudonym or a handle. Raises NotFound (no_such_subject), Denied."""
        with self._gate.lock:
            self._gate.log.refresh()
            known = self._gate.log.heads
            if SUBJECTS + name in known:
                return name
            handle = self._gate.handle_of(name)
            if SUBJECTS + handle not in known:
                raise NotFound(
                    "no_such_subject",
                    "The library holds nothing of such a person.",
                    "“safelight show LIB SESSION” names the subject of a session.",
                )
            return handle

    def sessions(self, handle: str) -> tuple[str, ...]:
        """The person's sessions, sorted. One whose object list is missing or altered is no one's: it does not open."""
        with self._gate.lock:
            self._gate.log.refresh()
            names = self._gate.records.names(SESSIONS)
            return tuple(n.removeprefix(SESSIONS) for n in names if self._subject_of(n) == handle)

    def withdrawn(self) -> frozenset[str]:
        """The sessions that were withdrawn, each by itself or with everything of its person."""
        with self._gate.lock:
            stated = self._gate.stated_consents()
            targets = {target for target, said in stated.items() if said.status == WITHDRAWN}
            if all(SUBJECTS + target not in self._gate.log.heads for target in targets):
                return frozenset(targets)
            names = self._gate.records.names(SESSIONS)
            theirs = {n.removeprefix(SESSIONS) for n in names if self._subject_of(n) in targets}
            return frozenset(targets | theirs)

    def _subject_of(self, name: str) -> str | None:
        try:
            # The log vouches for the bytes; checking who signed each of 100 000 object lists would take minutes.
            document = _document.decode(self._gate.records.read(name))
            return _body.decode(document.payload).subject
        except (RecordRefused, msgspec.DecodeError, UnicodeDecodeError):
            return None

    def record(
        self, status: str, purposes: Sequence[str] = (), *, sessions: Sequence[str] = (), subject: str | None = None
    ) -> tuple[str, ...]:
        """Write down what was agreed to about `sessions`, about everything of `subject` (pseudonym or handle), or both.

        All or nothing, in force when this returns; answers the targets. What was withdrawn can only be erased.
        Raises Denied, NotFound, ConsentRefused, StorageFailed.
        """
        action = Action.WITHDRAW if status == WITHDRAWN else Action.CONSENT
        with self._gate.lock, self._gate.log.locked():
            for session in sessions:
                self._gate.permit(action, session=session)
            targets = list(dict.fromkeys(sessions))
            if subject is not None:
                targets.append(self._permitted(subject, action))
            self._commit(targets, status, purposes)
            return tuple(targets)

    def withdraw(self, subject: str) -> str:
        """End everything of one person at once; answers the handle. Raises Denied, NotFound, StorageFailed."""
        return self.record(WITHDRAWN, subject=subject)[0]

    def _permitted(self, subject: str, action: Action) -> str:
        handle = self.handle(subject)
        stated = self._gate.stated_consents().get(handle)
        is_withdrawn = stated is not None and stated.status == WITHDRAWN
        # Of any session of theirs the gate knows that they withdrew; asked without one it would not.
        witness = next(iter(self.sessions(handle)), None) if is_withdrawn else None
        self._gate.permit(action, session=witness)
        return handle

    def _commit(self, targets: Sequence[str], status: str, purposes: Sequence[str]) -> None:
        gate = self._gate
        now_ms, chain = gate.now_ms(), gate.membership.chain
        documents: dict[str, bytes | None] = {
            CONSENT + target: issue_consent(
                gate.identity, chain, target=target, status=status, purposes=purposes, at_ms=now_ms
            )
            for target in targets
        }
        detail = {"status": status, "purposes": ", ".join(purposes)}
        gate.records.commit(documents, RECORDED, policy_sha256=gate.policy.sha256, detail=detail)
