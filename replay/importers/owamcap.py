"""OWAMcap: ocap's recordings (github.com/open-world-agents), MCAP with JSON messages beside a Matroska video.

Three generations of messages are read: 0.3.2 (`owa.env.desktop.msg.*`, screen `{path, pts}`), 0.4.2
(`desktop/ScreenCaptured {path, pts, original_shape}`) and 0.5 (`media_ref {uri, pts_ns}`, `source_shape`).

**Clock.** `log_time`, unix ns, when the recorder enqueued a message. Every screen message names the PTS of its frame,
so source zero is the first screen message's log_time less its PTS from the first frame on, method `frame_table`. A
frame's PTS is older than the moment its message was logged by up to one frame's time on screen (the capture gives
updates only), hence sigma: the median distance of frames, or the spread of log_time − PTS around the first one
(1.4826 × median absolute deviation), whichever is larger. Without a video: zero at the first event, sigma 0,
`recorder_event`.

**Coordinates.** Physical px of the virtual desktop. Displays are not recorded. The captured window is the one whose
rectangle is the source's size plus Windows' invisible resize borders (b px left, right and below, none above; 6 and
8 px in the samples), found anew at every move; where none fits, the whole primary display at (0, 0) is assumed. Odd
sizes are padded in the video; `frame_rect` is what the source fills.

Not imported: 1 Hz state snapshots (they repeat the events) and raw mouse deltas (they have no positions).
"""

from __future__ import annotations

import re
from array import array
from collections.abc import Iterator
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from typing import Final

import numpy as np

from replay.errors import BadInput
from replay.geometry import Rect
from replay.importers.contract import ImportSink, SourceInfo, SourceSession
from replay.importers.input_tracks import Columns, InputTracks, RawRows
from replay.importers.keys.windows_vk import key_of_vk
from replay.importers.mcap_messages import McapFile, Message, is_owa
from replay.importers.media import Video, read_video
from replay.importers.owa_messages import (
    KeyboardEvent,
    MouseEvent,
    Screen,
    WindowInfo,
    decoded,
    kind_of,
)
from replay.importers.untrusted_files import (
    folder_entries,
    is_plain_folder,
    is_there,
    member,
    opened,
    referenced,
    session_folders,
)
from replay.problems import Problem, Severity
from replay.sync import SyncModel
from replay.timebase import ns_from_pts

NAME: Final = "The MCAP file"
_BUTTONS: Final = {"left": "left", "right": "right", "middle": "middle", "x1": "back", "x2": "forward"}
_BESIDE: Final = (".mkv", ".mp4")
_WIDEST_BORDER: Final = 16
_NOT_A_FILE: Final = re.compile(r"(data|https?|s3|hf|gs):", re.IGNORECASE)
_REPORT_EVERY: Final = 4096


class OwaMcapImporter:
    """MCAP files with profile `owa`."""

    name = "owamcap"
    version = "1"

    def find(self, path: Path) -> list[SourceSession]:
        if is_plain_folder(path):
            candidates = [p for f in session_folders(path) for p in folder_entries(f) if p.suffix.lower() == ".mcap"]
        else:
            candidates = [path] if path.suffix.lower() == ".mcap" else []
        return [_source(p) for p in candidates if is_owa(p)]

    def read(self, source: SourceSession, sink: ImportSink) -> None:
        file = source.file("events")
        assert file is not None
        with opened(source, file, NAME) as f:
            survey = _Survey.of(McapFile(f, NAME))
            if survey.uri is not None:
                _video_named(source.root, survey.uri)
            video = read_video(source, source.file("video"), sink)
            sync = _sync(survey, video)
            sink.clock(sync)
            sink.info(SourceInfo("ocap", survey.version, survey.first_ns, os="windows"))
            _write_displays(sink, survey, sync, video)
            end_ns = None if video is None else sync.source_zero_ns + video.frames.end_ns + 3 * sync.sigma_ns
            f.seek(0)
            _Reader(sink, end_ns).read(McapFile(f, NAME))


def _source(path: Path) -> SourceSession:
    files = [member(path.parent, path, "events")]
    video = _video_of(path)
    if video is not None:
        files.append(member(path.parent, video, "video"))
    return SourceSession("owamcap", path.parent, tuple(files))


