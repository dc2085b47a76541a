"""Decisions about the session as a whole."""

from __future__ import annotations

from dataclasses import replace

from curation.commands.result import UNCHANGED, Edits, Refusal, checked
from curation.edits import StateMoved, SyncMeasured, SyncNudged
from curation.model import CurationState, SessionState
from replay.problems import Problem
from replay.sync import MeasuredSync, SyncModel


def nudge_sync(state: CurationState, delta_ns: int) -> Edits | Refusal:
    """Move the events later by `delta_ns` against the picture (earlier where negative)."""
    return checked(state, (SyncNudged(delta_ns),), "Nudge sync") if delta_ns else UNCHANGED


def measure_sync(state: CurationState, sync: MeasuredSync) -> Edits | Refusal:
    """Put the events on a measured clock; a nudge, which was made against the clock before, goes."""
    if sync == state.measured_sync and not state.sync_nudge_ns:
        return UNCHANGED
    back = (SyncNudged(-state.sync_nudge_ns),) if state.sync_nudge_ns else ()
    return checked(state, (*back, SyncMeasured(sync)), "Calibrate the clock")


def keep_seen(state: CurationState, imported: SyncModel, problems: tuple[Problem, ...]) -> Edits | Refusal:
    """Keep what a look at the pictures found where it could tell no clock: the clock in force stays as it is."""
    clock = state.measured_sync or MeasuredSync(
        imported.offset_ns, imported.drift_ppm, imported.sigma_ns, imported.method
    )
    kept = replace(clock, problems=problems)
    return UNCHANGED if kept == state.measured_sync else checked(state, (SyncMeasured(kept),), "Keep what was seen")


def move_state(state: CurationState, new: SessionState) -> Edits | Refusal:
    """Say where the session stands in the curators' day."""
    return UNCHANGED if new is state.state else checked(state, (StateMoved(new),), f"Mark session {new.value}")
