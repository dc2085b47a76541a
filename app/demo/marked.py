"""Text that knows which of its characters belong to a secret, through slicing, joining, typing and wrapping."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Span:
    """Characters [start, end) of a text are those of `secret` from its character `offset` on."""

    start: int
    end: int
    secret: str
    offset: int = 0


@dataclass(frozen=True, slots=True)
class Marked:
    """A string and the spans of it that are secret; spans are sorted and do not overlap."""

    text: str
    spans: tuple[Span, ...] = ()

    def __len__(self) -> int:
        return len(self.text)

    def __bool__(self) -> bool:
        return bool(self.text)

    def __add__(self, other: Marked | str) -> Marked:
        tail = as_marked(other)
        n = len(self.text)
        moved = tuple(Span(s.start + n, s.end + n, s.secret, s.offset) for s in tail.spans)
        return Marked(self.text + tail.text, _joined(self.spans + moved))

    def __radd__(self, other: str) -> Marked:
        return Marked(other) + self

    def __getitem__(self, part: slice) -> Marked:
        start, end, step = part.indices(len(self.text))
        if step != 1:
            raise ValueError("a marked text is sliced without a step")
        kept = []
        for s in self.spans:
            a, b = max(s.start, start), min(s.end, end)
            if a < b:
                kept.append(Span(a - start, b - start, s.secret, s.offset + a - s.start))
        return Marked(self.text[start:end], tuple(kept))

    def secrets(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(s.secret for s in self.spans))


Text = Marked | str


def as_marked(text: Text) -> Marked:
    return text if isinstance(text, Marked) else Marked(text)


def _joined(spans: tuple[Span, ...]) -> tuple[Span, ...]:
    out: list[Span] = []
    for s in spans:
        last = out[-1] if out else None
        touching = last is not None and last.end == s.start and last.secret == s.secret
        if last is not None and touching and last.offset + last.end - last.start == s.offset:
            out[-1] = Span(last.start, s.end, s.secret, last.offset)
        else:
            out.append(s)
    return tuple(out)


def join(separator: str, parts: Iterable[Text]) -> Marked:
    """Like `str.join`, keeping the spans."""
    out = Marked("")
    for i, part in enumerate(parts):
        out = (out + separator if i else out) + part
    return out


def lines_of(text: Text) -> list[Marked]:
    """The text cut at its line ends, without them."""
    marked, out, start = as_marked(text), [], 0
    for i, char in enumerate(marked.text):
        if char == "\n":
            out.append(marked[start:i])
            start = i + 1
    out.append(marked[start:])
    return out


def replaced(text: Marked, start: int, end: int, by: Text) -> Marked:
    """The text with characters [start, end) replaced."""
    return text[:start] + by + text[end:]
