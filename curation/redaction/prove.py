"""Looks for what must not be there: secrets in bytes and texts, pixels under masks. Shares no code with `apply`.

Texts are compared as the finder of a string compares them (`curation.secret_text`), and besides without separators.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import BinaryIO, Final
from urllib.parse import unquote_plus

import numpy as np
import numpy.typing as npt

from curation.redaction.masks import BORDER, Box
from curation.redaction.paint import FILL_CHROMA, FILL_LUMA
from curation.redaction.secrets import SHORTEST_TOKEN, Secret, byte_forms, core, is_strong
from curation.secret_text import occurrences

LUMA_TOLERANCE: Final = 2
CHROMA_TOLERANCE: Final = 3
# What the deblocking filter may mix into a mask's outermost pixels from beside it.
BORDER_TOLERANCE: Final = 24
_PLACEHOLDER: Final = re.compile(r"\[REDACTED:[a-z0-9_]{1,24}\]")
_CHUNK: Final = 16 << 20
# The fill as RGB.
_DARK: Final = (20, 50)
Plane = npt.NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class Leak:
    """Something that should not be in an export. `what_hash` names it to whoever holds the key, without telling it."""

    file: str
    where: str
    what_hash: str


class SecretSearch:
    """The secrets of an export, sought in bytes and in decoded texts; `cut_cells` (`cut_texts.cell_key`) as cells."""

    def __init__(
        self, secrets: Sequence[Secret], key: bytes, cut_cells: frozenset[str] = frozenset(), unsought: int = 0
    ) -> None:
        """`unsought` is how many more there are that nobody can look for."""
        self._key = key
        self.cut_cells = cut_cells
        self._secrets = tuple(dict.fromkeys(secrets))
        strong = [s for s in self._secrets if s.strong]
        self._forms = [(s, name, form, cased) for s in strong for name, form, cased in _distinct_forms(s)]
        self._longest = max((len(f[2]) for f in self._forms), default=1)
        self._cores = [(s, c) for s in strong if is_strong(c := s.core)]
        # Made of signs rather than letters: folded as they stand.
        self._coreless = [s for s in strong if not is_strong(s.core)]
        self._weak = [s for s in self._secrets if not s.strong and len(s.value.strip()) >= _shortest(s)]
        self._tokens = [(s, re.compile(rf"(?<!\w){re.escape(s.value.lower())}(?!\w)")) for s in self._weak]
        self.unsought = unsought + len(self._secrets) - len(strong) - len(self._weak)
        self.tokens_only = len(self._weak)

    def __len__(self) -> int:
        return len(self._secrets)

    def what_hash(self, what: str) -> str:
        """Sixteen hexadecimal digits of a keyed hash."""
        return hmac.new(self._key, what.encode("utf-8", "surrogatepass"), hashlib.sha256).hexdigest()[:16]

    def in_bytes(self, data: bytes) -> Iterator[tuple[Secret, str]]:
        """Every strong secret in `data`, with the form in which it stands there."""
        lower = data.lower()
        for secret, name, form, cased in self._forms:
            if form in (data if cased else lower):
                yield secret, name

    def in_file(self, file: BinaryIO) -> Iterator[tuple[Secret, str]]:
        """The same for a file of any size, read in pieces that overlap."""
        tail = b""
        while chunk := file.read(_CHUNK):
            yield from self.in_bytes(tail + chunk)
            tail = (tail + chunk)[-self._longest :]

    def in_text(self, text: str) -> Iterator[tuple[Secret, str]]:
        """Every secret in one decoded text: strong ones in any form, weak ones as whole tokens."""
        if not text or not self._secrets:
            return
        left = _PLACEHOLDER.sub("\0", text)
        joined = {core(left), core(unquote_plus(left))}
        for secret, wanted in self._cores:
            if any(wanted in j for j in joined):
                yield secret, "text without separators"
        for secret in self._coreless:
            if occurrences(left, secret.value, url=True):
                yield secret, "text"
        lower = left.lower()
        for secret, token in self._tokens:
            if token.search(lower):
                yield secret, "whole token"
        yield from self.in_bytes(left.encode("utf-8", "surrogatepass"))


def _shortest(secret: Secret) -> int:
    return SHORTEST_TOKEN if secret.typed else 1


def _distinct_forms(secret: Secret) -> Iterator[tuple[str, bytes, bool]]:
    seen: set[tuple[bytes, bool]] = set()
    for name, form, cased in byte_forms(secret.value):
        if (form, cased) not in seen:
            seen.add((form, cased))
            yield name, form, cased


def masked_yuv(planes: Sequence[Plane], box: Box) -> bool:
    """Whether `box` shows the fill in all three planes of a 4:2:0 picture: within ±2 of luma inside its border."""
    height, width = planes[0].shape
    inner = inside(box, width, height)
    if inner is None or not _within(planes[0], box, FILL_LUMA, BORDER_TOLERANCE):
        return False
    if not _within(planes[0], inner, FILL_LUMA, LUMA_TOLERANCE):
        return False
    half = Box(inner.x0 // 2, inner.y0 // 2, -(-inner.x1 // 2), -(-inner.y1 // 2))
    return all(_within(p, half, FILL_CHROMA, CHROMA_TOLERANCE) for p in planes[1:])


def masked_rgb(picture: npt.NDArray[np.uint8], box: Box) -> bool:
    """Whether `box` of an RGB picture that was never encoded with loss is one dark neutral colour, to its very edge."""
    shown = picture[box.y0 : box.y1, box.x0 : box.x1].reshape(-1, 3)
    first = shown[0].astype(int)
    neutral = int(first.max() - first.min()) <= CHROMA_TOLERANCE and _DARK[0] <= int(first[0]) <= _DARK[1]
    return neutral and bool((shown == shown[0]).all())


def inside(box: Box, width: int, height: int) -> Box | None:
    """`box` without its border, where that does not lie on the picture's own edge; None where nothing is left."""
    x0 = box.x0 + (BORDER if box.x0 > 0 else 0)
    y0 = box.y0 + (BORDER if box.y0 > 0 else 0)
    x1 = box.x1 - (BORDER if box.x1 < width else 0)
    y1 = box.y1 - (BORDER if box.y1 < height else 0)
    return Box(x0, y0, x1, y1) if x0 < x1 and y0 < y1 else None


def _within(plane: Plane, box: Box, value: int, tolerance: int) -> bool:
    shown = plane[box.y0 : box.y1, box.x0 : box.x1]
    return bool(shown.size) and int(shown.max()) <= value + tolerance and int(shown.min()) >= value - tolerance
