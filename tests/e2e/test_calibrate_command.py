"""`safelight calibrate`: measures, applies what it measured as an edit, and is taken back by undo."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli import imported, run


@pytest.fixture(scope="module")
def library(shared_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    library = tmp_path_factory.mktemp("calibrate") / "library"
    imported(library, shared_data / "sessions" / "agentnet_raw", shared_data / "sessions" / "owamcap" / "0.5.1.mcap")
    return library


def sessions_of(library: Path) -> dict[str, str]:
    ids = [s["id"] for s in run("sessions", library).json["sessions"]]
    return {run("show", library, i).json["format"]: i for i in ids}


def test_what_is_measured_is_applied_and_undone(library: Path) -> None:
    session = sessions_of(library)["agentnet"]
    before = run("show", library, session).json
    answer = run("calibrate", library, session, "--apply")
    assert answer.code == 0
    assert answer.json["source_clock_at_first_frame_s"] == pytest.approx(30_673.906, abs=0.017)
    assert answer.json["method"] == "correlated"
    assert answer.json["sigma_ms"] <= 10
    assert answer.json["confidence"] > 0.5
    after = run("show", library, session).json
    for name in ("method", "offset_s", "drift_ppm", "sigma_ms", "source_clock_at_first_frame_s"):
        assert after["sync"][name] == answer.json[name]
    assert after["frames"] == before["frames"]
    again = run("calibrate", library, session)
    assert again.json["offset_s"] == answer.json["offset_s"]
    assert run("undo", library, session).code == 0
    assert run("show", library, session).json["sync"] == before["sync"]


def test_where_nothing_can_be_told_the_clock_stays_and_what_was_found_is_kept(library: Path) -> None:
    session = sessions_of(library)["owamcap"]
    shown = run("show", library, session).json
    before = shown["sync"]
    answer = run("calibrate", library, session)
    assert "clock_not_measured" in {p["code"] for p in answer.json["problems"]}
    assert run("show", library, session).json == shown
    answer = run("calibrate", library, session, "--apply")
    assert answer.code == 1
    assert answer.json["cannot_tell"]["code"]
    assert answer.json["cannot_tell"]["reason"]
    assert answer.json["offset_s"] is None
    assert answer.json["source_clock_at_first_frame_s"] is None
    assert run("show", library, session).json["sync"] == before
    assert "clock_not_measured" in {p["code"] for p in run("show", library, session).json["problems"]}
    assert run("undo", library, session).code == 0
    assert run("show", library, session).json["problems"] == shown["problems"]
