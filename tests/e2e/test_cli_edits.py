"""The editing commands as scripts use them: JSON on stdout, stable codes, ids that other commands take."""

from __future__ import annotations

import io
import json
import shutil
from pathlib import Path

import pytest

from app.cli.main import main

SESSIONS = Path(__file__).resolve().parents[3] / "shared" / "data" / "sessions"
TYPED = "Hello, world"  # what the person in the sample types, with its capital


class Cli:
    """Runs one command in this process and gives back (exit code, JSON)."""

    def __init__(self, home: Path, capsys: pytest.CaptureFixture[str]) -> None:
        self.home = home
        self.capsys = capsys
        self.library = str(home / "L")
        self.session = ""

    def run(self, *words: str) -> tuple[int, dict]:
        with pytest.raises(SystemExit) as done:
            main([*words, "--json", "--home", str(self.home)])
        out = self.capsys.readouterr().out
        return int(done.value.code or 0), json.loads(out) if out else {}

    def ok(self, *words: str) -> dict:
        code, document = self.on_session(*words)
        assert code == 0, document
        return document

    def refused(self, *words: str) -> str:
        code, document = self.on_session(*words)
        assert code == 1
        return document["error"]["code"]

    def on_session(self, *words: str) -> tuple[int, dict]:
        """Words with LIB SESSION put where the command wants them."""
        at = 2 if words[0] in ("label", "cut", "redact", "episode") else 1
        return self.run(*words[:at], self.library, self.session, *words[at:])


@pytest.fixture(scope="module")
def imported(tmp_path_factory):
    """One library with the sample in it, made once; every test works on a copy."""
    if not (SESSIONS / "pctracker").is_dir():
        pytest.skip("the sample sessions are not here")
    home = tmp_path_factory.mktemp("imported")
    arguments = ["import", str(SESSIONS / "pctracker"), "--library", str(home / "L"), "--consent", "granted"]
    with pytest.raises(SystemExit) as done:
        main([*arguments, "--home", str(home)])
    assert not done.value.code
    return home


@pytest.fixture
def cli(imported, tmp_path, capsys):
    shutil.copytree(imported, tmp_path / "home")
    made = Cli(tmp_path / "home", capsys)
    capsys.readouterr()
    made.session = made.run("sessions", made.library)[1]["sessions"][0]["id"][:10]
    return made


def test_labels_cuts_and_episodes_are_added_listed_and_removed(cli):
    label = cli.ok("label", "add", "--name", "milestone", "--from", "1", "--to", "2.5s", "--note", "n")
    (listed,) = cli.ok("label", "list")["labels"]
    assert listed == {
        "id": label["ids"][0], "name": "milestone", "schema": "span", "note": "n", "start_s": 1.0, "end_s": 2.5,
    }  # fmt: skip
    cut = cli.ok("cut", "add", "--from", "500ms", "--to", "00:00:01.2", "--reason", "private")
    assert [(c["start_s"], c["end_s"]) for c in cli.ok("cut", "list")["cuts"]] == [(0.5, 1.2)]
    episode = cli.ok("episode", "add", "--goal", "Say hello", "--outcome", "success", "--from", "0", "--to", "9")
    assert cli.ok("episode", "list")["episodes"][0]["outcome"] == "success"
    assert len({*label["edit_ids"], *cut["edit_ids"], *episode["edit_ids"]}) == 3
    cli.ok("label", "remove", label["ids"][0][:8])
    cli.ok("cut", "remove", cut["edit_ids"][0])
    cli.ok("episode", "remove", episode["ids"][0])
    assert cli.ok("label", "list")["labels"] == cli.ok("cut", "list")["cuts"] == []


def test_trimming_cuts_the_head_and_the_tail(cli):
    assert len(cli.ok("cut", "trim", "--in", "2", "--out", "20")["ids"]) == 2
    first, second = cli.ok("cut", "list")["cuts"]
    assert (first["end_s"], second["start_s"]) == (2.0, 20.0)


