"""Cold random access to full-size BGRA (or RGB, where a tool gives nothing else) as other tools do it."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import av

Seek = Callable[[int], Any]


def pyav_seek(path: Path, pts: list[int]) -> Seek:
    """Seek to the I-frame and decode to the frame, threads as PyAV chooses."""
    container = av.open(str(path))
    stream = container.streams.video[0]
    stream.thread_type = "AUTO"

    def seek(index: int) -> Any:
        container.seek(pts[index], stream=stream)
        for picture in container.decode(stream):
            if picture.pts is not None and picture.pts >= pts[index]:
                return picture.to_ndarray(format="bgra")
        raise LookupError(index)

    return seek


def decord_seek(path: Path) -> Seek | None:
    """decord's VideoReader; None where the package is not installed."""
    try:
        decord = importlib.import_module("decord")
    except ImportError:
        return None
    reader = decord.VideoReader(str(path), num_threads=0)
    return lambda index: reader[index].asnumpy()


def opencv_seek(path: Path) -> Seek | None:
    """OpenCV's VideoCapture; None where the package is not installed."""
    try:
        cv2 = importlib.import_module("cv2")
    except ImportError:
        return None
    capture = cv2.VideoCapture(str(path))

    def seek(index: int) -> Any:
        capture.set(cv2.CAP_PROP_POS_FRAMES, index)
        return capture.read()[1]

    return seek
