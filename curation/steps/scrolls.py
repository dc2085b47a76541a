"""Scrolling: ticks of one direction in one window, without other input between, are one step; a reversal is another."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from curation.steps.draft import Draft, Int64s
from curation.steps.model import Action, ActionType
from curation.steps.scene import DOWN, SCROLL, UP, Scene


def scroll_drafts(scene: Scene) -> Iterator[Draft]:
    """Groups of ticks whose gaps are at most `scroll_gap_s`; notches are summed, never netted over a reversal."""
    pointer = scene.pointer
    ticks = np.flatnonzero((pointer.kind == SCROLL) & ((pointer.dx != 0) | (pointer.dy != 0)))
    if len(ticks) == 0:
        return
    starts = np.concatenate(([0], _new_groups(scene, ticks)))
    dx = np.add.reduceat(pointer.dx[ticks], starts)
    dy = np.add.reduceat(pointer.dy[ticks], starts)
    ends = np.append(starts[1:], len(ticks))
    for i, (a, b) in enumerate(zip(starts.tolist(), ends.tolist(), strict=True)):
        yield _draft(scene, ticks[a:b], float(dx[i]), float(dy[i]))


def _new_groups(scene: Scene, ticks: Int64s) -> Int64s:
    """Where among `ticks` a group begins, the first one excepted."""
    pointer, t_ns = scene.pointer, scene.pointer.t_ns[ticks]
    dx, dy = pointer.dx[ticks], pointer.dy[ticks]
    sideways = np.abs(dx) > np.abs(dy)
    positive = np.where(sideways, dx, dy) > 0
    buttons = pointer.t_ns[np.isin(pointer.kind, (DOWN, UP))]
    differs = np.diff(t_ns) > scene.recipe.ns("scroll_gap_s")
    for key in (
        sideways,
        positive,
        np.searchsorted(scene.focus_ns, t_ns, side="right"),
        np.searchsorted(scene.barriers, t_ns, side="right"),
        np.searchsorted(buttons, t_ns, side="right"),
        np.searchsorted(scene.key_downs_ns, t_ns, side="right"),
    ):
        differs |= key[1:] != key[:-1]
    return np.flatnonzero(differs) + 1


def _draft(scene: Scene, ticks: Int64s, dx: float, dy: float) -> Draft:
    first, last = int(ticks[0]), int(ticks[-1])
    t_ns = int(scene.pointer.t_ns[first])
    point = scene.point(t_ns, float(scene.x_px[first]), float(scene.y_px[first]))
    held = scene.held_at(t_ns)
    action = Action(type=ActionType.SCROLL, modifiers=scene.modifiers(held), point=point, scroll_dx=dx, scroll_dy=dy)
    return Draft(
        action,
        t_ns,
        int(scene.pointer.t_ns[last]),
        tuple(ticks.tolist()),
        holds=held,
        flags=scene.place_flags(t_ns, point),
    )
