"""Sealed objects beside plain files: the same reader, the same file, in turns."""

from __future__ import annotations

import os
import random
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, BinaryIO, Final, cast

import av
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from bench.footage import FPS, HEIGHT, WIDTH, screen_pictures
from bench.registry import Context, Result
from bench.timing import cpu_seconds, seconds
from replay.importers.untrusted_files import copied
from replay.vault.container import SealedReader, SealedWriter, context_of
from replay.video.index import build_frame_table

_KEY: Final = bytes(range(32))
_CONTEXT: Final = context_of(library="bench", session="bench", track="video", version=1)

Open = Callable[[], BinaryIO]


@dataclass(frozen=True, slots=True)
class _Pair:
    """One content, plain and sealed on disk."""

    name: str
    path: Path
    most: float

    def plain(self) -> BinaryIO:
        return self.path.open("rb")

    def sealed(self) -> BinaryIO:
        file = self.path.with_suffix(".sealed").open("rb", buffering=0)
        return cast(BinaryIO, SealedReader(cast(BinaryIO, file), _KEY, _CONTEXT))


def run(context: Context) -> list[Result]:
    """Videos at about 1.5 and 13 Mbit/s and a table, each read and written plain and sealed."""
    turns = 5 if context.quick else 15
    results = []
    for mbit, most in ((1.5, 1.10), (13.0, 1.25)):
        context.note(f"encoding {mbit} Mbit/s")
        pair = _video_pair(context.work / f"video-{mbit:.0f}.mp4", mbit, 20 if context.quick else 60, most)
        for job, work, is_barred in _JOBS:
            context.note(f"{pair.name}: {job}")
            results.append(_compare(job, work, pair, turns, is_barred))
        context.note(f"{pair.name}: writing")
        results.append(_write(pair, turns))
    context.note("table")
    table = _pair("400 000 rows", _table(context.work / "table.parquet"), 1.25)
    results.append(_compare("read a table", _read_table, table, turns * 3, True, _all_cpu_seconds))
    return results


def _compare(
    job: str,
    work: Callable[[BinaryIO], Any],
    pair: _Pair,
    turns: int,
    is_barred: bool,
    clock: Callable[[Callable[[], object]], float] = cpu_seconds,
) -> Result:
    """The best of both, in turns whose order changes."""
    sealed: list[float] = []
    plain: list[float] = []
    for turn in range(turns):
        for way, times in random.Random(turn).sample([(pair.sealed, sealed), (pair.plain, plain)], 2):
            times.append(clock(partial(_with_file, way, work)))
    return _result(job, pair, min(sealed), min(plain), is_barred)


def _result(job: str, pair: _Pair, sealed_s: float, plain_s: float, is_barred: bool) -> Result:
    name = f"sealed: {job}, {pair.name}"
    bar = f"≤ {pair.most:.2f}× plain" if is_barred else ""
    met = sealed_s <= plain_s * pair.most if is_barred else None
    return Result(name, sealed_s * 1e3, "ms", plain_s * 1e3, "plain file", bar, met)


def _with_file(opened: Open, work: Callable[[BinaryIO], Any]) -> None:
    with opened() as file:
        work(file)


def _container(file: BinaryIO) -> Any:
    container = av.open(file)
    container.streams.video[0].thread_count = 1
    return container


def _random_frames(file: BinaryIO) -> None:
    """Seek to an I-frame and decode the first picture of its group, as a cold seek of the player begins."""
    with _container(file) as container:
        stream = container.streams.video[0]
        places = np.random.default_rng(3).integers(0, stream.duration, 40).tolist()
        for place in places:
            container.seek(place, stream=stream)
            next(container.decode(stream))


def _linear(file: BinaryIO) -> None:
    with _container(file) as container:
        for _, _picture in zip(range(300), container.decode(video=0), strict=False):
            pass


