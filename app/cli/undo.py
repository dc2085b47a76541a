"""`safelight undo`: take back one's own latest transaction on a session."""

from __future__ import annotations

import click

from app.cli._editing import Answer, described_with_next, on_session
from app.core import Core
from curation.editor import Editor


@click.command("undo", help="Take back your latest edit of a session; history is kept.")
@on_session
def command(core: Core, editor: Editor) -> Answer:
    return described_with_next(editor, editor.undo(origin="cli"))
