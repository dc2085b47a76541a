"""The last step of a trajectory: the agent says that it is done, or that it failed."""

from __future__ import annotations

from collections.abc import Sequence

from curation.model import Episode, Outcome
from curation.steps.model import Action, ActionType, Step
from replay.timebase import TimeRange
from replay.video.frame_table import FrameTable

_STATUS = {Outcome.SUCCESS: "success", Outcome.FAILURE: "failure"}


def with_terminate(
    steps: Sequence[Step], episode: Episode, frames: FrameTable | None, removed: tuple[TimeRange, ...] = ()
) -> tuple[Step, ...]:
    """`steps` and, where the episode ended in success or failure, the step that says so.

    It observes the episode's evidence frame where a person named one, else what the last step led to within the
    episode, else the episode's last frame, and never one that a range of `removed` hides.
    """
    status = _STATUS.get(episode.outcome)
    if status is None:
        return tuple(steps)
    start = max([episode.range.start_ns, *(s.t_end_ns for s in steps)])
    obs = None if frames is None else _observation(steps, episode, frames, removed)
    if obs is not None and frames is not None:
        start = max(start, int(frames.t_ns[obs]))
    action = Action(type=ActionType.TERMINATE, status=status)
    flags = ("obs_missing",) if frames is not None and obs is None else ()
    return (*steps, Step(steps[-1].index + 1 if steps else 0, action, start, start + 1, start, obs, None, (), flags))


def _observation(
    steps: Sequence[Step], episode: Episode, frames: FrameTable, removed: tuple[TimeRange, ...]
) -> int | None:
    kept = frames.outside(removed)
    shown = frames.indexes_in(episode.range)
    evidence = episode.evidence_t_ns
    post = steps[-1].post_index if steps else None
    # What the last step led to may lie beyond the episode's end, and then it is none of the episode's business.
    wanted = [None if evidence is None else frames.index_at(evidence), post if post in shown else None]
    wanted += list(reversed(shown))
    return next((i for i in wanted if i is not None and kept[i]), None)
