"""Names that leave instead of ids: keyed, so that nobody without the library's key can link them back."""

from __future__ import annotations

import base64
import hashlib
import hmac
from dataclasses import dataclass, field


def pseudonym(library_key: bytes, kind: str, name: str) -> str:
    """Sixteen lower-case letters and digits that stand for `name`, the same in every export of one library."""
    digest = hmac.new(library_key, f"export\0{kind}\0{name}".encode(), hashlib.sha256).digest()
    return base64.b32encode(digest[:10]).decode().lower()


@dataclass(slots=True)
class Ordinals:
    """Ids of windows, elements and displays as `w1`, `w2` … in order of appearance: recorders put names into them."""

    _known: dict[tuple[str, str], str] = field(default_factory=dict)
    _counts: dict[str, int] = field(default_factory=dict)

    def name(self, kind: str, value: str) -> str:
        found = self._known.get((kind, value))
        if found is None:
            self._counts[kind] = self._counts.get(kind, 0) + 1
            found = self._known[kind, value] = f"{kind}{self._counts[kind]}"
        return found
