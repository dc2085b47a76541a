"""The desktop: wallpaper, windows in their order, menus, notifications and the bar at the bottom."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QBrush, QColor, QImage, QLinearGradient, QPainter, QPainterPath

from app.demo.box import Box
from app.demo.canvas import Canvas, Ink, Node, Style
from app.demo.layer import Layer, Menu, Toast
from app.demo.theme import Palette
from app.demo.window import AppWindow

BAR = 40
MINUTE = 60_000_000_000


@dataclass(frozen=True, slots=True)
class Glyphs:
    """Glyphs of a secret on the screen, in screen pixels; `shown` is one visible part of `box`."""

    ink: Ink
    theme: str
    box: Box
    shown: Box


class Taskbar(Layer):
    """The bar with the applications and the clock."""

    def __init__(self, screen: Box, palette: Palette, clock: str) -> None:
        super().__init__("taskbar", Box(screen.x, screen.bottom - BAR, screen.w, BAR), palette)
        self.apps: list[AppWindow] = []
        self.date = ""
        hours, minutes = clock.split(":")
        self._start, self._minutes = int(hours) * 60 + int(minutes), 0

    def tick(self, t_ns: int) -> bool:
        minutes = t_ns // MINUTE
        if minutes != self._minutes:
            self._minutes = minutes
            self.touch()
        return False

    @property
    def clock(self) -> str:
        now = self._start + self._minutes
        return f"{now // 60 % 24:02}:{now % 60:02}"

    def paint(self, c: Canvas) -> None:
        look = self.palette
        c.fill(c.box, look.bar)
        c.hline(0, 0, c.box.w)
        c.node("taskbar", "tool bar", "Taskbar", c.box)
        width = 44 * (len(self.apps) + 1)
        x = (c.box.w - width) // 2
        c.tool("start", Box(x, 2, 40, 36), "menu", "Applications", size=18, color=look.accent)
        for i, window in enumerate(self.apps):
            box = Box(x + 44 * (i + 1), 2, 40, 36)
            c.tool(f"task:{window.id}", box, window.icon, window.app, size=18, color=look.text)
            if window.active:
                c.fill(Box(box.x + 12, 36, 16, 3), look.accent, 1.5)
        c.text(Box(c.box.w - 110, 4, 96, 16), self.clock, Style(12, 500), "right")
        c.text(Box(c.box.w - 110, 20, 96, 15), self.date, Style(11, color=look.muted), "right")
        for i, icon in enumerate(("wifi", "volume", "bell")):
            c.icon(icon, c.box.w - 190 + 26 * i, 12, 15, look.muted)


class Desktop:
    """All layers of one display and the order they are stacked in; `screen` in capture pixels of that display."""

    def __init__(self, screen: Box, palette: Palette, clock: str, date: str) -> None:
        self.screen = screen
        self.palette = palette
        self.windows: list[AppWindow] = []  # bottom to top
        self.menu: Menu | None = None
        self.toasts: list[Toast] = []
        self.taskbar = Taskbar(screen, palette, clock)
        self.taskbar.date = date
        self.hidden: set[str] = set()
        self._stacked = True
        self._pictures: list[tuple[str, int]] = []
        self._wallpaper = QImage()
        self._shadows: dict[tuple[int, int, int], QImage] = {}

    # Stacking --------------------------------------------------------------------------------------------------

    def open(self, window: AppWindow) -> None:
        self.windows.append(window)
        self.taskbar.apps.append(window)
        self.raise_window(window)

    def raise_window(self, window: AppWindow) -> None:
        self.hidden.discard(window.id)
        self.windows.remove(window)
        self.windows.append(window)
        for other in self.windows:
            if other.active != (other is window):
                other.active = other is window
                other.touch()
        self.taskbar.touch()
        self._stacked = True

    def restack(self) -> None:
        self._stacked = True

    def resize(self, screen: Box) -> None:
        """Another resolution: windows keep their size where they fit and are pulled inside."""
        self.screen = screen
        self.taskbar.place(Box(screen.x, screen.bottom - BAR, screen.w, BAR))
        self.taskbar.touch()
        for w in self.windows:
            width, height = min(w.box.w, screen.w - 24), min(w.box.h, screen.h - BAR - 20)
            x, y = min(w.box.x, screen.right - width - 12), min(w.box.y, screen.bottom - BAR - height - 8)
            w.place(Box(max(x, 12), max(y, 8), width, height))
        self._wallpaper = QImage()
        self._stacked = True

    @property
    def active(self) -> AppWindow:
        return self.windows[-1]

    def window(self, window_id: str) -> AppWindow:
        return next(w for w in self.windows if w.id == window_id)

    def layers(self) -> list[Layer]:
        """Bottom to top, those that show."""
        shown: list[Layer] = [w for w in self.windows if w.id not in self.hidden]
        shown.append(self.taskbar)
        shown += self.toasts
        return [*shown, self.menu] if self.menu else shown

    def hit(self, x: float, y: float) -> tuple[Layer | None, Node | None]:
        """The topmost layer and node at a point."""
        for layer in reversed(self.layers()):
            if layer.box.contains(x, y):
                return layer, layer.node_at(x, y)
        return None, None

    # Painting --------------------------------------------------------------------------------------------------

    def tick(self, t_ns: int) -> None:
        before = len(self.toasts)
        self.toasts = [t for t in self.toasts if not t.gone(t_ns)]
        moved = [layer for layer in self.layers() if layer.tick(t_ns)]
        if moved or len(self.toasts) != before:
            self._stacked = True

    def refresh(self) -> bool:
        """Repaint what is out of date; returns whether the screen looks different."""
        layers = self.layers()
        for layer in layers:
            layer.refresh()
        # Layers are also painted when somebody asks what is under the pointer, so what they return cannot be relied on.
        pictures = [(layer.id, layer.revision) for layer in layers]
        changed = self._stacked or pictures != self._pictures
        self._stacked, self._pictures = False, pictures
        return changed

    def compose(self, painter: QPainter) -> None:
        """Paint all layers; the painter's origin is the screen's corner."""
        painter.drawImage(0, 0, self._desk())
        for layer in self.layers():
            x, y = layer.box.x - self.screen.x, layer.box.y - self.screen.y
            if layer.shadow:
                painter.drawImage(x - layer.shadow, y - layer.shadow // 2, self._shadow(layer))
            painter.drawImage(x, y, layer.image)

    def _desk(self) -> QImage:
        if self._wallpaper.isNull():
            w, h = self.screen.w, self.screen.h
            self._wallpaper = QImage(w, h, QImage.Format.Format_RGB32)
            painter = QPainter(self._wallpaper)
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            shade = QLinearGradient(QPointF(0, 0), QPointF(w * 0.4, h))
            shade.setColorAt(0, QColor(self.palette.desk[0]))
            shade.setColorAt(1, QColor(self.palette.desk[1]))
            painter.fillRect(QRectF(0, 0, w, h), QBrush(shade))
            painter.setPen(Qt.PenStyle.NoPen)
            for i, part in enumerate((0.62, 0.78)):
                color = QColor(self.palette.desk_shape)
                color.setAlphaF(0.5 + 0.25 * i)
                painter.setBrush(color)
                painter.drawPath(_hill(w, h, part, phase=1.7 * i))
            painter.end()
        return self._wallpaper

    def _shadow(self, layer: Layer) -> QImage:
        key = (layer.box.w, layer.box.h, layer.shadow)
        if key not in self._shadows:
            n = layer.shadow
            image = QImage(key[0] + 2 * n, key[1] + 2 * n, QImage.Format.Format_ARGB32_Premultiplied)
            image.fill(0)
            painter = QPainter(image)
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(QColor(0, 0, 0, 4))
            for i in range(1, 17):
                out = n * (i / 16) ** 2  # denser towards the window
                box = QRectF(n - out, n - out, key[0] + 2 * out, key[1] + 2 * out)
                painter.drawRoundedRect(box, layer.radius + out, layer.radius + out)
            painter.end()
            self._shadows[key] = image
        return self._shadows[key]

    # What shows ------------------------------------------------------------------------------------------------

    def glyphs(self) -> list[Glyphs]:
        """Every visible part of every secret's glyphs, in screen pixels."""
        found = []
        layers = self.layers()
        for i, layer in enumerate(layers):
            above = [b for upper in layers[i + 1 :] for b in upper.covers()]
            for ink in layer.painted.inks:
                box = ink.box.moved(layer.box.x, layer.box.y)
                for part in self._visible(ink.shown.moved(layer.box.x, layer.box.y), above):
                    found.append(Glyphs(ink, layer.palette.name, box, part))
        return found

    def plain_text(self) -> list[Box]:
        """Every visible part of text that is not secret, in screen pixels."""
        found: list[Box] = []
        layers = self.layers()
        for i, layer in enumerate(layers):
            above = [b for upper in layers[i + 1 :] for b in upper.covers()]
            for box in layer.painted.plain:
                found += self._visible(box.moved(layer.box.x, layer.box.y), above)
        return found

    def _visible(self, box: Box, above: Iterable[Box]) -> list[Box]:
        on_screen = box.meet(self.screen)
        parts = [] if on_screen is None else [on_screen]
        for cover in above:
            parts = [piece for part in parts for piece in part.minus(cover)]
        return parts


def _hill(w: int, h: int, part: float, phase: float) -> QPainterPath:
    path = QPainterPath(QPointF(0, h))
    for x in range(0, w + 16, 16):
        path.lineTo(x, h * part + math.sin(x / w * 5 + phase) * h * 0.07)
    path.lineTo(w + 16, h)
    path.closeSubpath()
    return path
