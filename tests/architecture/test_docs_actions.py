"""docs/guide/keys.md lists every action with its title and keys, and no other."""

from __future__ import annotations

import re
from pathlib import Path

from app.actions.catalogue import ACTIONS

TEXT = (Path(__file__).parents[2] / "docs" / "guide" / "keys.md").read_text()


def test_every_action_is_on_the_page_with_its_keys() -> None:
    documented = {row[2]: (row[0], row[1]) for row in re.findall(r"^\| (.+?) \| (.*?) \| `([\w.]+)` \|$", TEXT, re.M)}
    assert documented == {a.id: (a.title, " or ".join(a.keys)) for a in ACTIONS}
