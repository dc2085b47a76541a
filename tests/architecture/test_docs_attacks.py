"""Every attack is documented, and every documented attack is made."""

from __future__ import annotations

import re

from app.attack.attacks import ATTACKS
from tests.cli import ROOT


def test_the_page_lists_exactly_the_attacks_that_are_made() -> None:
    rows = re.findall(r"^\| `(\w+)` \|", (ROOT / "docs/verify.md").read_text(encoding="utf-8"), re.MULTILINE)
    assert rows == list(ATTACKS)
