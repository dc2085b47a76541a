"""The field that was typed into is masked only where the recorder tells which one it was; else the plan says so."""

from __future__ import annotations

import numpy as np
import pytest

from curation.redaction.places import Places
from replay.events import ElementEvent, KeyEvent, PointerTrack, SessionEvents, Timed
from replay.geometry import Geometry, Rect
from replay.session import Session, SessionInfo
from replay.sync import SyncModel
from replay.timebase import TimeRange

S = 1_000_000_000
NAME, CARD = Rect(0, 0, 100, 20), Rect(0, 50, 100, 20)
TYPING = TimeRange(10 * S, 12 * S)


def element(t_s: float, rect: Rect, *states: str) -> ElementEvent:
    return ElementEvent(round(t_s * S), 0, None, None, None, "edit", None, None, rect, states, None)


def key(t_s: float, code: str) -> KeyEvent:
    return KeyEvent(round(t_s * S), 0, "down", code, code, None, (), False, False)


def timed(events: list) -> Timed:
    return Timed(np.array([e.t_ns for e in events], np.int64), tuple(events))


def places(elements: list[ElementEvent], presses: list[tuple[float, float, float]], keys: list[KeyEvent]) -> Places:
    n = len(presses)
    pointer = PointerTrack(
        t_ns=np.array([round(t * S) for t, _, _ in presses], np.int64),
        seq=np.arange(n, dtype=np.int64),
        kind=np.full(n, 1, np.int8),
        x_px=np.array([x for _, x, _ in presses], np.float64),
        y_px=np.array([y for _, _, y in presses], np.float64),
        dx=np.zeros(n),
        dy=np.zeros(n),
        button=np.zeros(n, np.int8),
    )
    events = SessionEvents(pointer, timed(keys), timed([]), timed(elements), timed([]), ())
    info = SessionInfo("A" * 26, None, None, 30 * S, 0, None, None, None, "test", "1", "granted")
    return Places(Session(info, None, SyncModel(), Geometry([], None), events, ()))


def field(elements: list[ElementEvent], presses: list[tuple[float, float, float]], keys: list[KeyEvent]) -> Rect | None:
    found = places(elements, presses, keys).typed_into(TYPING)
    return None if found is None else found.rect_px


def test_the_row_with_the_focus_is_the_field() -> None:
    assert field([element(5, NAME, "focused")], [], []) == NAME


@pytest.mark.parametrize("moved", [([(7, 300, 300)], []), ([], [key(7, "Tab")])], ids=["a press", "Tab"])
def test_a_row_from_before_the_focus_moved_is_not(moved: tuple[list, list]) -> None:
    assert field([element(5, NAME, "focused")], *moved) is None


def test_the_newest_row_after_the_focus_moved_is() -> None:
    rows = [element(5, NAME, "focused"), element(7.2, CARD, "focused")]
    assert field(rows, [(7, 10, 55)], []) == CARD


def test_a_row_read_a_moment_before_its_press_was_written_counts() -> None:
    assert field([element(6.995, CARD, "focused")], [(7, 10, 55)], []) == CARD


def test_without_a_focus_row_the_pressed_element_is() -> None:
    rows = [element(7, Rect(0, 0, 500, 500)), element(7, CARD)]
    assert field(rows, [(7, 10, 55)], []) == CARD


def test_a_pressed_element_is_not_once_tab_left_it() -> None:
    assert field([element(7, CARD)], [(7, 10, 55)], [key(8, "Tab")]) is None
