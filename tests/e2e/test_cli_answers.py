"""What the command line prints for people is what there is, and no failure is a traceback."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from app.unexpected import unexpected
from replay.importers.contract import SourceInfo
from replay.problems import Problem, Severity
from replay.store.library import Library
from replay.store.staging import StagedSession
from replay.sync import SyncModel
from tests.cli import ROOT, command, run
from tests.staged import SESSION, stage


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = Library.create(tmp_path_factory.mktemp("answers") / "library")
    stage(made, _write).publish(made)
    return made.path


def _write(sink: StagedSession) -> None:
    sink.clock(SyncModel())
    sink.info(SourceInfo(recorder="test"))
    sink.rows("windows", [{"t_src_ns": 1, "app": "[/mail] :warning:", "title": "[bold]", "focused": True}])
    sink.problem(Problem("missing_media", Severity.WARNING, "There is no video."))


def said(*words: str | Path) -> str:
    done = subprocess.run(command(*words), cwd=ROOT, capture_output=True, text=True, timeout=120)
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout


def test_a_captured_text_that_looks_like_a_style_is_printed_as_it_is(library: Path) -> None:
    answer = said("query", library, "SELECT app, title FROM windows")
    assert "[/mail] :warning:" in answer
    assert "[bold]" in answer


def test_show_names_problems_with_their_codes(library: Path) -> None:
    assert "There is no video. [missing_media ×1]" in said("show", library, SESSION[:6])


def test_sessions_are_listed_with_their_problems(library: Path) -> None:
    assert "missing_media" in said("sessions", library)


def test_an_exception_nobody_foresaw_is_told_by_type_and_place_without_its_words() -> None:
    try:
        int("hunter2")
    except ValueError as e:
        error = unexpected(e)
    assert error.code == "unexpected"
    assert "ValueError at test_cli_answers.py:" in error.sentence
    assert "hunter2" not in error.sentence + error.remedy


@pytest.mark.parametrize("at", ["nan", "inf", "1e999"])
def test_a_time_that_is_none_is_wrong_usage(library: Path, tmp_path: Path, at: str) -> None:
    assert run("frame", library, SESSION, "--at", at, "-o", tmp_path / "x.png").code == 2


@pytest.mark.parametrize(
    "words",
    [
        ["nonesuch"],
        ["sessions"],
        ["sessions", "lib", "--limit", "none"],
        ["redact", "add", "lib", SESSION, "--text", "my", "hunter2"],
    ],
)
def test_wrong_usage_is_one_document_too_and_repeats_no_word_too_many(words: list[str]) -> None:
    answer = run(*words)
    assert (answer.code, answer.json["error"]["code"]) == (2, "wrong_usage")
    assert answer.json["error"]["sentence"]
    assert answer.json["error"]["remedy"]
    assert answer.stderr == ""
    assert "hunter2" not in str(answer.json)


def test_wrong_usage_for_people_repeats_no_word_too_many(library: Path) -> None:
    words = command("redact", "add", library, SESSION, "--text", "my", "hunter2")
    done = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, timeout=120)
    assert (done.returncode, done.stdout) == (2, "")
    assert "quote what holds spaces" in done.stderr
    assert "hunter2" not in done.stderr


def test_a_picture_needs_a_folder_that_is_there(library: Path, tmp_path: Path) -> None:
    answer = run("frame", library, SESSION, "--index", "0", "-o", tmp_path / "none" / "x.png")
    assert (answer.code, answer.json["error"]["code"]) == (1, "no_such_folder")


def test_a_session_without_video_has_no_frame(library: Path, tmp_path: Path) -> None:
    answer = run("frame", library, SESSION, "--index", "0", "-o", tmp_path / "x.png")
    assert (answer.code, answer.json["error"]["code"]) == (1, "no_video")


def test_a_reader_that_stops_early_sees_no_traceback(library: Path) -> None:
    words = command("query", library, "SELECT range FROM range(200000)")
    with subprocess.Popen(words, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.read(64)
        process.stdout.close()
        assert process.stderr.read() == b""
