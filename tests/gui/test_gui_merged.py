"""Recorded events beside the steps they were merged to: which belongs to which, and the way from one to the other."""

from __future__ import annotations

import time

import numpy as np
import pytest

from app.composition import Desktop
from app.driver import Driver
from curation.model import SeqSpan
from curation.steps.model import Action, ActionType, Step
from curation.steps.reduce import reduce
from curation.veil import Lifted
from replay.events import SessionEvents, Timed
from tests.gui.building import pointer_track, seconds, session, session_events
from widgets.event_list import ROW_ROLE, EventModel, EventPanel
from widgets.event_rows import EventKind, address, index_of
from widgets.step_rows import StepRows


def step(place: int, *raw: SeqSpan) -> Step:
    return Step(place, Action(ActionType.CLICK), 0, 1, 0, None, None, raw)


def test_a_row_belongs_to_the_step_whose_rows_hold_its_number():
    rows = StepRows([step(0, SeqSpan("pointer", 3, 5), SeqSpan("keys", 1, 1)), step(1, SeqSpan("pointer", 8, 8))])
    found = [rows.place_of("pointer", seq) for seq in (2, 3, 5, 6, 8, 9)]
    assert found == [-1, 0, 0, -1, 1, -1]
    assert rows.place_of("keys", 1) == 0
    assert rows.place_of("windows", 1) == -1


def test_each_step_is_named_beside_the_first_of_its_events_and_leads_back_to_it(dressed):
    captured = session()
    model, steps = EventModel(), reduce(captured)
    model.show_kinds(frozenset(EventKind))
    model.show_events(captured.events, index_of(captured.events))
    model.show_steps(StepRows(steps), Lifted())
    tags = [model.index(row).data(ROW_ROLE).tag for row in range(model.rowCount())]
    assert {t.place for t in tags if t is not None} == {s.index for s in steps if s.raw}
    for place in {t.place for t in tags if t is not None}:
        row = model.row_of_step(place)
        assert tags[row].place == place
        assert tags[row].is_first
        assert tags[row].text.startswith(f"#{place + 1} ")
    kind, number = EventKind.CLICK, 30
    assert address(captured.events, kind, number) == ("pointer", int(captured.events.pointer.seq[number]))


def test_one_key_leads_from_an_event_to_its_step_and_back(workbench: Desktop, driver: Driver):
    page = workbench.workbench
    model = page.events._model
    row = next(r for r in range(model.rowCount()) if model.step_of(r) >= 0)
    driver.run_action("seek.goto", t_ns=model.index(row).data(257))
    driver.wait_until(lambda: page.events.current_step >= 0, 20)  # lists follow a few times a second
    place = page.events.current_step
    driver.run_action("view.other_list")
    driver.wait_rest(0.1)
    assert page.events.visibleRegion().isEmpty()
    assert page.steps.current_row == place
    driver.run_action("view.other_list")
    driver.wait_rest(0.1)
    assert not page.events.visibleRegion().isEmpty()
    assert page.events.current_step == place
    driver.wait_idle()


@pytest.mark.parametrize("rows", [0, 5_000_000])
def test_the_list_is_there_at_once_however_many_events_there_are(dressed, qtbot, rows):
    times = np.linspace(0, 4 * 3600, rows)
    some = session_events()
    none = Timed(np.zeros(0, np.int64), ())
    events = SessionEvents(
        pointer_track(times, np.zeros(rows)), *((some.keys, some.windows) if rows else (none, none)), none, none, ()
    )
    panel = EventPanel()
    qtbot.addWidget(panel)
    panel.resize(340, 500)
    panel.show()
    index = index_of(events)
    started_s = time.thread_time()
    panel.show_events(events, index)
    panel._model.show_kinds(frozenset(EventKind))
    panel._show_page()
    for at_s in (10, 7000, 14000):
        panel.show_playhead(seconds(at_s))
        panel.grab()
    # What a person feels as at once is 100 ms; a list that lays out its rows takes a minute here.
    assert time.thread_time() - started_s < 1.5
    assert panel._model.rowCount() == events.count
