"""Cold random access to full-size BGRA (or RGB, where a tool gives nothing else) as other tools do it.

PyAV, which is ours too, works in this process; the others in one each, under the interpreter of `.venv-peers`, because
their packages do not belong to the product.
"""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import av

Seek = Callable[[int], Any]

_CHILD: Final = Path(__file__).with_name("_peer_child.py")
_PYTHON: Final = Path(__file__).parent.parent / ".venv-peers" / "bin" / "python"


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
    """decord's VideoReader; None where `make peers` has not run, or it does not work on this machine."""
    return _child_seek("decord", path)


def opencv_seek(path: Path) -> Seek | None:
    """OpenCV's VideoCapture; None as for decord."""
    return _child_seek("opencv", path)


class _Child:
    """A tool at work on one video. Its process ends with this one, or when this object is let go of."""

    def __init__(self, tool: str, path: Path) -> None:
        command = [str(_PYTHON), "-P", str(_CHILD), tool, str(path)]
        self._process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            env={"PATH": os.defpath},
        )

    @property
    def is_ready(self) -> bool:
        """Whether the tool has opened the video; to be asked once, before the first seek."""
        return self._answered()

    def __call__(self, index: int) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(f"{index}\n")
        self._process.stdin.flush()
        if not self._answered():
            raise LookupError(index)

    def _answered(self) -> bool:
        assert self._process.stdout is not None
        return self._process.stdout.readline() == "ok\n"

    def __del__(self) -> None:
        self._process.kill()
        self._process.communicate()


def _child_seek(tool: str, path: Path) -> Seek | None:
    if not _PYTHON.is_file():
        return None
    child = _Child(tool, path)
    return child if child.is_ready else None
