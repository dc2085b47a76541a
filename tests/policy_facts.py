"""Facts under which a role may do all that its clauses say, for tests to spoil one at a time."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from replay.vault.actions import Action, Role
from replay.vault.classes import TrackClass
from replay.vault.policy import Facts, GrantFacts

NOW_MS = 1_790_000_000_000
PURPOSE = "assistive research"


def grant(role: Role, **changes: Any) -> GrantFacts:
    """A grant for the purpose, over the session, for a day around the time of the request."""
    whole = GrantFacts(role, (PURPOSE,), True, NOW_MS - 1_000, NOW_MS + 86_400_000)
    return replace(whole, **changes)


def facts(action: Action, track_class: TrackClass | None, /, *roles: Role, **changes: Any) -> Facts:
    """A member who holds the roles asks with a purpose, and nothing stands in the way."""
    whole = Facts(
        action=action,
        track_class=track_class,
        purpose=PURPOSE,
        is_member=True,
        is_revoked=False,
        grants=tuple(grant(role) for role in roles),
        now_ms=NOW_MS,
        consent="granted",
        consent_purposes=(),
        is_screened=True,
        quorum=1,
        own_edit=False,
        approvals=0,
        is_subject=False,
        proof_is_due=False,
        session_sealed_current=True,
    )
    return replace(whole, **changes)
