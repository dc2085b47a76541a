"""docs/importers.md names every importer, and every Problem that an import can report."""

from __future__ import annotations

import re
from pathlib import Path

from replay.importers.registry import OWN

ROOT = Path(__file__).parents[2]
TEXT = (ROOT / "docs" / "importers.md").read_text()


def test_every_importer_has_its_row() -> None:
    assert set(re.findall(r"^\| `(\w+)` \| ", TEXT.split("## Problems")[0], flags=re.M)) == set(OWN)


def test_every_problem_is_explained_and_no_other() -> None:
    modules = [*(ROOT / "replay/importers").rglob("*.py"), ROOT / "replay/video/index.py"]
    reported = {c for m in modules for c in re.findall(r'Problem\(\s*"(\w+)"', m.read_text())}
    rows = re.findall(r"^\| (`.+?) \| ", TEXT.split("## Problems")[1], flags=re.M)
    assert {c for row in rows for c in re.findall(r"`(\w+)`", row)} == reported
