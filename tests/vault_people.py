"""People and libraries for tests of the vault: real identities, made fresh, on no disk."""

from __future__ import annotations

from dataclasses import dataclass

from replay.vault.classes import TrackClass
from replay.vault.identity import Identity, Protection, new_secret
from replay.vault.keys import ClassKey, new_class_key
from replay.vault.roster import Roster, RosterChain, genesis, library_id_of, read_chain, sign_roster


def person(name: str = "Ada") -> Identity:
    return Identity.from_secret(new_secret(), name, Protection.DEVICE)


@dataclass(slots=True)
class Founded:
    """A library's first roster, as its maker and its recovery identity see it, and the documents since."""

    maker: Identity
    recovery: Identity
    documents: list[bytes]

    @classmethod
    def fresh(cls) -> Founded:
        maker, recovery = person("Maker"), person("Recovery")
        return cls(maker, recovery, [genesis(maker, recovery.card)])

    @property
    def library(self) -> str:
        return library_id_of(self.documents[0])

    @property
    def chain(self) -> RosterChain:
        return read_chain(self.documents, self.library)

    def add(self, roster: Roster, *, by: Identity | None = None) -> RosterChain:
        self.documents.append(sign_roster(roster, by or self.maker))
        return self.chain

    def join(self, name: str, *, is_custodian: bool = False) -> Identity:
        member = person(name)
        self.add(self.chain.draft().with_member(member.card, is_custodian=is_custodian))
        return member


def class_keys(epoch: int = 1) -> tuple[ClassKey, ...]:
    return tuple(new_class_key(c, epoch) for c in TrackClass)
