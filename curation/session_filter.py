"""The typed filter of the session list: `app:mail dur:>10m label:none` to one parametrised DuckDB condition.

Values are always bound, never pasted; a word that is not understood is refused, not ignored.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from replay.errors import BadInput


@dataclass(frozen=True, slots=True)
class Condition:
    """A DuckDB condition over the catalogue view and the values bound to its `?`, in order."""

    sql: str
    params: tuple[Any, ...]


_NUMBER: Final = re.compile(r"(>=|<=|>|<|=)?(\d+(?:\.\d+)?)(ms|s|m|h)?")
_UNIT_NS: Final = {"ms": 10**6, "s": 10**9, "m": 60 * 10**9, "h": 3600 * 10**9, None: 10**9}


def _number(column: str, *, is_time: bool) -> Callable[[str], Condition]:
    def make(value: str) -> Condition:
        found = _NUMBER.fullmatch(value)
        if found is None or (found[3] and not is_time):
            example = "dur:>10m" if is_time else "events:>1000"
            raise BadInput("bad_filter", "A filter's number is not understood.", f"Write it like {example}.")
        number = float(found[2]) * (_UNIT_NS[found[3]] if is_time else 1)
        return Condition(f"{column} {found[1] or '='} ?", (number,))

    return make


def _equals(column: str) -> Callable[[str], Condition]:
    # What is unknown equals nothing, so that “-os:linux” keeps it; NULL would drop it from both.
    return lambda value: Condition(f"coalesce(lower({column}), '') = ?", (value.lower(),))


def _one_of(column: str) -> Callable[[str], Condition]:
    def make(value: str) -> Condition:
        if value == "none":
            return Condition(f"len({column}) = 0", ())
        return Condition(f"len(list_filter({column}, lambda x: contains(lower(x), ?))) > 0", (value.lower(),))

    return make


def _counted(column: str) -> Callable[[str], Condition]:
    def make(value: str) -> Condition:
        if value in ("none", "any"):
            return Condition(f"{column} {'=' if value == 'none' else '>'} 0", ())
        return _number(column, is_time=False)(value)

    return make


FIELDS: Final[dict[str, Callable[[str], Condition]]] = {
    "app": _one_of("apps"),
    "problem": _one_of("problems"),
    "dur": _number("duration_ns", is_time=True),
    "events": _number("events", is_time=False),
    "frames": _number("frames", is_time=False),
    "format": _equals("format"),
    "consent": _equals("consent"),
    "state": _equals("state"),
    "sync": _equals("sync_method"),
    "os": _equals("os"),
    "subject": _equals("subject_id"),
    "label": _counted("labels"),
    "cut": _counted("cuts"),
    "redaction": _counted("redactions"),
}


def parse_filter(text: str) -> Condition:
    """The condition of a whole filter; words without a field are sought in id, format and apps.

    Raises BadInput naming the field that does not exist or the value that is not understood.
    """
    try:
        words = shlex.split(text)
    except ValueError:
        raise BadInput(
            "bad_filter", "The filter has an open quotation mark or ends in a backslash.", "Close it."
        ) from None
    parts = [_word(w) for w in words]
    if not parts:
        return Condition("true", ())
    return Condition(" AND ".join(f"({p.sql})" for p in parts), tuple(v for p in parts for v in p.params))


def _word(word: str) -> Condition:
    negated = word.startswith("-") and len(word) > 1
    condition = _positive(word[1:] if negated else word)
    return Condition(f"NOT ({condition.sql})", condition.params) if negated else condition


def _positive(word: str) -> Condition:
    field, colon, value = word.partition(":")
    if not colon:
        like = word.lower()
        in_apps = "len(list_filter(apps, lambda x: contains(lower(x), ?))) > 0"
        return Condition(f"starts_with(lower(id), ?) OR contains(format, ?) OR {in_apps}", (like, like, like))
    if field not in FIELDS:
        raise BadInput("bad_filter", "The filter names a field that does not exist.", f"Fields: {', '.join(FIELDS)}.")
    if not value:
        raise BadInput("bad_filter", f"The filter “{field}:” has no value.", "Write field:value.")
    return FIELDS[field](value)
