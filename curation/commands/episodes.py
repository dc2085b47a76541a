"""Episodes: slices of the session with a goal and an outcome."""

from __future__ import annotations

from dataclasses import replace

from curation.commands.result import UNCHANGED, Edits, Refusal, checked, fresh_id, missing
from curation.edits import EpisodeChanged, EpisodeMarked, EpisodeRemoved
from curation.model import CurationState, Episode, Outcome
from replay.timebase import TimeNs, TimeRange


def mark_episode(
    state: CurationState,
    range: TimeRange,
    goal: str,
    *,
    outcome: Outcome = Outcome.UNKNOWN,
    evidence_t_ns: TimeNs | None = None,
) -> Edits | Refusal:
    """Mark an episode. `evidence_t_ns` is the moment that shows its outcome; it lies inside the episode."""
    if not goal.strip():
        return Refusal("goal_missing", "An episode needs a goal.", "Say in a sentence what the person wanted to do.")
    if evidence_t_ns is not None and not range.contains(evidence_t_ns):
        return _EVIDENCE_OUTSIDE
    episode = Episode(fresh_id(), range, goal, outcome, evidence_t_ns)
    return checked(state, (EpisodeMarked(episode),), "Mark episode", episode.id)


def change_episode(
    state: CurationState,
    episode_id: str,
    *,
    range: TimeRange | None = None,
    goal: str | None = None,
    outcome: Outcome | None = None,
    evidence_t_ns: TimeNs | None = None,
) -> Edits | Refusal:
    """Change what is given, keep the rest; evidence that a new range leaves behind is forgotten."""
    episode = state.episodes.get(episode_id)
    if episode is None:
        return missing("episode")
    new = replace(
        episode,
        range=range or episode.range,
        goal=episode.goal if goal is None else goal,
        outcome=outcome or episode.outcome,
        evidence_t_ns=episode.evidence_t_ns if evidence_t_ns is None else evidence_t_ns,
    )
    if new.evidence_t_ns is not None and not new.range.contains(new.evidence_t_ns):
        if evidence_t_ns is not None:
            return _EVIDENCE_OUTSIDE
        new = replace(new, evidence_t_ns=None)
    return UNCHANGED if new == episode else checked(state, (EpisodeChanged(new),), "Change episode", episode_id)


def remove_episode(state: CurationState, episode_id: str) -> Edits | Refusal:
    return checked(state, (EpisodeRemoved(episode_id),), "Remove episode", episode_id)


_EVIDENCE_OUTSIDE = Refusal(
    "evidence_outside_episode", "The evidence must lie inside the episode.", "Move the episode's edges or the evidence."
)
