"""Making a library's vault and opening it: who the maker is, the first roster, the first keys, the first grants."""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

from replay.vault.actions import Role
from replay.vault.classes import TrackClass
from replay.vault.collection import sealed_under
from replay.vault.gate import ALL_ROLES, LIBRARY_KEY, Gate
from replay.vault.grants import EVERY_PURPOSE, issue, new_grant_id
from replay.vault.identity import Card, Identity, default_home, identity_of
from replay.vault.keys import ClassKey, collection_key, new_class_key
from replay.vault.log.library_log import LibraryLog
from replay.vault.log.memory import Memory
from replay.vault.membership import GRANTS, ROSTER, RosterFolder
from replay.vault.policy import Policy
from replay.vault.records import Records
from replay.vault.recovery import make_recovery
from replay.vault.roster import RosterChain, genesis, library_id_of, read_chain

_KEY_BYTES: Final = 32


def open_gate(library: Path, library_id: str, home: Path | None) -> Gate:
    """The gate of an existing library under the identity in `home`, which is made where there is none.

    Raises BadInput where roster or log do not hold, StorageFailed.
    """
    return gate_of(library, library_id, identity_of(home), home or default_home())


def gate_of(
    library: Path,
    library_id: str,
    identity: Identity,
    home: Path,
    *,
    founding: bytes | None = None,
    now_ms: Callable[[], int] = lambda: time.time_ns() // 1_000_000,
) -> Gate:
    """The gate under an identity that is at hand; what it remembers of the log lies in `home`."""
    rosters = RosterFolder(library / ROSTER, library_id, founding)
    log = LibraryLog(
        library / "log",
        identity,
        rosters.cards,
        Memory(home, library_id),
        log_limits=lambda: rosters.log_limits(log.roster_version),
        custodians=rosters.custodians,
        now_ms=now_ms,
    )
    return Gate(library_id, identity, rosters, log, Records(library, log), Policy.load(), now_ms)


def make_vault(library: Path, home: Path | None) -> str:
    """Roster, class keys, the maker's grants in every role, and the recovery key, in one committed step.

    No question is asked. The recovery key lies in the maker's home until it is moved away. Returns the library's id,
    which its marker file must name.
    """
    identity = identity_of(home)
    folder = home or default_home()
    recovery = make_recovery(folder)
    document = genesis(identity, recovery.card)
    library_id = library_id_of(document)
    recovery.keep(library_id)
    gate = gate_of(library, library_id, identity, folder, founding=document)
    keys = tuple(new_class_key(c, 1) for c in TrackClass)
    give = _giver(identity, read_chain([document], library_id), keys, gate)
    changes: dict[str, bytes | None] = {ROSTER: document}
    for card, role in ((recovery.card, Role.CUSTODIAN), *((identity.card, r) for r in ALL_ROLES)):
        grant_id = new_grant_id()
        changes[GRANTS + grant_id] = give(card, role, grant_id)
    changes[LIBRARY_KEY] = _sealed_library_key(library_id, keys)
    gate.records.commit(changes, "library_made", policy_sha256=gate.policy.sha256)
    gate.log.close()
    return library_id


def _giver(
    identity: Identity, chain: RosterChain, keys: Sequence[ClassKey], gate: Gate
) -> Callable[[Card, Role, str], bytes]:
    """Grants of one role over the whole collection, for every purpose and without an end."""

    def give(card: Card, role: Role, grant_id: str) -> bytes:
        return issue(
            identity,
            card,
            chain,
            role=role,
            purposes=(EVERY_PURPOSE,),
            not_before_ms=gate.now_ms(),
            policy_sha256=gate.policy.sha256,
            keys=keys,
            grant_id=grant_id,
        )

    return give


def _sealed_library_key(library_id: str, keys: Sequence[ClassKey]) -> bytes:
    catalogue = next(k for k in keys if k.track_class is TrackClass.CATALOGUE)
    key = collection_key(catalogue, library=library_id, name=LIBRARY_KEY)
    return sealed_under(library_id, LIBRARY_KEY, catalogue.epoch, key, secrets.token_bytes(_KEY_BYTES))
