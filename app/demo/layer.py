"""Layers: the pieces a desktop is stacked from, each with its own picture, repainted only when it changed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from PySide6.QtCore import QRectF
from PySide6.QtGui import QColor, QImage, QPainter, QPainterPath

from app.demo.box import Box
from app.demo.canvas import Canvas, Node, Painted, Style
from app.demo.marked import Text, as_marked
from app.demo.theme import Palette

MS = 1_000_000


class Layer:
    """Something on the screen; `box` in screen pixels, its picture and nodes in its own."""

    radius = 0
    shadow = 0

    def __init__(self, layer_id: str, box: Box, palette: Palette) -> None:
        self.id = layer_id
        self.box = box
        self.palette = palette
        self.hover: str | None = None
        self.painted = Painted()
        self.image = QImage()
        self.revision = 0  # counts the pictures painted so far
        self._dirty = True

    def touch(self) -> None:
        """The picture is out of date."""
        self._dirty = True

    def place(self, box: Box) -> None:
        self._dirty = self._dirty or (box.w, box.h) != (self.box.w, self.box.h)
        self.box = box

    def tick(self, t_ns: int) -> bool:
        """Let time pass; returns whether the layer moved. Changes of the picture are told by `touch`."""
        return False

    def refresh(self) -> None:
        """Paint if out of date."""
        if not self._dirty:
            return
        self._dirty = False
        self.revision += 1
        size = Box(0, 0, self.box.w, self.box.h)
        if (self.image.width(), self.image.height()) != (size.w, size.h):
            self.image = QImage(size.w, size.h, QImage.Format.Format_ARGB32_Premultiplied)
        self.image.fill(0)
        painter = QPainter(self.image)
        canvas = Canvas(painter, size, self.palette, self.hover)
        self.paint(canvas)
        if self.radius:
            _round_corners(painter, size, self.radius)
        painter.end()
        self.painted = canvas.painted

    def paint(self, c: Canvas) -> None:
        raise NotImplementedError

    def node_at(self, x: float, y: float) -> Node | None:
        """The node under a point in screen pixels."""
        self.refresh()
        return self.painted.node_at(x - self.box.x, y - self.box.y)

    def point_at(self, node: Node | None) -> None:
        """The pointer is over `node`, or left."""
        hover = None if node is None else node.id
        if hover != self.hover:
            self.hover = hover
            self.touch()

    def covers(self) -> tuple[Box, ...]:
        """The boxes (screen px) in which nothing below shows; the rounded corners are left out."""
        if not self.radius:
            return (self.box,)
        return self.box.inset(self.radius, 0), self.box.inset(0, self.radius)

    def click(self, node: Node, button: str, x: float, y: float) -> None:
        """A button was pressed and released over `node`; (x, y) in screen pixels."""


def _round_corners(painter: QPainter, box: Box, radius: int) -> None:
    outside = QPainterPath()
    outside.addRect(QRectF(*box))
    outside.addRoundedRect(QRectF(*box), radius, radius)
    painter.setCompositionMode(QPainter.CompositionMode.CompositionMode_Clear)
    painter.fillPath(outside, QColor("black"))


@dataclass(frozen=True, slots=True)
class Item:
    """One entry of a menu; an empty label is a separator."""

    label: str
    icon: str = ""
    hint: str = ""


class Menu(Layer):
    """A context menu; `picked` hears the label of the chosen item."""

    radius = 8
    shadow = 14
    ROW, GAP = 28, 9

    def __init__(
        self, x: int, y: int, items: tuple[Item, ...], palette: Palette, picked: Callable[[str], None]
    ) -> None:
        height = 10 + sum(self.ROW if i.label else self.GAP for i in items)
        super().__init__("menu", Box(x, y, 216, height), palette)
        self._items = items
        self._picked = picked

    def paint(self, c: Canvas) -> None:
        look = self.palette
        c.panel(c.box, look.raised, look.line, self.radius)
        y = 5
        for item in self._items:
            if not item.label:
                c.hline(10, y + 4, c.box.w - 20)
                y += self.GAP
                continue
            row = Box(5, y, c.box.w - 10, self.ROW)
            if c.node(f"menu:{item.label}", "menu item", item.label, row):
                c.fill(row, look.selected, 5)
            if item.icon:
                c.icon(item.icon, row.x + 8, y + 7, 14, look.muted)
            c.text(row.inset(32, 0), item.label, Style(12))
            c.text(row.inset(10, 0), item.hint, Style(11, color=look.faint), "right")
            y += self.ROW

    def click(self, node: Node, button: str, x: float, y: float) -> None:
        if node.id.startswith("menu:"):
            self._picked(node.id.removeprefix("menu:"))


class Toast(Layer):
    """A notification that slides in from the right, stays and leaves."""

    radius = 10
    shadow = 16
    SLIDE = 220 * MS

    def __init__(
        self, screen: Box, palette: Palette, *, app: str, icon: str, title: Text, body: Text, t_ns: int, stay_ns: int
    ) -> None:
        self._home = Box(screen.right - 340, screen.bottom - 40 - 12 - 92, 328, 92)
        self._away = self._home.moved(352, 0)
        super().__init__("toast", self._away, palette)
        self._app, self._icon = app, icon
        self.title, self.body = as_marked(title), as_marked(body)
        self.start_ns, self.end_ns = t_ns, t_ns + stay_ns

    def tick(self, t_ns: int) -> bool:
        since, left = (t_ns - self.start_ns) / self.SLIDE, (self.end_ns - t_ns) / self.SLIDE
        part = max(0.0, min(1.0, since, left))
        eased = 1 - (1 - part) ** 3
        box = self._away.moved(round((self._home.x - self._away.x) * eased), 0)
        moved = box != self.box
        self.box = box
        return moved

    def gone(self, t_ns: int) -> bool:
        return t_ns >= self.end_ns

    def paint(self, c: Canvas) -> None:
        look = self.palette
        c.panel(c.box, look.raised, look.line, self.radius)
        c.node("toast", "notification", self.title, c.box, value=self.body)
        c.icon(self._icon, 14, 12, 14, look.accent)
        c.text(Box(34, 9, 200, 20), self._app, Style(11, 500, look.muted))
        c.text(Box(c.box.w - 70, 9, 40, 20), "now", Style(11, color=look.faint), "right")
        c.tool("toast:close", Box(c.box.w - 28, 8, 22, 22), "close", "Dismiss", size=11)
        c.text(Box(14, 32, c.box.w - 28, 20), self.title, Style(13, 600))
        for i, line in enumerate(Style(12).face.wrapped(self.body, c.box.w - 28)[:2]):
            c.text(Box(14, 51 + 17 * i, c.box.w - 28, 17), line, Style(12, color=look.muted))
