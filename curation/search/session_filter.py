"""The typed filter of the session list: `app:mail dur:>10m -label:none typed:"invoice"`.

What the catalogue knows becomes one parametrised DuckDB condition; what only the words of the sessions can tell is
handed on as terms (`curation.search.library_search`). Values are always bound, never pasted; a word that is not
understood is refused, not ignored.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from curation.search.terms import Term, parse_terms, refused
from replay.timebase import NS_PER_S


@dataclass(frozen=True, slots=True)
class Condition:
    """A DuckDB condition over the catalogue view and the values bound to its `?`, in order."""

    sql: str
    params: tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class SessionFilter:
    """A whole filter: what the catalogue answers, and the terms that only the words inside the sessions can."""

    catalogue: Condition
    content: tuple[Term, ...]


_NUMBER: Final = re.compile(r"(>=|<=|>|<|=)?(\d+(?:\.\d+)?)(ms|s|m|h)?")
_UNIT_NS: Final = {"ms": 10**6, "s": 10**9, "m": 60 * 10**9, "h": 3600 * 10**9, None: 10**9}
_DAY: Final = re.compile(r"(>=|<=|>|<|=)?(\d{4})(?:-(\d{2}))?(?:-(\d{2}))?")

CONTENT: Final = ("title", "url", "typed", "text", "element")
"""Fields of the words inside sessions, which the catalogue never holds."""

Make = Callable[[Term], Condition]


def _number(column: str, *, is_time: bool) -> Make:
    def make(term: Term) -> Condition:
        found = _NUMBER.fullmatch(term.value)
        if found is None or (found[3] and not is_time):
            example = "dur:>10m" if is_time else "events:>1000"
            raise refused(term.at, "this number is not understood", f"Write it like {example}.")
        number = float(found[2]) * (_UNIT_NS[found[3]] if is_time else 1)
        return Condition(f"{column} {found[1] or '='} ?", (number,))

    return make


def _day(column: str) -> Make:
    """Days, months or years in UTC: `started:2026-04` is all of April, `started:>2026-04-03` from the 4th on."""

    def make(term: Term) -> Condition:
        first, after = _range_ns(term)
        by = {
            ">=": (f"{column} >= ?", (first,)),
            ">": (f"{column} >= ?", (after,)),
            "<": (f"{column} < ?", (first,)),
            "<=": (f"{column} < ?", (after,)),
            "=": (f"({column} >= ? AND {column} < ?)", (first, after)),
        }
        found = _DAY.fullmatch(term.value)
        sql, params = by[(found and found[1]) or "="]
        return Condition(f"coalesce({sql}, false)", params)

    return make


def _range_ns(term: Term) -> tuple[int, int]:
    """[start, end) of the day, month or year that a term names, UTC ns since the epoch."""
    found = _DAY.fullmatch(term.value)
    try:
        if found is None:
            raise ValueError
        year, month, day = int(found[2]), int(found[3] or 1), int(found[4] or 1)
        first = datetime(year, month, day, tzinfo=UTC)
        if found[4]:
            after = datetime.fromordinal(first.toordinal() + 1).replace(tzinfo=UTC)
        else:
            whole_years = month == 12 or not found[3]
            after = datetime(year + whole_years, 1 if whole_years else month + 1, 1, tzinfo=UTC)
    except (ValueError, OverflowError):
        raise refused(term.at, "this date is not understood", "Write it like started:>=2026-04-03.") from None
    return round(first.timestamp()) * NS_PER_S, round(after.timestamp()) * NS_PER_S


def _equals(column: str) -> Make:
    # What is unknown equals nothing, so that “-os:linux” keeps it; NULL would drop it from both.
    return lambda term: Condition(f"coalesce(lower({column}), '') = ?", (term.value.lower(),))


def _begins(column: str) -> Make:
    return lambda term: Condition(f"coalesce(starts_with(lower({column}), ?), false)", (term.value.lower(),))


def _within(column: str) -> Make:
    return lambda term: Condition(f"coalesce(contains(lower({column}), ?), false)", (term.value.lower(),))


def _any_has(column: str) -> str:
    return f"contains(lower(coalesce(array_to_string({column}, chr(10)), '')), ?)"


def _one_of(column: str) -> Make:
    def make(term: Term) -> Condition:
        if term.value == "none":
            return Condition(f"coalesce(len({column}), 0) = 0", ())
        return Condition(_any_has(column), (term.value.lower(),))

    return make


def _counted(column: str) -> Make:
    def make(term: Term) -> Condition:
        if term.value in ("none", "any"):
            return Condition(f"{column} {'=' if term.value == 'none' else '>'} 0", ())
        return _number(column, is_time=False)(term)

    return make


def _label(term: Term) -> Condition:
    """How many labels there are, or a label by a part of its name."""
    if term.value in ("none", "any") or _NUMBER.fullmatch(term.value):
        return _counted("labels")(term)
    return Condition(_any_has("label_names"), (term.value.lower(),))


FIELDS: Final[dict[str, Make]] = {
    "app": _one_of("apps"),
    "problem": _one_of("problems"),
    "dur": _number("duration_ns", is_time=True),
    "started": _day("started_at_utc_ns"),
    "imported": _day("imported_at_utc_ns"),
    "events": _number("events", is_time=False),
    "frames": _number("frames", is_time=False),
    "format": _equals("format"),
    "importer": _equals("format"),
    "recorder": _within("recorder"),
    "consent": _equals("consent"),
    "state": _equals("state"),
    "sync": _equals("sync_method"),
    "os": _equals("os"),
    "subject": _begins("subject_id"),
    "label": _label,
    "cut": _counted("cuts"),
    "redaction": _counted("redactions"),
}


def parse_filter(text: str) -> SessionFilter:
    """A whole filter; words without a field are sought in id, format and apps.

    Raises BadInput (bad_filter) naming the character where it is not understood.
    """
    terms = parse_terms(text, (*FIELDS, *CONTENT))
    content = tuple(t for t in terms if t.field in CONTENT)
    parts = [_condition(t) for t in terms if t.field not in CONTENT]
    if not parts:
        return SessionFilter(Condition("true", ()), content)
    joined = Condition(" AND ".join(f"({p.sql})" for p in parts), tuple(v for p in parts for v in p.params))
    return SessionFilter(joined, content)


def parse_catalogue_filter(text: str) -> Condition:
    """A filter where the words inside sessions are not sought. Raises BadInput (bad_filter)."""
    found = parse_filter(text)
    if found.content:
        at, field = found.content[0].at, found.content[0].field
        raise refused(
            at,
            f"“{field}:” is not sought here",
            "“safelight sessions --where” and the Library page find such sessions.",
        )
    return found.catalogue


def _condition(term: Term) -> Condition:
    condition = FIELDS[term.field](term) if term.field else _anywhere(term)
    return Condition(f"NOT ({condition.sql})", condition.params) if term.negated else condition


def _anywhere(term: Term) -> Condition:
    like = term.value.lower()
    return Condition(f"starts_with(lower(id), ?) OR contains(format, ?) OR {_any_has('apps')}", (like, like, like))
