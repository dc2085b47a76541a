"""Tokens, fonts and icons: legible, bundled, and nothing that is not used."""

from __future__ import annotations

import re
from importlib.resources import files
from pathlib import Path

import pytest
from PySide6.QtGui import QColor, QFontDatabase, QPalette

import resources
from app.actions.catalogue import ACTIONS
from widgets import theme

ROOT = Path(__file__).resolve().parent.parent.parent
DESIGNED = {
    "background": "#141414", "surface": "#1C1C1D", "raised": "#252527", "line": "#333336", "text": "#E6E4E0",
    "muted": "#9A9792", "accent": "#FFB000", "danger": "#E5484D", "ok": "#46A758", "info": "#5B8DEF",
}  # fmt: skip
READ = ("text", "muted", "accent", "danger_text", "ok_text", "info_text")
SURFACES = ("canvas", "background", "surface", "raised", "hover", "accent_soft", "danger_soft")


def luminance(name: str) -> float:
    """Relative luminance as WCAG 2.2 defines it."""
    c = QColor(theme.color(name))
    parts = [v / 12.92 if v <= 0.03928 else ((v + 0.055) / 1.055) ** 2.4 for v in (c.redF(), c.greenF(), c.blueF())]
    return 0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2]


def contrast(a: str, b: str) -> float:
    high, low = sorted((luminance(a), luminance(b)), reverse=True)
    return (high + 0.05) / (low + 0.05)


def test_the_colours_are_the_designed_ones():
    assert {name: theme.tokens().color[name] for name in DESIGNED} == DESIGNED


@pytest.mark.parametrize("surface", SURFACES)
@pytest.mark.parametrize("ink", READ)
def test_text_is_legible_on_every_surface(ink, surface):
    assert contrast(ink, surface) >= 4.5


def test_text_on_the_accent_is_legible():
    assert contrast("on_accent", "accent") >= 4.5


def test_nothing_is_brighter_than_a_white_frame():
    assert max(luminance(name) for name in theme.tokens().color) < 0.85


def test_the_style_sheet_has_no_token_left_open():
    assert re.findall(r"@[a-z_]+", theme.style_sheet()) == []


def test_the_palette_is_ours(dressed):
    assert dressed.palette().color(QPalette.ColorRole.Window).name().upper() == DESIGNED["background"]
    assert dressed.style().objectName() in ("fusion", "")


def test_the_fonts_are_the_bundled_ones(dressed):
    families = QFontDatabase.families()
    assert "Inter" in families
    assert "JetBrains Mono" in families


def used_icons() -> set[str]:
    """Every quoted word in the code that names an icon file."""
    named = {p.stem for p in (ROOT / "resources" / "icons").glob("*.svg")}
    code = "".join(p.read_text(encoding="utf-8") for d in ("app", "widgets") for p in (ROOT / d).rglob("*.py"))
    return {name for name in named if f'"{name}"' in code}


def test_every_bundled_icon_is_used_and_carries_its_licence():
    bundled = {p.stem for p in (ROOT / "resources" / "icons").glob("*.svg")}
    assert bundled - used_icons() == set()
    assert "ISC" in resources.read_text("icons/LICENSE.txt")


def test_the_fonts_carry_their_licences():
    for name in ("inter", "jetbrains-mono"):
        assert "SIL Open Font License" in resources.read_text(f"fonts/{name}.LICENSE.txt")


@pytest.mark.parametrize("name", sorted({a.icon for a in ACTIONS if a.icon}))
def test_every_icon_of_an_action_is_bundled_and_paints(dressed, name):
    assert files(resources).joinpath("icons", f"{name}.svg").is_file()
    assert not theme.icon(name).pixmap(16, 16).isNull()
