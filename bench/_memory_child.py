"""Plays and seeks through one video in a process of its own; prints how much memory that takes at most, in MiB.

_memory_child.py VIDEO SEEKS
"""

from __future__ import annotations

import resource
import sys
from pathlib import Path
from typing import Final

import numpy as np

from bench._player import Subject, Viewer
from replay.video.index import build_frame_table

_KIB_A_MIB: Final = 1024


def main(path: str, seeks: str) -> None:
    with Path(path).open("rb") as file:
        subject = Subject("", Path(path), build_frame_table(file, "video")[0])
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / _KIB_A_MIB
    viewer = Viewer(subject)
    for index in np.random.default_rng(4).integers(0, len(subject.frames) - 30, int(seeks)).tolist():
        for n in range(30):
            viewer.show(index + n)
    viewer.server.close()
    print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / _KIB_A_MIB - before)


if __name__ == "__main__":
    main(*sys.argv[1:])
