"""What may be typed into a search or filter box: words, `field:value`, `"quoted phrases"`, each negated by `-`.

One grammar for the session list, the command line and the search inside a session. There is no SQL in it, and no way
to any: a value is only ever compared. A refusal names the place in the text, never the text.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass
from typing import Final

from replay.errors import BadInput

_FIELD: Final = re.compile(r"([A-Za-z_]+):")
_ESCAPED: Final = re.compile(r"\\([\"\\])")


@dataclass(frozen=True, slots=True)
class Term:
    """`field` is empty for a word that is sought everywhere; `at` is where it starts in the text, from 0."""

    field: str
    value: str
    at: int
    negated: bool = False

    @property
    def folded(self) -> str:
        """The value as it is compared: case is ignored."""
        return self.value.casefold()


def refused(at: int, why: str, remedy: str) -> BadInput:
    """A filter that is not understood at a place (from 0) of its text."""
    return BadInput("bad_filter", f"The filter is not understood at character {at + 1}: {why}.", remedy)


def parse_terms(text: str, fields: Collection[str]) -> tuple[Term, ...]:
    """The terms of a query in order. Raises BadInput (bad_filter) naming the character that is not understood."""
    terms: list[Term] = []
    at = 0
    while at < len(text):
        if text[at].isspace():
            at += 1
            continue
        term, at = _term(text, at, fields)
        terms.append(term)
    return tuple(terms)


def _term(text: str, start: int, fields: Collection[str]) -> tuple[Term, int]:
    at = start
    negated = text[at] == "-" and at + 1 < len(text) and not text[at + 1].isspace()
    at += negated
    field = _FIELD.match(text, at)
    name = ""
    if field is not None:
        name = field[1].lower()
        if name not in fields:
            raise refused(
                at, "there is no field of that name", f"Fields: {', '.join(fields)}. Put other words in quotes."
            )
        at = field.end()
    value, end = _value(text, at)
    if not value:
        raise refused(at, "a value is missing", "Write field:value, or a word.")
    return Term(name, value, start, negated), end


def _value(text: str, at: int) -> tuple[str, int]:
    """The value that starts at `at` and where the text goes on."""
    if at < len(text) and text[at] == '"':
        return _phrase(text, at)
    end = at
    while end < len(text) and not text[end].isspace():
        if text[end] == '"':
            raise refused(end, "a quotation mark stands inside a word", "Put the whole value in quotes.")
        end += 1
    return text[at:end], end


def _phrase(text: str, opened: int) -> tuple[str, int]:
    at = opened + 1
    while at < len(text) and text[at] != '"':
        at += 2 if text[at] == "\\" else 1
    if at >= len(text):
        raise refused(opened, "this quotation mark is not closed", "Close it.")
    end = at + 1
    if end < len(text) and not text[end].isspace():
        raise refused(end, "something follows the closing quotation mark", "Put a space between them.")
    return _ESCAPED.sub(r"\1", text[opened + 1 : at]), end


def spelled(term: Term) -> str:
    """The term as it would be typed."""
    value = term.value
    if not value or any(c.isspace() or c == '"' for c in value):
        value = '"' + re.sub(r"([\"\\])", r"\\\1", value) + '"'
    return f"{'-' if term.negated else ''}{term.field}{':' if term.field else ''}{value}"
