"""`safelight steps` as scripts and people use it: JSON by contract, and nothing shown that a redaction hides."""

from __future__ import annotations

import json
import shutil

import pytest

from app.cli.main import main

TYPED = "Hello, world"  # what the person in the sample types, with its capital


def ran(*words: str) -> int:
    with pytest.raises(SystemExit) as done:
        main(list(words))
    return int(done.value.code or 0)


@pytest.fixture(scope="module")
def imported(shared_data, tmp_path_factory):
    """A home with a library that holds the PC Tracker sample, made once; every test works on a copy."""
    home = tmp_path_factory.mktemp("imported")
    sample = str(shared_data / "sessions" / "pctracker")
    words = ("import", sample, "--library", str(home / "L"), "--consent", "granted")
    assert ran(*words, "--home", str(home)) == 0
    return home


@pytest.fixture
def safelight(imported, tmp_path, capsys):
    """Runs one command on the sample; gives (exit code, stdout)."""
    home = shutil.copytree(imported, tmp_path / "home")
    (session,) = (p.name for p in (home / "L" / "objects").iterdir())

    def on_session(*words: str) -> tuple[int, str]:
        at = 2 if words[0] in ("cut", "redact") else 1
        code = ran(*words[:at], str(home / "L"), session, *words[at:], "--home", str(home))
        return code, capsys.readouterr().out

    return on_session


def document_of(answer: tuple[int, str]) -> dict:
    assert answer[0] == 0, answer[1]
    return json.loads(answer[1])


def test_steps_are_told_with_their_recipe_frames_and_rows(safelight):
    document = document_of(safelight("steps", "--json"))
    assert document["recipe"]["version"] == "reduce@1"
    assert document["recipe"]["click_max_travel_px"] == 6
    steps = document["steps"]
    assert [s["index"] for s in steps] == list(range(len(steps)))
    assert TYPED in [s["action"].get("text") for s in steps]
    for step in steps:
        assert {"action", "t_start_ns", "t_end_ns", "obs", "post", "raw"} <= set(step)
        assert "type" in step["action"]
        assert set(step["obs"]) == set(step["post"]) == {"index"}
        assert step["raw"] or step["action"]["type"] == "wait"
    click = next(s["action"] for s in steps if s["action"]["type"] == "click")
    assert set(click["point"]) == {"x_px", "y_px", "frame_x", "frame_y"}
    assert click["count"] == 1


def test_people_get_a_line_a_step(safelight):
    code, out = safelight("steps")
    assert code == 0
    assert f"type “{TYPED}”" in out
    assert "click left at" in out


def test_a_recipe_changes_the_steps_and_a_wrong_one_is_refused(safelight, tmp_path):
    recipe = tmp_path / "recipe.toml"
    recipe.write_text("wait_s = 1000\n")
    waits = [s for s in document_of(safelight("steps", "--json"))["steps"] if s["action"]["type"] == "wait"]
    document = document_of(safelight("steps", "--recipe", str(recipe), "--json"))
    assert waits
    assert document["recipe"]["wait_s"] == 1000
    assert not [s for s in document["steps"] if s["action"]["type"] == "wait"]
    recipe.write_text("wait = 1\n")
    code, out = safelight("steps", "--recipe", str(recipe), "--json")
    assert (code, json.loads(out)["error"]["code"]) == (1, "bad_reduce_recipe")


@pytest.mark.parametrize(
    "how", [("--text", TYPED.lower()), ("--keys", "--from", "9", "--to", "22"), ("--text", "world")]
)
def test_what_a_redaction_hides_is_a_placeholder_here_too(safelight, how):
    assert safelight("redact", "add", *how)[0] == 0
    code, out = safelight("steps", "--json")
    assert code == 0
    assert "world" not in out
    assert "[REDACTED:" in out
    assert "world" not in safelight("steps")[1]


def test_a_cut_takes_its_steps_along(safelight):
    before = document_of(safelight("steps", "--json"))["steps"]
    assert safelight("cut", "add", "--from", "5", "--to", "8")[0] == 0
    after = document_of(safelight("steps", "--json"))["steps"]
    inside = [s for s in before if s["t_end_ns"] > 5e9 and s["t_start_ns"] < 8e9]
    assert inside
    assert [s["t_start_ns"] for s in after] == [s["t_start_ns"] for s in before if s not in inside]
