"""The whole main job through the real window, by action ids alone: import, replay, label, cut, redact, export."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.export_sessions import CUT_S, PASSWORD, write_capture

ROOT = Path(__file__).resolve().parent.parent.parent
S = 1_000_000_000


class Window:
    """The desktop application in a process of its own, driven line by line over its pipe."""

    def __init__(self, home: Path) -> None:
        command = [sys.executable, "-m", "app.desktop", "--home", str(home), "--script", "-"]
        environment = {**os.environ, "QT_QPA_PLATFORM": "offscreen"}
        self.process = subprocess.Popen(
            command, cwd=ROOT, env=environment, text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )

    def tell(self, **command: Any) -> dict[str, Any]:
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(json.dumps(command) + "\n")
        self.process.stdin.flush()
        answer: dict[str, Any] = json.loads(self.process.stdout.readline())
        return answer

    def run_action(self, action_id: str, **arguments: Any) -> dict[str, Any]:
        """Carry out one action and let the window come to rest; returns its facts."""
        answer = self.tell(run=action_id, **{"with": arguments})
        assert "error" not in answer, (action_id, answer["error"])
        answer = self.tell(wait="idle")
        assert "error" not in answer, (action_id, answer["error"])
        facts: dict[str, Any] = answer["facts"]
        return facts

    def close(self) -> int:
        self.tell(quit=True)
        return self.process.wait(30)


@pytest.fixture
def window(tmp_path: Path):
    made = Window(tmp_path / "home")
    yield made
    if made.process.poll() is None:
        made.process.kill()
    made.process.wait(30)
    for pipe in (made.process.stdin, made.process.stdout):
        assert pipe is not None
        pipe.close()


def every_byte(folder: Path) -> bytes:
    return b"".join(p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file())


def test_from_a_capture_to_a_training_set(window: Window, tmp_path: Path) -> None:
    act: Callable[..., dict[str, Any]] = window.run_action
    capture, library, out = write_capture(tmp_path / "capture"), tmp_path / "library", tmp_path / "set"

    assert act("session.import", paths=[str(capture)], library=str(library), consent="granted")["sessions"] == 1
    facts = act("session.open")
    assert (facts["page"], facts["shown"]) == ("workbench", 0)
    assert facts["steps"] > 0

    assert act("frame.next")["shown"] == 1
    assert act("seek.goto", t_ns=1 * S)["shown"] == 30
    act("play.toggle")
    assert act("play.pause")["t_ns"] >= 1 * S

    act("seek.goto", t_ns=S // 2)
    act("label.toggle_1")
    act("seek.goto", t_ns=3 * S // 2)
    assert act("label.toggle_1")["labels"] == 1
    act("mark.in", t_ns=0)
    act("mark.out", t_ns=7 * S // 2)
    assert act("episode.add", goal="Log in and save", outcome="success")["episodes"] == 1
    cut = {"start_ns": round(CUT_S[0] * S), "end_ns": round(CUT_S[1] * S)}
    assert act("cut.add", **cut)["cuts"] == 1

    act("seek.goto", t_ns=int(0.4 * S))
    act("redact.box", rect=[40, 200, 100, 60], start_ns=int(0.4 * S), end_ns=int(1.2 * S))
    act("seek.goto", t_ns=1 * S)
    assert act("redact.keyframe", rect=[200, 220, 100, 60])["redactions"] == 1
    assert act("redact.range", start_ns=int(0.55 * S), end_ns=int(1.3 * S))["redactions"] == 2

    undone = act("edit.undo")
    assert (undone["redactions"], undone["redo"]) == (1, "Redact keys")
    assert act("edit.redo")["redactions"] == 2

    act("page.export")
    act("export.start", formats=["archive", "hf", "agentnet"], folder=str(out))
    assert sorted(p.name for p in out.iterdir() if p.is_dir()) == ["agentnet", "archive", "hf"]
    assert list(out.glob("manifest*.json"))
    assert PASSWORD.encode() not in every_byte(out)
    assert window.close() == 0


def test_what_cannot_be_done_is_answered_and_the_window_goes_on(window: Window) -> None:
    assert window.tell(run="cut.add")["error"]["code"] == "action_disabled"
    assert window.tell(run="no.such.action")["error"]["code"] == "no_such_action"
    assert window.tell(nonsense=1)["error"]["code"] == "bad_command"
    assert window.tell(facts=True)["facts"]["page"] == "library"
    assert window.close() == 1
