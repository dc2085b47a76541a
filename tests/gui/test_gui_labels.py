"""A team's label schemas lie in the library and are the same in the window and on the command line."""

from __future__ import annotations

from pathlib import Path

from app.core import Core

OWN = """
id = "span"
version = 2
title = "Span"
applies_to = "span"

[[names]]
name = "handover"
title = "Handover"
"""


def own_schema(library: Path, text: str) -> None:
    (library / "labels").mkdir(exist_ok=True)
    (library / "labels" / "span.toml").write_text(text)


def test_the_window_labels_by_the_schemas_of_its_library(desktop, driver, library):
    own_schema(library, OWN)
    desktop.show(library)
    driver.wait_idle()
    assert [(c.title, c.digit) for c in desktop.edits.choices] == [("Handover", 1)]
    with Core.open(library, library.parent / "home") as core:
        schema = core.label_schemas().get("span")
        assert schema is not None
        assert [n.name for n in schema.names] == ["handover"]


def test_a_schema_that_cannot_be_read_is_said_and_leaves_the_shipped_ones(desktop, driver, library):
    shipped = desktop.edits.choices
    own_schema(library, "id = ")
    desktop.show(library)
    driver.wait_idle()
    assert desktop.library.is_open
    assert desktop.edits.choices == shipped
    assert "span" in desktop.window.toast.sentence
