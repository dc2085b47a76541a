"""What every command prints: one JSON document on stdout with --json, sentences for people, progress on stderr."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from replay.errors import SafelightError

EXIT_DONE, EXIT_REFUSED, EXIT_USAGE = 0, 1, 2

Report = Callable[[int, int, str], None]


@dataclass(frozen=True, slots=True)
class Output:
    """Where a command's answer goes; made once per run from --json."""

    as_json: bool

    def answer(self, document: dict[str, Any], human: Callable[[Console], None] | None = None) -> None:
        """Print the command's one answer: `document` with --json, else what `human` prints (or the document)."""
        if self.as_json:
            click.echo(json.dumps(document, ensure_ascii=False, allow_nan=False))
        elif human is not None:
            human(_console_for_answers())
        else:
            click.echo(json.dumps(document, indent=2, ensure_ascii=False, allow_nan=False))

    def error(self, error: SafelightError) -> None:
        """One sentence, a stable code, a remedy; as a JSON document with --json."""
        if self.as_json:
            click.echo(json.dumps({"error": error_document(error)}, ensure_ascii=False))
            return
        click.echo(f"{error.sentence} [{error.code}]" + (f"\n{error.remedy}" if error.remedy else ""), err=True)

    def note(self, sentence: str) -> None:
        """A message for people; stderr, so that stdout stays the answer."""
        click.echo(sentence, err=True)

    @contextmanager
    def progress(self, title: str) -> Iterator[Report]:
        """A progress bar on stderr with a count and an ETA; yields `report(done, total, what)`."""
        console = Console(stderr=True)
        columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
        with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as bar:
            task = bar.add_task(title, total=None)

            def report(done: int, total: int, what: str) -> None:
                bar.update(task, completed=done, total=total or None, description=what or title)

            yield report


def error_document(error: SafelightError) -> dict[str, str]:
    """An error as scripts read it, alone or as part of an answer."""
    return {"code": error.code, "sentence": error.sentence, "remedy": error.remedy}


def _console_for_answers() -> Console:
    """Prints what it is given: “[x]” and “:x:” in a captured text are no styles and no pictures.

    A pipe has no width, so a table that goes into one is not cut to eighty columns.
    """
    width = None if sys.stdout.isatty() else 240
    return Console(file=sys.stdout, markup=False, emoji=False, highlight=False, soft_wrap=True, width=width)


pass_output = click.make_pass_decorator(Output)
