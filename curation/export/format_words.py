"""Words that every export holds whatever was captured: names of tables, columns and fields, constants of the writers.

A secret that is such a word ("display", "window") stands in every file by right. It is then sought in decoded values
only, and the proof says so. The words are read from the source of the modules that write.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import Final

_WRITING: Final = ("curation.export", "curation.redaction", "curation.steps")
_WRITING_MODULES: Final = (("replay", "schema.py"), ("curation", "model.py"), ("resources", "__init__.py"))
_LIBRARIES: Final = (
    "ARROW:schema parquet-cpp-arrow version PAR1 huggingface info features dtype _type Value Image Sequence pandas "
    "isomiso2avc1mp41iso4 VideoHandler appl IHDR IDAT IEND list element item key_value bundle"
)


@cache
def format_words() -> str:
    """All of them in one lower-case text."""
    return "\n".join([_LIBRARIES, *_words()]).lower()


@cache
def constants() -> frozenset[str]:
    """Those that may stand alone as a value."""
    return frozenset(_words())


def _words() -> Iterator[str]:
    for package in _WRITING:
        yield from _words_below(files(package))
    for package, name in _WRITING_MODULES:
        yield from _words_of(files(package) / name)
    for resource in (files("resources") / "export").iterdir() if (files("resources") / "export").is_dir() else ():
        if resource.name.endswith(".json"):
            yield resource.read_text(encoding="utf-8")


def _words_below(folder: Traversable) -> Iterator[str]:
    for entry in folder.iterdir():
        if entry.is_dir():
            yield from _words_below(entry)
        elif entry.name.endswith(".py"):
            yield from _words_of(entry)


def _words_of(module: Traversable) -> Iterator[str]:
    for node in ast.walk(ast.parse(module.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.value
        elif isinstance(node, ast.arg):
            yield node.arg
        elif isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
            yield node.target.id
