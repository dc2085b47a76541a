"""What an application paints with: shapes, text and nodes, noting where every secret's glyphs and every node went."""

from __future__ import annotations

import math
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QBrush, QColor, QLinearGradient, QPainter, QPen

from app.demo.box import Box
from app.demo.fonts import Face, face, whole_pixels
from app.demo.icons import icon_path
from app.demo.marked import Marked, Span, Text, as_marked
from app.demo.theme import AVATARS, Palette


@dataclass(frozen=True, slots=True)
class Ink:
    """Glyphs of a secret: its characters [start, end), the tight box of their pixels, the part of it not clipped."""

    secret: str
    start: int
    end: int
    box: Box
    shown: Box
    font_px: int


@dataclass(frozen=True, slots=True)
class Node:
    """One node of the user interface, in the coordinates of what was painted."""

    id: str
    role: str
    name: Marked
    box: Box
    value: Marked | None = None
    states: tuple[str, ...] = ()
    cursor: str = "arrow"


@dataclass(slots=True)
class Painted:
    """What a paint left behind besides pixels. Nodes are in paint order: the last one under a point is on top."""

    inks: list[Ink] = field(default_factory=list)
    plain: list[Box] = field(default_factory=list)  # text that is not secret
    nodes: list[Node] = field(default_factory=list)

    def node_at(self, x: float, y: float) -> Node | None:
        return next((n for n in reversed(self.nodes) if n.box.contains(x, y)), None)

    def node(self, node_id: str) -> Node:
        return next(n for n in self.nodes if n.id == node_id)


@dataclass(frozen=True, slots=True)
class Style:
    """How text looks; `color` overrides the palette's text colour."""

    px: int = 13
    weight: int = 400
    color: str = ""
    mono: bool = False

    @property
    def face(self) -> Face:
        return face(self.px, self.weight, mono=self.mono)


BODY = Style()


