"""`safelight whoami`: a card without questions, and the truth about what protects its keys."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest

from replay.vault.identity import Card
from replay.vault.recovery import make_recovery
from tests.cli import ROOT, command, run


def test_a_first_run_makes_an_identity_and_later_runs_show_it(tmp_path):
    first = run("whoami", home=tmp_path / "home")
    assert first.code == 0
    assert set(first.json) == {"id", "name", "protection", "protected", "card", "recovery_keys_in_home"}
    assert (first.json["protection"], first.json["protected"]) == ("device", False)
    assert Card.from_dict(first.json["card"]).id == first.json["id"]
    assert run("whoami", home=tmp_path / "home").json == first.json
    assert run("whoami", home=tmp_path / "other").json["id"] != first.json["id"]


def test_a_name_is_given_once(tmp_path):
    made = run("whoami", "--new", "Ana María", "--home", tmp_path / "home")
    assert made.json["name"] == made.json["card"]["name"] == "Ana María"
    again = run("whoami", "--new", "Eve", "--home", tmp_path / "home")
    assert (again.code, again.json["error"]["code"]) == (1, "identity_exists")
    assert run("whoami", "--home", tmp_path / "home").json == made.json
    bad = run("whoami", "--new", "a\nb", "--home", tmp_path / "bad")
    assert (bad.code, bad.json["error"]["code"]) == (1, "bad_name")


def test_a_card_can_be_written_for_somebody_else(tmp_path):
    answer = run("whoami", "--card", tmp_path / "card.json", home=tmp_path / "home")
    card = Card.from_json((tmp_path / "card.json").read_bytes())
    assert card.to_dict() == answer.json["card"]
    assert Card.from_json(json.dumps(answer.json).encode()) == card
    failed = run("whoami", "--card", tmp_path / "no" / "card.json", home=tmp_path / "home")
    assert (failed.code, failed.json["error"]["code"]) == (1, "card_not_written")


def test_people_are_told_in_words_that_keys_are_unprotected(tmp_path):
    env = {**os.environ, "SAFELIGHT_HOME": str(tmp_path)}
    done = subprocess.run(command("whoami"), cwd=ROOT, env=env, capture_output=True, text=True, timeout=60, check=True)
    assert "Unprotected" in done.stdout
    assert "Move it away" not in done.stdout
    stored = json.loads((tmp_path / "identity.keys").read_text())
    assert stored["keys"]["secret"] not in done.stdout + done.stderr


def test_a_recovery_key_that_was_not_moved_away_is_told_of(tmp_path):
    path = make_recovery(tmp_path).keep("0123456789abcdef" * 2)
    assert run("whoami", home=tmp_path).json["recovery_keys_in_home"] == [path.name]
    env = {**os.environ, "SAFELIGHT_HOME": str(tmp_path)}
    done = subprocess.run(command("whoami"), cwd=ROOT, env=env, capture_output=True, text=True, timeout=60, check=True)
    assert f"{path.name} lies in this home" in done.stdout
    path.unlink()
    assert run("whoami", home=tmp_path).json["recovery_keys_in_home"] == []


def test_a_passphrase_protects_and_is_never_asked_for(tmp_path, monkeypatch):
    (tmp_path / "pass").write_text("correct horse\n")
    monkeypatch.setenv("SAFELIGHT_PASSPHRASE_FILE", str(tmp_path / "pass"))
    made = run("whoami", home=tmp_path / "home")
    assert (made.json["protection"], made.json["protected"]) == ("passphrase", True)
    monkeypatch.delenv("SAFELIGHT_PASSPHRASE_FILE")
    missing = run("whoami", home=tmp_path / "home")
    assert (missing.code, missing.json["error"]["code"]) == (1, "passphrase_missing")
    (tmp_path / "pass").write_text("wrong horse")
    monkeypatch.setenv("SAFELIGHT_PASSPHRASE_FILE", str(tmp_path / "pass"))
    wrong = run("whoami", home=tmp_path / "home")
    assert (wrong.code, wrong.json["error"]["code"]) == (1, "wrong_passphrase")
    assert "horse" not in json.dumps(wrong.json) + wrong.stderr


@pytest.mark.skipif(sys.platform == "win32", reason="descriptors are inherited as handles there")
def test_a_passphrase_comes_through_an_inherited_descriptor(tmp_path):
    read, write = os.pipe()
    os.write(write, b"correct horse")
    os.close(write)
    env = {**os.environ, "SAFELIGHT_HOME": str(tmp_path), "SAFELIGHT_PASSPHRASE_FD": str(read)}
    done = subprocess.run(
        command("--json", "whoami"), cwd=ROOT, env=env, capture_output=True, timeout=60, check=True, pass_fds=[read]
    )
    os.close(read)
    assert json.loads(done.stdout)["protection"] == "passphrase"


def test_first_runs_at_once_agree(tmp_path):
    env = {**os.environ, "SAFELIGHT_HOME": str(tmp_path)}
    runs = [subprocess.Popen(command("--json", "whoami"), cwd=ROOT, env=env, stdout=subprocess.PIPE) for _ in range(4)]
    answers = [json.loads(run.communicate(timeout=120)[0]) for run in runs]
    assert len({a["id"] for a in answers}) == 1
    assert [p.name for p in tmp_path.iterdir()] == ["identity.keys"]
