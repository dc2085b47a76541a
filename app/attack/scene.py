"""What every attack stands on: the library, its copy, the people, and how a refusal is told from a mishap."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from msgspec.structs import replace

from app.attack.arena import Arena
from app.attack.canaries import Canaries
from app.attack.person import Person
from app.attack.tasks import Outcome, Task, Try
from replay.errors import SafelightError
from replay.store.library import Library
from replay.vault.actions import Action
from replay.vault.log.entry import DENIED

MASKED_TRACK = "pointer"
RAW_TRACK = "windows"
CURATION = "curation"
UNMASKING = "quality"
REVIEWING = "review"


@dataclass(frozen=True, slots=True)
class Finding:
    """One attack. `on`: “live” or “copy”. `control`: the rightful person succeeds. `how`: what was tried."""

    name: str
    on: str
    denied: bool
    logged: bool
    control: bool
    how: str

    @property
    def withstood(self) -> bool:
        return self.denied and self.logged and self.control


@dataclass(frozen=True, slots=True)
class Repelled:
    """How attempts went: `denied` for a reason that was expected, and every refusal `logged`."""

    denied: bool
    logged: bool

    def __and__(self, other: Repelled) -> Repelled:
        return Repelled(self.denied and other.denied, self.logged and other.logged)


@dataclass(slots=True)
class Scene:
    """`base` is the copy on which only what is allowed was done; attacks that alter something fork it.

    `revoked` is the copy on which one person was revoked, once there is one; `held`: their keys had opened something.
    """

    live: Library
    canaries: Canaries
    base: Arena
    people: Mapping[str, Person]
    revoked: Arena | None = None
    held: bool = False

    def read(self, who: str, task: Task) -> bool:
        """Whether somebody reads what they may."""
        return self.people[who].ask(task).released

    def repelled(self, who: str, arena: Arena, task: Task, *codes: str) -> Repelled:
        """Somebody tries; only a refusal for one of `codes` counts, and only one that stands in their log."""
        person = self.people[who]
        before = len(arena.denials(person.card))
        outcome = person.ask(task)
        fresh = arena.denials(person.card)[before:]
        denied = not outcome.released and outcome.code in codes
        return Repelled(denied, any(outcome.code in e.reasons for e in fresh))

    def refused(self, who: str, task: Task, *codes: str) -> bool:
        """The same where the log cannot tell: it is what was attacked, or was never asked."""
        return _is_refusal(self.people[who].ask(task), codes)

    def noted(self, name: str) -> bool:
        """Write down in the library what its copy could not: whether its log took it."""
        try:
            self.live.gate.audit("attack", decision=DENIED, reasons=(name,))
        except SafelightError:
            return False
        return True


def _is_refusal(outcome: Outcome, codes: Iterable[str]) -> bool:
    return not outcome.released and outcome.code in codes


def opening(arena: Arena, session: str, track: str = MASKED_TRACK) -> Task:
    """A curator's way to a masked track."""
    return Task(Try.READ, str(arena.path), arena.name, session, track, purpose=CURATION)


def unmasking(arena: Arena, session: str, purpose: str = UNMASKING) -> Task:
    return replace(opening(arena, session, RAW_TRACK), action=Action.UNMASK, purpose=purpose)
