"""An exact picture, cold: with checkpoints and without, beside other tools on the same files in the same run."""

from __future__ import annotations

import io
import time
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import BinaryIO, Final

import numpy as np
from av.video.frame import VideoFrame

from bench.footage import agentnet_video, write_screen_video
from bench.peers import Seek, decord_seek, opencv_seek, pyav_seek
from bench.registry import Context, Result
from bench.timing import ms_percentiles, seconds
from replay.video.checkpoints.groups import planes_of
from replay.video.checkpoints.writer import CheckpointFacts, write_checkpoints
from replay.video.decoder import GopDecoder, always, iter_pictures
from replay.video.frame import bgra
from replay.video.frame_table import FrameTable
from replay.video.index import build_frame_table

_SECONDS_OF_FOOTAGE: Final = 40.0
_VERIFIED: Final = 20
_WITHOUT: Final = 1.7


@dataclass(frozen=True, slots=True)
class _Subject:
    """A file and how many times faster than PyAV its pictures must come from checkpoints."""

    name: str
    path: Path
    least: float


def run(context: Context) -> list[Result]:
    """Random seeks by everybody in turns, what checkpoints cost, and pictures compared with a decode from the start."""
    context.note("rendering the screen video")
    subjects = [_Subject("screen 1080p", write_screen_video(context.work / "screen.mp4", _SECONDS_OF_FOOTAGE), 3)]
    sample = agentnet_video(context.data) if context.data else None
    if sample is not None:
        subjects.append(_Subject("agentnet", sample, 4))
    return [result for subject in subjects for result in _measured(subject, context)]


def _measured(subject: _Subject, context: Context) -> Iterator[Result]:
    with subject.path.open("rb") as file, subject.path.open("rb") as again:
        frames = build_frame_table(file, "video")[0]
        context.note(f"{subject.name}: making checkpoints")
        made = io.BytesIO()
        began = time.process_time()
        facts = write_checkpoints(file, frames, made, None, always, lambda *_: None)
        cost = (time.process_time() - began) / (frames.end_ns / 1e9)
        yield from _side(subject, facts, cost)
        with_them, plain = GopDecoder(file, frames, made), GopDecoder(again, frames)
        context.note(f"{subject.name}: cold seeks")
        yield from _seeks(subject, frames, with_them, plain, 15 if context.quick else 60)
        context.note(f"{subject.name}: comparing pictures")
        yield _verified(subject, file, frames, with_them, plain)
        with_them.close()
        plain.close()


def _side(subject: _Subject, facts: CheckpointFacts, cost: float) -> Iterator[Result]:
    share = 1 + facts.nbytes / subject.path.stat().st_size
    name = f"{facts.written} checkpoints ({facts.dropped} did not hold), {subject.name}"
    yield Result(f"bytes with {name}", share, "× source", bar="≤ 1.3×", met=share <= 1.3)
    yield Result(f"CPU seconds a second of video, making {name}", cost, "s", bar="≤ 0.33", met=cost <= 1 / 3)


def _seeks(subject: _Subject, frames: FrameTable, with_them: GopDecoder, plain: GopDecoder, n: int) -> Iterator[Result]:
    """The same random frames by everybody, nothing cached, in turns so that a busy machine is busy for all."""
    ways: dict[str, Seek | None] = {
        "with checkpoints": partial(_exact, with_them),
        "no side file": partial(_exact, plain),
        "PyAV": pyav_seek(subject.path, frames.pts.tolist()),
        "decord": decord_seek(subject.path),
        "OpenCV": opencv_seek(subject.path),
    }
    there = {name: way for name, way in ways.items() if way is not None}
    times: dict[str, list[float]] = {name: [] for name in there}
    for index in np.random.default_rng(5).integers(0, len(frames), n).tolist():
        for name, way in there.items():
            times[name].append(seconds(partial(way, index)))
    for ours, least in (("with checkpoints", subject.least), ("no side file", _WITHOUT)):
        for peer in list(there)[2:]:
            pairs = zip(("p50", "p95"), ms_percentiles(times[ours]), ms_percentiles(times[peer]), strict=True)
            for label, a, b in pairs:
                name = f"cold exact seek {label}, {ours}, {subject.name}"
                yield Result(name, a, "ms", b, peer, f"≤ 1/{least:g} of {peer}", a <= b / least)


def _exact(decoder: GopDecoder, index: int) -> None:
    bgra(decoder.picture(index))


def _verified(
    subject: _Subject, file: BinaryIO, frames: FrameTable, with_them: GopDecoder, plain: GopDecoder
) -> Result:
    """Random pictures both ways against one decode from the start, in all planes."""
    wanted = set(np.random.default_rng(6).integers(0, len(frames), _VERIFIED).tolist())
    truth = {i: _planes(picture) for i, picture in iter_pictures(file, frames) if i in wanted}
    wrong = sum(_planes(d.picture(i)) != planes for i, planes in truth.items() for d in (with_them, plain))
    return Result(f"wrong pictures of {2 * len(truth)}, {subject.name}", wrong, "pictures", bar="0", met=wrong == 0)


def _planes(picture: VideoFrame) -> list[bytes]:
    return [plane.tobytes() for plane in planes_of(picture) or ()]
