"""Sessions with chosen content, for tests of what is decided about them."""

from __future__ import annotations

import numpy as np

from replay.events import ElementEvent, SessionEvents, TextEvent, Timed, WindowEvent
from replay.geometry import Display, Geometry, Rect
from replay.session import Session, SessionInfo
from replay.sync import SyncModel
from tests.typing_script import NO_POINTER, press_all


def timed(rows, time=lambda r: r.t_ns):
    return Timed(np.array([time(r) for r in rows], np.int64), tuple(rows))


def window(seq, t_ns, *, app="Editor", title="untitled", url=None, window_id="w1"):
    return WindowEvent(t_ns, seq, window_id, app, title, url, Rect(0, 0, 800, 600), True)


def element(seq, t_ns, *, name=None, value=None):
    return ElementEvent(t_ns, seq, "s", f"e{seq}", None, "text", name, value, None, (), "uia")


def text(seq, t_ns, content, channel="clipboard"):
    return TextEvent(t_ns, t_ns + 1, seq, channel, content, None)


def session_with(script="", *, windows=(), elements=(), texts=(), goal=None, pointer=NO_POINTER):
    info = SessionInfo(
        id="A" * 26,
        subject_id=None,
        started_at_utc_ns=None,
        duration_ns=60_000_000_000,
        source_zero_ns=0,
        os="linux",
        recorder="test",
        recorder_version="1",
        importer="parquet",
        importer_version="1",
        consent_status="granted",
        task_goal=goal,
    )
    events = SessionEvents(
        pointer=pointer,
        keys=press_all(script),
        windows=timed(windows),
        elements=timed(elements),
        texts=timed(texts, lambda r: r.t_start_ns),
        gaps=(),
    )
    geometry = Geometry([Display(0, "d", Rect(0, 0, 800, 600), is_main=True)], (800, 600))
    return Session(info, None, SyncModel(), geometry, events, ())
