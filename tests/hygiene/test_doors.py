"""Which module opens files among a library's sealed objects is watched while the command line works.

Its own process alone; what workers open is the matter of the import contracts.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

from tests.cli import ROOT
from tests.export_sessions import write_capture

DOORS = {
    "replay.store.tracks",
    "replay.store.publish",
    "replay.vault.records",
    "replay.vault.disk",
}
"""`tracks`: reading through leases; `publish` and `disk`: making durable; `records`: signed object lists."""

WATCHING = """
import json, sys
from pathlib import Path

objects, opened = sys.argv[1], {}

def heard(event, arguments):
    if event != "open" or not isinstance(arguments[0], (str, bytes)):
        return
    path = str(arguments[0] if isinstance(arguments[0], str) else arguments[0].decode())
    if not path.startswith(objects):
        return
    frame = sys._getframe(1)
    while frame and frame.f_globals.get("__name__", "").split(".")[0] not in ("app", "widgets", "curation", "replay"):
        frame = frame.f_back
    opened.setdefault(frame.f_globals["__name__"] if frame else "nobody", Path(path).name)

sys.addaudithook(heard)
from app.cli.main import main
for words in json.loads(sys.argv[2]):
    try:
        main(words)
    except SystemExit as ended:
        assert not ended.code, words
print("DOORS " + json.dumps(opened))
"""


def doors_used(library: Path, commands: list[list[str]]) -> dict[str, str]:
    """Module → one of the objects that it opened, while the commands ran in one process."""
    words = [sys.executable, "-c", WATCHING, str(library / "objects"), json.dumps(commands)]
    done = subprocess.run(words, cwd=ROOT, env=dict(os.environ), capture_output=True, text=True, timeout=240)
    assert done.returncode == 0, done.stderr[-2000:]
    found: dict[str, str] = json.loads(done.stdout.rpartition("DOORS ")[2])
    return found


def test_objects_are_opened_at_the_store_s_doors_alone(tmp_path: Path) -> None:
    library, capture = tmp_path / "library", write_capture(tmp_path / "capture")
    commands = [
        ["import", str(capture), "--library", str(library), "--consent", "granted"],
        ["sessions", str(library)],
        ["query", str(library), "select count(*) from keys"],
        ["query", str(library), "select count(*) from keys", "--raw", "--purpose", "doors"],
        ["export", str(library), "--format", "archive", "--out", str(tmp_path / "set")],
        ["log", str(library), "--verify"],
    ]
    used = doors_used(library, commands)
    assert set(used) >= {"replay.store.tracks"}
    assert set(used) <= DOORS, used
