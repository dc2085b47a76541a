"""Export: the AgentNet sample with three masks and one cut, proof included, beside ffmpeg re-encoding the same file.

Same codec, preset, crf and threads; the peer paints the same boxes and drops the same frames, and proves nothing.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import av
import numpy as np
import numpy.typing as npt

from bench.footage import agentnet_video
from bench.registry import Context, Result
from bench.timing import seconds
from curation.edit_log import EditLog
from curation.editor import Editor
from curation.edits import CutAdded, Edit, RedactionAdded
from curation.export.job import ExportJob
from curation.export.manifest import SessionEntry, read_manifest
from curation.export.recipe import Recipe, VideoRecipe
from curation.intake.job import ImportJob, ImportRequest
from curation.model import Cut, MaskKeyframe, RectRedaction
from replay.geometry import Rect
from replay.store.library import Library
from replay.timebase import NS_PER_S, TimeRange
from replay.vault.payloads import LabelsSeal

_BAR = 1.5
_CUT_S = (60, 65)
_MASKS_S = ((10, 18, Rect(100, 100, 300, 80)), (40, 48, Rect(500, 300, 200, 200)), (80, 88, Rect(20, 20, 400, 60)))
_EVERY = 5  # frames compared for PSNR
_CRF, _PRESET = 20, "medium"
Luma = npt.NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class _Subject:
    library: Library
    source: Path
    threads: int


def run(context: Context) -> list[Result]:
    """A minute or two; the better of two runs of each, in turns, so that a busy moment hits both."""
    sample = agentnet_video(context.data) if context.data else None
    if sample is None or shutil.which("ffmpeg") is None:
        context.note("the AgentNet sample or ffmpeg is not at hand: export is not measured")
        return []
    subject = _Subject(_library(sample.parent, context.work), sample, os.cpu_count() or 1)
    ours: list[_Cost] = []
    peers: list[_Cost] = []
    for n in range(1 if context.quick else 2):
        out = context.work / f"out{n}"
        context.note(f"export, run {n + 1}")
        ours.append(_cost(partial(_export, subject, out)))
        entry = read_manifest(out).sessions[0]
        context.note(f"ffmpeg, run {n + 1}")
        peers.append(_cost(partial(_ffmpeg, subject, entry, context.work / "peer.mp4")))
    video = next((context.work / "out0" / "archive").glob("*/video.mp4"))
    context.note("comparing pictures outside the masks")
    mine, theirs = _loss(subject.source, video, entry), _loss(subject.source, context.work / "peer.mp4", entry)
    name = "ffmpeg, same boxes, cut, codec, preset, crf and threads"
    bar = f"at most {_BAR} × ffmpeg, proof included"
    wall, peer_wall = min(c.wall_s for c in ours), min(c.wall_s for c in peers)
    cpu, peer_cpu = min(c.cpu_s for c in ours), min(c.cpu_s for c in peers)
    return [
        Result("masked export with proof, agentnet", wall, "s", peer_wall, name, bar, wall <= _BAR * peer_wall),
        Result("the same, processor time", cpu, "s", peer_cpu, name),
        Result("luma error outside the masks", mine, "mean square", theirs, name, "no worse", mine <= theirs),
    ]


@dataclass(frozen=True, slots=True)
class _Cost:
    wall_s: float
    cpu_s: float  # of this process and its children; tells the same on a busy machine


def _cost(work: Callable[[], object]) -> _Cost:
    before = os.times()
    wall = seconds(work)
    after = os.times()
    return _Cost(wall, sum(after[:4]) - sum(before[:4]))


def _library(sample: Path, work: Path) -> Library:
    library = Library.create(work / "library")
    job = ImportJob(library, lambda *_: None, lambda: False)
    result = job.run(ImportRequest((sample,), format="agentnet", consent="granted"))
    edits: list[Edit] = [CutAdded(Cut("cut", TimeRange(*(t * NS_PER_S for t in _CUT_S))))]
    for n, (start, end, rect) in enumerate(_MASKS_S):
        range_ = TimeRange(start * NS_PER_S, end * NS_PER_S)
        edits.append(RedactionAdded(RectRedaction(f"mask{n}", range_, (MaskKeyframe(range_.start_ns, rect),))))
    log = EditLog(library.edits_path, LabelsSeal(library.keys))
    Editor(log, result.sessions[0].id, "bench").commit(tuple(edits), title="Masks and a cut")
    log.close()
    return library


def _export(subject: _Subject, out: Path) -> None:
    recipe = Recipe(video=VideoRecipe(preset=_PRESET, crf=_CRF, threads=subject.threads))
    job = ExportJob(subject.library, "bench", lambda *_: None, lambda: False)
    job.run(job.plan(recipe), out)


def _ffmpeg(subject: _Subject, entry: SessionEntry, target: Path) -> None:
    """The same frames dropped and the same boxes filled, by frame number."""
    boxes = [
        f"drawbox=x={x0}:y={y0}:w={x1 - x0}:h={y1 - y0}:c=0x1C1C1C:t=fill:enable='between(n,{first},{last - 1})'"
        for first, last, of in entry.masks
        for x0, y0, x1, y1 in of
    ]
    kept = "+".join(f"between(n,{a},{b - 1})" for a, b in entry.kept)
    filters = ",".join([*boxes, f"select='{kept}'", "setpts=N/FRAME_RATE/TB"])
    threads = str(subject.threads)
    command = ["ffmpeg", "-v", "error", "-y", "-threads", threads, "-i", str(subject.source), "-an", "-vf", filters]
    command += ["-c:v", "libx264", "-preset", _PRESET, "-crf", str(_CRF), "-threads", threads, str(target)]
    subprocess.run(command, check=True)


def _loss(source: Path, encoded: Path, entry: SessionEntry) -> float:
    """Mean squared luma error of every fifth kept frame, outside the masks."""
    kept = entry.kept_frames()
    wanted = set(kept[::_EVERY].tolist())
    total, count = 0.0, 0
    output = _lumas(encoded, set(range(0, len(kept), _EVERY)))
    for (index, original), (_, shown) in zip(_lumas(source, wanted), output, strict=True):
        outside = np.ones(original.shape, bool)
        for first, last, boxes in entry.masks:
            for x0, y0, x1, y1 in boxes if first <= index < last else ():
                outside[y0:y1, x0:x1] = False
        error = original[outside].astype(np.float64) - shown[outside]
        total += float((error**2).sum())
        count += int(outside.sum())
    return total / count


def _lumas(path: Path, wanted: set[int]) -> Iterator[tuple[int, Luma]]:
    with av.open(str(path)) as container:
        container.streams.video[0].thread_type = "AUTO"
        for n, picture in enumerate(container.decode(video=0)):
            if n in wanted:
                plane = picture.planes[0]
                rows = np.frombuffer(memoryview(plane), np.uint8).reshape(-1, plane.line_size)
                yield n, rows[: picture.height, : picture.width].copy()
