"""Fast pictures: how fast they are found beside exact ones, how good and how large they are, how long making takes."""

from __future__ import annotations

import io
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Final

import numpy as np
import numpy.typing as npt
from av.video.frame import VideoFrame

from bench.footage import agentnet_video, write_screen_video
from bench.peers import pyav_seek
from bench.registry import Context, Result
from bench.timing import ms_percentiles, seconds
from replay.store.track_classes import MEZZANINE, SKIM
from replay.video.decoder import GopDecoder, iter_pictures
from replay.video.even_sides import cropped
from replay.video.frame import bgra
from replay.video.frame_table import FrameTable
from replay.video.index import build_frame_table
from replay.video.preview_pass import PreviewPass
from replay.video.preview_video import MEZZANINE_RECIPE, SKIM_RECIPE
from replay.video.side_files import source_index_of

_RECIPES: Final = {SKIM: SKIM_RECIPE, MEZZANINE: MEZZANINE_RECIPE}
_SECONDS_OF_FOOTAGE: Final = 24.0
_LEAST_DB: Final = 42.0
_SKIM_MS: Final = 12.0
_MAKING: Final = 1 / 3  # seconds a second of 1080p


@dataclass(slots=True)
class _Memory:
    """Where previews are written."""

    kept: dict[str, io.BytesIO] = field(default_factory=dict)

    def create_patchable(self, track: str) -> io.BytesIO:
        self.kept[track] = io.BytesIO()
        return _Open(self.kept, track)

    def drop(self, track: str) -> None:
        del self.kept[track]


class _Open(io.BytesIO):
    """A file whose bytes outlive its closing."""

    def __init__(self, kept: dict[str, io.BytesIO], track: str) -> None:
        super().__init__()
        self._kept, self._track = kept, track

    def close(self) -> None:
        if not self.closed:
            self._kept[self._track] = io.BytesIO(self.getvalue())
        super().close()


@dataclass(frozen=True, slots=True)
class _Subject:
    """One video, and the previews of it. `times_faster`: what a seek must reach, at the median and at the 95th."""

    name: str
    path: Path
    frames: FrameTable
    files: dict[str, io.BytesIO]
    tables: dict[str, FrameTable]
    times_faster: tuple[float, float]


def run(context: Context) -> list[Result]:
    """On the rendered 1080p video with an I-frame every 250 frames, and on the AgentNet sample."""
    context.note("rendering the screen video")
    files = [("screen 1080p", write_screen_video(context.work / "screen.mp4", _SECONDS_OF_FOOTAGE), (6.0, 4.0))]
    sample = agentnet_video(context.data) if context.data else None
    if sample is not None:
        files.append(("agentnet", sample, (12.0, 8.0)))
    results = []
    for name, path, times_faster in files:
        context.note(f"{name}: making")
        subject, made = _made(name, path, times_faster)
        results += made
        context.note(f"{name}: size and quality")
        results += [*_sizes(subject), *_quality(subject)]
        context.note(f"{name}: seeks")
        results += _seeks(subject, 20 if context.quick else 60)
    return results


def _made(name: str, path: Path, times_faster: tuple[float, float]) -> tuple[_Subject, list[Result]]:
    memory = _Memory()
    with path.open("rb") as file:
        frames = build_frame_table(file, "video")[0]
        decoder = GopDecoder(file, frames)
        start, cpu_start = time.perf_counter(), time.process_time()
        tables = PreviewPass(decoder, frames, memory, lambda *_: None).run(_RECIPES, path.stat().st_size)
        length_s = frames.end_ns / 1e9
        took, cpu = (time.perf_counter() - start) / length_s, (time.process_time() - cpu_start) / length_s
        decoder.close()
    is_barred = "1080p" in name
    bar, met = ("≤ 0.33 s (3 × real time)", took <= _MAKING) if is_barred else ("", None)
    made = [
        Result(f"making fast pictures of a second, {name}", took, "s", bar=bar, met=met),
        Result(f"processor time for that, {name}", cpu, "s"),
    ]
    return _Subject(name, path, frames, memory.kept, tables, times_faster), made


