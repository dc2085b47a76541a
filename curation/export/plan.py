"""The plan of an export: what would leave, what is refused and why. Pure; nothing is decoded, nothing is written."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from typing import Final

from curation.export.recipe import Recipe
from curation.export.source import SessionSource
from curation.model import SessionState
from curation.redaction.plan import RedactionPlan, resolve
from curation.redaction.pseudonyms import pseudonym
from curation.steps.reduce import reduce
from replay.errors import Refused
from replay.problems import Severity
from replay.session import Session
from replay.timebase import complement

MAX_SIGMA_NS: Final = 250_000_000
# Formats that are nothing without pictures.
NEED_PICTURES: Final = frozenset({"agentnet"})


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a session stays home: a stable code and a sentence without captured content."""

    code: str
    reason: str


@dataclass(frozen=True, slots=True)
class PlannedSession:
    """What one session would give. `refusal` is None where it may leave."""

    id: str
    pseudonym: str
    head: int
    refusal: Refusal | None
    episodes: int = 0
    steps: int = 0
    frames: int = 0
    masked_frames: int = 0
    cut_frames: int = 0
    hidden_stretches: int = 0
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ExportPlan:
    """Every selected session, in order of id, and the recipe."""

    recipe: Recipe
    sessions: tuple[PlannedSession, ...]

    @property
    def allowed(self) -> tuple[PlannedSession, ...]:
        return tuple(s for s in self.sessions if s.refusal is None)

    @property
    def refused(self) -> tuple[PlannedSession, ...]:
        return tuple(s for s in self.sessions if s.refusal is not None)


def plan_session(source: SessionSource, recipe: Recipe, library_key: bytes) -> PlannedSession:
    session_id = source.session.id
    name = pseudonym(library_key, "session", session_id)
    refusal = next((r for rule in _RULES if (r := rule(source, recipe)) is not None), None)
    if refusal is not None:
        return PlannedSession(session_id, name, source.head, refusal)
    try:
        plan = resolve(source.session, source.state, library_key)
    except Refused as e:
        return PlannedSession(session_id, name, source.head, Refusal(e.code, e.sentence))
    if not complement(source.session.extent, plan.cuts):
        return PlannedSession(session_id, name, source.head, Refusal("all_cut", "Nothing is left after its cuts."))
    frames = source.session.frames
    return PlannedSession(
        session_id,
        name,
        source.head,
        None,
        episodes=max(1, len(source.state.episodes)),
        steps=len(reduce(source.session, recipe.reduce_recipe(), plan.cuts)),
        frames=len(plan.kept_frames),
        masked_frames=plan.masks.count(plan.kept_frames),
        cut_frames=0 if frames is None else len(frames) - len(plan.kept_frames),
        hidden_stretches=len(plan.hidden_runs),
        warnings=tuple(_warnings(source.session, plan)),
    )


def _consent(source: SessionSource, recipe: Recipe) -> Refusal | None:
    info = source.session.info
    return consent_refusal(info.consent_status, info.consent_purposes, recipe)


def consent_refusal(status: str, purposes: Collection[str], recipe: Recipe) -> Refusal | None:
    """Why a consent lets nothing be exported; None where it does. It needs no key, so it is asked for first."""
    if status == "granted":
        return None
    if status == "limited" and recipe.purpose is not None and recipe.purpose in purposes:
        return None
    reasons = {
        "withdrawn": "The person's consent was withdrawn.",
        "limited": "The person's consent is limited to purposes that the recipe does not name.",
    }
    reason = reasons.get(status, "Nobody recorded the person's consent.")
    return Refusal(f"consent_{status}", reason)


def _state(source: SessionSource, recipe: Recipe) -> Refusal | None:
    if source.state.state is SessionState.REJECTED:
        return Refusal("session_rejected", "A curator rejected the session.")
    return None


def _sync(source: SessionSource, recipe: Recipe) -> Refusal | None:
    session = source.session
    if session.frames is None:
        return None
    if recipe.max_sigma_ms is not None:
        if session.sync.sigma_ns <= recipe.max_sigma_ms * 1e6:
            return None
        return Refusal("sync_uncertain", f"Its clock is sure to {_ms(session)} only; the recipe allows less.")
    if session.sync.method == "assumed":
        return Refusal(
            "sync_assumed", "Its clock against the video was only assumed; calibrate it or set max_sigma_ms."
        )
    if session.sync.sigma_ns > MAX_SIGMA_NS:
        return Refusal("sync_uncertain", f"Its clock is sure to {_ms(session)} only; calibrate it or set max_sigma_ms.")
    return None


def _pictures(source: SessionSource, recipe: Recipe) -> Refusal | None:
    needing = sorted(NEED_PICTURES & set(recipe.formats))
    if source.session.frames is None and needing:
        return Refusal("no_video", f"It has no video, and the format {needing[0]} needs pictures.")
    return None


def _problems(source: SessionSource, recipe: Recipe) -> Refusal | None:
    for problem in source.session.problems:
        if problem.severity is Severity.ERROR and problem.code not in recipe.accept_problems:
            return Refusal(
                "unresolved_problem", f"It has an unresolved problem ({problem.code}); accept_problems lets it through."
            )
    return None


_RULES: Final[tuple[Callable[[SessionSource, Recipe], Refusal | None], ...]] = (
    _consent,
    _state,
    _sync,
    _pictures,
    _problems,
)


def _warnings(session: Session, plan: RedactionPlan) -> Iterator[str]:
    if session.frames is not None and session.sync.sigma_ns > session.frames.frame_ns:
        yield f"The clock is sure to {_ms(session)} only, more than one frame."
    for code, count in sorted(plan.unplaced.items()):
        if count:
            yield f"{count} × {code}: hidden where it is written, but nobody knows where on the screen it stood."


def _ms(session: Session) -> str:
    return f"{session.sync.sigma_ns / 1e6:.0f} ms"