class Canvas:
    """A painter over one image of size `box`; everything is in that image's pixels."""

    def __init__(self, painter: QPainter, box: Box, palette: Palette, hover: str | None = None) -> None:
        self.p = painter
        self.box = box
        self.palette = palette
        self.hover = hover
        self.painted = Painted()
        self._clip = box
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setRenderHint(QPainter.RenderHint.TextAntialiasing)

    def fill(self, box: Box, color: str, radius: float = 0, alpha: float = 1.0) -> None:
        shade = QColor(color)
        shade.setAlphaF(alpha)
        if not radius:
            self.p.fillRect(box.x, box.y, box.w, box.h, shade)
            return
        self.p.setPen(Qt.PenStyle.NoPen)
        self.p.setBrush(shade)
        self.p.drawRoundedRect(QRectF(*box), radius, radius)

    def frame(self, box: Box, color: str, radius: float = 0, width: float = 1.0) -> None:
        self.p.setPen(QPen(QColor(color), width))
        self.p.setBrush(Qt.BrushStyle.NoBrush)
        self.p.drawRoundedRect(QRectF(box.x + 0.5, box.y + 0.5, box.w - 1, box.h - 1), radius, radius)

    def panel(self, box: Box, color: str, line: str, radius: float = 6) -> None:
        self.fill(box, color, radius)
        self.frame(box, line, radius)

    def hline(self, x: int, y: int, w: int, color: str = "") -> None:
        self.fill(Box(x, y, w, 1), color or self.palette.line)

    def vline(self, x: int, y: int, h: int, color: str = "") -> None:
        self.fill(Box(x, y, 1, h), color or self.palette.line)

    def ellipse(self, box: Box, color: str) -> None:
        self.p.setPen(Qt.PenStyle.NoPen)
        self.p.setBrush(QColor(color))
        self.p.drawEllipse(QRectF(*box))

    def gradient(self, box: Box, top: str, bottom: str) -> None:
        shade = QLinearGradient(QPointF(0, box.y), QPointF(0, box.bottom))
        shade.setColorAt(0, QColor(top))
        shade.setColorAt(1, QColor(bottom))
        self.p.fillRect(QRectF(*box), QBrush(shade))

    def polyline(self, points: list[tuple[float, float]], color: str, width: float = 1.5) -> None:
        self.p.setPen(QPen(QColor(color), width))
        self.p.drawPolyline([QPointF(*p) for p in points])

    def icon(self, name: str, x: float, y: float, size: float, color: str) -> None:
        """A line icon with its top-left corner at (x, y)."""
        pen = QPen(QColor(color), 24 * max(1.3, size / 12) / size)
        pen.setCapStyle(Qt.PenCapStyle.RoundCap)
        pen.setJoinStyle(Qt.PenJoinStyle.RoundJoin)
        self.p.save()
        self.p.translate(x, y)
        self.p.scale(size / 24, size / 24)
        self.p.setPen(pen)
        self.p.setBrush(Qt.BrushStyle.NoBrush)
        self.p.drawPath(icon_path(name))
        self.p.restore()

    def avatar(self, box: Box, index: int) -> None:
        """Head and shoulders on a disc: a person without a name."""
        self.ellipse(box, AVATARS[index % len(AVATARS)])
        with self.clipped(box):
            x, y, w, h = box
            self.p.setBrush(QColor(255, 255, 255, 215))
            self.p.drawEllipse(QRectF(x + w * 0.33, y + h * 0.2, w * 0.34, h * 0.34))
            self.p.drawChord(QRectF(x + w * 0.17, y + h * 0.6, w * 0.66, h * 0.7), 0, 180 * 16)

    @contextmanager
    def clipped(self, box: Box) -> Iterator[None]:
        """Nothing outside `box` is painted, nor counted as visible."""
        before = self._clip
        self._clip = before.meet(box) or Box(box.x, box.y, 0, 0)
        self.p.save()
        self.p.setClipRect(QRectF(*self._clip))
        try:
            yield
        finally:
            self.p.restore()
            self._clip = before

    def text(self, box: Box, text: Text, style: Style = BODY, align: str = "left", *, elide: bool = True) -> float:
        """One line in the middle of `box`; returns its width."""
        kind = style.face
        line = kind.elided(text, box.w) if elide else as_marked(text)
        width = kind.width(line.text)
        x = float(box.x)
        if align == "right":
            x = box.right - width
        elif align == "center":
            x = box.x + math.floor((box.w - width) / 2)
        baseline = box.y + math.floor((box.h + kind.ascent - kind.descent) / 2 + 0.5)
        self.glyphs(x, baseline, line, style)
        return width

    def glyphs(self, x: float, baseline: int, line: Marked, style: Style) -> None:
        """One line with its origin at (x, baseline)."""
        kind = style.face
        if not line.text.strip() or not (self._clip.y - 40 < baseline < self._clip.bottom + 40):
            return
        self.p.setPen(QColor(style.color or self.palette.text))
        self.p.drawGlyphRun(QPointF(x, baseline), kind.run(line.text))
        done = 0
        for span in line.spans:
            self._note_plain(kind, x, baseline, line.text, done, span.start)
            self._note_secret(kind, x, baseline, line.text, span)
            done = span.end
        self._note_plain(kind, x, baseline, line.text, done, len(line.text))

    def _note_secret(self, kind: Face, x: float, baseline: int, text: str, span: Span) -> None:
        ink = kind.ink(text[span.start : span.end])
        if ink is None:
            return
        box = Box(*whole_pixels(ink, x + kind.width(text[: span.start]), baseline))
        shown = box.meet(self._clip)
        if shown is not None:
            length = span.end - span.start
            self.painted.inks.append(Ink(span.secret, span.offset, span.offset + length, box, shown, kind.px))

    def _note_plain(self, kind: Face, x: float, baseline: int, text: str, start: int, end: int) -> None:
        ink = kind.ink(text[start:end]) if text[start:end].strip() else None
        if ink is None:
            return
        shown = Box(*whole_pixels(ink, x + kind.width(text[:start]), baseline)).meet(self._clip)
        if shown is not None:
            self.painted.plain.append(shown)

    def paragraph(self, box: Box, text: Text, style: Style = BODY, line_height: int = 20) -> int:
        """Wrapped lines from the top of `box`; returns their height (nothing is cut off at the bottom)."""
        lines = style.face.wrapped(text, box.w)
        for i, line in enumerate(lines):
            self.text(Box(box.x, box.y + i * line_height, box.w, line_height), line, style, elide=False)
        return len(lines) * line_height

    def node(
        self, node_id: str, role: str, name: Text, box: Box,
        *, value: Text | None = None, states: tuple[str, ...] = (), cursor: str = "arrow",
    ) -> bool:  # fmt: skip
        """Note a node, if any of it shows; returns whether the pointer is over it."""
        shown = box.meet(self._clip)
        if shown is not None:
            marked = None if value is None else as_marked(value)
            self.painted.nodes.append(Node(node_id, role, as_marked(name), shown, marked, states, cursor))
        return self.hover == node_id

    def button(self, node_id: str, box: Box, label: str, *, primary: bool = False, icon: str = "") -> None:
        """A push button."""
        look = self.palette
        hot = self.node(node_id, "push button", label, box)
        back = look.accent if primary else (look.hover if hot else look.raised)
        self.fill(box, back, 6)
        if primary and hot:
            self.fill(box, look.text, 6, 0.12)
        if not primary:
            self.frame(box, look.line, 6)
        color = look.on_accent if primary else look.text
        inner = box.inset(10, 0)
        if icon:
            self.icon(icon, box.x + 9, box.y + (box.h - 14) / 2, 14, color)
            inner = inner.left(16)[1]
        self.text(inner, label, Style(12, 500, color), "center")

    def tool(self, node_id: str, box: Box, icon: str, name: str, *, size: int = 16, color: str = "") -> None:
        """A flat icon button."""
        if self.node(node_id, "push button", name, box):
            self.fill(box, self.palette.hover, 5)
        self.icon(icon, box.x + (box.w - size) / 2, box.y + (box.h - size) / 2, size, color or self.palette.muted)
