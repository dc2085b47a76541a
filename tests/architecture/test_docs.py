"""What the pages point at exists."""

from __future__ import annotations

import re
from pathlib import PurePosixPath

import pytest

from tests.architecture.tree import ROOT, texts

LINK = re.compile(r"\]\(([^)#\s]+)[^)]*\)")


def dead_links(page: str, text: str) -> list[str]:
    """Relative link targets of a Markdown page that do not exist; addresses on the web are not asked."""
    targets = [t for t in LINK.findall(text) if "://" not in t and not t.startswith("mailto:")]
    return [t for t in targets if not (ROOT / PurePosixPath(page).parent / t).exists()]


def tasks(makefile: str) -> set[str]:
    return set(re.findall(r"^([a-z]+):", makefile, re.MULTILINE))


@pytest.mark.parametrize("page", sorted(name for name in texts() if name.endswith(".md")))
def test_every_link_of_a_page_leads_somewhere(page: str) -> None:
    assert dead_links(page, texts()[page]) == []


def test_a_dead_link_is_noticed() -> None:
    assert dead_links("docs/x.md", "[a](glossary.md) [b](gone.md#part) [c](https://example.org/x)") == ["gone.md"]


def test_every_task_the_readme_names_exists() -> None:
    named = set(re.findall(r"(?:^|`)make ([a-z]+)", texts()["README.md"], re.MULTILINE))
    assert {"demo", "test", "check"} <= named <= tasks(texts()["Makefile"])
