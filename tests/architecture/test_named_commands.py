"""What pages, sentences and remedies tell people to type exists: every command, and every option of it."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

import click
import pytest

from app.cli.main import safelight
from tests.architecture.tree import PRODUCT, sources, texts

SPAN = re.compile(r"`([^`]+)`", re.DOTALL)
TOLD = re.compile(r"(?:(?<![\w/.-])|(?<=bin/))safelight ((?:--?\w[\w-]* )*)([a-z]+)(?![\w./:])([^\n|;&)”]*)")
OPTION = re.compile(r"(?<![\w-])--[a-z][a-z-]*")


def mistakes(text: str) -> list[str]:
    """What of the command lines in `text` nobody could run."""
    context = click.Context(safelight)
    return [m for _, name, rest in TOLD.findall(text) for m in _mistakes(context, name, rest)]


def _mistakes(context: click.Context, name: str, rest: str) -> Iterator[str]:
    command = safelight.get_command(context, name)
    if command is None:
        yield name
        return
    known = {o for c in (safelight, command, *_below(command)) for p in c.params for o in (*p.opts, *p.secondary_opts)}
    yield from (f"{name} {option}" for option in OPTION.findall(rest) if option not in {*known, "--help"})


def _below(command: click.Command) -> tuple[click.Command, ...]:
    return tuple(command.commands.values()) if isinstance(command, click.Group) else ()


def sentences(source: str) -> list[str]:
    """Every string of a module that is shown to somebody, whole: pieces of one sentence are joined by the parser."""
    tree = ast.parse(source)
    docs = {id(n.value) for n in ast.walk(tree) if isinstance(n, ast.Expr)}
    found = (n for n in ast.walk(tree) if isinstance(n, ast.Constant) and isinstance(n.value, str))
    return [n.value for n in found if id(n) not in docs]


@pytest.mark.parametrize("page", sorted(name for name in texts() if name.endswith(".md")))
def test_a_page_names_commands_and_options_that_there_are(page: str) -> None:
    assert mistakes("\n".join(SPAN.findall(texts()[page]))) == []


@pytest.mark.parametrize("folder", PRODUCT)
def test_a_sentence_names_commands_and_options_that_there_are(folder: str) -> None:
    wrong = {name: found for name, s in sources(folder).items() if (found := mistakes("\n".join(sentences(s))))}
    assert wrong == {}


def test_what_nobody_could_run_is_noticed() -> None:
    text = "safelight --json approve LIB\nsafelight revoke LIB P --now\nsafelight roster add LIB c.json --json"
    assert mistakes(text) == ["approve", "revoke --now"]
    assert mistakes("tells people about safelight.toml, /x/safelight y") == []
