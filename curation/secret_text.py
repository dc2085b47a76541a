"""Finding one string in captured text whatever its case, form or URL encoding, and the keyed hash that names it.

Both the redaction that hides a string and the proof that it is gone must find it the same way: this is that way.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import unicodedata
from collections.abc import Iterable, Iterator
from typing import Final

_PERCENT: Final = re.compile(r"(?:%[0-9A-Fa-f]{2})+")

# Non-spacing marks and format characters: an accent or a soft hyphen must not hide a name.
_UNSEEN: Final = frozenset({"Mn", "Cf"})

# One character as read, and the place [start, end) it takes in the original.
_Unit = tuple[str, int, int]


def value_mac(library_key: bytes, secret: str) -> str:
    """HMAC-SHA256 of the folded string, hexadecimal: the same for every case and Unicode form of it."""
    return hmac.new(library_key, folded(secret).encode("utf-8", "surrogatepass"), hashlib.sha256).hexdigest()


def folded(text: str) -> str:
    """What is compared: compatibility-decomposed, case-folded, without accents and invisible characters."""
    return text.lower() if text.isascii() else "".join(_fold(c) for c in text)


def occurrences(text: str, secret: str, *, url: bool = False) -> tuple[tuple[int, int], ...]:
    """Every place [start, end) of `text` that reads as `secret`, overlapping ones too; with `url`, encoded or not.

    Whole characters only, so that every place folds to what `secret` folds to (a half of “ﬁ” is no place).
    """
    return _found(text, folded(secret), url=url)


def prefix_occurrences(text: str, secret: str, at_least: int) -> tuple[tuple[int, int], ...]:
    """Every place where `text` reads as the beginning of `secret`: as much of it as stands there, in characters."""
    out: dict[int, int] = {}
    for length in range(at_least, len(secret) + 1):
        places = occurrences(text, secret[:length])
        if not places:
            break
        out.update(places)
    return tuple(sorted(out.items()))


def _found(text: str, needle: str, *, url: bool) -> tuple[tuple[int, int], ...]:
    if not needle:
        return ()
    if text.isascii() and not (url and ("%" in text or "+" in text)):
        return tuple((i, i + len(needle)) for i in _indexes(text.lower(), needle))
    places = {
        place
        for units in _readings(text, url)
        for i in _indexes(_joined(units), needle)
        if (place := _place(units, i, i + len(needle))) is not None
    }
    return tuple(sorted(places))


def _readings(text: str, url: bool) -> Iterator[list[_Unit]]:
    yield _folded_units((c, i, i + 1) for i, c in enumerate(text))
    if url:
        yield _folded_units(_decoded(text))


def _folded_units(units: Iterable[_Unit]) -> list[_Unit]:
    return [(f, start, end) for c, start, end in units for f in _fold(c)]


def _joined(units: list[_Unit]) -> str:
    return "".join(u[0] for u in units)


def _place(units: list[_Unit], first: int, after: int) -> tuple[int, int] | None:
    start, end = units[first][1], units[after - 1][2]
    if (first and units[first - 1][1] == start) or (after < len(units) and units[after][1] < end):
        return None
    return start, end


def _indexes(text: str, needle: str) -> Iterator[int]:
    at = text.find(needle)
    while at >= 0:
        yield at
        at = text.find(needle, at + 1)


def _fold(character: str) -> str:
    # Case-folding can compose and decomposing can bring out case: both, twice, is stable (Unicode 3.13, toNFKC_CF).
    parts = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", character).casefold())
    return "".join(c for c in parts if unicodedata.category(c) not in _UNSEEN)


def _decoded(text: str) -> Iterator[_Unit]:
    """Percent-encoded UTF-8 and “+” read as a browser would; bytes that are not UTF-8 read as they stand."""
    at = 0
    for match in _PERCENT.finditer(text):
        yield from _plus_as_space(text, at, match.start())
        yield from _decoded_bytes(bytes.fromhex(match[0].replace("%", "")), match.start())
        at = match.end()
    yield from _plus_as_space(text, at, len(text))


def _plus_as_space(text: str, start: int, end: int) -> Iterator[_Unit]:
    for i in range(start, end):
        yield (" " if text[i] == "+" else text[i]), i, i + 1


def _decoded_bytes(encoded: bytes, start: int) -> Iterator[_Unit]:
    at = 0
    for character in encoded.decode("utf-8", "surrogateescape"):
        size = len(character.encode("utf-8", "surrogateescape"))
        yield character, start + 3 * at, start + 3 * (at + size)
        at += size
