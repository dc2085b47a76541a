"""Finds a plan's secrets in text and puts placeholders there.

A strong secret is found in any case, with or without separators, inside other text and in encoded form; a weak one as
a whole token only.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterator, Sequence
from typing import Final
from urllib.parse import unquote_plus

from curation.placeholders import placeholder
from curation.redaction.secrets import SHORTEST_TOKEN, STRONG_CHARS, Secret, byte_forms, core, is_strong

_SEPARATORS: Final = r"[\W_]{0,2}"
_LONGEST_LOOSE: Final = 256  # a loose pattern longer than this costs more than the literal one finds


class Matcher:
    """The secrets of one session, ready to be sought. Holds them in memory; never prints them."""

    def __init__(self, secrets: Sequence[Secret]) -> None:
        self._patterns = [(p, s.category) for s in _longest_first(secrets) for p in _patterns(s)]
        strong = [s for s in secrets if s.strong]
        self._cores = [(c, s.category) for s in strong if is_strong(c := s.core)]
        self._encoded = [(form, cased, s.category) for s in strong for _, form, cased in byte_forms(s.value)]
        self._seen: dict[str, str] = {}

    def spans(self, text: str) -> Iterator[tuple[int, int, str]]:
        """Where secrets stand in `text`: (start, end, category), possibly overlapping, in no order."""
        for pattern, category in self._patterns:
            for m in pattern.finditer(text):
                yield m.start(), m.end(), category

    def scrub(self, text: str) -> str:
        """`text` with every secret replaced; the whole of it where one is there but cannot be cut out cleanly."""
        if not self._patterns:
            return text
        known = self._seen.get(text)
        if known is None:
            known = self._seen[text] = self._scrubbed(text)
        return known

    def _scrubbed(self, text: str) -> str:
        out = replaced(text, list(self.spans(text)))
        hidden = self._hidden(out)
        return out if hidden is None else placeholder(hidden)

    def _hidden(self, text: str) -> str | None:
        """The category of a secret that is in `text` only in normalised, escaped or encoded form."""
        if len(text) < STRONG_CHARS:
            return None
        joined = core(text), core(unquote_plus(text)), core(html.unescape(text))
        for wanted, category in self._cores:
            if any(wanted in j for j in joined):
                return category
        raw = text.encode("utf-8", "surrogatepass")
        lower = text.lower().encode("utf-8", "surrogatepass")
        for form, cased, category in self._encoded:
            if form in (raw if cased else lower):
                return category
        return None


def replaced(text: str, spans: list[tuple[int, int, str]]) -> str:
    """`text` with placeholders for `spans`; spans that overlap or touch share one."""
    out: list[str] = []
    at = 0
    for start, end, category in merged_spans(spans):
        out += [text[at:start], placeholder(category)]
        at = end
    return "".join([*out, text[at:]])


def merged_spans(spans: list[tuple[int, int, str]]) -> list[tuple[int, int, str]]:
    merged: list[tuple[int, int, str]] = []
    for start, end, category in sorted(spans):
        if merged and start <= merged[-1][1]:
            first, last, kept = merged[-1]
            merged[-1] = (first, max(last, end), kept)
        else:
            merged.append((start, end, category))
    return merged


def _longest_first(secrets: Sequence[Secret]) -> list[Secret]:
    return sorted(secrets, key=lambda s: (-len(s.value), s.value))


def _patterns(secret: Secret) -> Iterator[re.Pattern[str]]:
    literal = re.escape(secret.value)
    if secret.strong:
        yield re.compile(literal, re.IGNORECASE)
        letters = [c for c in secret.value if c.isalnum()]
        if is_strong("".join(letters)) and len(letters) <= _LONGEST_LOOSE:
            yield re.compile(_SEPARATORS.join(re.escape(c) for c in letters), re.IGNORECASE)
    elif len(secret.value.strip()) >= (SHORTEST_TOKEN if secret.typed else 1):
        yield re.compile(rf"(?<!\w){literal}(?!\w)", re.IGNORECASE)
