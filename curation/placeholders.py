"""What stands where something hidden stood, and how it is recognised again in tables that were already masked."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

_CATEGORY: Final = re.compile(r"[a-z][a-z0-9_]{0,23}")
_START: Final = "[REDACTED:"
_PLACEHOLDER: Final = re.compile(r"\[REDACTED:([a-z][a-z0-9_]{0,23})\]")
# What a press that is hidden types where typing is rebuilt: something was typed, nobody knows what.
UNREAD: Final = "\N{OBJECT REPLACEMENT CHARACTER}"


def placeholder(category: str) -> str:
    """What stands where a secret stood; its length is the policy's, so it tells nothing of the secret's.

    A category that is not a plain word could itself be captured content, so it becomes `other`.
    """
    return f"{_START}{category if _CATEGORY.fullmatch(category) else 'other'}]"


def hidden_as(text: str | None) -> str | None:
    """The category of a cell that is nothing but one placeholder; None for every other."""
    if not text or not text.startswith(_START):
        return None
    whole = _PLACEHOLDER.fullmatch(text)
    return None if whole is None else whole[1]


def placeholder_spans(text: str) -> Iterator[tuple[int, int]]:
    """Where placeholders stand in `text`: [start, end), in order."""
    if _START in text:
        yield from (m.span() for m in _PLACEHOLDER.finditer(text))
