"""Screening, frames and queries from the command line: what is masked, raw for a purpose, and written down."""

from __future__ import annotations

import random
import subprocess
import time
from pathlib import Path
from typing import Any

import pytest

from replay.store.library import Library
from replay.store.sessions import SessionStore
from tests import export_sessions as capture
from tests.cli import ROOT, command, imported, run

CARD = "4111111111111111"
TOUCHED, UNTOUCHED = "110", "30"


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """A session with a drawn mask over the last second, which the masked tracks hold."""
    folder = tmp_path_factory.mktemp("screened")
    path = folder / "library"
    session = imported(path, capture.write_capture(folder / "capture"))[0]
    assert run("redact", "add", path, session, "--rect", "40,40,100,60", "--from", "3.5", "--to", "3.9").code == 0
    answer = run("screen", path)
    assert answer.code == 0, answer
    assert [s["id"] for s in answer.json["sessions"]] == [session]
    assert run("screen", path).json == {"sessions": [], "failed": []}
    return path, session


def frame(library: Path, session: str, index: str, out: Path, *words: str) -> dict[str, Any]:
    answer = run("frame", library, session, "--index", index, "-o", out / "f.png", *words)
    assert answer.code == 0, answer
    return answer.json


def logged(library: Path, purpose: str) -> list[tuple[str, str, str]]:
    entries = run("log", library).json["entries"]
    return [(e["act"], e.get("track_class"), e.get("session")) for e in entries if e.get("purpose") == purpose]


def test_a_masked_frame_says_so_and_the_captured_one_needs_a_purpose(library: tuple[Path, str], tmp_path: Path) -> None:
    path, session = library
    masked = frame(path, session, TOUCHED, tmp_path)
    raw = frame(path, session, TOUCHED, tmp_path, "--raw", "--purpose", "look-1")
    assert (masked["masked"], raw["masked"]) == (True, False)
    assert masked["sha256"] != raw["sha256"]
    same = frame(path, session, UNTOUCHED, tmp_path)
    assert same["masked"] is False
    assert same["sha256"] == frame(path, session, UNTOUCHED, tmp_path, "--raw", "--purpose", "look-1")["sha256"]
    refused = run("frame", path, session, "--index", "0", "-o", tmp_path / "no.png", "--raw")
    assert (refused.code, refused.json["error"]["code"]) == (1, "raw_needs_purpose")
    assert not (tmp_path / "no.png").exists()
    assert ("unmask", "raw", session) in logged(path, "look-1")


def test_a_picture_with_overlays_is_masked_and_captured_alike(library: tuple[Path, str], tmp_path: Path) -> None:
    path, session = library
    masked = frame(path, session, TOUCHED, tmp_path, "--overlays")
    raw = frame(path, session, TOUCHED, tmp_path, "--overlays", "--raw", "--purpose", "look-2")
    assert (masked["masked"], raw["masked"]) == (True, False)
    assert masked["sha256"] != raw["sha256"]


def test_every_session_that_a_raw_query_reads_is_written_down(library: tuple[Path, str], tmp_path: Path) -> None:
    path, session = library
    other = imported(path, capture.write_capture(tmp_path / "other", capture.Script(password="5555555555554444")))[0]
    sql = "SELECT DISTINCT session_id FROM texts"
    answer = run("query", path, sql, "--raw", "--purpose", "count-3")
    assert sorted(s for (s,) in answer.json["rows"]) == sorted([session, other])
    raw = [s for act, track_class, s in logged(path, "count-3") if (act, track_class) == ("unmask", "raw")]
    assert sorted(raw) == sorted([session, other])
    one = run("query", path, f"SELECT text FROM texts WHERE session_id = '{other}'", "--raw", "--purpose", "count-4")
    assert any("5555555555554444" in str(row) for row in one.json["rows"])
    assert {s for _, _, s in logged(path, "count-4")} == {other}


def test_screening_takes_up_what_was_decided(library: tuple[Path, str], tmp_path: Path) -> None:
    path, session = library
    before = frame(path, session, UNTOUCHED, tmp_path)
    words = ("--rect", "40,40,100,60", "--from", "0.2", "--to", "0.4")
    assert run("redact", "add", path, session, *words).code == 0
    assert run("screen", path).code == 0
    after = frame(path, session, UNTOUCHED, tmp_path)
    assert (before["masked"], after["masked"]) == (False, True)
    assert run("undo", path, session).code == 0
    assert run("screen", path, session[:8]).code == 0
    assert frame(path, session, UNTOUCHED, tmp_path)["sha256"] == before["sha256"]


def test_killed_at_any_moment_it_leaves_the_old_masks_or_the_fresh_ones(tmp_path: Path) -> None:
    path = tmp_path / "library"
    recording = capture.write_capture(tmp_path / "capture", capture.Script(password=CARD))
    answer = run("import", recording, "--library", path, "--consent", "granted", "--no-derive")
    session = answer.json["sessions"][0]["id"]
    assert "unscreened" in {p["code"] for p in answer.json["sessions"][0]["problems"]}
    dice = random.Random(5)
    for _ in range(3):
        with subprocess.Popen(
            command("--json", "screen", path, session), cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        ) as screening:
            time.sleep(dice.uniform(1.0, 6.0))
            screening.kill()
        store = SessionStore(Library.open(path))
        store.load(session)
        is_screened = store.manifest(session).screening is not None
        assert CARD not in repr(store.read_table(session, "texts").to_pylist())
        assert ("plain and harmless" in store.read_table(session, "texts")["text"].to_pylist()) is is_screened
    assert run("screen", path, session).code == 0
    folder, manifest = Library.open(path).session_dir(session), Library.open(path).manifest(session)
    held = {p.name for p in folder.iterdir() if not p.name.startswith("manifest.")}
    assert held == {f"{t.track}.{t.version}" for t in manifest.tracks}
    assert frame(path, session, TOUCHED, tmp_path)["masked"] is True
