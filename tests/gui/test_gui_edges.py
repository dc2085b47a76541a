"""Edges moved by key: frame by frame, shown where they are, undone one by one."""

from __future__ import annotations

import numpy as np
import pytest

from app.composition import Desktop
from app.driver import Driver
from app.edge_acts import next_edge
from replay.errors import Refused
from tests.gui.building import FRAME_NS, frame_table, seconds


def test_the_next_edge_is_a_frames_start_also_where_frames_come_irregularly():
    frames = frame_table(5)
    assert next_edge(FRAME_NS, frames, 1) == 2 * FRAME_NS
    assert next_edge(FRAME_NS + 1, frames, -1) == FRAME_NS
    assert next_edge(4 * FRAME_NS, frames, 1) == 5 * FRAME_NS
    assert next_edge(0, frames, -1) == -FRAME_NS
    assert next_edge(7, None, 1) > 7


def test_keys_move_the_edges_of_the_selected_item_and_the_playhead_goes_along(workbench: Desktop, driver: Driver):
    driver.run_action("label.add", name="milestone", start_ns=seconds(1), end_ns=seconds(2))
    frames = workbench.stage.session.frames
    item = workbench.edits.selected_item
    assert item is not None
    driver.run_action("item.start_later")
    after = workbench.edits.selected_item
    assert after.range.start_ns == int(frames.t_ns[np.searchsorted(frames.t_ns, seconds(1), side="right")])
    assert workbench.playback.state.t_ns == after.range.start_ns
    driver.run_action("item.end_earlier")
    driver.run_action("item.end_earlier")
    shorter = workbench.edits.selected_item.range
    assert shorter.end_ns < after.range.end_ns
    assert shorter.end_ns in frames.t_ns
    for _ in range(3):
        driver.run_action("edit.undo")
    assert next(iter(workbench.edits.state.labels.values())).range == item.range
    driver.wait_idle()


def test_without_a_selection_the_key_says_what_is_missing(workbench: Desktop, driver: Driver):
    with pytest.raises(Refused):
        driver.run_action("item.end_later")
