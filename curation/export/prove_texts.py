"""Checks JSON and JSON Lines: every string value, and every key, at any depth."""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from curation.export.format_words import constants
from curation.export.prove_files import Found, SessionOf, secrets_in
from curation.redaction.prove import SecretSearch

# Values made by our own rules: pseudonyms, ordinals, and names of pictures and tasks made of them.
_OURS: Final = re.compile(
    r"[a-z2-7]{16}|[dews][0-9]{1,9}|(episode|label)[0-9]{1,9}|[a-z2-7]{16}_episode[0-9]+(_[0-9]{6,}\.png)?"
)
# Fields that hold captured or curated text: no value of theirs is a word of the format.
_TEXTS: Final = frozenset({
    "app", "title", "url", "name", "value", "text", "task_goal", "goal", "note", "instruction",
    "natural_language_task",
})  # fmt: skip
CODE: Final = "code"


def json_findings(path: Path, relative: str, session_of: SessionOf, search: SecretSearch) -> Iterator[Found]:
    texts: dict[str, list[str]] = {}
    try:
        with open(path, encoding="utf-8") as file:
            documents = file.read().splitlines() if path.suffix == ".jsonl" else [file.read()]
        for document in documents:
            for name, text in _strings("", json.loads(document)):
                texts.setdefault(name, []).append(text)
    except ValueError:
        yield Found("not valid JSON")
        return
    for name, values in texts.items():
        yield from secrets_in(free_texts(name, values), f"value of “{name[:40]}”", search)


def free_texts(name: str, values: list[str]) -> list[str]:
    """The texts among the values of one field that are not words of the format itself."""
    unique = list(dict.fromkeys(values))
    if name in _TEXTS:
        return unique
    if name == CODE:
        unique = [t for v in unique for t in _literals(v)]
    return [v for v in unique if v not in constants() and not _OURS.fullmatch(v)]


def _literals(code: str) -> Iterator[str]:
    """The string literals of generated code; code that does not parse is looked at whole."""
    try:
        tree = ast.parse(code)
    except (SyntaxError, ValueError):
        yield code
        return
    yield from (n.value for n in ast.walk(tree) if isinstance(n, ast.Constant) and isinstance(n.value, str))


def _strings(name: str, value: Any) -> Iterator[tuple[str, str]]:
    if isinstance(value, str):
        yield name, value
    elif isinstance(value, dict):
        for key, inner in value.items():
            yield "(key)", key
            yield from _strings(key, inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _strings(name, inner)
