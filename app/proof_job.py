"""`safelight verify` as a child process of the window: the attacks run with nothing of the window's own memory.

Rejected: calling the attacks in this process, where keys and open sessions lie that no attacker would have.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from app.jobs import IsCancelled, Report
from replay.errors import BadInput, Cancelled, SafelightError

_ENTRY: Final = "from app.cli.main import main; main()"
_POLL_S: Final = 0.1
_STOP_WITHIN_S: Final = 5.0
_EXPECTED_S: Final = 30


@dataclass(frozen=True, slots=True)
class ProofAnswer:
    """What came of a run; `failed` names the attacks that were not denied, or not logged."""

    ok: bool
    attacks: int
    failed: tuple[str, ...]


def prove_library(library: Path, home: Path, report: Report, cancelled: IsCancelled) -> ProofAnswer:
    """Run every attack, in ten seconds or more. Raises Cancelled, and what the command was refused with."""
    words = [sys.executable, "-c", _ENTRY, "--json", "--home", str(home), "verify", str(library)]
    child = subprocess.Popen(
        words, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env=dict(os.environ)
    )
    try:
        answer = _await(child, report, cancelled)
    finally:
        _stop(child)
    return answer_of(answer)


def _await(child: subprocess.Popen[bytes], report: Report, cancelled: IsCancelled) -> bytes:
    began_s = time.monotonic()
    while True:
        try:
            return child.communicate(timeout=_POLL_S)[0]
        except subprocess.TimeoutExpired:
            if cancelled():
                raise Cancelled("The proof") from None
            spent = int(time.monotonic() - began_s)
            report(min(spent, _EXPECTED_S - 1), _EXPECTED_S, "Attacking hidden sessions, in seconds")


def _stop(child: subprocess.Popen[bytes]) -> None:
    if child.poll() is None:
        child.terminate()
        try:
            child.wait(_STOP_WITHIN_S)
        except subprocess.TimeoutExpired:
            child.kill()
            child.wait()
    if child.stdout is not None:
        child.stdout.close()


def answer_of(untrusted: bytes) -> ProofAnswer:
    """What the command printed. Raises BadInput where it is no answer, and the error that it told."""
    try:
        document: dict[str, Any] = json.loads(untrusted)
        if "error" in document:
            told = {name: str(document["error"].get(name, "")) for name in ("code", "sentence", "remedy")}
            raise SafelightError(told["code"], told["sentence"], told["remedy"])
        attacks = document["attacks"]
        failed = tuple(str(a["name"]) for a in attacks if not (a["denied"] and a["logged"] and a["control"]))
        return ProofAnswer(bool(document["ok"]) and not failed, len(attacks), failed)
    except (ValueError, KeyError, TypeError, AttributeError):
        raise BadInput(
            "proof_unanswered", "The proof ended without an answer.", "Run it in a terminal: safelight verify LIB"
        ) from None
