"""AgentNetTool's raw recordings (OpenCUA, github.com/xlang-ai/OpenCUA, data/data-process/datasets/raw).

**Clock.** Rows carry seconds of `time.perf_counter()`. The video's first frame lies after `video_start_timestamp`,
which is taken when the request to record was answered, and before OBS's OUTPUT_STARTED, which arrives late. With
both, source zero is their midpoint, sigma the standard deviation of a uniform distribution over what lies between
(width/√12), method `recorder_event`: 145 ms on the public sample, where the truth is 50 ms from the midpoint. With one
of them only, that one, sigma 500 ms, method `assumed`. With none, the first event, sigma 10 s, method `assumed`.
Without a video, source zero is the first event, sigma 0, method `recorder_event`.

**Displays.** Only the main display's size at the start is recorded, and OBS keeps showing that rectangle when the
resolution changes, so one row is right for the picture. A later size is not taken from the accessibility trees: the
recorder is not DPI-aware there, and in the sample (1680 × 1050 at 150 %) the desktop's own node says 1120 × 700.
Positions outside the recorded display are kept and counted as `events_outside_displays`, trees whose desktop has
another size as `element_rects_scaled`.

**Not read.** `event_buffer.jsonl`, `reduced_events_*.jsonl` and `video_clips/` are made from the raw files by the
annotation tool and rewritten when somebody reviews a recording. They are not part of the source's hash, so that a
reviewed copy of a recording is the same session. Browser snapshots (`html*.jsonl`) are hashed, but not imported.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

import msgspec

from replay.errors import BadInput
from replay.importers import obs_recording
from replay.importers.contract import ImportSink, SourceInfo, SourceSession
from replay.importers.input_tracks import Columns, RawRows
from replay.importers.jsonl import TREE_LINE, JsonLines, document, first_row
from replay.importers.recorder_facts import Metadata, in_ns
from replay.importers.ui_trees import Node, desktop_size, flattened, is_cut
from replay.importers.untrusted_files import (
    is_there,
    opened,
    read_small,
)
from replay.problems import Problem, Severity

_ROLES: Final = {
    "events.jsonl": "events",
    "element.jsonl": "elements",
    "a11y.jsonl": "a11y",
    "top_window.jsonl": "windows",
    "html.jsonl": "html",
    "html_element.jsonl": "html_elements",
    "metadata.json": "metadata",
    "task_name.json": "task",
}


class _TaskRow(msgspec.Struct, frozen=True):
    task_name: str | None = None


class _WindowRow(msgspec.Struct, frozen=True):
    time_stamp: float
    top_window_name: str | None = None


class _TreeRow(msgspec.Struct, frozen=True):
    time_stamp: float
    axtree: Node | None = None
    a11y_tree: Node | None = None


class _Mark(msgspec.Struct, frozen=True):
    """What tells this format's events from DuckTrack's, whose rows have no number."""

    time_stamp: float
    action: str
    event_idx: int


class AgentNetImporter:
    """Raw folders of AgentNetTool."""

    name = "agentnet"
    version = "1"

    def find(self, path: Path) -> list[SourceSession]:
        return obs_recording.find(self.name, path, _is_session, _ROLES)

    def read(self, source: SourceSession, sink: ImportSink) -> None:
        metadata = obs_recording.read(source, sink, lambda m: _info(source, m), lambda m: m.video_start_timestamp)
        _Context(source, sink, metadata).read()


def _is_session(folder: Path) -> bool:
    events = folder / "events.jsonl"
    if not is_there(events) or not is_there(folder / "metadata.json"):
        return False
    if is_there(folder / "task_name.json"):
        return True
    return first_row(events, _Mark) is not None


def _info(source: SourceSession, metadata: Metadata) -> SourceInfo:
    file = source.file("task")
    goal = None
    if file is not None:
        goal = document(read_small(source, file, "task_name.json"), "task_name.json", _TaskRow).task_name
    return SourceInfo("AgentNetTool", os=metadata.os, os_version=metadata.os_version, task_goal=goal or None)


class _Context:
    """Windows and element trees: what was on screen around the input."""

    _ELEMENTS = (
        "t_src_ns", "seq", "snapshot_id", "element_id", "parent_id", "role", "name", "value", "rect_px", "source",
    )  # fmt: skip

    def __init__(self, source: SourceSession, sink: ImportSink, metadata: Metadata) -> None:
        self._source = source
        self._sink = sink
        self._scale = metadata.scale
        self._screen = metadata.screen
        self._other_units = 0
        self._raw = RawRows(sink)
        self._windows = Columns(sink, "windows", ("t_src_ns", "seq", "app", "focused"))
        self._elements = Columns(sink, "elements", self._ELEMENTS)
        self._cut = 0

    def read(self) -> None:
        self._read_windows()
        self._read_trees("elements", "element.jsonl")
        self._read_trees("a11y", "a11y.jsonl")
        for columns in (self._windows, self._elements, self._raw):
            columns.flush()
        if self._cut:
            text = "Element trees are too large or too deep to keep whole; what is below was left out."
            self._sink.problem(Problem("elements_cut", Severity.WARNING, text, self._cut))
        if self._other_units:
            text = (
                "Element trees measure the desktop otherwise than the recorder did at the start: the resolution or the "
                "scale changed, and from there on element rectangles do not fit the picture."
            )
            self._sink.problem(Problem("element_rects_scaled", Severity.WARNING, text, self._other_units))
        html = [f for r in ("html", "html_elements") if (f := self._source.file(r)) and f.path.stat().st_size]
        if html:
            text = "Browser snapshots are not imported."
            self._sink.problem(Problem("rows_not_imported", Severity.INFO, text, len(html)))

    def _read_windows(self) -> None:
        file = self._source.file("windows")
        if file is None:
            return
        with opened(self._source, file, "top_window.jsonl") as f:
            lines = JsonLines(f, "top_window.jsonl", _WindowRow)
            for number, line, row in lines:
                t_ns = _time("top_window.jsonl", number, row.time_stamp)
                seq = self._windows.append(t_ns, self._windows.rows, row.top_window_name or None, True)
                self._raw.append("windows", seq, line)
        for problem in lines.problems:
            self._sink.problem(problem)

    def _read_trees(self, role: str, name: str) -> None:
        file = self._source.file(role)
        if file is None:
            return
        with opened(self._source, file, name) as f:
            lines = JsonLines(f, name, _TreeRow, TREE_LINE)
            for number, line, row in lines:
                t_ns = _time(name, number, row.time_stamp)
                tree = row.axtree or row.a11y_tree
                if tree is not None:
                    self._take_tree(tree, t_ns, f"{role}-{number}", line)
                self._sink.progress(number, 0, "Reading element trees")
        for problem in lines.problems:
            self._sink.problem(problem)

    def _take_tree(self, tree: Node, t_ns: int, snapshot: str, line: bytes) -> None:
        self._raw.append("elements", self._elements.rows, line)
        self._cut += is_cut(tree)
        desktop = desktop_size(tree)
        if desktop is not None and self._screen is not None:
            self._other_units += desktop != (self._screen.w, self._screen.h)
        for e in flattened(tree, self._scale):
            rect = None if e.rect_px is None else e.rect_px.as_row()
            self._elements.append(
                t_ns, self._elements.rows, snapshot, e.element_id, e.parent_id, e.role, e.name, e.value, rect, e.source
            )


def _time(name: str, number: int, seconds: float) -> int:
    t_ns = in_ns(seconds)
    if t_ns is None:
        raise BadInput("malformed_row", f"{name}, row {number}, has a time that no clock shows.", "Record again.")
    return t_ns
