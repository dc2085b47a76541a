"""Holes to plant in a copy of the product: each a change of its source, and the attacks that must find it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Hole:
    """In `file`, `text` becomes `instead`; every one of `found_by` must fail. `text` stands there exactly once.

    `also`: further changes (file, text, instead), where one check backs up another.
    """

    name: str
    file: str
    text: str
    instead: str
    found_by: tuple[str, ...]
    also: tuple[tuple[str, str, str], ...] = ()

    @property
    def changes(self) -> tuple[tuple[str, str, str], ...]:
        return ((self.file, self.text, self.instead), *self.also)


HOLES = (
    Hole(
        "flag-only check: who the roster names is not looked up",
        "replay/vault/gate.py",
        "is_revoked=me is not None and me.is_revoked,",
        "is_revoked=False,",
        ("revoked_key",),
    ),
    Hole(
        "membership is a flag that is always set",
        "replay/vault/gate.py",
        "is_member=me is not None,",
        "is_member=True,",
        ("stranger",),
    ),
    Hole(
        "a swallowed policy error",
        "replay/vault/policy.py",
        "return _Answer(result.allowed and not failed, failed, statements)",
        "return _Answer(result.allowed or failed, False, statements)",
        ("missing_attribute",),
    ),
    Hole(
        "an unlogged denial",
        "replay/vault/gate.py",
        "            self._written(request, decision.reasons, decision.allowed, **told)\n",
        "            if decision.allowed:\n"
        "                self._written(request, decision.reasons, decision.allowed, **told)\n",
        ("stranger", "masked_only", "wrong_purpose"),
    ),
    Hole(
        "a release that the log did not take",
        "replay/vault/gate.py",
        "            self._written(request, decision.reasons, decision.allowed, **told)\n",
        "            with suppress(SafelightError):\n"
        "                self._written(request, decision.reasons, decision.allowed, **told)\n",
        ("unlogged_access",),
    ),
    Hole(
        "grants are dropped without a rotation",
        "replay/store/rotation.py",
        "        if not self._rekeying.is_pending:\n",
        "        if self._rekeying.is_pending or not self._rekeying.is_pending:\n",
        ("revoked_key",),
    ),
    Hole(
        "a stale roster is accepted",
        "replay/vault/membership.py",
        "        if head.sha256 is None or head.sha256 != chain.digests[-1]:\n",
        "        if head.sha256 is None:\n",
        ("stale_roster",),
        (
            (
                "replay/vault/roster.py",
                "        if not 1 <= version <= len(self.rosters):\n            raise",
                "        if version > len(self.rosters):\n            return self\n"
                "        if version < 1:\n            raise",
            ),
        ),
    ),
    Hole(
        "an ended grant is accepted",
        "replay/vault/gate.py",
        "grant.not_before_ms, grant.not_after_ms)",
        "0, None)",
        ("expired_grant",),
    ),
    Hole(
        "the purpose is not checked",
        "replay/vault/gate.py",
        "GrantFacts(grant.role, grant.purposes, ",
        'GrantFacts(grant.role, ("*",), ',
        ("wrong_purpose",),
    ),
    Hole(
        "consent is not checked by the policy",
        "replay/vault/gate.py",
        "consent=None if consent is None else consent.status,",
        'consent=None if consent is None else "granted",',
        ("withdrawn_subject",),
    ),
    Hole(
        "objects are not bound to their names",
        "replay/vault/container.py",
        "    return canonical(parts)\n",
        '    return canonical({"library": parts.get("library", "")})\n',
        ("swapped_object",),
    ),
    Hole(
        "a shorter log is accepted",
        "replay/vault/log/library_log.py",
        "        if log.size < seen.size:\n            raise",
        "        if log.size < seen.size:\n            return\n        if False:\n            raise",
        ("truncated_log",),
    ),
    Hole(
        "an altered record is accepted",
        "replay/vault/records.py",
        "        if hashlib.sha256(content).hexdigest() != head.sha256:\n",
        "        if not content:\n",
        ("rolled_back_object",),
    ),
    Hole(
        "whose edits they are is not asked",
        "replay/vault/gate.py",
        "own_edit=me is not None and me.card.id in self.log.editors(request.session)",
        "own_edit=False",
        ("own_edits",),
    ),
    Hole(
        "a clock that was set back is believed",
        "replay/vault/log/library_log.py",
        "        return behind if behind > CLOCK_SLACK_MS else 0\n",
        "        return 0\n",
        ("clock_set_back",),
    ),
    Hole(
        "decisions are not bound to their rows",
        "replay/vault/payloads.py",
        '        return canonical({"library": self._keys.library_id, "session": session}) + columns\n',
        '        return canonical({"library": self._keys.library_id})\n',
        ("forged_rows",),
    ),
)
