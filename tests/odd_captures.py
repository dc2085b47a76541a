"""Recordings that are odd on purpose, in our own format, with what a plain full decode of each gives."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from replay import schema
from replay.timebase import NS_PER_S
from tests.videos import CLIPS, Clip, FullDecode, encode, full_decode, torn

SHORT = Clip(frames=30)
_SUFFIX = {"mp4": "mp4", "matroska": "mkv", "webm": "webm", "mov": "mov", "avi": "avi"}
_HOUR_MS = 3_600_000
# A minute or three between two pictures, as a recorder writes that keeps only what changed.
EIGHT_HOURS = Clip(pts_ms=(*range(0, 8 * _HOUR_MS, 180_000), 8 * _HOUR_MS - 40), gop=6, options={"bf": "2"})


@dataclass(frozen=True)
class Odd:
    """One recording. `kept` is the share of the video's bytes that is there; `problem` is a code that must be told."""

    clip: Clip | None = SHORT
    kept: float = 1.0
    moves: int = 40
    problem: str = ""
    displays: tuple[dict[str, Any], ...] = ()
    session: dict[str, Any] = field(default_factory=dict)


def _whole(width: float, height: float, **more: object) -> dict[str, Any]:
    rect = {"x": 0.0, "y": 0.0, "w": width, "h": height}
    return {
        "t_ns": 0,
        "display_id": "one",
        "bounds_px": rect,
        "is_main": True,
        "capture_rect": rect,
        "scale": 1.0,
        **more,
    }


def _second(x: float, width: float, height: float, scale: float, frame_x: float) -> dict[str, Any]:
    """A display right of the first, shown at 1/`scale` of its pixels."""
    rect = {"x": x, "y": 0.0, "w": width, "h": height}
    shown = {"x": frame_x, "y": 0.0, "w": width / scale, "h": height / scale}
    return {"t_ns": 0, "display_id": "two", "bounds_px": rect, "is_main": False, "capture_rect": rect, "scale": scale,
            "frame_rect": shown}  # fmt: skip


TWO_DISPLAYS = Odd(
    Clip(size=(320, 100), frames=30),
    displays=(
        _whole(160, 100, frame_rect={"x": 0.0, "y": 0.0, "w": 160.0, "h": 100.0}),
        _second(160, 320, 200, 2.0, 160.0),
    ),
)
ODDITIES: dict[str, Odd] = {
    **{name: Odd(clip) for name, clip in CLIPS.items()},
    "no video": Odd(None, problem="missing_media"),
    "truncated": Odd(CLIPS["h264 not starting at zero"], kept=0.6, problem="video_truncated"),
    "not a video": Odd(kept=0.02, problem="video_unreadable"),
    "five seconds": Odd(Clip(frames=150)),
    "eight hours": Odd(EIGHT_HOURS),
    "two displays of different scale": TWO_DISPLAYS,
    "no pointer": Odd(moves=0),
}


def write(folder: Path, odd: Odd) -> FullDecode | None:
    """Write the recording; what a decode of its video from the start gives, None where none can."""
    folder.mkdir(parents=True)
    width, height = (320, 200) if odd.clip is None else odd.clip.size
    end_ms = 3000 if odd.clip is None else (odd.clip.pts_ms or (odd.clip.frames * 33,))[-1]
    tables: dict[str, list[dict[str, Any]]] = {
        "session": [{"task_goal": "look", "recorder": "test", **odd.session}],
        "sync": [{"t_ns": 0, "offset_ns": 0, "drift_ppm": 0.0, "sigma_ns": 1_000_000, "method": "recorder_event"}],
        "displays": list(odd.displays) or [_whole(float(width), float(height))],
        "windows": [{"t_ns": 0, "seq": 0, "window_id": "w", "app": "editor", "title": "notes", "focused": True}],
        "keys": _keys(end_ms),
        "pointer": _moves(odd, end_ms, width, height),
    }
    for name, rows in tables.items():
        columns = [f for f in schema.TABLES[name].arrow if any(f.name in r for r in rows)]
        if rows:
            pq.write_table(pa.Table.from_pylist(rows, schema=pa.schema(columns)), folder / f"{name}.parquet")
    return None if odd.clip is None else _video(folder, odd.clip, odd.kept)


def _video(folder: Path, clip: Clip, kept: float) -> FullDecode | None:
    path = folder / f"video.{_SUFFIX[clip.container]}"
    encode(path, clip)
    if kept < 1:
        torn(path, whole := path.with_suffix(".whole"), kept)
        whole.replace(path)
    return full_decode(path) if kept > 0.1 else None


def _keys(end_ms: int) -> list[dict[str, Any]]:
    t_ns = end_ms * 500_000
    return [
        {"t_ns": t_ns + n * 90_000_000, "seq": n, "kind": kind, "code": "KeyA", "key": "a"}
        for n, kind in enumerate(("down", "up"))
    ]


def _moves(odd: Odd, end_ms: int, width: int, height: int) -> list[dict[str, Any]]:
    if odd.displays:
        # Once on each display, in the pixels of the desktop.
        return [
            {"t_ns": 0, "seq": 0, "kind": "move", "x_px": 80.0, "y_px": 50.0},
            {"t_ns": 500_000_000, "seq": 1, "kind": "move", "x_px": 320.0, "y_px": 100.0},
        ]
    step_ns = end_ms * 1_000_000 // max(1, odd.moves)
    return [
        {"t_ns": n * step_ns, "seq": n, "kind": "move", "x_px": n % width * 1.0, "y_px": n % height * 1.0}
        for n in range(odd.moves)
    ]


def write_many_events(folder: Path, events: int) -> FullDecode | None:
    """A recording of an hour with so many pointer moves, written as columns."""
    truth = write(folder, Odd(Clip(pts_ms=tuple(range(0, _HOUR_MS, 60_000)), gop=10), moves=1))
    n = np.arange(events, dtype=np.int64)
    columns = {
        "t_ns": n * (3600 * NS_PER_S // events),
        "seq": n,
        "kind": pa.DictionaryArray.from_arrays(np.zeros(events, np.int8), ["move"]).cast(pa.string()),
        "x_px": (n % 170).astype(np.float64),
        "y_px": (n % 97).astype(np.float64),
    }
    pq.write_table(pa.table(columns), folder / "pointer.parquet")
    return truth
