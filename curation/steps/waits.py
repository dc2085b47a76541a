"""Waits: long stretches without any input between two actions."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import pairwise

import numpy as np

from curation.steps.draft import Draft
from curation.steps.model import Action, ActionType
from curation.steps.scene import Scene
from replay.timebase import NS_PER_S, TimeNs

ChangedFraction = Callable[[int, int], float]


def wait_drafts(scene: Scene, drafts: list[Draft], changed_fraction: ChangedFraction | None) -> Iterator[Draft]:
    """A wait for every pause of input of at least `wait_s`; with pixels, a still screen needs `wait_static_s`.

    What precedes the first action is no wait, nor is a pause inside an action or one that a cut or a hole interrupts.
    `drafts` are in time order.
    """
    if not drafts:
        return
    keys = scene.session.events.keys.t_ns
    t_ns = np.sort(np.concatenate((scene.pointer.t_ns, keys)))
    starts = np.array([d.t_start_ns for d in drafts], np.int64)
    ends = np.maximum.accumulate(np.array([d.t_end_ns for d in drafts], np.int64))
    for row in np.flatnonzero(np.diff(t_ns) >= scene.recipe.ns("wait_s")).tolist():
        a, b = int(t_ns[row]), int(t_ns[row + 1])
        before = int(np.searchsorted(starts, a, side="right")) - 1
        if before < 0 or ends[before] >= b or not scene.same_stretch(a, b):
            continue
        if b - a < scene.recipe.ns("wait_static_s") and _still(scene, a, b, changed_fraction):
            continue
        yield Draft(Action(type=ActionType.WAIT, duration_ns=b - a), a, b)


def _still(scene: Scene, a_ns: TimeNs, b_ns: TimeNs, changed_fraction: ChangedFraction | None) -> bool:
    """Whether the screen visibly stood still once the action before had settled; looked at once a second."""
    frames = scene.session.frames
    if frames is None or changed_fraction is None:
        return False
    moments = range(a_ns + scene.recipe.ns("obs_settle_s"), b_ns, NS_PER_S)
    shown = [frames.index_at(t) for t in moments]
    limit = scene.recipe.changed_fraction
    return all(i == j or changed_fraction(i, j) < limit for i, j in pairwise(shown))
