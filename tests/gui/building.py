"""Real things for the window's tests: an encoded video, a session around it, and a library that holds one."""

from __future__ import annotations

import io
from fractions import Fraction
from pathlib import Path

import av
import numpy as np

from curation.model import CurationState, Cut, Episode, Label, MaskKeyframe, Outcome, RectRedaction
from curation.redaction.plan import resolve
from curation.veil import Veil
from replay.events import Gap, KeyEvent, PointerTrack, SessionEvents, TextEvent, Timed, WindowEvent
from replay.geometry import Display, Geometry, Rect
from replay.problems import Problem, Severity
from replay.session import MediaInfo, Session, SessionInfo
from replay.sync import SyncModel
from replay.timebase import NS_PER_S, TimeRange
from replay.video.frame_table import FrameTable

FPS, SECONDS, WIDTH, HEIGHT = 10, 6, 320, 200
FRAME_NS = NS_PER_S // FPS
SESSION_ID = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"


def seconds(value: float) -> int:
    return round(value * NS_PER_S)


def span(start_s: float, end_s: float) -> TimeRange:
    return TimeRange(seconds(start_s), seconds(end_s))


def gray_of(index: int) -> int:
    """How bright frame `index` of the video is, so that a test can tell frames apart by their pixels."""
    return 40 + index * 3


def encoded_video(frames: int = FPS * SECONDS) -> bytes:
    """H.264 in MP4, `FPS` frames a second, each one gray."""
    out = io.BytesIO()
    with av.open(out, "w", format="mp4") as container:
        stream = container.add_stream("libx264", rate=FPS, options={"preset": "ultrafast", "g": "10", "crf": "10"})
        stream.width, stream.height, stream.pix_fmt = WIDTH, HEIGHT, "yuv420p"
        stream.time_base = Fraction(1, FPS)
        for i in range(frames):
            picture = av.VideoFrame.from_ndarray(np.full((HEIGHT, WIDTH, 3), gray_of(i), np.uint8), format="rgb24")
            picture.pts = i
            container.mux(stream.encode(picture))
        container.mux(stream.encode())
    return out.getvalue()


def pointer_track(times_s: np.ndarray, kinds: np.ndarray) -> PointerTrack:
    n = len(times_s)
    buttons = np.where((kinds == 1) | (kinds == 2), 0, -1).astype(np.int8)
    return PointerTrack(
        t_ns=(times_s * NS_PER_S).astype(np.int64),
        seq=np.arange(n),
        kind=kinds.astype(np.int8),
        x_px=np.linspace(10, WIDTH - 10, n),
        y_px=np.linspace(10, HEIGHT - 10, n),
        dx=np.zeros(n),
        dy=np.where(kinds == 3, -1.0, 0.0),
        button=buttons,
    )


def key_events() -> Timed[KeyEvent]:
    """`hi` typed at 2 s, Ctrl+S at 3 s, and a password key at 4 s."""
    typed = [
        (2.0, "down", "KeyH", "h", (), False), (2.1, "up", "KeyH", "h", (), False),
        (2.2, "down", "KeyI", "i", (), False), (2.3, "up", "KeyI", "i", (), False),
        (3.0, "down", "ControlLeft", "Control", (), False), (3.1, "down", "KeyS", "s", ("Control",), False),
        (3.2, "up", "KeyS", "s", ("Control",), False), (3.3, "up", "ControlLeft", "Control", (), False),
        (4.0, "down", "KeyP", "p", (), True), (4.1, "up", "KeyP", "p", (), True),
    ]  # fmt: skip
    events = tuple(
        KeyEvent(seconds(t), i, kind, code, key, None, mods, False, secure)
        for i, (t, kind, code, key, mods, secure) in enumerate(typed)
    )
    return Timed(np.array([e.t_ns for e in events], np.int64), events)


def window_events() -> Timed[WindowEvent]:
    rect = Rect(0, 0, WIDTH, HEIGHT)
    events = (
        WindowEvent(0, 0, "w1", "C:\\Apps\\Mail.exe", "Inbox", None, rect, True),
        WindowEvent(seconds(3), 1, "w2", "editor", "notes.txt", None, rect, True),
    )
    return Timed(np.array([e.t_ns for e in events], np.int64), events)


def session_events() -> SessionEvents:
    times = np.linspace(0.05, SECONDS - 0.1, 120)
    kinds = np.zeros(120)
    kinds[30], kinds[31], kinds[60], kinds[61], kinds[90] = 1, 2, 1, 2, 3
    text = TextEvent(seconds(5), seconds(5.5), 0, "clipboard", "copied words", None)
    return SessionEvents(
        pointer_track(times, kinds),
        key_events(),
        window_events(),
        Timed(np.zeros(0, np.int64), ()),
        Timed(np.array([text.t_start_ns], np.int64), (text,)),
        (Gap(seconds(4.5), seconds(4.8), "paused"),),
    )


def frame_table(frames: int = FPS * SECONDS) -> FrameTable:
    index = np.arange(frames, dtype=np.int64)
    return FrameTable("video", index, index * FRAME_NS, np.full(frames, FRAME_NS, np.int64), index % 10 == 0)


def session(events: SessionEvents | None = None, *, video: bool = True) -> Session:
    """A whole session; with `video`, around the frames of `encoded_video`."""
    media = (MediaInfo("video", "h264", WIDTH, HEIGHT, f"1/{FPS}", "0" * 64),) if video else ()
    length_ns = SECONDS * NS_PER_S
    info = SessionInfo(
        SESSION_ID, "subject", None, length_ns, 0, "Linux", "recorder", "1", "parquet", "1", "granted", media=media
    )
    display = Display(0, "d", Rect(0, 0, WIDTH, HEIGHT), capture_rect=Rect(0, 0, WIDTH, HEIGHT), is_main=True)
    problems = (
        Problem("clock_step", Severity.WARNING, "The recorder's clock stepped.", 1, seconds(1)),
        Problem("events_outside", Severity.INFO, "Some events lie outside every display.", 14),
    )
    return Session(
        info,
        frame_table() if video else None,
        SyncModel(0, 0, 0.0, 10_000_000, "correlated"),
        Geometry([display], (WIDTH, HEIGHT) if video else None),
        events or session_events(),
        problems,
    )


def nothing_decided(captured: Session) -> Veil:
    """What may be read of a session before anybody decided anything."""
    return Veil(resolve(captured, CurationState(), bytes(32)))


def decided() -> CurationState:
    """One of everything; the two labels overlap."""
    keyframes = (MaskKeyframe(seconds(1), Rect(20, 20, 60, 30)), MaskKeyframe(seconds(3), Rect(120, 20, 60, 30)))
    mask = RectRedaction("mask", span(1, 3), keyframes)
    return CurationState(
        labels={"l1": Label("l1", span(1, 3), "milestone"), "l2": Label("l2", span(2, 4), "recovery")},
        episodes={"e1": Episode("e1", span(0.5, 5), "Write a note", Outcome.SUCCESS)},
        cuts={"c1": Cut("c1", span(4.4, 4.9), "pause")},
        redactions={"mask": mask},
    )


def video_file(folder: Path) -> Path:
    path = folder / "video.mp4"
    path.write_bytes(encoded_video())
    return path