def _video_of(path: Path) -> Path | None:
    """The video that the first screen message names, else one beside the file with its name."""
    named = None
    try:
        with path.open("rb") as f:
            uri = next((s.uri for s in _screens(McapFile(f, NAME))), None)
        named = None if uri is None else _video_named(path.parent, uri)
    except BadInput:
        pass  # said again, and refused, when the session is read
    beside = (path.with_suffix(s) for s in _BESIDE)
    return named or next((p for p in beside if is_there(p)), None)


def _video_named(folder: Path, uri: str) -> Path | None:
    """The file a screen message names; None for pictures kept elsewhere. Raises BadInput where it climbs out."""
    return None if _NOT_A_FILE.match(uri) else referenced(folder, uri)


def _screens(file: McapFile) -> Iterator[Screen]:
    for message in file.messages():
        if kind_of(message) is Screen:
            yield decoded(message, Screen, NAME)


@dataclass(slots=True)
class _Survey:
    """What must be known of a recording before its rows can be dated: screens, the window rectangles, the start."""

    version: str | None = None
    first_ns: int | None = None
    first_event_ns: int | None = None
    uri: str | None = None
    size: tuple[int, int] | None = None  # of what was captured, px
    shape: tuple[int, int] | None = None  # of what the frame shows it as, px
    other_media: int = 0
    logged: array[int] = field(default_factory=lambda: array("q"))
    pts: array[int] = field(default_factory=lambda: array("q"))
    windows: list[tuple[int, Rect]] = field(default_factory=list)

    @classmethod
    def of(cls, file: McapFile) -> _Survey:
        survey = cls()
        for message in file.messages():
            survey._take(message)
        survey.version = file.version
        return survey

    def _take(self, message: Message) -> None:
        self.first_ns = message.log_ns if self.first_ns is None else self.first_ns
        kind = kind_of(message)
        if kind is Screen:
            self._take_screen(message)
        elif kind is not None and self.first_event_ns is None:
            self.first_event_ns = message.log_ns
        if kind is WindowInfo:
            rect = decoded(message, WindowInfo, NAME).rect_px
            if rect is not None and (not self.windows or self.windows[-1][1] != rect):
                self.windows.append((message.log_ns, rect))

    def _take_screen(self, message: Message) -> None:
        screen = decoded(message, Screen, NAME)
        if self.uri is None:
            self.uri, self.size, self.shape = screen.uri, screen.size, screen.shape
        if screen.uri != self.uri or screen.pts_ns is None:
            self.other_media += 1
            return
        self.logged.append(message.log_ns)
        self.pts.append(screen.pts_ns)


def _sync(survey: _Survey, video: Video | None) -> SyncModel:
    if video is None:
        zero = survey.first_event_ns if survey.first_event_ns is not None else survey.first_ns
        return SyncModel(source_zero_ns=zero or 0, sigma_ns=0, method="recorder_event")
    if not survey.pts:
        return SyncModel(source_zero_ns=survey.first_ns or 0, sigma_ns=500_000_000, method="assumed")
    first_pts_ns = ns_from_pts(int(video.frames.pts[0]), Fraction(video.facts.time_base))
    offsets = np.array(survey.logged, np.int64) - np.array(survey.pts, np.int64)
    spread = 1.4826 * float(np.median(np.abs(offsets - offsets[0])))
    sigma = max(video.frames.frame_ns, round(spread))
    return SyncModel(source_zero_ns=int(offsets[0]) + first_pts_ns, sigma_ns=sigma, method="frame_table")


def _write_displays(sink: ImportSink, survey: _Survey, sync: SyncModel, video: Video | None) -> None:
    if survey.other_media:
        text = "Some frames are kept in another file than the first one; they are not shown."
        sink.problem(Problem("frames_elsewhere", Severity.WARNING, text, survey.other_media))
    if video is None:
        return
    size = _captured_size(survey, video)
    places = _places(survey, size)
    if places:
        text = "The recorder does not list the displays; only the captured window's place is known."
        sink.problem(Problem("displays_unknown", Severity.INFO, text))
    else:
        text = "What the video shows of the desktop is not recorded; the primary display's corner is assumed."
        sink.problem(Problem("capture_area_assumed", Severity.WARNING, text))
        places = [(0, Rect(0, 0, *map(float, size)))]
    shown = survey.shape or size
    is_padded = shown != video.size and all(0 <= v - s <= 1 for v, s in zip(video.size, shown, strict=True))
    frame_rect = {"x": 0.0, "y": 0.0, "w": float(shown[0]), "h": float(shown[1])} if is_padded else None
    for n, (log_ns, rect) in enumerate(places):
        row = {
            "t_ns": 0 if n == 0 else sync.t_ns(log_ns),
            "display_id": "capture",
            "bounds_px": rect.as_row(),
            "is_main": True,
            "capture_rect": rect.as_row(),
            "frame_rect": frame_rect,
            "frame_width": video.size[0],
            "frame_height": video.size[1],
        }
        sink.rows("displays", [row])