def _sizes(subject: _Subject) -> Iterator[Result]:
    source = subject.path.stat().st_size
    for track, recipe in _RECIPES.items():
        ratio = subject.files[track].seek(0, io.SEEK_END) / source
        bar = f"≤ {recipe.most_share} ×"
        yield Result(
            f"bytes of the {track}, {subject.name}", ratio, "× source", bar=bar, met=ratio <= recipe.most_share
        )


def _luma(picture: VideoFrame) -> npt.NDArray[np.float32]:
    plane = picture.planes[0]
    rows = np.frombuffer(memoryview(plane), np.uint8)[: plane.line_size * plane.height]
    return rows.reshape(plane.height, plane.line_size)[:, : plane.width].astype(np.float32)


def _quality(subject: _Subject) -> list[Result]:
    """Every seventh picture of the mezzanine beside the exact one; a picture without any error counts as 99 dB."""
    size = _size_of(subject)
    decoder = GopDecoder(subject.files[MEZZANINE], subject.tables[MEZZANINE])
    found = []
    with subject.path.open("rb") as file:
        for index, picture in iter_pictures(file, subject.frames):
            if index % 7 == 0:
                error = float(np.mean((_luma(cropped(decoder.picture(index), size)) - _luma(picture)) ** 2))
                found.append(99.0 if error == 0 else 10 * np.log10(255**2 / error))
    decoder.close()
    mean = float(np.mean(found))
    return [
        Result(f"luma of the mezzanine, mean, {subject.name}", mean, "dB", bar="≥ 42 dB", met=mean >= _LEAST_DB),
        Result(f"luma of the mezzanine, worst, {subject.name}", float(min(found)), "dB"),
    ]


def _size_of(subject: _Subject) -> tuple[int, int]:
    with subject.path.open("rb") as file:
        facts = build_frame_table(file, "video")[1]
    return facts.width, facts.height


def _seeks(subject: _Subject, count: int) -> list[Result]:
    """The same random frames, nothing cached, in turns so that a busy machine is busy for all."""
    indexes = np.random.default_rng(5).integers(0, len(subject.frames), count).tolist()
    size = _size_of(subject)
    decoders = {track: GopDecoder(subject.files[track], subject.tables[track]) for track in _RECIPES}
    shown = source_index_of(subject.tables[SKIM], subject.frames)
    assert shown is not None
    peer = pyav_seek(subject.path, subject.frames.pts.tolist())

    def mezzanine(index: int) -> None:
        bgra(cropped(decoders[MEZZANINE].picture(index), size))

    def skim(index: int) -> None:
        bgra(decoders[SKIM].picture(int(np.searchsorted(shown, index, side="right")) - 1))

    ways = {"mezzanine": mezzanine, "skim": skim, "peer": peer}
    times: dict[str, list[float]] = {name: [] for name in ways}
    for index in indexes:
        for name, way in ways.items():
            times[name].append(seconds(partial(way, index)))
    for decoder in decoders.values():
        decoder.close()
    exact, small = ms_percentiles(times["peer"]), ms_percentiles(times["skim"])[1]
    results = []
    parts = zip(("p50", "p95"), ms_percentiles(times["mezzanine"]), exact, subject.times_faster, strict=True)
    for label, ours, theirs, faster in parts:
        bar, name = f"≥ {faster:.0f} × faster", f"cold preview {label}, {subject.name}"
        results.append(Result(name, ours, "ms", theirs, "PyAV, exact", bar, ours * faster <= theirs))
    bar = f"≤ {_SKIM_MS:.0f} ms"
    results.append(
        Result(f"cold skim p95, {subject.name}", small, "ms", exact[1], "PyAV, exact", bar, small <= _SKIM_MS)
    )
    return results
