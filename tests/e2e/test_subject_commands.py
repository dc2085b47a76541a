"""Consent, withdrawal, erasure and the person's report on the command line."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from replay.store.library import Library
from replay.vault import statements
from replay.vault.erasure import KIND
from tests.cli import run
from tests.export_sessions import Script, write_capture
from tests.people_sessions import ANN, BOB, ONE, OTHER, TWO, peopled


def consents(library: Path) -> dict[str, str]:
    return {s["id"]: s["consent"] for s in run("sessions", library).json["sessions"]}


def test_consent_and_withdrawal(tmp_path: Path) -> None:
    made = peopled(tmp_path).path
    limited = run("consent", made, ONE[:8], "--status", "limited", "--purpose", "care")
    assert (limited.code, limited.json["sessions"]) == (0, [ONE])
    assert run("show", made, ONE).json["consent"] == {"status": "limited", "purposes": ["care"]}
    withdrawn = run("withdraw", made, ANN)
    assert (withdrawn.code, withdrawn.json["sessions"]) == (0, [ONE, TWO])
    assert consents(made) == {ONE: "withdrawn", TWO: "withdrawn", OTHER: "granted"}
    label = ("label", "add", made, ONE, "--name", "y", "--from", "0", "--to", "1")
    for words in (("show", made, ONE), label, ("consent", made, ONE, "--status", "granted")):
        refused = run(*words)
        assert (refused.code, refused.json["error"]["code"]) == (1, "consent_withdrawn"), words
    assert run("query", made, "SELECT count(*) FROM windows").json["withdrawn"] == [ONE, TWO]


def test_wrong_words_and_strangers_change_nothing(tmp_path: Path) -> None:
    made = peopled(tmp_path).path
    assert run("consent", made, "--status", "granted").code == 2
    assert run("consent", made, ONE, "--status", "limited").code == 2
    assert run("withdraw", made, "nobody").json["error"]["code"] == "no_such_subject"
    taken = tmp_path / "receipt.json"
    taken.write_text("mine")
    assert run("erase", made, ANN, "--receipt", taken).json["error"]["code"] == "receipt_exists"
    assert taken.read_text() == "mine"
    for act in ("withdraw", "erase", "report"):
        stranger = run(act, made, ANN, home=tmp_path / "stranger")
        assert (stranger.code, stranger.json["error"]["code"]) == (1, "not_a_member")
    assert set(consents(made).values()) == {"granted"}


@pytest.fixture
def exported(tmp_path: Path) -> tuple[Path, str, str]:
    """A library of one capture each of Ann and Bob, exported to `out` beside it; the library and the ids."""
    made = tmp_path / "library"
    ids = []
    for subject, password in ((ANN, "hunter2Secret"), (BOB, "Zq81mmLpwXe")):
        capture = write_capture(tmp_path / subject, replace(Script(), password=password))
        answer = run("import", capture, "--library", made, "--subject", subject, "--consent", "granted")
        assert answer.code == 0, answer
        ids.append(answer.json["sessions"][0]["id"])
    answer = run("export", made, "--format", "hf", "--out", tmp_path / "out")
    assert answer.code == 0, answer
    return made, ids[0], ids[1]


def test_an_erasure_with_its_receipt_exports_and_report(exported: tuple[Path, str, str], tmp_path: Path) -> None:
    made, ann, bob = exported
    receipt = tmp_path / "receipt.json"
    erased = run("erase", made, ANN, "--receipt", receipt)
    assert erased.code == 0, erased
    assert (erased.json["sessions"], erased.json["opens"]) == ([ann], False)
    assert erased.json["keys_opened_before"] > 10
    library = Library.open(made)
    assert library.session_ids() == (bob,)
    cards = library.gate.membership.chain.cards
    assert statements.verify(receipt.read_bytes(), KIND, cards).body["sessions"] == [ann]
    assert run("prove", tmp_path / "out", "--library", made).json["error"]["code"] == "export_holds_erased"
    back = run("import", tmp_path / ANN, "--library", made, "--subject", ANN, "--consent", "granted")
    assert back.code == 1
    assert [f["code"] for f in back.json["failed"]] == ["session_erased"]
    listed = run("exports", made).json["exports"]
    assert [e["stale_sessions"] for e in listed] == [[{"session": ann, "reason": "erased"}]]
    report = run("report", made, erased.json["subject"]).json
    assert (report["sessions"], report["erased"]) == ([], [ann])
    assert {v["act"] for v in report["views"]} >= {"open", "export", "export_built"}
    assert [e["stale"] for e in report["exports"]] == [True]


@pytest.mark.soak
def test_the_command_that_rebuilds_an_export_makes_one_that_is_proved(
    exported: tuple[Path, str, str], tmp_path: Path
) -> None:
    made, _, bob = exported
    rebuilt = run("erase", made, ANN).json["exports"][0]["rebuild"].split()
    assert rebuilt[0] == "safelight"
    rebuilt[rebuilt.index("--out") + 1] = str(tmp_path / "rebuilt")
    assert run(*rebuilt[1:]).code == 0
    assert run("prove", tmp_path / "rebuilt", "--library", made).json["ok"]
    newest = run("exports", made).json["exports"][-1]
    assert (newest["stale"], newest["sessions"]) == (False, [bob])
