"""`safelight redo`: do again what was undone last on a session."""

from __future__ import annotations

import click

from app.cli._editing import Answer, described_with_next, on_session
from app.core import Core
from curation.editor import Editor


@click.command("redo", help="Do again what you undid last on a session.")
@on_session
def command(core: Core, editor: Editor) -> Answer:
    return described_with_next(editor, editor.redo(origin="cli"))
