"""Opens one session in the real window and looks through it: for `bench.hour`, in a process of its own.

Prints one line of JSON: ms from the wish to open until the first exact picture is painted, until the timeline shows the
session's tracks, and until the first picture of a second opening; MiB of the whole process after opening, and the most
there was.
"""

from __future__ import annotations

import json
import resource
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

from app.composition import Desktop
from app.driver import Driver
from bench._real_window import real_window
from replay.video.frame import Frame

_SEEKS = 60


def main(library: str, session: str, home: str) -> None:
    with real_window(library, home) as (desktop, driver):
        first_ms, timeline_ms = _opened(desktop, driver, session)
        driver.wait_idle()
        opened_mib = _resident_mib()
        _look_through(desktop, driver)
        most_mib = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        again_ms, _ = _opened(desktop, driver, session)
        found = {
            "first_picture_ms": first_ms,
            "timeline_ms": timeline_ms,
            "again_ms": again_ms,
            "opened_mib": opened_mib,
            "most_mib": most_mib,
        }
        print(json.dumps(found))


def _opened(desktop: Desktop, driver: Driver, session: str) -> tuple[float, float]:
    """(first exact picture painted, timeline painted with the session's tracks), ms since the wish."""
    pictures: list[float] = []
    timelines: list[float] = []

    def came(frame: Frame) -> None:
        if not frame.is_preview and not pictures:
            desktop.window.repaint()
            pictures.append(time.perf_counter())

    def loaded(_: object) -> None:
        desktop.workbench.timeline.repaint()
        timelines.append(time.perf_counter())

    desktop.library.first_picture.connect(came)
    desktop.playback.frame_shown.connect(came)
    desktop.library.session_opened.connect(loaded)
    started = time.perf_counter()
    driver.run_action("session.open", session=session)
    driver.wait_until(lambda: bool(pictures and timelines), 120)
    desktop.library.first_picture.disconnect(came)
    desktop.playback.frame_shown.disconnect(came)
    desktop.library.session_opened.disconnect(loaded)
    return (pictures[0] - started) * 1e3, (timelines[0] - started) * 1e3


def _look_through(desktop: Desktop, driver: Driver) -> None:
    """Seeks all over the hour, each until its exact picture is there, and some playing."""
    extent = desktop.playback.state.extent
    assert extent is not None
    places = np.random.default_rng(9).integers(extent.start_ns, extent.end_ns, _SEEKS)
    for t_ns in places.tolist():
        driver.run_action("seek.goto", t_ns=t_ns)
        driver.wait_until(_settled(desktop), 60)
    driver.run_action("play.toggle")
    driver.wait_rest(10.0)
    driver.run_action("play.pause")
    driver.wait_until(_settled(desktop), 60)


def _settled(desktop: Desktop) -> Callable[[], bool]:
    return lambda: desktop.playback.settled


def _resident_mib() -> float:
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return pages * resource.getpagesize() / 2**20


if __name__ == "__main__":
    main(*sys.argv[1:])
