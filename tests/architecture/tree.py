"""The files the gates look at: what git tracks or would track, as text."""

from __future__ import annotations

import subprocess
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PRODUCT = ("app", "widgets", "replay", "curation", "resources")


@cache
def texts() -> dict[str, str]:
    """POSIX path → text of every file that is tracked, or new and not ignored; binaries left out."""
    command = ["git", "-C", str(ROOT), "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    names = subprocess.run(command, check=True, capture_output=True).stdout.decode().split("\0")
    found: dict[str, str] = {}
    for name in sorted(filter(None, names)):
        path = ROOT / name
        if not path.is_file():  # deleted in the work tree, not yet in the index
            continue
        data = path.read_bytes()
        if b"\0" not in data:
            found[name] = data.decode("utf-8")
    return found


def sources(*folders: str) -> dict[str, str]:
    """The Python files below the named folders; every Python file where none is named."""
    python = {name: text for name, text in texts().items() if name.endswith(".py")}
    return {name: text for name, text in python.items() if not folders or name.split("/")[0] in folders}
