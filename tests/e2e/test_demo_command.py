"""The demo library from the command line: made once, reused, imported without a problem, never half made."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from hashlib import sha256
from pathlib import Path
from typing import Any

import av
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from app.demo.library import SESSIONS, Demo, DemoOrder, make_demo
from app.demo.main_job import MainJob
from replay.errors import Cancelled, Refused
from replay.session import Session
from replay.store.library import Library
from replay.store.sessions import SessionStore
from tests.cli import ROOT, command, run

MINUTES = 2.0


def silent(done: int, total: int, what: str) -> None:
    assert 0 <= done <= total


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("demo") / "demo"
    answer = run("demo", "--dir", folder, "--minutes", str(MINUTES), "--headless")
    assert answer.code == 0, answer
    assert answer.json["library"] == str(folder / "library")
    assert answer.json["names"] == list(SESSIONS)
    assert not answer.json["reused"]
    return folder


@pytest.fixture(scope="module")
def truth(made: Path) -> dict[str, Any]:
    document: dict[str, Any] = json.loads((made / "ground_truth.json").read_text(encoding="utf-8"))
    assert "invented" in document["note"]
    return document


def loaded(made: Path, truth: dict[str, Any], name: str) -> tuple[Session, dict[str, Any]]:
    session = next(s for s in truth["sessions"] if s["name"] == name)
    return SessionStore(Library.open(made / "library")).load(session["session_id"]), session


@pytest.mark.parametrize("name", SESSIONS)
def test_the_ordinary_importer_finds_nothing_wrong(made: Path, truth: dict[str, Any], name: str) -> None:
    session, told = loaded(made, truth, name)
    assert session.problems == ()
    assert session.frames is not None
    assert len(session.frames) == told["frames"]
    written = pq.read_table(made / told["source"] / "frames.parquet")
    assert session.frames.pts.tolist() == written["pts"].to_pylist()
    assert session.frames.t_ns.tolist() == written["t_ns"].to_pylist()
    assert session.frames.iframe.tolist() == written["iframe"].to_pylist()
    assert session.info.consent_status == told["consent"]


def test_consent_differs_and_frames_are_uneven_where_the_truth_says_so(made: Path, truth: dict[str, Any]) -> None:
    assert {s["consent"] for s in truth["sessions"]} == {"granted", "limited"}
    session, told = loaded(made, truth, "developer")
    assert told["variable_frame_rate"]
    assert session.frames is not None
    assert len(set(session.frames.duration_ns.tolist())) > 10
    assert [g.reason for g in session.events.gaps] == ["paused"]


def click_errors_ns(session: Session, told: dict[str, Any]) -> set[int]:
    by_seq = dict(zip(session.events.pointer.seq.tolist(), session.events.pointer.t_ns.tolist(), strict=True))
    return {c["t_ns"] - by_seq[c["seq"]] for c in told["clicks"]}


@pytest.mark.parametrize("name", [name for name in SESSIONS if name != "office"])
def test_clicks_are_where_the_truth_tells(made: Path, truth: dict[str, Any], name: str) -> None:
    session, told = loaded(made, truth, name)
    assert told["clock"]["offset_ns"] == 0
    assert click_errors_ns(session, told) == {0}
    assert session.sync.source_clock_at_first_frame_ns() == told["clock"]["source_clock_at_first_frame_ns"]


def test_a_clock_that_was_declared_wrong_is_measured_at_import(made: Path, truth: dict[str, Any]) -> None:
    session, told = loaded(made, truth, "office")
    assert told["clock"]["offset_ns"] == 120_000_000
    assert session.sync.method == "correlated"
    assert session.sync.sigma_ns < 20_000_000
    assert max(abs(e) for e in click_errors_ns(session, told)) < 2 * session.sync.sigma_ns


def test_glyphs_and_plain_text_are_also_parquet(made: Path, truth: dict[str, Any]) -> None:
    for told in truth["sessions"]:
        glyphs = pq.read_table(made / told["glyphs_table"])
        assert glyphs.num_rows == sum(len(s["glyphs"]) for s in told["secrets"])
        plain = pq.read_table(made / told["plain_text"]).to_pydict()
        assert all(a < b <= told["frames"] for a, b in zip(plain["frame_start"], plain["frame_end"], strict=True))


def test_the_same_order_is_not_made_again_and_another_is_refused(made: Path) -> None:
    before = {p: p.stat().st_mtime_ns for p in made.rglob("*") if p.is_file()}
    again = run("demo", "--dir", made, "--minutes", str(MINUTES), "--headless")
    assert (again.code, again.json["reused"]) == (0, True)
    other = run("demo", "--dir", made, "--minutes", str(MINUTES), "--seed", "8", "--headless")
    assert (other.code, other.json["error"]["code"]) == (1, "demo_differs")
    assert {p: p.stat().st_mtime_ns for p in made.rglob("*") if p.is_file()} == before


def test_a_folder_with_something_else_in_it_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "letter.txt").write_text("mine")
    answer = run("demo", "--dir", tmp_path, "--headless")
    assert (answer.code, answer.json["error"]["code"]) == (1, "demo_folder_in_use")
    assert [p.name for p in tmp_path.iterdir()] == ["letter.txt"]


def test_a_size_that_is_no_screen_is_refused(tmp_path: Path) -> None:
    answer = run("demo", "--dir", tmp_path / "d", "--size", "12x7", "--headless")
    assert (answer.code, answer.json["error"]["code"]) == (1, "bad_size")


def test_a_cancelled_demo_leaves_nothing(tmp_path: Path) -> None:
    started: list[int] = []

    def report(done: int, total: int, what: str) -> None:
        started.append(done)

    with pytest.raises(Cancelled):
        make_demo(tmp_path / "d", DemoOrder(minutes=4.0), report, lambda: max(started, default=0) > 30)
    assert list(tmp_path.iterdir()) == []


def test_an_interrupted_demo_leaves_nothing(tmp_path: Path) -> None:
    words = command("--json", "demo", "--dir", tmp_path / "d", "--minutes", "8", "--headless")
    child = subprocess.Popen(words, cwd=ROOT, stdout=subprocess.PIPE, text=True, start_new_session=True)
    deadline = time.monotonic() + 60
    while not list(tmp_path.glob("d.partial/source/*")) and time.monotonic() < deadline:
        time.sleep(0.1)
    child.send_signal(signal.SIGTERM)
    out, _ = child.communicate(timeout=60)
    assert child.returncode == 1
    assert json.loads(out)["error"]["code"] == "cancelled"
    assert list(tmp_path.iterdir()) == []


def rendered(folder: Path, seed: int) -> tuple[str, dict[str, pa.Table]]:
    """One short session by the child process itself: the hash of its decoded pictures, and its tables."""
    (folder / "source").mkdir(parents=True)
    out = folder / "source" / "developer"
    words = ["--out", str(out), "--session", "developer", "--seed", str(seed), "--seconds", "4"]
    environment = os.environ | {"QT_QPA_PLATFORM": "offscreen"}
    subprocess.run(
        [sys.executable, "-m", "app.demo.render", *words], cwd=ROOT, env=environment, check=True, timeout=120,
        stdout=subprocess.DEVNULL,
    )  # fmt: skip
    digest = sha256()
    with av.open(str(out / "video.mp4")) as container:
        for picture in container.decode(video=0):
            digest.update(f"{picture.pts}".encode() + b"".join(bytes(p) for p in picture.planes))
    tables = {p.stem: pq.read_table(p) for p in sorted(out.glob("*.parquet"))}
    return digest.hexdigest(), tables


def test_the_seed_alone_decides_every_picture_and_every_row(tmp_path: Path) -> None:
    once, again, other = (rendered(tmp_path / n, s) for n, s in (("a", 5), ("b", 5), ("c", 6)))
    assert once == again
    assert once[0] != other[0]
    assert once[1]["pointer"] != other[1]["pointer"]


def test_the_main_job_edits_exports_and_proves(made: Path, truth: dict[str, Any]) -> None:
    told = json.loads((made / "demo.json").read_text())
    demo = Demo(made, told["sessions"], reused=True)
    job = MainJob(demo, None, lambda *_: None, lambda: False)
    parts = {d.what: d.detail for d in job.run()}
    assert list(parts) == ["edit", "export", "prove"]
    assert parts["edit"] == "1 episode, 2 labels, 1 cut, 3 redactions"
    assert "refused personal" in parts["export"]
    assert "no leak" in parts["prove"]
    support = next(s for s in truth["sessions"] if s["name"] == "support")
    hidden = [s["value"].encode() for s in support["secrets"] if s["id"] in ("private0", "password0")]
    for path in job.export_folder.rglob("*"):
        if path.is_file():
            assert not any(value in path.read_bytes() for value in hidden), path.name
    again = MainJob(demo, None, lambda *_: None, lambda: False).run()
    assert again[1].detail == "was there already"


def test_the_demo_library_withstands_every_attack(made: Path) -> None:
    answer = run("verify", made / "library")
    assert answer.code == 0, answer.json


def test_a_demo_too_short_for_the_main_job_says_so(tmp_path: Path) -> None:
    demo = make_demo(tmp_path / "d", DemoOrder(minutes=0.05), silent, lambda: False, tmp_path / "home")
    with pytest.raises(Refused, match="too short"):
        MainJob(demo, tmp_path / "home", silent, lambda: False).run()
