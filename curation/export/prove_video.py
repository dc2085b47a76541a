"""Checks an exported video: the container by allow-list, then every frame of it decoded afresh against the masks."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Final

import av
import av.error
import numpy as np
import pyarrow.parquet as pq
from av.video.frame import VideoFrame

from curation.export.manifest import SessionEntry
from curation.export.mp4_boxes import Mp4Walk
from curation.export.prove_files import Found, SessionOf
from curation.redaction.masks import Box
from curation.redaction.prove import Plane, SecretSearch, masked_yuv

_PLANAR: Final = frozenset({"yuv420p", "yuvj420p"})
_BRANDS: Final = frozenset({"major_brand", "minor_version", "compatible_brands"})


def video_findings(path: Path, relative: str, session_of: SessionOf, search: SecretSearch) -> Iterator[Found]:
    entry = session_of(path.parent.name)
    if entry is None:
        yield Found("a video of a session the manifest does not name")
        return
    with open(path, "rb") as file:
        yield from (Found(f) for f in Mp4Walk(file).findings())
    try:
        yield from _frame_findings(path, entry)
        if _packets(path, {}) != _packets(path, {"ignore_editlist": "1"}):
            yield Found("frames that an edit list hides")
    except av.error.FFmpegError:
        yield Found("a video that cannot be decoded to its end")


def _frame_findings(path: Path, entry: SessionEntry) -> Iterator[Found]:
    kept = entry.kept_frames()
    masks = _masks_by_frame(entry)
    pts: list[int] = []
    with av.open(str(path), options={"ignore_editlist": "1"}) as container:
        if len(container.streams) != 1 or container.metadata.keys() - _BRANDS:
            yield Found("more than one stream, or metadata")
        stream = container.streams.video[0]
        stream.thread_type = "AUTO"
        stream.codec_context.thread_count = 0
        for n, picture in enumerate(container.decode(stream)):
            pts.append(-1 if picture.pts is None else picture.pts)
            if n >= len(kept):
                yield Found("more frames than planned")
                return
            index = int(kept[n])
            for box in _unmasked(picture, masks.get(index, ())):
                yield Found(f"frame {index}: the mask at {box.x0},{box.y0} does not hide what is under it")
    if len(pts) != len(kept):
        yield Found(f"{len(pts)} frames instead of {len(kept)}")
    yield from _time_findings(path.parent / "frames.parquet", pts)


def _masks_by_frame(entry: SessionEntry) -> dict[int, tuple[Box, ...]]:
    masks: dict[int, tuple[Box, ...]] = {}
    for first, last, boxes in entry.masks:
        shared = tuple(Box(*b) for b in boxes)
        for index in range(first, last):
            masks[index] = masks.get(index, ()) + shared
    return masks


def _unmasked(picture: VideoFrame, boxes: tuple[Box, ...]) -> Iterator[Box]:
    if not boxes:
        return
    if picture.format.name not in _PLANAR:
        yield from boxes
        return
    planes = [_plane(picture, i) for i in range(3)]
    yield from (box for box in boxes if not masked_yuv(planes, box))


def _plane(picture: VideoFrame, i: int) -> Plane:
    plane = picture.planes[i]
    rows = np.frombuffer(memoryview(plane), np.uint8)
    return rows[: plane.line_size * plane.height].reshape(plane.height, plane.line_size)[:, : plane.width]


def _time_findings(frames: Path, pts: list[int]) -> Iterator[Found]:
    if not frames.is_file():
        yield Found("a video without its frame table")
        return
    promised = pq.read_table(frames, columns=["pts"])["pts"].to_pylist()
    if promised != pts or any(b <= a for a, b in pairwise(pts)):
        yield Found("frame times that are not those of the frame table")


def _packets(path: Path, options: dict[str, str]) -> int:
    with av.open(str(path), options=options) as container:
        return sum(1 for p in container.demux(container.streams.video[0]) if p.size)
