"""An export that was made for a purpose other than training is proved for that purpose, and for no other."""

from __future__ import annotations

from pathlib import Path

from tests.cli import run
from tests.export_sessions import write_capture


def test_what_was_exported_for_a_limited_purpose_is_proved_for_it(tmp_path: Path) -> None:
    library, out = tmp_path / "library", tmp_path / "out"
    capture = write_capture(tmp_path / "capture")
    assert run("import", capture, "--library", library, "--consent", "limited", "--purpose", "care").code == 0
    assert run("export", library, "--format", "archive", "--purpose", "care", "--out", out).code == 0
    proved = run("prove", out, "--library", library)
    assert (proved.code, proved.json.get("leaks")) == (0, []), proved
    released = [e for e in run("log", library).json["entries"] if e["act"] == "export"]
    assert {(e["purpose"], e["decision"]) for e in released} == {("care", "allowed")}
