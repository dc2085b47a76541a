"""What another process does to an edit log, for tests that need one: `python -m tests.edit_worker MODE LOG N`.

`labels` says it is ready, waits for a line and appends N pairs of labels; `until_killed` appends pairs of labels until
it is killed, printing each head.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

from curation.edit_log import EditLog
from curation.editor import Editor
from curation.edits import LabelAdded
from curation.model import Label
from replay.timebase import TimeRange
from tests.unsealed import UNSEALED


def label(id_: str) -> LabelAdded:
    return LabelAdded(Label(id_, TimeRange(0, 1), "milestone"))


def main(mode: str, path: Path, count: int) -> None:
    log = EditLog(path, UNSEALED)
    editor = Editor(log, "S", f"author-{os.getpid()}")
    if mode == "labels":
        print("ready", flush=True)  # noqa: T201
        sys.stdin.readline()
    for i in range(count):
        pair = [label(f"p{os.getpid()}-{i}-{half}") for half in ("a", "b")]
        done = editor.commit(pair, title="Add labels")
        if mode == "until_killed":
            print(done.head, flush=True)  # noqa: T201
    log.close()


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]), int(sys.argv[3]))
