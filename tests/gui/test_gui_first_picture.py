"""The first picture of a session is there before its events, and nothing in it that somebody has hidden."""

from __future__ import annotations

import numpy as np
import pytest

from app.first_picture import first_picture
from curation import commands
from curation.model import MaskKeyframe
from replay.geometry import Rect
from replay.timebase import TimeRange
from tests.gui.building import seconds


@pytest.fixture
def opened_library(desktop, driver, library):
    desktop.show(library)
    driver.wait_idle()
    return desktop


def _session(desktop) -> str:
    return desktop.library_page.model.session_id(0)


def test_it_is_shown_before_the_session_and_is_its_exact_first_frame(opened_library, driver):
    desktop, order, later = opened_library, [], []
    desktop.library.first_picture.connect(lambda frame: order.append(frame))
    desktop.library.session_opened.connect(lambda _: order.append("session"))
    desktop.playback.frame_shown.connect(later.append)
    session = _session(desktop)
    early = first_picture(desktop.library.core, session)
    desktop.stage.show_first(early)
    assert desktop.workbench.canvas.frame_size == (640, 368)
    driver.run_action("session.open", session=session)
    assert desktop.workbench.canvas.frame_size is None, "of the session before nothing is left"
    driver.wait_idle()
    assert order[-1] == "session"
    assert not early.is_preview
    assert (early.index, early.t_ns) == (later[0].index, later[0].t_ns)
    assert np.array_equal(early.bgra, later[0].bgra)


def test_one_that_comes_after_the_session_changes_nothing(opened_library, driver):
    desktop = opened_library
    session = _session(desktop)
    driver.run_action("session.open", session=session)
    driver.wait_idle()
    desktop.playback.seek_frame(40)
    driver.wait_idle()
    before = desktop.workbench.canvas.grab().toImage()
    desktop.stage.show_first(first_picture(desktop.library.core, session))
    assert desktop.workbench.canvas.grab().toImage() == before


def test_what_was_hidden_since_the_masked_pictures_were_made_waits_for_its_masks(opened_library):
    core = opened_library.library.core
    session = _session(opened_library)
    assert first_picture(core, session) is not None
    editor = core.editor(session)
    box = MaskKeyframe(0, Rect(10, 10, 50, 50))
    made = commands.redact_rect(editor.state, TimeRange(0, seconds(1)), [box])
    editor.commit(made.edits, title=made.title)
    assert first_picture(core, session) is None
    editor.undo()
    assert first_picture(core, session) is not None
