"""PC Tracker's recordings (github.com/GAIR-NLP/PC-Agent): one text line and one screenshot an action, no video.

**Pictures.** The screenshots become a sparse video without loss: their PNG files, unchanged, are the packets of a
QuickTime file, each an I-frame (libav writes PNG into QuickTime, not into Matroska). A screenshot of another size than
the first one cannot be a frame of that video and is left out; `*_marked.png` are made afterwards and never read.

**Clock.** Rows carry local time in whole seconds, without a zone (read here as if it were UTC), and name the
screenshot taken at most 0.1 s before the action. A frame's time is its row's, at least 200 ms after the one before;
the action follows 100 ms later. Method `frame_table`, sigma 50 ms; without pictures zero is the first action, sigma 0,
`recorder_event`.

**Actions.** Each line is spelled out as the events it stands for: a click is a press and a release 10 ms later, typed
text a press and a release a character. The moments in between are made up; the raw track keeps the line. `wait`,
`finish` and `fail` are the annotator's and become notes. Positions are px of the primary screen, which is all there is.
"""

from __future__ import annotations

import calendar
import re
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import msgspec

from replay.errors import BadInput
from replay.geometry import Rect
from replay.importers.contract import ImportSink, SourceFile, SourceInfo, SourceSession
from replay.importers.input_tracks import Columns, Order, RawRows
from replay.importers.jsonl import JsonLines, first_row
from replay.importers.media import Video
from replay.importers.pctracker_actions import ActionWriter
from replay.importers.png_video import write_video
from replay.importers.untrusted_files import (
    folder_entries,
    is_plain_file,
    is_plain_folder,
    member,
    opened,
    read_small,
    referenced,
    session_folders,
)
from replay.problems import Problem, Severity
from replay.sync import SyncModel

FRAME_TO_ACTION_NS: Final = 100_000_000
SHORTEST_STEP_NS: Final = 200_000_000
SIGMA_NS: Final = 50_000_000
_TIME: Final = re.compile(r"\d{4}-\d{2}-\d{2}_\d{2}:\d{2}:\d{2}")
_GOAL: Final = re.compile(r"^\*\*Description:\*\*[ \t]*(\S.*)$", re.MULTILINE)
_PLACEHOLDER: Final = "Unknown"  # what the tracker writes where UI Automation gave no name


class _Bounds(msgspec.Struct, frozen=True):
    left: float
    top: float
    right: float
    bottom: float

    def as_row(self) -> dict[str, float]:
        return Rect(self.left, self.top, self.right - self.left, self.bottom - self.top).as_row()


class _Row(msgspec.Struct, frozen=True):
    timestamp: str
    action: str
    screenshot: str | None
    element: str | None = None
    rect: _Bounds | None = None


@dataclass(frozen=True, slots=True)
class _Step:
    """One row with the time of its frame on the source's clock."""

    number: int
    frame_src_ns: int
    line: bytes
    row: _Row


class PcTrackerImporter:
    """JSON-lines files of PC Tracker with their screenshots."""

    name = "pctracker"
    version = "1"

    def find(self, path: Path) -> list[SourceSession]:
        if is_plain_folder(path):
            candidates = [p for f in session_folders(path) for p in folder_entries(f) if p.suffix == ".jsonl"]
        else:
            candidates = [path] if path.suffix == ".jsonl" else []
        return [_source(p) for p in candidates if _is_session(p)]

    def read(self, source: SourceSession, sink: ImportSink) -> None:
        order = Order()
        pictures = _pictures(source)
        steps = list(_steps(source, order))
        timed = [(s.frame_src_ns, pictures[s.number]) for s in steps if s.number in pictures]
        written = write_video(source, timed, sink)
        sync = _sync(steps, written)
        sink.clock(sync)
        sink.info(SourceInfo("PC Tracker", os="windows", task_goal=_goal(source)))
        for problem in (*order.problems(), *_missing(len(steps) - len(timed))):
            sink.problem(problem)
        screen = None if written is None else _write_display(sink, written[0])
        _write_steps(steps, sync, sink, screen)


def _is_session(path: Path) -> bool:
    row = first_row(path, _Row)
    return row is not None and _TIME.fullmatch(row.timestamp) is not None