def _captured_size(survey: _Survey, video: Video) -> tuple[int, int]:
    """As recorded; the first generation did not, so there the frame's, less the padding where a window fits that."""
    if survey.size is not None:
        return survey.size
    w, h = video.size
    sizes = [(w, h), (w - 1, h), (w, h - 1), (w - 1, h - 1)]
    return next((s for s in sizes if _places(survey, s)), (w, h))


def _places(survey: _Survey, size: tuple[int, int]) -> list[tuple[int, Rect]]:
    """Where the captured window was, (log_time, capture px), one entry a move."""
    found: list[tuple[int, Rect]] = []
    for log_ns, window in survey.windows:
        border = window.h - size[1]
        if 0 <= border <= _WIDEST_BORDER and window.w - size[0] == 2 * border:
            rect = Rect(window.x + border, window.y, float(size[0]), float(size[1]))
            if not found or found[-1][1] != rect:
                found.append((log_ns, rect))
    return found


class _Reader:
    """Events and windows into the sink."""

    _WINDOWS = ("t_src_ns", "seq", "window_id", "title", "rect_px", "focused")

    def __init__(self, sink: ImportSink, end_src_ns: int | None) -> None:
        self._sink = sink
        self._tracks = InputTracks(sink, end_src_ns=end_src_ns)
        self._windows = Columns(sink, "windows", self._WINDOWS)
        self._raw = RawRows(sink)
        self._left_out = 0

    def read(self, file: McapFile) -> None:
        for number, message in enumerate(file.messages(), 1):
            kind = kind_of(message)
            if kind is MouseEvent:
                self._mouse(message, decoded(message, MouseEvent, NAME))
            elif kind is KeyboardEvent:
                self._key(message, decoded(message, KeyboardEvent, NAME))
            elif kind is WindowInfo:
                self._window(message, decoded(message, WindowInfo, NAME))
            elif kind is None:
                self._left_out += 1
            if number % _REPORT_EVERY == 0:
                self._sink.progress(number, 0, "Reading events")
        self._tracks.finish()
        self._windows.flush()
        self._raw.flush()
        if self._left_out:
            text = "State snapshots and raw mouse deltas are not imported; the events say the same."
            self._sink.problem(Problem("rows_not_imported", Severity.INFO, text, self._left_out))
        if file.is_truncated:
            text = f"{NAME} ends in the middle: the recorder stopped early. Messages before it are kept."
            self._sink.problem(Problem("source_truncated", Severity.WARNING, text))

    def _mouse(self, message: Message, event: MouseEvent) -> None:
        t_ns, raw = message.log_ns, message.raw
        if event.event_type == "click":
            if event.pressed is None:
                raise message.refusal(NAME, "has no state of the button")
            button = _BUTTONS.get(event.button or "", "other")
            self._tracks.pointer(t_ns, "down" if event.pressed else "up", event.x, event.y, raw, button=button)
        elif event.event_type == "scroll":
            scroll = (event.dx or 0.0, event.dy or 0.0)
            self._tracks.pointer(t_ns, "scroll", event.x, event.y, raw, scroll=scroll)
        else:
            self._tracks.pointer(t_ns, "move", event.x, event.y, raw)

    def _key(self, message: Message, event: KeyboardEvent) -> None:
        name = key_of_vk(event.vk, shifted="Shift" in self._tracks.held.modifiers)
        self._tracks.key(message.log_ns, name, message.raw, down=event.event_type == "press")

    def _window(self, message: Message, window: WindowInfo) -> None:
        rect = None if window.rect_px is None else window.rect_px.as_row()
        handle = None if window.handle is None else str(window.handle)
        seq = self._windows.append(message.log_ns, self._windows.rows, handle, window.title or None, rect, True)
        self._raw.append("windows", seq, message.raw)
