"""The look: tokens from `resources/theme.toml` turned into one QPalette, one style sheet, fonts and tinted icons.

Qt reports no colour scheme without a platform theme, so the palette is ours on every platform (Fusion underneath).
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import as_file, files
from pathlib import Path

from PySide6.QtCore import QByteArray, QRectF, Qt
from PySide6.QtGui import QColor, QFont, QFontDatabase, QIcon, QPainter, QPalette, QPixmap
from PySide6.QtSvg import QSvgRenderer
from PySide6.QtWidgets import QApplication

import resources

FONT_FILES = ("fonts/inter.woff2", "fonts/jetbrains-mono-400.woff2", "fonts/jetbrains-mono-600.woff2")
# Pictures that a style sheet can only take as files; each is a Lucide icon in one token's colour.
SHEET_ICONS = {
    "chevron_down": "chevron-down-muted",
    "sort_up": "chevron-up-muted",
    "sort_down": "chevron-down-muted",
    "check_mark": "check-on-accent",
}


@dataclass(frozen=True, slots=True)
class Tokens:
    """The values of `theme.toml`: colours as #RRGGBB by name, sizes in logical px."""

    color: dict[str, str]
    track: dict[str, str]
    font: dict[str, str | int]
    metric: dict[str, int] = field(default_factory=dict)


@cache
def tokens() -> Tokens:
    data = tomllib.loads(resources.read_text("theme.toml"))
    return Tokens(data["color"], data["track"], data["font"], data["metric"])


@cache
def color(name: str) -> QColor:
    """The colour token `name`, of `[color]` or, as `track.x`, of `[track]`."""
    if name.startswith("track."):
        return QColor(tokens().track[name.removeprefix("track.")])
    return QColor(tokens().color[name])


def with_alpha(name: str, alpha: float) -> QColor:
    """The colour token `name` at opacity `alpha` in [0, 1]."""
    out = QColor(color(name))
    out.setAlphaF(alpha)
    return out


@cache
def interface_font(size_px: int = 0, weight: int = 400) -> QFont:
    """The interface face; `size_px` 0 means the default size."""
    return _font(str(tokens().font["interface"]), size_px, weight)


@cache
def mono_font(size_px: int = 0, weight: int = 400) -> QFont:
    """The face of times, ids and keys."""
    return _font(str(tokens().font["mono"]), size_px, weight)


def _font(family: str, size_px: int, weight: int) -> QFont:
    font = QFont(family)
    font.setPixelSize(size_px or int(tokens().font["size"]))
    font.setWeight(QFont.Weight(weight))
    return font


@cache
def _svg(name: str, hex_color: str) -> QByteArray:
    return QByteArray(resources.read_text(f"icons/{name}.svg").replace("currentColor", hex_color).encode())


def paint_icon(painter: QPainter, name: str, target: QRectF, color_name: str = "text") -> None:
    """Paint the Lucide icon `name` in a colour token, crisp at the painter's device pixel ratio."""
    dpr = painter.device().devicePixelRatioF()
    pixmap = _pixmap(name, color_name, max(1, round(target.width() * dpr)))
    painter.drawPixmap(target, pixmap, QRectF(pixmap.rect()))


@cache
def _pixmap(name: str, color_name: str, size: int) -> QPixmap:
    """Rendered once per size: a list paints dozens of icons a frame, and rendering SVG takes a millisecond each."""
    pixmap = QPixmap(size, size)
    pixmap.fill(Qt.GlobalColor.transparent)
    painter = QPainter(pixmap)
    QSvgRenderer(_svg(name, color(color_name).name())).render(painter, QRectF(0, 0, size, size))
    painter.end()
    return pixmap


@cache
def icon(name: str, color_name: str = "text") -> QIcon:
    """The Lucide icon `name`, tinted; muted when disabled, at the sizes that 100–200 % scales need."""
    out = QIcon()
    for size in (16, 20, 24, 32, 40, 48):
        out.addPixmap(_pixmap(name, color_name, size), QIcon.Mode.Normal)
        out.addPixmap(_pixmap(name, "faint", size), QIcon.Mode.Disabled)
    return out


def palette() -> QPalette:
    """The whole QPalette; Fusion and every unstyled control read it."""
    out = QPalette()
    roles = {
        QPalette.ColorRole.Window: "background",
        QPalette.ColorRole.Base: "surface",
        QPalette.ColorRole.AlternateBase: "surface",
        QPalette.ColorRole.Button: "raised",
        QPalette.ColorRole.ToolTipBase: "raised",
        QPalette.ColorRole.WindowText: "text",
        QPalette.ColorRole.Text: "text",
        QPalette.ColorRole.ButtonText: "text",
        QPalette.ColorRole.ToolTipText: "text",
        QPalette.ColorRole.BrightText: "danger_text",
        QPalette.ColorRole.PlaceholderText: "muted",
        QPalette.ColorRole.Highlight: "accent",
        QPalette.ColorRole.HighlightedText: "on_accent",
        QPalette.ColorRole.Link: "accent",
        QPalette.ColorRole.LinkVisited: "accent",
        QPalette.ColorRole.Light: "line_strong",
        QPalette.ColorRole.Midlight: "line",
        QPalette.ColorRole.Mid: "line",
        QPalette.ColorRole.Dark: "background",
        QPalette.ColorRole.Shadow: "canvas",
        QPalette.ColorRole.Accent: "accent",
    }
    for role, name in roles.items():
        out.setColor(role, color(name))
    for role in (QPalette.ColorRole.WindowText, QPalette.ColorRole.Text, QPalette.ColorRole.ButtonText):
        out.setColor(QPalette.ColorGroup.Disabled, role, color("faint"))
    return out


def style_sheet() -> str:
    """`theme.qss` with every `@token` filled in."""
    with as_file(files(resources) / "icons") as folder:
        icons = {token: Path(folder, f"{name}.svg").as_posix() for token, name in SHEET_ICONS.items()}
    values: dict[str, object] = {**tokens().color, **tokens().metric, **tokens().font, **icons}
    sheet = resources.read_text("theme.qss")
    for name in sorted(values, key=len, reverse=True):
        sheet = sheet.replace(f"@{name}", str(values[name]))
    return sheet


def apply_theme(app: QApplication) -> None:
    """Load the bundled fonts and dress the whole application."""
    for name in FONT_FILES:
        QFontDatabase.addApplicationFontFromData(QByteArray(resources.read_bytes(name)))
    app.setStyle("Fusion")
    app.setFont(interface_font())
    app.setPalette(palette())
    app.setStyleSheet(style_sheet())