def _source(path: Path) -> SourceSession:
    files = [member(path.parent, path, "events")]
    notes = path.with_suffix(".md")
    if is_plain_file(notes):
        files.append(member(path.parent, notes, "notes"))
    source = SourceSession("pctracker", path.parent, tuple(files))
    pictures: dict[Path, SourceFile] = {}
    try:
        for number, _, row in _rows(source):
            picture = None if row.screenshot is None else referenced(path.parent, row.screenshot)
            if picture is not None and picture not in pictures:
                pictures[picture] = member(path.parent, picture, f"screenshot_{number}")
    except BadInput:
        pass  # said again, and refused, when the session is read
    return SourceSession("pctracker", path.parent, (*files, *pictures.values()))


def _rows(source: SourceSession) -> Iterator[tuple[int, bytes, _Row]]:
    events = source.file("events")
    assert events is not None
    with opened(source, events, "The events file") as f:
        yield from JsonLines(f, "The events file", _Row)


def _pictures(source: SourceSession) -> dict[int, SourceFile]:
    """Row number → the screenshot it names. Raises BadInput where one lies outside the folder."""
    by_path = {f.path: f for f in source.files if f.role.startswith("screenshot_")}
    found = {}
    for number, _, row in _rows(source):
        path = None if row.screenshot is None else referenced(source.root, row.screenshot)
        if path in by_path:
            found[number] = by_path[path]
    return found


def _steps(source: SourceSession, order: Order) -> Iterator[_Step]:
    last_ns: int | None = None
    for number, line, row in _rows(source):
        written_ns = _time_ns(number, row.timestamp)
        order.seen(written_ns)
        frame_ns = written_ns if last_ns is None else max(written_ns, last_ns + SHORTEST_STEP_NS)
        last_ns = frame_ns
        yield _Step(number, frame_ns, line, row)


def _time_ns(number: int, timestamp: str) -> int:
    try:
        if _TIME.fullmatch(timestamp):
            return calendar.timegm(time.strptime(timestamp, "%Y-%m-%d_%H:%M:%S")) * 1_000_000_000
    except ValueError:
        pass
    raise BadInput("malformed_row", f"The events file, row {number}, has a time that no clock shows.", "Record again.")


def _sync(steps: list[_Step], written: tuple[Video, int] | None) -> SyncModel:
    if written is None:
        first = steps[0].frame_src_ns + FRAME_TO_ACTION_NS if steps else 0
        return SyncModel(source_zero_ns=first, sigma_ns=0, method="recorder_event")
    return SyncModel(source_zero_ns=written[1], sigma_ns=SIGMA_NS, method="frame_table")


def _missing(count: int) -> list[Problem]:
    text = "Actions name no screenshot, or one that is not there; they have the picture before them."
    return [Problem("missing_media", Severity.WARNING, text, count)] if count else []


def _goal(source: SourceSession) -> str | None:
    notes = source.file("notes")
    if notes is None:
        return None
    found = _GOAL.search(read_small(source, notes, "The notes file", 16 << 20).decode("utf-8", "replace"))
    return found[1].strip() if found else None


def _write_display(sink: ImportSink, video: Video) -> Rect:
    screen = Rect(0, 0, *map(float, video.size))
    row = {
        "t_ns": 0,
        "display_id": "main",
        "bounds_px": screen.as_row(),
        "is_main": True,
        "capture_rect": screen.as_row(),
        "frame_width": video.size[0],
        "frame_height": video.size[1],
    }
    sink.rows("displays", [row])
    return screen


def _write_steps(steps: list[_Step], sync: SyncModel, sink: ImportSink, screen: Rect | None) -> None:
    raw = RawRows(sink)
    elements = Columns(sink, "elements", ("t_src_ns", "seq", "snapshot_id", "element_id", "name", "rect_px", "source"))
    actions = ActionWriter(sink, sync, screen)
    for step in steps:
        action_ns = step.frame_src_ns + FRAME_TO_ACTION_NS
        actions.write(action_ns, step.row.action, step.line)
        name = None if step.row.element in ("", _PLACEHOLDER) else step.row.element
        rect = None if step.row.rect is None else step.row.rect.as_row()
        if name is not None or rect is not None:
            seq = elements.append(action_ns, elements.rows, f"row-{step.number}", "0", name, rect, "uia")
            raw.append("elements", seq, step.line)
    actions.finish()
    elements.flush()
    raw.flush()
