"""Who may do what in a library, and who did: gathered from its roster, grants, proof and log, for the Access page.

Nothing here holds anything captured: ids, names, times and codes.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Final

from app.core import Core
from replay.errors import SafelightError
from replay.vault.actions import Action
from replay.vault.identity import Card, Identity, default_home
from replay.vault.key_protection import PROTECTION_SENTENCES, Protection
from replay.vault.lease import Request
from replay.vault.log.entry import ALLOWED, Entry
from replay.vault.proof import read_proof
from replay.vault.recovery import recovery_keys_in
from widgets.log_table import LogRow
from widgets.people_table import GrantRow, PersonRow

AUDIT: Final = "audit"
"""The purpose under which the log is read."""
_PROOF: Final = "proof"


@dataclass(frozen=True, slots=True)
class Me:
    """Whose window this is. `recovery_keys`: names of recovery keys that still lie beside the identity."""

    card: Card
    protection: str
    is_protected: bool
    recovery_keys: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ProofFacts:
    """The last proof that the library refuses attacks; `at_ms` None: none was made yet. `is_due`: read-only."""

    at_ms: int | None
    ok: bool
    is_due: bool


@dataclass(frozen=True, slots=True)
class AccessFacts:
    """What the page shows; `log_refused` says in words why the log is not shown."""

    people: tuple[PersonRow, ...]
    grants: tuple[GrantRow, ...]
    proof: ProofFacts
    log: tuple[LogRow, ...]
    log_refused: SafelightError | None
    now_ms: int


def me_of(identity: Identity, home: Path | None) -> Me:
    keys = recovery_keys_in(home or default_home())
    return Me(
        identity.card,
        PROTECTION_SENTENCES[identity.protection],
        identity.protection is not Protection.DEVICE,
        tuple(p.name for p in keys),
    )


def is_member(core: Core) -> bool:
    """Whether this identity is one of the library's, and not revoked. Raises BadInput."""
    gate = core.library.gate
    with gate.lock:
        gate.log.refresh()
        member = gate.membership.roster.member(gate.identity.card.id)
    return member is not None and not member.is_revoked


def proof_of(core: Core) -> ProofFacts:
    """Raises BadInput where the record of the last proof does not hold."""
    gate = core.library.gate
    with gate.lock:
        gate.log.refresh()
        is_due = gate.proof_is_due()
        if _PROOF not in gate.records.names(_PROOF):
            return ProofFacts(None, True, is_due)
        by = gate.log.heads[_PROOF].device
        proof = read_proof(gate.records.read(_PROOF), gate.membership.chain, by=by)
        return ProofFacts(proof.at_ms, proof.ok, is_due)


def access_of(core: Core, *, is_log_read: bool) -> AccessFacts:
    """Everything at this moment; `is_log_read`: reading the log is in the log already and is not written again."""
    gate = core.library.gate
    with gate.lock:
        proof = proof_of(core)
        people, grants = _people(core), _grants(core)
    log: tuple[LogRow, ...] = ()
    refused = None
    try:
        _permit_reading(core, is_log_read=is_log_read)
        log = _log(core)
    except SafelightError as e:
        refused = e
    return AccessFacts(people, grants, proof, log, refused, gate.now_ms())


def _people(core: Core) -> tuple[PersonRow, ...]:
    gate = core.library.gate
    granted: dict[str, set[str]] = {}
    now_ms = gate.now_ms()
    for g in gate.membership.all_grants():
        if g.not_before_ms <= now_ms and (g.not_after_ms is None or now_ms < g.not_after_ms):
            granted.setdefault(g.person, set()).add(g.role.value)
    return tuple(
        PersonRow(
            m.card.id,
            m.card.name,
            () if m.is_revoked else tuple(sorted(granted.get(m.card.id, ()))),
            m.is_custodian,
            m.is_recovery,
            m.is_revoked,
            m.card.id == gate.identity.card.id,
        )
        for m in gate.membership.roster.members
    )


def _grants(core: Core) -> tuple[GrantRow, ...]:
    gate = core.library.gate
    membership, now_ms = gate.membership, gate.now_ms()
    names = {card.id: card.name for card in membership.chain.cards.values()}
    found = [
        GrantRow(
            g.id,
            names.get(g.person, g.person),
            g.role.value,
            g.purposes,
            None if g.sessions is None else len(g.sessions),
            g.not_before_ms,
            g.not_after_ms,
            names.get(g.issued_by, g.issued_by),
            now_ms,
        )
        for g in membership.all_grants()
    ]
    return tuple(sorted(found, key=lambda g: (g.person, g.role, g.not_before_ms)))


def _permit_reading(core: Core, *, is_log_read: bool) -> None:
    gate = core.library.gate
    if is_log_read and gate.decide(Request(Action.READ_LOG, None, AUDIT)).allowed:
        return
    gate.permit(Action.READ_LOG, AUDIT)


def _log(core: Core) -> tuple[LogRow, ...]:
    """Newest first."""
    gate = core.library.gate
    names = {card.id: card.name for card in gate.membership.chain.cards.values()}
    found = [(e, True) for e in gate.log.entries()]
    found += [(e, False) for e in gate.log.uncounted()]
    found.sort(key=lambda pair: pair[0].order, reverse=True)
    return tuple(_line(e, names.get(e.device, e.device), counts=counts) for e, counts in found)


def _line(e: Entry, who: str, *, counts: bool) -> LogRow:
    return LogRow(
        e.ts_ms,
        who,
        e.act,
        e.session or "",
        e.track_class or "",
        e.purpose or "",
        e.decision == ALLOWED,
        e.reasons,
        e.range_ms,
        counts,
    )
