"""Faces of the bundled fonts, laid out one glyph after the other without kerning or shaping.

A word's width is then the sum of its characters' widths in any order, which the exactness of the ground truth rests on.
"""

from __future__ import annotations

import math
from functools import cache

from PySide6.QtCore import QByteArray, QPointF, Qt
from PySide6.QtGui import QColor, QFont, QFontDatabase, QGlyphRun, QImage, QPainter, QRawFont

from app.demo.marked import Marked, Span, Text, as_marked
from resources import read_bytes
from widgets.interpreter import hold_singletons

SANS, MONO = "Inter", "JetBrains Mono"
FILES = ("inter.woff2", "jetbrains-mono-400.woff2", "jetbrains-mono-600.woff2")
_SCRATCH = 96  # px; larger than any glyph that is drawn


class Face:
    """One family at one pixel size and weight."""

    def __init__(self, family: str, px: int, weight: int) -> None:
        font = QFont(family)
        font.setPixelSize(px)
        font.setKerning(False)
        font.setHintingPreference(QFont.HintingPreference.PreferNoHinting)
        font.setStyleStrategy(QFont.StyleStrategy.NoFontMerging)
        font.setWeight(QFont.Weight(weight))
        if family == SANS:
            font.setVariableAxis(QFont.Tag("wght"), weight)
        self.px = px
        self._raw = QRawFont.fromFont(font)
        self.ascent, self.descent = self._raw.ascent(), self._raw.descent()
        self._glyphs: dict[str, tuple[int, float]] = {}
        self._runs: dict[str, QGlyphRun] = {}
        self._inks: dict[str, tuple[int, int, int, int] | None] = {}
        self._widths: dict[str, float] = {}
        self._text_inks: dict[str, tuple[float, int, float, int] | None] = {}

    def _glyph(self, char: str) -> tuple[int, float]:
        found = self._glyphs.get(char)
        if found is None:
            index = self._raw.glyphIndexesForString(char)[0]
            if index == 0:
                raise LookupError(f"the bundled font has no glyph for U+{ord(char):04X}")
            advance = self._raw.advancesForGlyphIndexes([index], QRawFont.LayoutFlag.SeparateAdvances)[0].x()
            found = self._glyphs[char] = (index, advance)
        return found

    def width(self, text: str) -> float:
        found = self._widths.get(text)
        if found is None:
            found = self._widths[text] = sum(self._glyph(c)[1] for c in text)
        return found

    def run(self, text: str) -> QGlyphRun:
        """The glyphs of `text` from (0, 0) on the baseline."""
        found = self._runs.get(text)
        if found is None:
            x, places, indexes = 0.0, [], []
            for char in text:
                index, advance = self._glyph(char)
                indexes.append(index)
                places.append(QPointF(x, 0))
                x += advance
            found = QGlyphRun()
            found.setRawFont(self._raw)
            found.setGlyphIndexes(indexes)
            found.setPositions(places)
            self._runs[text] = found
        return found

    def ink(self, text: str) -> tuple[float, int, float, int] | None:
        """The tight box (left, top, right, bottom) of the inked pixels of `text` about its baseline; None if blank."""
        if text not in self._text_inks:
            self._text_inks[text] = self._united_ink(text)
        return self._text_inks[text]

    def _united_ink(self, text: str) -> tuple[float, int, float, int] | None:
        x, box = 0.0, None
        for char in text:
            ink = self._ink(char)
            if ink is not None:
                one = (x + ink[0], ink[1], x + ink[2], ink[3])
                box = one if box is None else _united(box, one)
            x += self._glyph(char)[1]
        return box

    def _ink(self, char: str) -> tuple[int, int, int, int] | None:
        if char not in self._inks:
            self._inks[char] = self._measured_ink(char)
        return self._inks[char]

    def _measured_ink(self, char: str) -> tuple[int, int, int, int] | None:
        image = QImage(_SCRATCH, _SCRATCH, QImage.Format.Format_Grayscale8)
        image.fill(Qt.GlobalColor.black)
        painter = QPainter(image)
        painter.setRenderHint(QPainter.RenderHint.TextAntialiasing)
        painter.setPen(QColor("white"))
        painter.drawGlyphRun(QPointF(_SCRATCH // 3, _SCRATCH // 2), self.run(char))
        painter.end()
        pixels = bytes(image.constBits())
        rows = [y for y in range(_SCRATCH) if any(pixels[y * _SCRATCH : (y + 1) * _SCRATCH])]
        columns = [x for x in range(_SCRATCH) if any(pixels[x::_SCRATCH])]
        if not rows:
            return None
        return (
            columns[0] - _SCRATCH // 3, rows[0] - _SCRATCH // 2,
            columns[-1] + 1 - _SCRATCH // 3, rows[-1] + 1 - _SCRATCH // 2,
        )  # fmt: skip

    def elided(self, text: Text, width: float) -> Marked:
        """The text, or as much of its start as fits in `width` with an ellipsis."""
        marked = as_marked(text)
        if self.width(marked.text) <= width:
            return marked
        room, n = width - self.width("…"), 0
        for char in marked.text:
            room -= self._glyph(char)[1]
            if room < 0:
                break
            n += 1
        kept = marked[:n]
        cut = kept.spans[-1] if kept.spans and kept.spans[-1].end == n and n else None
        if cut is None:
            return kept + "…"
        # The ellipsis of a secret that is cut stands where its next character would: it moves with the secret's glyphs.
        return kept + Marked("…", (Span(0, 1, cut.secret, cut.offset + cut.end - cut.start),))

    def wrapped(self, text: Text, width: float) -> list[Marked]:
        """The text broken at spaces and line ends so that every line fits in `width` where a word does."""
        marked, lines, start, last_space, x = as_marked(text), [], 0, -1, 0.0
        for i, char in enumerate(marked.text):
            if char == "\n":
                lines.append(marked[start:i])
                start, last_space, x = i + 1, -1, 0.0
                continue
            x += self._glyph(char)[1]
            if char == " ":
                last_space = i
            elif x > width and last_space >= start:
                lines.append(marked[start:last_space])
                start = last_space + 1
                x, last_space = self.width(marked.text[start : i + 1]), -1
        lines.append(marked[start:])
        return lines

    def index_at(self, text: str, x: float) -> int:
        """The caret position nearest to `x` px from the start of `text`."""
        at = 0.0
        for i, char in enumerate(text):
            advance = self._glyph(char)[1]
            if x < at + advance / 2:
                return i
            at += advance
        return len(text)


def _united(a: tuple[float, int, float, int], b: tuple[float, int, float, int]) -> tuple[float, int, float, int]:
    return min(a[0], b[0]), min(a[1], b[1]), max(a[2], b[2]), max(a[3], b[3])


def whole_pixels(ink: tuple[float, int, float, int], x: float, baseline: int) -> tuple[int, int, int, int]:
    """An ink box placed at (x, baseline), as whole pixels (x, y, w, h) that hold every inked pixel."""
    left, right = math.floor(x + ink[0]), math.ceil(x + ink[2])
    return left, baseline + ink[1], right - left, ink[3] - ink[1]


def load_fonts() -> None:
    """Registers the bundled fonts, once, before anything is painted; needs a QGuiApplication."""
    hold_singletons()
    for name in FILES:
        if QFontDatabase.addApplicationFontFromData(QByteArray(read_bytes(f"fonts/{name}"))) < 0:
            raise RuntimeError("a bundled font could not be read")


@cache
def face(px: int = 13, weight: int = 400, *, mono: bool = False) -> Face:
    """The face of this size; `load_fonts` comes first."""
    return Face(MONO if mono else SANS, px, weight)
