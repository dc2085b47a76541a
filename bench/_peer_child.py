"""One peer, seeking in a process of its own environment (`make peers`): a line with a frame's index in, `ok` out.

    _peer_child.py TOOL VIDEO

Runs under an interpreter that has no Safelight; the pictures stay here, so what is timed outside is the tool's work.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any

Seek = Callable[[int], Any]


def _decord(path: str) -> Seek:
    import decord  # type: ignore[import-not-found]

    reader = decord.VideoReader(path, num_threads=0)
    return lambda index: reader[index].asnumpy()


def _opencv(path: str) -> Seek:
    import cv2  # type: ignore[import-not-found]

    capture = cv2.VideoCapture(path)

    def seek(index: int) -> Any:
        capture.set(cv2.CAP_PROP_POS_FRAMES, index)
        found, picture = capture.read()
        if not found:
            raise LookupError(index)
        return picture

    return seek


_TOOLS = {"decord": _decord, "opencv": _opencv}


def main(tool: str, path: str) -> None:
    seek = _TOOLS[tool](path)
    print("ok", flush=True)
    for line in sys.stdin:
        seek(int(line))
        print("ok", flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