def _scrub(file: BinaryIO) -> None:
    """I-frames from the beginning to the end, as dragging along the timeline asks for them."""
    with _container(file) as container:
        stream = container.streams.video[0]
        for n in range(120):
            container.seek(stream.duration * n // 120, stream=stream)
            next(container.decode(stream))


def _demux(file: BinaryIO) -> None:
    with _container(file) as container:
        for _ in container.demux(video=0):
            pass


def _all_cpu_seconds(work: Callable[[], object]) -> float:
    """CPU seconds of all threads: Arrow reads, and so decrypts, on a thread of its own."""
    start = time.process_time()
    work()
    return time.process_time() - start


def _read_table(file: BinaryIO) -> None:
    pq.read_table(file, use_threads=False)


_JOBS: Final = (
    ("open, then 40 seeks to a picture", _random_frames, True),
    ("decode 300 frames", _linear, True),
    ("scrub 120 I-frames", _scrub, True),
    ("demux all", _demux, False),
)


def _write(pair: _Pair, turns: int) -> Result:
    """What an import does to a video, on the wall clock: read its index, hash and copy it, sync."""
    sealed: list[float] = []
    plain: list[float] = []
    for _ in range(turns):
        plain.append(seconds(partial(_import, pair.path, _as_it_is)))
        sealed.append(seconds(partial(_import, pair.path, _sealing)))
    return _result("read the index, hash, copy, sync", pair, min(sealed), min(plain), True)


def _import(source: Path, through: Callable[[BinaryIO], BinaryIO]) -> None:
    target = source.with_suffix(".copy")
    with source.open("rb") as file:
        build_frame_table(file, "video")
        file.seek(0)
        with through(target.open("wb")) as out:
            copied(file, out, lambda _: None)
    with target.open("rb") as file:
        os.fsync(file.fileno())
    target.unlink()


def _as_it_is(file: BinaryIO) -> BinaryIO:
    return file


def _sealing(file: BinaryIO) -> BinaryIO:
    return cast(BinaryIO, SealedWriter(file, _KEY, _CONTEXT))


def _pair(name: str, path: Path, most: float) -> _Pair:
    with _sealing(path.with_suffix(".sealed").open("wb")) as out:
        out.write(path.read_bytes())
    return _Pair(name, path, most)


def _video_pair(path: Path, mbit: float, length_s: float, most: float) -> _Pair:
    _video(path, mbit, length_s)
    return _pair(f"{path.stat().st_size * 8 / length_s / 1e6:.1f} Mbit/s", path, most)


def _video(path: Path, mbit: float, length_s: float) -> Path:
    """Screen pictures, made busy enough to take the bit rate that is asked for."""
    noise = np.random.default_rng(9).integers(0, 60, (HEIGHT, WIDTH, 3), np.uint8)
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=FPS)
        stream.width, stream.height, stream.pix_fmt = WIDTH, HEIGHT, "yuv420p"
        stream.codec_context.gop_size = FPS * 2
        bits = int(mbit * 1e6)
        stream.bit_rate = bits
        stream.options = {
            "preset": "ultrafast",
            "x264-params": f"nal-hrd=cbr:vbv-maxrate={bits // 1000}:vbv-bufsize=4000",
        }
        for n, picture in enumerate(screen_pictures(length_s)):
            if mbit > 5:
                picture[200:800] ^= np.roll(noise[200:800], n * 7, axis=1)
            container.mux(stream.encode(av.VideoFrame.from_ndarray(picture, format="rgb24")))
        container.mux(stream.encode(None))
    return path


def _table(path: Path) -> Path:
    rng = np.random.default_rng(2)
    columns = {"seq": np.arange(400_000), "t_ns": rng.integers(0, 1 << 40, 400_000), "x": rng.random(400_000)}
    texts = pa.array([f"element {n % 900}" for n in range(400_000)])
    pq.write_table(pa.table({**columns, "text": texts}), path, compression="zstd", row_group_size=65_536)
    return path
