"""One window, one session: measured inside the application's own process, for `bench.window`.

Prints one line of JSON: open_ms (from the wish to open until the first frame is painted), played (frames whose time
came while playing at 1×), shown (distinct frames painted) and longest_ms (between two turns of the event loop).
"""

from __future__ import annotations

import itertools
import json
import sys
import time
from pathlib import Path

from PySide6.QtCore import Qt, QTimer

from app.composition import Desktop
from app.desktop import make_application
from app.driver import Driver
from replay.video.frame import Frame


def main(library: str, session: str, home: str, seconds: str) -> None:
    app = make_application(sys.argv[:1])
    desktop = Desktop(app, Path(home))
    try:
        desktop.show(Path(library))
        driver = Driver(desktop)
        driver.wait_idle()
        answer = {"open_ms": _open_ms(desktop, session)}
        driver.wait_idle()
        print(json.dumps({**answer, **_played(desktop, driver, float(seconds))}))
    finally:
        desktop.close()


def _painted(desktop: Desktop) -> None:
    """Paint what is due at once, as a screen would see it."""
    desktop.window.repaint()


def _open_ms(desktop: Desktop, session: str) -> float:
    driver = Driver(desktop)
    first: list[float] = []

    def came(frame: Frame) -> None:
        _painted(desktop)
        first.append(time.perf_counter())

    desktop.playback.frame_shown.connect(came)
    started = time.perf_counter()
    driver.run_action("session.open", session=session)
    driver.wait_until(lambda: bool(first), 60)
    desktop.playback.frame_shown.disconnect(came)
    return (first[0] - started) * 1000


def _played(desktop: Desktop, driver: Driver, seconds: float) -> dict[str, float]:
    shown: set[int] = set()
    turns = [time.perf_counter()]
    beat = QTimer(interval=1, timerType=Qt.TimerType.PreciseTimer)
    beat.timeout.connect(lambda: turns.append(time.perf_counter()))

    def came(frame: Frame) -> None:
        shown.add(frame.index)

    driver.run_action("view.captions", mode="full", purpose="bench")
    driver.wait_idle()
    desktop.playback.frame_shown.connect(came)
    first = desktop.playback.shown_frame
    shown.add(first)
    beat.start()
    driver.run_action("play.toggle")
    driver.wait_rest(seconds)
    driver.run_action("play.toggle")
    beat.stop()
    driver.wait_idle()
    last = desktop.playback.shown_frame
    longest_s = max(b - a for a, b in itertools.pairwise(turns))
    return {"played": last - first + 1, "shown": len(shown), "longest_ms": longest_s * 1000}


if __name__ == "__main__":
    main(*sys.argv[1:])
