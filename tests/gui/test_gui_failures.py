"""What nobody foresaw is told in a sentence that quotes nothing, and stops nothing else."""

from __future__ import annotations

import io
import sys
import threading
import time

import numpy as np
import pytest
from PySide6.QtCore import QTimer

from app import desktop as entry
from app.bridge import Bridge
from app.playback_controller import PlaybackController
from app.thumbnails import Thumbnails
from app.uncaught import uncaught_told
from replay.errors import BadInput, NotFound, SafelightError
from replay.video.index import build_frame_table
from tests.gui.building import encoded_video, frame_table, session

CAPTURED = "hunter2Secret"


def fail() -> None:
    raise ValueError(CAPTURED)


def test_an_exception_in_a_slot_is_told_without_its_words(qtbot, caplog, expected_log):
    told: list[SafelightError] = []
    with uncaught_told(told.append), expected_log("app.uncaught", "unexpected"):
        QTimer.singleShot(0, fail)
        qtbot.waitUntil(lambda: bool(told))
    (error,) = told
    assert error.code == "unexpected"
    assert "ValueError" in error.sentence
    assert CAPTURED not in error.sentence + error.remedy + caplog.text


def test_an_exception_on_a_thread_is_told_too(expected_log):
    told: list[SafelightError] = []
    before = sys.excepthook, threading.excepthook
    with uncaught_told(told.append), expected_log("app.uncaught", "unexpected"):
        thread = threading.Thread(target=fail)
        thread.start()
        thread.join()
    assert [e.code for e in told] == ["unexpected"]
    assert (sys.excepthook, threading.excepthook) == before


def test_the_window_says_what_was_told_to_it(desktop, driver):
    desktop.show()
    desktop.tell_failure(SafelightError("unexpected", "Something unexpected went wrong.", "Please report this."))
    driver.wait_rest(0.05)
    assert "Something unexpected" in desktop.window.toast.sentence


@pytest.mark.parametrize(("content", "kind"), [(None, NotFound), (b"\xff\xfe\xff", BadInput)])
def test_a_script_that_cannot_be_read_is_one_sentence(driver, tmp_path, content, kind):
    script = tmp_path / "script.jsonl"
    if content is not None:
        script.write_bytes(content)
    with pytest.raises(kind, match="script"):
        entry._play(driver, str(script))


def test_a_frame_that_cannot_be_decoded_costs_no_other_thumbnail(dressed, qtbot):
    bridge = Bridge()
    thumbnails = Thumbnails(bridge)
    try:
        made: list[int] = []
        thumbnails.made.connect(lambda parcel: made.append(parcel[0]))
        table, _, _ = build_frame_table(io.BytesIO(encoded_video(60)), "video")
        thumbnails.open((lambda: io.BytesIO(encoded_video(20)), table))
        for index in (5, 50, 45):  # the latest wish comes first; the video ends at 20
            thumbnails.request(index)
        qtbot.waitUntil(lambda: thumbnails.idle and bool(made), timeout=20_000)
        assert made == [5]
    finally:
        thumbnails.close()
        bridge.close()


def test_a_video_that_cannot_be_opened_leaves_thumbnails_at_rest(dressed, qtbot):
    bridge = Bridge()
    thumbnails = Thumbnails(bridge)
    try:
        thumbnails.open((lambda: io.BytesIO(b"no video"), frame_table(60)))
        thumbnails.request(5)
        qtbot.waitUntil(lambda: thumbnails.idle, timeout=20_000)
    finally:
        thumbnails.close()
        bridge.close()


def test_a_failure_of_a_session_that_was_closed_is_not_told(dressed, qtbot):
    bridge = Bridge()
    playback = PlaybackController(bridge)
    failures: list[object] = []
    playback.failed.connect(failures.append)
    playback.open(session(), io.BytesIO(b"no video"), np.zeros(0, np.int64))
    time.sleep(0.3)  # the decode thread has failed and said so, but nobody has listened yet
    playback.close()
    qtbot.wait(50)
    bridge.close()
    assert failures == []
