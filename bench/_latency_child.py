"""A scripted minute in the real window, recorded: for `bench.gui_latency`, in a process of its own.

Plays, drags along the timeline, seeks, steps, shuttles, edits and plays while an export runs; everything is done from
timers inside the event loop, as a person's input comes. Prints one line of JSON: the turns of the event loop.
"""

from __future__ import annotations

import itertools
import json
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
from PySide6.QtCore import QPoint, Qt, QTimer
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from app.composition import Desktop
from app.driver import Driver
from bench._gui_recorder import Recorder
from bench._real_window import real_window
from replay.timebase import NS_PER_S
from widgets.timeline.lanes import HEADER_PX

Act = Callable[[], object]


def main(library: str, session: str, home: str, seconds: str) -> None:
    with real_window(library, home) as (desktop, driver):
        driver.run_action("session.open", session=session)
        driver.wait_idle()
        driver.run_action("view.captions", mode="full", purpose="measuring")
        driver.wait_rest(1.0)
        app = QApplication.instance()
        assert isinstance(app, QApplication)
        recorder = Recorder(app)
        recorder.start()
        shown: dict[str, set[int]] = {}
        desktop.playback.frame_shown.connect(lambda f: shown.setdefault(recorder.phase, set()).add(f.index))
        for phase, every_ms, acts in _Script(desktop, Path(home), float(seconds)).phases():
            recorder.phase = phase
            _carried_out(driver, acts, every_ms)
        recorder.stop()
        pictures = {phase: len(frames) for phase, frames in shown.items()}
        print(json.dumps({"turns": [t.as_json() for t in recorder.turns], "pictures": pictures}))


def _carried_out(driver: Driver, acts: Iterator[Act], every_ms: int) -> None:
    """Each act from a timer of its own kind, until there is none left."""
    done = False

    def next_one() -> None:
        nonlocal done
        act = next(acts, None)
        if act is None:
            done = True
            timer.stop()
        else:
            act()

    timer = QTimer(interval=every_ms, timerType=Qt.TimerType.PreciseTimer)
    timer.timeout.connect(next_one)
    timer.start()
    driver.wait_until(lambda: done)


class _Script:
    def __init__(self, desktop: Desktop, folder: Path, seconds: float) -> None:
        self._desktop, self._folder = desktop, folder
        self._part_s = seconds / 7
        self._random = np.random.default_rng(4)

    def phases(self) -> Iterator[tuple[str, int, Iterator[Act]]]:
        """(name, ms between two acts, acts) one after another; together about the seconds asked for."""
        yield "play", 100, self._between("play.toggle", 100)
        yield "scrub", 8, self._drag()
        yield "seek", 250, self._times(250, self._seek)
        yield "step", 33, self._times(33, self._step)
        yield "shuttle", 100, self._shuttle()
        yield "edit", 300, self._edits()
        yield "play and export", 100, self._export()

    def _run(self, action: str, **arguments: object) -> Act:
        return lambda: self._desktop.registry.run(action, **arguments)

    def _times(self, every_ms: int, act: Act) -> Iterator[Act]:
        return itertools.repeat(act, int(self._part_s * 1000 / every_ms))

    def _between(self, action: str, every_ms: int) -> Iterator[Act]:
        yield self._run(action)
        yield from self._times(every_ms, lambda: None)
        yield self._run("play.pause")

    def _drag(self) -> Iterator[Act]:
        """With the mouse along the ruler, 125 moves a second, there and back."""
        timeline = self._desktop.workbench.timeline
        n = int(self._part_s * 1000 / 8)
        room = timeline.width() - HEADER_PX - 4
        places = [QPoint(HEADER_PX + 2 + round(room * abs(1 - 2 * k / n)), 8) for k in range(n)]
        yield lambda: QTest.mousePress(timeline, Qt.MouseButton.LeftButton, pos=places[0])
        for place in places:
            yield lambda place=place: QTest.mouseMove(timeline, place)  # type: ignore[misc]
        yield lambda: QTest.mouseRelease(timeline, Qt.MouseButton.LeftButton, pos=places[-1])

    def _seek(self) -> None:
        extent = self._desktop.playback.state.extent
        assert extent is not None
        self._desktop.registry.run("seek.goto", t_ns=int(self._random.integers(extent.start_ns, extent.end_ns)))

    def _step(self) -> None:
        self._desktop.registry.run("frame.previous" if self._random.random() < 0.7 else "frame.next")

    def _shuttle(self) -> Iterator[Act]:
        yield from (self._run("play.forward") for _ in range(5))
        yield from self._times(200, lambda: None)
        yield self._run("play.backward")
        yield from self._times(200, lambda: None)
        yield self._run("play.pause")

    def _edits(self) -> Iterator[Act]:
        """Labels, masks, cuts, undone and done again, at places that differ."""
        for n in range(max(1, int(self._part_s / (6 * 0.3)))):
            start_ns = n * 3 * NS_PER_S
            span = {"start_ns": start_ns, "end_ns": start_ns + 2 * NS_PER_S}
            yield self._run("seek.goto", t_ns=start_ns)
            yield self._run("label.add", **span)
            yield self._run("redact.box", rect=(100 + n, 100, 300, 200), **span)
            yield self._run("cut.add", **span)
            yield self._run("edit.undo")
            yield self._run("edit.redo")

    def _export(self) -> Iterator[Act]:
        """Playing from the start while what is decided is exported; closing the window ends the export."""
        out = str(self._folder / "export")
        yield lambda: self._desktop.registry.run("export.start", folder=out, formats=["archive"])
        yield self._run("seek.start")
        yield from self._between("play.toggle", 100)


if __name__ == "__main__":
    main(*sys.argv[1:])
