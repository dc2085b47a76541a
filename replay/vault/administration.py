"""Who belongs to a library and who may do what in it: the acts of a custodian, each decided and committed whole.

Taking somebody's access away is one entry of the log: the roster names them as revoked, their grants cease, and
everybody else's grants hold keys of a fresh epoch. From that entry on the gate denies them. What they could still read
with keys that they copied ends when `replay.store.rotation` has sealed everything anew.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from replay.errors import NotFound, Refused
from replay.vault.actions import Action, Role
from replay.vault.card import Card
from replay.vault.classes import TrackClass
from replay.vault.collection import sealed_under
from replay.vault.custody import HeldKeys, next_roster
from replay.vault.gate import ALL_ROLES, LIBRARY_KEY, Gate
from replay.vault.grants import EVERY_PURPOSE, ROLE_CLASSES, Grant, issue, new_grant_id
from replay.vault.keys import ClassKey, SessionKey, collection_key, new_class_key
from replay.vault.lease import Denied
from replay.vault.membership import GRANTS
from replay.vault.roster import Member, Roster, RosterChain

_PURPOSE: Final = "administration"
_DAY_MS: Final = 24 * 3600 * 1000


@dataclass(frozen=True, slots=True)
class Terms:
    """What a grant allows. `sessions` None: the whole collection; `days` None: without an end."""

    role: Role
    purposes: tuple[str, ...]
    sessions: tuple[str, ...] | None = None
    days: float | None = None


class Administration:
    """A custodian's acts on one library. Every act raises Denied, StorageFailed, HeadMoved, and leaves no half."""

    def __init__(self, gate: Gate) -> None:
        self._gate = gate

    # -- who there is ----------------------------------------------------------------------------------------------

    def members(self) -> tuple[Member, ...]:
        """Everybody who is or was a member, in order of joining. Raises Denied to who is no active member."""
        self._gate.log.refresh()
        roster = self._gate.membership.roster
        me = roster.member(self._gate.identity.card.id)
        if me is None or me.is_revoked:
            self._gate.audit("look_up", decision="denied", reasons=("not_a_member",))
            raise Denied(
                "not_a_member",
                "You are not a member of this library.",
                "Ask a custodian to add your card to the roster.",
            )
        return roster.members

    def grants(self) -> tuple[Grant, ...]:
        """Every grant in force, whoever holds it."""
        self.members()
        return self._gate.membership.all_grants()

    def member(self, said: str) -> Member:
        """By id, the beginning of one, or name; active members first.

        Raises NotFound (no_such_member, ambiguous_member).
        """
        members = self.members()
        found = [m for m in members if m.card.id == said] or [
            m for m in members if m.card.name == said or (len(said) > 2 and m.card.id.startswith(said))
        ]
        active = [m for m in found if not m.is_revoked] or found
        if len(active) == 1:
            return active[0]
        if not active:
            raise NotFound(
                "no_such_member", "The library has no such member.", "“safelight roster list LIB” names them."
            )
        raise NotFound("ambiguous_member", f"{len(active)} members go by that.", "Give the whole id.")

    # -- giving ----------------------------------------------------------------------------------------------------

    def add(self, card: Card) -> None:
        """Make somebody a member; without a grant they may do nothing yet. Raises RosterRefused (known member)."""
        self._gate.permit(Action.ADMINISTER, _PURPOSE, detail={"person": card.id})
        with self._gate.log.locked():
            _, changes = next_roster(self._gate, self._chain.draft().with_member(card))
            self._commit(changes, "roster_add", card.id)

    def grant(self, person: str, terms: Terms) -> str:
        """Give a member a role; a custodian's role comes with the right to sign rosters. Answers the grant's id.

        Raises NotFound for a session that there is not, GrantRefused for terms that contradict themselves.
        """
        self._gate.permit(Action.ADMINISTER, _PURPOSE, detail={"person": person, "role": terms.role.value})
        with self._gate.log.locked():
            chain, changes = self._as_custodian(person) if terms.role is Role.CUSTODIAN else (self._chain, {})
            grant_id = new_grant_id()
            changes[GRANTS + grant_id] = self._issued(chain, person, terms, grant_id)
            self._commit(changes, "grant", person)
        return grant_id

    def recover(self, card: Card) -> None:
        """Give an identity every role, with the keys of the recovery identity that asks. Read-only or not.

        Raises Refused (not_the_recovery_key) for any other custodian: they have `grant`.
        """
        self._gate.log.refresh()
        me = self._gate.membership.roster.member(self._gate.identity.card.id)
        if me is None or not me.is_recovery:
            raise Refused("not_the_recovery_key", "That key is not this library's recovery key.", "Name its own.")
        self._gate.permit(Action.RECOVER, _PURPOSE, detail={"person": card.id})
        with self._gate.log.locked():
            chain, changes = self._as_custodian(card.id, card)
            for role in ALL_ROLES:
                grant_id = new_grant_id()
                changes[GRANTS + grant_id] = self._issued(chain, card.id, Terms(role, (EVERY_PURPOSE,)), grant_id)
            self._commit(changes, "recover", card.id)

    def _as_custodian(self, person: str, card: Card | None = None) -> tuple[RosterChain, dict[str, bytes | None]]:
        draft = self._chain.draft()
        member = draft.member(person)
        if member is None and card is not None:
            return next_roster(self._gate, draft.with_member(card, is_custodian=True))
        if member is not None and member.is_custodian and not member.is_revoked:
            return self._chain, {}
        return next_roster(self._gate, draft.with_custodian(person))

    def _issued(self, chain: RosterChain, person: str, terms: Terms, grant_id: str) -> bytes:
        roster = chain.current
        member = roster.member(person)
        if member is None or member.is_revoked:
            raise NotFound("no_such_member", "That is no active member.", "“safelight roster add” makes one.")
        held = HeldKeys.of(self._gate).since(roster.floors)
        keys: Sequence[ClassKey | SessionKey] = held.keys
        if terms.sessions is not None:
            keys = held.for_sessions(terms.sessions, ROLE_CLASSES[terms.role])
        now_ms = self._gate.now_ms()
        return issue(
            self._gate.identity,
            member.card,
            chain,
            role=terms.role,
            purposes=terms.purposes,
            not_before_ms=now_ms,
            not_after_ms=None if terms.days is None else now_ms + round(terms.days * _DAY_MS),
            sessions=terms.sessions,
            policy_sha256=self._gate.policy.sha256,
            keys=keys,
            grant_id=grant_id,
        )

    # -- taking ----------------------------------------------------------------------------------------------------

    def revoke(self, person: str) -> None:
        """End somebody's access in one entry of the log; nothing happens where it has ended already.

        Raises Refused (own_revocation), RosterRefused (roster_quorum: the last custodian).
        """
        self._gate.permit(Action.REVOKE, _PURPOSE, detail={"person": person})
        if person == self._gate.identity.card.id:
            raise Refused("own_revocation", "Nobody revokes themselves.", "Let another custodian do it.")
        with self._gate.log.locked():
            member = self._chain.current.member(person)
            if member is not None and member.is_revoked:
                return
            changes = self._revocation(person)
            self._commit(changes, "revoke", person)

    def outstanding(self, person: str) -> tuple[str, ...]:
        """What is missing until somebody's revocation is complete, as codes; nothing when all of it holds.

        membership: they are an active member. grants: one of theirs is in force. rotation: something lies under keys
        that they held. A rotation ends with the entry that says that these keys were tried and opened nothing.
        """
        member = next((m for m in self.members() if m.card.id == person), None)
        if member is None or member.revoked_at_version is None:
            return ("membership", "grants", "rotation")
        grants = ("grants",) if any(g.person == person for g in self._gate.membership.all_grants()) else ()
        return grants + (("rotation",) if self._is_rotating(member.revoked_at_version) else ())

    def _is_rotating(self, since: int) -> bool:
        """Whether keys that were replaced in a version of the roster still count."""
        before, after = self._chain.at(since - 1).epochs, self._chain.at(since).epochs
        floors = self._chain.current.floors
        return any(floors[c] < after[c] for c in TrackClass if before[c] < after[c])

    def _revocation(self, person: str) -> dict[str, bytes | None]:
        grants = self._gate.membership.all_grants()
        lost = sorted({k.track_class for g in grants if g.person == person for k in g.keys})
        size = self._gate.log.sizes.get(person, 0)
        draft = self._chain.draft().with_revocation(person, size).with_epochs(lost)
        chain, changes = next_roster(self._gate, draft)
        fresh = [new_class_key(c, draft.epochs[c]) for c in lost]
        held = HeldKeys.of(self._gate, fresh).since(draft.floors)
        for grant in grants:
            if not _is_active(draft, grant.person):
                changes[GRANTS + grant.id] = None
            elif grant.issued_by == person or (grant.sessions is None and ROLE_CLASSES[grant.role] & set(lost)):
                changes[GRANTS + grant.id] = held.rewrapped(grant, chain)
        if TrackClass.CATALOGUE in lost:
            catalogue = held.ring.newest(TrackClass.CATALOGUE)
            changes[LIBRARY_KEY] = sealed_library_key(self._gate, catalogue)
        return changes

    @property
    def _chain(self) -> RosterChain:
        return self._gate.membership.chain

    def _commit(self, changes: dict[str, bytes | None], act: str, person: str) -> None:
        self._gate.records.commit(
            changes, act, purpose=_PURPOSE, policy_sha256=self._gate.policy.sha256, detail={"person": person}
        )


def sealed_library_key(gate: Gate, catalogue: ClassKey) -> bytes:
    """The library key, sealed under another epoch of the catalogue's class."""
    key = collection_key(catalogue, library=gate.library_id, name=LIBRARY_KEY)
    return sealed_under(gate.library_id, LIBRARY_KEY, catalogue.epoch, key, gate.library_key())


def _is_active(roster: Roster, person: str) -> bool:
    member = roster.member(person)
    return member is not None and not member.is_revoked
