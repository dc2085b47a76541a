"""docs/formats.md names every table and column of the schema with its surface, and no other."""

from __future__ import annotations

import re
from pathlib import Path

from replay.schema import TABLES

TEXT = (Path(__file__).parents[2] / "docs" / "formats.md").read_text()


def documented() -> dict[str, dict[str, str]]:
    found: dict[str, dict[str, str]] = {}
    for section in re.split(r"^### ", TEXT, flags=re.M)[1:]:
        name = section.split("`")[1]
        rows = re.findall(r"^\| `(\w+)` \| [^|]* \| (\w+) \|", section.split("\n## ")[0], flags=re.M)
        found[name] = dict(rows)
    return found


def test_the_format_page_is_the_schema() -> None:
    assert documented() == {t.name: {c.name: c.surface.value for c in t.columns} for t in TABLES.values()}
