"""Every attack that `safelight verify` makes, by the name that its report says, in the order in which they are made."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Final

from app.attack import by_people, by_storage
from app.attack.scene import Finding, Scene

Attack = Callable[[Scene], Finding]

_ALL: Final[tuple[Attack, ...]] = (
    by_people.stranger,
    by_people.masked_only,
    by_people.expired_grant,
    by_people.wrong_purpose,
    by_people.withdrawn_subject,
    by_people.own_edits,
    by_people.self_approver,
    by_people.missing_attribute,
    by_people.clock_set_back,
    by_people.revoked_key,
    by_storage.altered_object,
    by_storage.swapped_object,
    by_storage.rolled_back_object,
    by_storage.forged_rows,
    by_storage.stale_roster,
    by_storage.truncated_log,
    by_storage.edited_log,
    by_storage.forked_log,
    by_storage.unlogged_access,
)

ATTACKS: Final[Mapping[str, Attack]] = MappingProxyType({a.__name__: a for a in _ALL})
