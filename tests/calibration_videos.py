"""A desktop on which only a cursor moves, encoded, and the path of its pointer; as a capture in our own format too."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from av.video.frame import VideoFrame

from curation.intake.job import ImportJob, ImportRequest
from replay import schema
from replay.calibration.values import PointerPath
from replay.session import Session
from replay.store.library import Library
from replay.store.sessions import SessionStore

SIZE = (320, 200)
_CURSOR = (9, 13)  # px


def wandering(seconds: float, seed: int, *, every_s: float = 1.6) -> PointerPath:
    """A pointer that goes to a random place, rests, and goes on; 125 positions a second while it moves; capture px are
    the picture's."""
    rng = np.random.default_rng(seed)
    times, xs, ys = [0.0], [SIZE[0] / 2], [SIZE[1] / 2]
    start = 0.4
    while start < seconds:
        length = float(rng.uniform(0.5, 0.9))
        x, y = rng.uniform(30, SIZE[0] - 30), rng.uniform(30, SIZE[1] - 30)
        part = np.linspace(0, 1, int(length * 125))[1:]
        eased = part * part * (3 - 2 * part)
        x0, y0 = xs[-1], ys[-1]
        bend = rng.uniform(-25, 25) * np.sin(np.pi * part)
        times += list(start + part * length)
        xs += list(x0 + (x - x0) * eased + bend)
        ys += list(y0 + (y - y0) * eased - bend)
        start += float(rng.uniform(0.9, 1.3)) * every_s
    return PointerPath(np.array(times), np.clip(xs, 20, SIZE[0] - 20), np.clip(ys, 20, SIZE[1] - 20))


def encoded(
    path: Path,
    pointer: PointerPath,
    seconds: float,
    *,
    fps: int = 30,
    cursor: bool = True,
    shows: Callable[[float], float | None] = lambda t_s: t_s,
) -> Path:
    """A video of what `pointer` (on the video's own clock) does on a still desktop.

    `shows`: which moment the picture at a time shows, None for a black one.
    """
    width, height = SIZE
    rng = np.random.default_rng(1)
    desktop = np.kron(rng.integers(120, 230, (height // 20, width // 20)), np.ones((20, 20))).astype(np.uint8)
    with av.open(str(path), "w", format="matroska") as out:
        stream = out.add_stream("libx264", rate=fps, options={"preset": "ultrafast", "crf": "20"})
        stream.width, stream.height, stream.pix_fmt = width, height, "yuv420p"
        stream.codec_context.time_base = Fraction(1, 15360)
        stream.codec_context.gop_size = 60
        for index in range(int(seconds * fps)):
            picture = desktop.copy()
            moment = shows(index / fps)
            x, y = (int(v[0]) for v in pointer.at(np.array([moment or 0.0])))
            if moment is None:
                picture[:] = 16
            elif cursor:
                picture[y : y + _CURSOR[1], x : x + _CURSOR[0]] = 10
            frame = VideoFrame.from_ndarray(picture, format="gray").reformat(format="yuv420p")
            frame.pts, frame.time_base = round(index / fps * 15360), Fraction(1, 15360)
            out.mux(stream.encode(frame))
        out.mux(stream.encode(None))
    return path


@dataclass(frozen=True)
class Declared:
    """What a recorder says: its clock's method and error, and the part of the desktop in the picture, capture px."""

    method: str = "recorder_event"
    sigma_ns: int = 300_000_000
    captured: tuple[float, float, float, float] = (0.0, 0.0, float(SIZE[0]), float(SIZE[1]))


HONEST = Declared()


def write_capture(folder: Path, video: Path, events: PointerPath, declared: Declared = HONEST) -> Path:
    """A folder with `video` and the moves of `events`, whose times are the recorder's own."""
    folder.mkdir(parents=True)
    shutil.copy(video, folder / "video.mkv")
    place = dict(zip("xywh", declared.captured, strict=True))
    moves = [
        {"t_src_ns": round(t * 1e9), "t_ns": round(t * 1e9), "seq": seq, "kind": "move", "x_px": x, "y_px": y}
        for seq, (t, x, y) in enumerate(zip(events.t_s, events.x, events.y, strict=True))
    ]
    clock = {"t_ns": 0, "offset_ns": 0, "drift_ppm": 0.0, "sigma_ns": declared.sigma_ns, "method": declared.method}
    display = {"t_ns": 0, "display_id": "main", "bounds_px": place, "is_main": True, "capture_rect": place}
    tables = {
        "session": [{"recorder": "test", "source_zero_ns": 0}],
        "sync": [clock],
        "displays": [display | {"scale": 1.0}],
        "pointer": moves,
    }
    for name, rows in tables.items():
        columns = [f for f in schema.TABLES[name].arrow if any(f.name in r for r in rows)]
        pq.write_table(pa.Table.from_pylist(rows, schema=pa.schema(columns)), folder / f"{name}.parquet")
    return folder


def imported(folder: Path, capture: Path, *, derive: bool = True) -> Session:
    """The capture's session as a library in `folder` holds it after an import."""
    library = Library.open_or_create(folder)
    job = ImportJob(library, lambda *_: None, lambda: False)
    result = job.run(ImportRequest((capture,), consent="granted", derive=derive))
    assert not result.failed, result.failed
    return SessionStore(library).load(result.sessions[0].id)
