"""events.jsonl of DuckTrack and its descendant AgentNetTool: pynput's callbacks, one JSON object a line.

Times are seconds of the recorder's `time.perf_counter()`; positions are px (points on macOS); `dy` is positive for a
wheel turned away from the user, `dx` for right. Both recorders pause OBS together with the events, so a pause takes no
time in the video: **where there is a video, paused time is taken out of `t_src_ns`**, and the raw track keeps the
clock as written. Without a video the clock stays as it is and the pause is a gap with its length.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import BinaryIO, Final

import msgspec

from replay.errors import BadInput
from replay.importers.contract import ImportSink
from replay.importers.input_tracks import InputTracks
from replay.importers.jsonl import JsonLines
from replay.importers.keys.pynput_names import key_of_pynput
from replay.importers.recorder_facts import Metadata, in_ns
from replay.problems import Problem, Severity
from replay.sync import SyncModel

NAME: Final = "events.jsonl"
_BUTTONS: Final = {"left": "left", "right": "right", "middle": "middle", "x1": "back", "x2": "forward",
                   "button8": "back", "button9": "forward"}  # fmt: skip
_REPORT_EVERY: Final = 4096


class EventRow(msgspec.Struct, frozen=True):
    """One row; which fields it needs depends on `action`."""

    time_stamp: float
    action: str
    x: float | None = None
    y: float | None = None
    button: str | None = None
    pressed: bool | None = None
    dx: float | None = None
    dy: float | None = None
    name: str | None = None
    pynput_key: str | None = None


@dataclass(slots=True)
class _Pauses:
    """Pauses so far; all times are the recorder's, as written."""

    takes_out: bool
    since_ns: int | None = None
    taken_ns: int = 0
    gaps: list[tuple[int, int]] | None = None  # on the clock of t_src_ns

    def begin(self, t_ns: int) -> None:
        if self.since_ns is None:
            self.since_ns = t_ns

    def end(self, t_ns: int) -> None:
        if self.since_ns is None or t_ns < self.since_ns:
            self.since_ns = None
            return
        start = self.since_ns - self.taken_ns
        length = t_ns - self.since_ns
        if self.takes_out:
            self.taken_ns += length
        self.gaps = [*(self.gaps or []), (start, start if self.takes_out else start + length)]
        self.since_ns = None


def first_event_ns(file: BinaryIO) -> int | None:
    """The time of the first row of events.jsonl on the recorder's clock; None where there is no row."""
    for number, _, row in JsonLines(file, NAME, EventRow):
        return _time(number, row)
    return None


def read_events(
    file: BinaryIO, sink: ImportSink, metadata: Metadata, sync: SyncModel, *, tracks: InputTracks, has_video: bool
) -> None:
    """Read every row into `tracks`, pauses into `gaps`, and report what is odd. Raises BadInput with the row."""
    reader = _Reader(metadata, tracks, _Pauses(takes_out=has_video))
    lines = JsonLines(file, NAME, EventRow)
    for number, line, row in lines:
        reader.take(number, line, row)
        if number % _REPORT_EVERY == 0:
            sink.progress(number, 0, "Reading events")
    tracks.finish()
    gaps = reader.pauses.gaps or []
    rows = [(sync.t_ns(a), max(sync.t_ns(b), sync.t_ns(a) + 1)) for a, b in gaps]
    sink.rows("gaps", [{"t_start_ns": a, "t_end_ns": b, "reason": "paused"} for a, b in rows])
    for problem in (*lines.problems, *reader.problems()):
        sink.problem(problem)


class _Reader:
    def __init__(self, metadata: Metadata, tracks: InputTracks, pauses: _Pauses) -> None:
        self._metadata = metadata
        self._tracks = tracks
        self.pauses = pauses
        self._unknown = 0
        self._takers: dict[str, Callable[[int, int, bytes, EventRow], None]] = {
            "move": self._move,
            "click": self._click,
            "scroll": self._scroll,
            "press": self._press,
            "release": self._release,
        }

    def take(self, number: int, line: bytes, row: EventRow) -> None:
        written_ns = _time(number, row)
        if row.action == "pause":
            self.pauses.begin(written_ns)
            self._tracks.held.let_go()
        elif row.action == "resume":
            self.pauses.end(written_ns)
        elif row.action in self._takers:
            self._takers[row.action](number, written_ns - self.pauses.taken_ns, line, row)
        else:
            self._unknown += 1

    def _position(self, row: EventRow) -> tuple[float | None, float | None]:
        scale = self._metadata.scale
        return (None if row.x is None else row.x * scale), (None if row.y is None else row.y * scale)

    def _move(self, number: int, t_ns: int, line: bytes, row: EventRow) -> None:
        if row.x is None or row.y is None:
            raise _missing(number, "position")
        self._tracks.pointer(t_ns, "move", *self._position(row), line)

    def _click(self, number: int, t_ns: int, line: bytes, row: EventRow) -> None:
        if row.button is None or row.pressed is None:
            raise _missing(number, "button")
        button = _BUTTONS.get(row.button, "other")
        self._tracks.pointer(t_ns, "down" if row.pressed else "up", *self._position(row), line, button=button)

    def _scroll(self, number: int, t_ns: int, line: bytes, row: EventRow) -> None:
        if row.dx is None or row.dy is None:
            raise _missing(number, "distance")
        self._tracks.pointer(t_ns, "scroll", *self._position(row), line, scroll=(row.dx, row.dy))

    def _press(self, number: int, t_ns: int, line: bytes, row: EventRow) -> None:
        self._key(number, t_ns, line, row, down=True)

    def _release(self, number: int, t_ns: int, line: bytes, row: EventRow) -> None:
        self._key(number, t_ns, line, row, down=False)

    def _key(self, number: int, t_ns: int, line: bytes, row: EventRow, *, down: bool) -> None:
        if not row.name and not row.pynput_key:
            raise _missing(number, "key")
        name = key_of_pynput(row.name or "", row.pynput_key, os=self._metadata.system)
        self._tracks.key(t_ns, name, line, down=down)

    def problems(self) -> list[Problem]:
        if not self._unknown:
            return []
        text = f"{NAME} holds rows of a kind this version does not know; they were left out."
        return [Problem("rows_not_imported", Severity.WARNING, text, self._unknown)]


def _time(number: int, row: EventRow) -> int:
    t_ns = in_ns(row.time_stamp)
    if t_ns is None:
        raise BadInput("malformed_row", f"{NAME}, row {number}, has a time that no clock shows.", "Record again.")
    return t_ns


def _missing(number: int, what: str) -> BadInput:
    return BadInput("malformed_row", f"{NAME}, row {number}, has no {what}.", "Record again, or take that row out.")
