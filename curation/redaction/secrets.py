"""A secret in memory, how strong it is, and how it is written in bytes.

Secrets are reread from the session for as long as a plan lives. They are never stored, logged, printed or sent.
"""

from __future__ import annotations

import base64
import json
import math
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import quote, quote_plus

STRONG_CHARS: Final = 6
STRONG_BITS: Final = 28.0
SHORTEST_TOKEN: Final = 3
_ALPHABETS: Final = (("0123456789", 10), ("abcdefghijklmnopqrstuvwxyz", 26), ("ABCDEFGHIJKLMNOPQRSTUVWXYZ", 26))


def bits(value: str) -> float:
    """Entropy of `value` if its characters were drawn at random from the classes it uses."""
    size = sum(n for letters, n in _ALPHABETS if any(c in letters for c in value))
    known = "".join(letters for letters, _ in _ALPHABETS)
    size += 33 if any(c not in known for c in value) else 0
    return len(value) * math.log2(size) if size > 1 else 0.0


def core(value: str) -> str:
    """Letters and digits of `value`, as `secret_text` folds them: separators and accents make no difference."""
    folded = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", value).casefold())
    return "".join(c for c in folded if c.isalnum())


def is_strong(value: str) -> bool:
    """Whether `value` is long and varied enough to be sought inside other text; weaker ones only as whole tokens."""
    return len(value) >= STRONG_CHARS and bits(value) >= STRONG_BITS


@dataclass(frozen=True, slots=True)
class Secret:
    """One string that must not survive anywhere. `typed`: it was typed, so parts of it may have been on screen."""

    value: str = field(repr=False)
    category: str
    typed: bool = False

    @property
    def strong(self) -> bool:
        return is_strong(self.value)

    @property
    def core(self) -> str:
        return core(self.value)


def byte_forms(value: str) -> Iterator[tuple[str, bytes, bool]]:
    """The ways `value` may be written in a file: (name, bytes, whether case matters).

    Forms without case are given in lower case and must be sought in lower-cased bytes.
    """
    lower = value.lower()
    for name, text in _written(lower):
        yield name, text.encode("utf-8", "surrogatepass"), False
        yield f"{name}, UTF-16LE", text.encode("utf-16-le", "surrogatepass"), False
        yield f"{name}, UTF-16BE", text.encode("utf-16-be", "surrogatepass"), False
    for cased in {value, lower, value.upper(), value.title()}:
        for encoding in ("utf-8", "utf-16-le"):
            raw = cased.encode(encoding, "surrogatepass")
            yield "hex", raw.hex().encode(), False
            yield from _base64_forms(raw)


def _written(lower: str) -> Iterator[tuple[str, str]]:
    yield "plain", lower
    seen = {lower}
    composed, decomposed = (unicodedata.normalize(form, lower) for form in ("NFC", "NFD"))
    escaped = json.dumps(lower)[1:-1].lower()
    forms = (
        ("composed", composed),
        ("decomposed", decomposed),
        ("JSON", escaped),
        ("URL", quote(lower, safe="").lower()),
        ("URL path", quote(lower).lower()),
        ("URL form", quote_plus(lower).lower()),
        ("joined", core(lower)),
    )
    for name, text in forms:
        if text not in seen and len(text) >= STRONG_CHARS and is_strong(text):
            seen.add(text)
            yield name, text


def _base64_forms(raw: bytes) -> Iterator[tuple[str, bytes, bool]]:
    """The characters of a base64 text that depend on `raw` alone, for each of its three possible alignments."""
    for phase in range(3):
        first = -(-phase * 8 // 6)
        last = (phase + len(raw)) * 8 // 6
        stable = base64.b64encode(b"\0" * phase + raw + b"\0\0")[first:last]
        if len(stable) >= STRONG_CHARS:
            yield f"base64, phase {phase}", stable, True
            yield f"base64url, phase {phase}", stable.replace(b"+", b"-").replace(b"/", b"_"), True
