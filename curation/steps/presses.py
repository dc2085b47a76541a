"""Pointer presses: clicks, multi-clicks, long presses and drags."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator
from dataclasses import dataclass, replace
from math import isnan, sqrt

import numpy as np

from curation.steps.draft import Draft, Int64s
from curation.steps.model import Action, ActionType, Point
from curation.steps.scene import DOWN, UP, Scene
from replay import schema
from replay.timebase import TimeNs


@dataclass(frozen=True, slots=True)
class Press:
    """One button from down to up; rows are indexes into the pointer track. `up` is None where it was lost."""

    button: int
    down: int
    up: int | None
    t_down_ns: TimeNs
    t_up_ns: TimeNs

    @property
    def rows(self) -> tuple[int, ...]:
        return (self.down,) if self.up is None else (self.down, self.up)


def presses_of(scene: Scene) -> list[Press]:
    """Every press of every button by time; a release without a press stands for nothing."""
    pointer = scene.pointer
    found: list[Press] = []
    open_: dict[int, int] = {}
    for row in np.flatnonzero(np.isin(pointer.kind, (DOWN, UP))).tolist():
        button, t_ns = int(pointer.button[row]), int(pointer.t_ns[row])
        if button in open_:
            down = open_.pop(button)
            if pointer.kind[row] == UP:
                found.append(Press(button, down, row, int(pointer.t_ns[down]), t_ns))
            else:
                found.append(_lost(scene, button, down, t_ns))
        if pointer.kind[row] == DOWN:
            open_[button] = row
    found += [_lost(scene, button, down, None) for button, down in open_.items()]
    return sorted(found, key=lambda p: (p.t_down_ns, p.down))


def _lost(scene: Scene, button: int, down: int, until_ns: TimeNs | None) -> Press:
    t_ns = int(scene.pointer.t_ns[down])
    end = t_ns + scene.recipe.ns("missing_release_s")
    return Press(button, down, None, t_ns, end if until_ns is None else min(end, until_ns))


def press_drafts(scene: Scene) -> Iterator[Draft]:
    """Clicks (merged into multi-clicks), long presses and drags, in time order of their presses."""
    drafts = [_draft(scene, p) for p in presses_of(scene)]
    chain: list[Draft] = []
    for draft in drafts:
        if chain and not _same_multi_click(scene, chain, draft):
            yield _multi_click(chain)
            chain = []
        chain.append(draft)
    if chain:
        yield _multi_click(chain)


def _draft(scene: Scene, press: Press) -> Draft:
    x, y = float(scene.x_px[press.down]), float(scene.y_px[press.down])
    travel = _travel_logical_px(scene, press)
    held = scene.held_at(press.t_down_ns)
    point = scene.point(press.t_down_ns, x, y)
    action = Action(
        type=ActionType.CLICK,
        button=schema.POINTER_BUTTONS[press.button] if press.button >= 0 else "other",
        modifiers=scene.modifiers(held),
        point=point,
    )
    end_point = point
    if travel > scene.recipe.click_max_travel_px:
        path = _path(scene, press)
        end_point = path[-1][1] if path else point
        action = replace(
            action, type=ActionType.DRAG, end_point=end_point, path=path, duration_ns=press.t_up_ns - press.t_down_ns
        )
    elif press.up is not None and press.t_up_ns - press.t_down_ns >= scene.recipe.ns("long_press_s"):
        action = replace(action, type=ActionType.LONG_PRESS, duration_ns=press.t_up_ns - press.t_down_ns)
    flags = scene.place_flags(press.t_down_ns, point, end_point)
    if press.up is None:
        flags = (*flags, "missing_release")
    return Draft(action, press.t_down_ns, press.t_up_ns, press.rows, holds=held, flags=flags)


def _rows_of(scene: Scene, press: Press) -> slice:
    """The pointer rows while the button was down."""
    if press.up is not None:
        return slice(press.down, press.up + 1)
    return slice(press.down, int(np.searchsorted(scene.pointer.t_ns, press.t_up_ns, side="left")))


def _travel_logical_px(scene: Scene, press: Press) -> float:
    rows = _rows_of(scene, press)
    x, y = scene.x_px[rows], scene.y_px[rows]
    if len(x) == 0 or np.isnan(x[0]) or np.isnan(y[0]):
        return 0.0
    # Measured all the way, not from press to release: a lasso that returns to its start is a drag.
    square = float(((x - x[0]) ** 2 + (y - y[0]) ** 2).max())
    if isnan(square):
        square = float(np.nanmax((x - x[0]) ** 2 + (y - y[0]) ** 2))
    return sqrt(square) / scene.scale_at(press.t_down_ns, float(x[0]), float(y[0]))


def _path(scene: Scene, press: Press) -> tuple[tuple[TimeNs, Point], ...]:
    rows = _rows_of(scene, press)
    t_ns, x, y = scene.pointer.t_ns[rows], scene.x_px[rows], scene.y_px[rows]
    known = ~(np.isnan(x) | np.isnan(y))
    t_ns, xy = t_ns[known], np.column_stack((x[known], y[known]))
    tolerance = scene.recipe.drag_path_tolerance_px * scene.scale_at(press.t_down_ns, *xy[0])
    path = []
    for i in _simplified(xy, tolerance).tolist():
        point = scene.point(int(t_ns[i]), float(xy[i, 0]), float(xy[i, 1]))
        if point is not None:
            path.append((int(t_ns[i]), point))
    return tuple(path)


def _simplified(xy: np.ndarray, tolerance: float) -> Int64s:
    """Ramer–Douglas–Peucker: indexes of the points to keep so that none lies farther than `tolerance` from the path."""
    keep = np.zeros(len(xy), bool)
    keep[[0, -1]] = True
    todo = [(0, len(xy) - 1)]
    while todo:
        a, b = todo.pop()
        if b - a < 2:
            continue
        between = xy[a + 1 : b] - xy[a]
        chord = xy[b] - xy[a]
        length2 = float(chord @ chord)
        along = np.clip(between @ chord / length2, 0, 1) if length2 else np.zeros(len(between))
        distance = np.hypot(*(between - along[:, None] * chord).T)
        worst = int(np.argmax(distance))
        if distance[worst] > tolerance:
            middle = a + 1 + worst
            keep[middle] = True
            todo += [(a, middle), (middle, b)]
    return np.flatnonzero(keep)


def _same_multi_click(scene: Scene, chain: list[Draft], draft: Draft) -> bool:
    """Whether `draft` is the next click of `chain`; place alone never joins clicks, however equal it is."""
    first, last = chain[0], chain[-1]
    if last.action.type != ActionType.CLICK or draft.action.type != ActionType.CLICK:
        return False
    if len(chain) >= scene.recipe.multi_click_max or last.action.button != draft.action.button:
        return False
    if last.action.modifiers != draft.action.modifiers or "missing_release" in last.flags:
        return False
    if draft.t_start_ns - last.t_start_ns > scene.recipe.ns("multi_click_interval_s"):
        return False
    a, b = first.action.point, draft.action.point
    if a is None or b is None:
        return False
    distance = float(np.hypot(b.x_px - a.x_px, b.y_px - a.y_px)) / scene.scale_at(first.t_start_ns, a.x_px, a.y_px)
    if distance > scene.recipe.multi_click_max_travel_px:
        return False
    return scene.same_stretch(last.t_start_ns, draft.t_end_ns) and not _interrupted(scene, last, draft)


def _interrupted(scene: Scene, last: Draft, draft: Draft) -> bool:
    """Whether a tick, another press or a key came between two presses."""
    for times, own in ((scene.interrupts_ns, 1), (scene.key_downs_ns, 0)):
        if bisect_left(times, draft.t_start_ns) - bisect_left(times, last.t_start_ns) > own:
            return True
    return False


def _multi_click(chain: list[Draft]) -> Draft:
    if len(chain) == 1:
        return chain[0]
    first, last = chain[0], chain[-1]
    return replace(
        first,
        action=replace(first.action, count=len(chain)),
        t_end_ns=last.t_end_ns,
        pointer_rows=tuple(r for d in chain for r in d.pointer_rows),
        holds=tuple(dict.fromkeys(h for d in chain for h in d.holds)),
        flags=tuple(dict.fromkeys(f for d in chain for f in d.flags)),
    )
