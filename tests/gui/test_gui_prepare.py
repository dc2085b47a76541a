"""Fast pictures in the window: made in the background, used at once, and asked for by an action."""

from __future__ import annotations

import numpy as np
import pytest

from replay.errors import Refused
from replay.store.library import Library
from replay.store.track_classes import DERIVED
from tests.gui.building import seconds


def side_of(path, session, home):
    return {t.track for t in Library.open(path, home).manifest(session).tracks} & DERIVED


@pytest.fixture
def session(workbench):
    return workbench.library.open_session_id


def said(desktop):
    return desktop.window.toast.accessibleName()


def test_the_open_session_gets_fast_pictures_and_stays_where_it_is(workbench, driver, library, session, tmp_path):
    driver.run_action("seek.goto", t_ns=seconds(2))
    driver.wait_idle()
    shown, exact = workbench.playback.shown_frame, workbench.workbench.canvas._frame.bgra.copy()
    assert side_of(library, session, tmp_path / "home") == set()
    driver.run_action("session.prepare")
    driver.wait_idle()
    assert {"skim", "mezzanine"} <= side_of(library, session, tmp_path / "home")
    assert "Fast pictures made for 1 session" in said(workbench)
    assert workbench.playback.shown_frame == shown == workbench.playback.state.frame
    assert np.array_equal(workbench.workbench.canvas._frame.bgra, exact)
    side = workbench.playback._server._side
    assert side.mezzanine is not None
    assert workbench.workbench.timeline._film._track.frames.tolist() == side.skim.source_index.tolist()
    driver.run_action("library.prepare")
    driver.wait_idle()
    assert said(workbench) == "Every session has its fast pictures."


def test_it_is_not_started_twice(workbench, driver, session):
    workbench.preparing.prepare_session()
    with pytest.raises(Refused, match="already"):
        workbench.preparing.prepare_library()
    driver.wait_idle()
    workbench.preparing.prepare_library()
    driver.wait_idle()


def test_a_cancelled_job_is_no_failure(workbench, driver, library, session, tmp_path):
    driver.run_action("session.prepare")
    (job,) = workbench.jobs._jobs
    workbench.jobs.cancel(job)
    driver.wait_idle()
    assert side_of(library, session, tmp_path / "home") == set()
    assert not workbench.window.toast.isVisible() or "pictures" not in said(workbench)
    driver.run_action("session.prepare")
    driver.wait_idle()
    assert side_of(library, session, tmp_path / "home") != set()


def test_a_pass_drops_them_and_they_follow_in_the_background(workbench, driver, library, session, tmp_path):
    driver.run_action("session.prepare")
    driver.wait_idle()
    before = {t.track: t.version for t in Library.open(library, tmp_path / "home").manifest(session).tracks}
    driver.run_action("redact.box", rect=(100, 100, 200, 100), start_ns=seconds(0.5), end_ns=seconds(2))
    driver.run_action("session.screen")
    driver.wait_idle()
    after = {t.track: t.version for t in Library.open(library, tmp_path / "home").manifest(session).tracks}
    assert after["mezzanine"] > before["mezzanine"]
    assert workbench.playback._server._side.mezzanine is not None


def test_they_follow_a_pass_in_its_own_library_whichever_is_open_by_then(workbench, driver, library, session, tmp_path):
    home = tmp_path / "home"
    other = Library.create(tmp_path / "other", home).path
    driver.run_action("session.screen")
    driver.run_action("library.open", path=str(other))
    driver.wait_idle()
    assert not said(workbench)
    assert {"skim", "mezzanine"} <= side_of(library, session, home)


def test_what_was_imported_is_there_at_once_and_gets_them_afterwards(desktop, driver, capture, tmp_path):
    jobs: list[str] = []
    desktop.jobs.progressed.connect(lambda view: jobs.append(view.title))
    new = tmp_path / "new"
    driver.run_action("session.import", paths=[str(capture)], consent="granted", library=str(new))
    driver.wait_idle()
    (session,) = Library.open(new, tmp_path / "home").session_ids()
    assert {"skim", "mezzanine"} <= side_of(new, session, tmp_path / "home")
    assert jobs[0].startswith("Importing")
    assert jobs[-1] == "Fast pictures of 1 session"
