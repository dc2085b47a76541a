"""Runs the command line as a user does: a process of its own, JSON on stdout, an exit code."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent


@dataclass(frozen=True, slots=True)
class Answer:
    code: int
    json: dict[str, Any]
    stderr: str


def command(*words: str | Path) -> list[str]:
    return [sys.executable, "-c", "from app.cli.main import main; main()", *map(str, words)]


def run(*words: str | Path, home: Path | None = None, stdin: str = "") -> Answer:
    """`safelight --json …`; fails the test unless stdout is exactly one JSON document and stderr has no traceback."""
    env = dict(os.environ) if home is None else {**os.environ, "SAFELIGHT_HOME": str(home)}
    done = subprocess.run(
        command("--json", *words), cwd=ROOT, env=env, input=stdin, capture_output=True, text=True, timeout=240
    )
    assert "Traceback" not in done.stderr, done.stderr
    document = json.loads(done.stdout) if done.stdout else {}
    return Answer(done.returncode, document, done.stderr)


def imported(library: Path, *paths: Path, consent: str = "granted", derive: bool = True) -> list[str]:
    """Import `paths` into `library`; returns the session ids in order."""
    answer = run("import", *paths, "--library", library, "--consent", consent, *(() if derive else ("--no-derive",)))
    assert answer.code == 0, answer
    return [s["id"] for s in answer.json["sessions"]]