def test_a_moving_mask_is_given_by_keyframes(cli):
    cli.ok(
        "redact", "add", "--rect", "10,20,100,50", "--from", "1", "--to", "3",
        "--keyframe", "2:50,60,100,50", "--keyframe", "2.5:90,60,100,50", "--category", "password",
    )  # fmt: skip
    (mask,) = cli.ok("redact", "list")["redactions"]
    assert (mask["kind"], mask["category"], mask["start_s"], mask["end_s"]) == ("rect", "password", 1.0, 3.0)
    assert [(k["t_s"], k["rect"]["x"]) for k in mask["keyframes"]] == [(1.0, 10.0), (2.0, 50.0), (2.5, 90.0)]


def test_keys_and_typed_text_are_redacted_and_no_answer_shows_them(cli, monkeypatch):
    by_text = cli.ok("redact", "add", "--text", TYPED.lower())
    monkeypatch.setattr("sys.stdin", io.StringIO("Hello\n"))
    cli.ok("redact", "add", "--text", "-")
    cli.ok("redact", "add", "--keys", "--from", "9", "--to", "22")
    listed = cli.ok("redact", "list")
    assert [r["kind"] for r in listed["redactions"]] == ["text", "text", "keys"]
    assert [r["key_rows"] >= 2 * n for r, n in zip(listed["redactions"], (12, 5, 12), strict=True)] == [True] * 3
    shown = json.dumps([by_text, listed, cli.ok("history"), cli.ok("undo")])
    assert "ello" not in shown
    stored = b"".join(f.read_bytes() for f in Path(cli.library).glob("edits.sqlite*"))
    assert b"ello" not in stored


def test_undo_redo_and_history_over_separate_runs(cli):
    assert cli.refused("undo") == "nothing_to_undo"
    added = cli.ok("label", "add", "--name", "milestone", "--from", "1", "--to", "2")
    undone = cli.ok("undo")
    assert (undone["undoes"], undone["next_redo"]) == (added["transaction"], "Add label")
    assert cli.ok("label", "list")["labels"] == []
    assert cli.ok("redo")["redoes"] == added["transaction"]
    assert cli.ok("label", "list")["labels"][0]["id"] == added["ids"][0]
    history = cli.ok("history")
    assert [t["kind"] for t in history["transactions"]] == ["edit", "undo", "redo"]
    assert history["next_undo"] == "Add label"
    assert len({t["author"] for t in history["transactions"]}) == 1


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (("label", "add", "--name", "x", "--from", "5", "--to", "5"), "empty_range"),
        (("cut", "add", "--from", "5000", "--to", "5001"), "outside_session"),
        (("redact", "add", "--text", "no such words anywhere"), "text_not_found"),
        (("redact", "add", "--window", "no such window"), "window_not_found"),
        (("redact", "add", "--keys", "--from", "0", "--to", "0.001"), "no_keys_in_range"),
        (("redact", "add", "--rect", "99999,0,5,5", "--from", "0", "--to", "1"), "mask_outside_frame"),
        (("label", "remove", "nope"), "no_such_label"),
        (("redo",), "nothing_to_redo"),
    ],
)
def test_what_cannot_be_done_is_refused_with_a_stable_code(cli, words, code):
    assert cli.refused(*words) == code


@pytest.mark.parametrize(
    "words",
    [
        ("redact", "add", "--from", "1", "--to", "2"),
        ("redact", "add", "--rect", "1,2,3", "--from", "1", "--to", "2"),
        ("redact", "add", "--rect", "1,2,3,nan", "--from", "1", "--to", "2"),
        ("redact", "add", "--rect", "1,2,3,4"),
        ("redact", "add", "--rect", "1,2,3,4", "--keys", "--from", "1", "--to", "2"),
        ("cut", "add", "--from", "soon", "--to", "later"),
        ("cut", "add", "--from", "1e400", "--to", "2"),
        ("label", "add", "--from", "1", "--to", "2"),
    ],
)
def test_wrong_usage_exits_with_two(cli, words):
    code, document = cli.on_session(*words)
    assert (code, document["error"]["code"]) == (2, "wrong_usage")
