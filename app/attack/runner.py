"""Runs the attacks on a library and writes down what came of them, as a signed proof."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterable, Mapping
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

from app.attack.arena import Arena, arena_of
from app.attack.attacks import ATTACKS, Attack
from app.attack.canaries import Canaries, enrolled
from app.attack.person import Person, processes
from app.attack.scene import CURATION, REVIEWING, UNMASKING, Finding, Scene
from replay.errors import Refused, SafelightError, storage_failed
from replay.store.library import Library
from replay.vault.actions import Action, Role
from replay.vault.administration import Administration, Terms
from replay.vault.gate import PROOF
from replay.vault.proof import Tried, sign_proof

Report = Callable[[int, int, str], None]

_PURPOSE: Final = "proof"
_INSTANT_DAYS: Final = 2e-8
"""About two milliseconds: a grant that has ended by the time anybody uses it."""

STRANGER: Final = "stranger"
GRANTED: Final[Mapping[str, tuple[tuple[Role, str, float | None], ...]]] = {
    "curator": ((Role.CURATOR, CURATION, None),),
    "unmasker": ((Role.UNMASKER, UNMASKING, None),),
    "expired": ((Role.UNMASKER, UNMASKING, _INSTANT_DAYS),),
    "reviewer": ((Role.CURATOR, CURATION, None), (Role.REVIEWER, REVIEWING, None)),
    "exporter": ((Role.EXPORTER, "training", None),),
    "leaver": ((Role.UNMASKER, UNMASKING, None),),
}
"""Members of the copy: role, purpose and length in days of each grant, all of them for the canaries alone."""


@dataclass(frozen=True, slots=True)
class Verified:
    """What one run found; `ok` where every attack was withstood."""

    at_ms: int
    findings: tuple[Finding, ...]

    @property
    def ok(self) -> bool:
        return bool(self.findings) and all(f.withstood for f in self.findings)

    def document(self) -> dict[str, Any]:
        """For JSON."""
        return {"ok": self.ok, "at_ms": self.at_ms, "attacks": [asdict(f) for f in self.findings]}


def verify(library: Library, report: Report) -> Verified:
    """Attack the library and sign what came of it; the gate reads that. Only a custodian can: attackers need grants.

    Raises Denied, Refused (verify_needs_custodian), BadInput, StorageFailed; then nothing was proven.
    """
    gate = library.gate
    gate.permit(Action.VERIFY, _PURPOSE)
    if gate.identity.card.id not in gate.membership.roster.custodians:
        raise Refused(
            "verify_needs_custodian",
            "Only a custodian can attack the library: the attackers need grants, on a copy.",
            "Ask a custodian to run it.",
        )
    found = findings(library, ATTACKS, report)
    verified = Verified(gate.now_ms(), tuple(found))
    tried = [Tried(f.name, f.withstood) for f in found]
    proof = sign_proof(gate.identity, library.id, verified.at_ms, gate.policy.sha256, tried)
    detail = {f.name: "withstood" if f.withstood else "failed" for f in found}
    gate.records.commit({PROOF: proof}, "proof", purpose=_PURPOSE, policy_sha256=gate.policy.sha256, detail=detail)
    return verified


def findings(library: Library, names: Iterable[str], report: Report) -> list[Finding]:
    """The attacks of these names; nothing is signed. Raises Denied, BadInput, StorageFailed."""
    wanted = tuple(names)
    try:
        canaries = enrolled(library)
        with tempfile.TemporaryDirectory(prefix="safelight-verify-") as folder, ExitStack() as stack:
            homes, context = Path(folder, "homes"), processes()
            people = {n: stack.enter_context(Person(n, homes, context)) for n in (STRANGER, *GRANTED)}
            scene = Scene(library, canaries, _peopled(library, canaries, Path(folder), people), people)
            found = []
            for n, name in enumerate(wanted):
                report(n, len(wanted), name.replace("_", " "))
                found.append(_finding(name, ATTACKS[name], scene))
            return found
    except OSError as e:
        raise storage_failed(e, "copy") from e


def _peopled(library: Library, canaries: Canaries, folder: Path, people: Mapping[str, Person]) -> Arena:
    """The copy, with everybody but the stranger as members, and grants for the canaries."""
    arena = arena_of(library, canaries, folder)
    administration = Administration(arena.library.gate)
    for name, grants in GRANTED.items():
        card = people[name].card
        administration.add(card)
        for role, purpose, days in grants:
            administration.grant(card.id, Terms(role, (purpose,), canaries.all, days))
    return arena


def _finding(name: str, attack: Attack, scene: Scene) -> Finding:
    """An attack that could not be made proves nothing, so it counts as failed."""
    try:
        return attack(scene)
    except (SafelightError, OSError) as e:
        code = e.code if isinstance(e, SafelightError) else "storage_failed"
        return Finding(name, "copy", denied=False, logged=False, control=False, how=f"could not be made: {code}")
