"""The two looks of the demo desktop."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Palette:
    """Colours as `#rrggbb`."""

    name: str
    desk: tuple[str, str]  # wallpaper, top and bottom
    desk_shape: str
    window: str
    side: str
    raised: str
    line: str
    text: str
    muted: str
    faint: str
    hover: str
    selected: str
    accent: str
    on_accent: str
    ok: str
    warn: str
    danger: str
    title: str
    title_off: str
    bar: str
    syntax: tuple[str, str, str, str]  # keyword, string, comment, function


LIGHT = Palette(
    name="light",
    desk=("#b9cfe4", "#7fa3c7"),
    desk_shape="#9dbbd8",
    window="#ffffff",
    side="#f4f5f7",
    raised="#ffffff",
    line="#e1e4e8",
    text="#1f2328",
    muted="#626a73",
    faint="#8c959f",
    hover="#eceff3",
    selected="#dbe9fb",
    accent="#1f6feb",
    on_accent="#ffffff",
    ok="#1a7f4b",
    warn="#b26a00",
    danger="#cf2f3a",
    title="#eef0f3",
    title_off="#f7f8f9",
    bar="#f3f5f8",
    syntax=("#8250df", "#0a6b58", "#6e7781", "#0550ae"),
)
DARK = Palette(
    name="dark",
    desk=("#1d2433", "#10141d"),
    desk_shape="#232c3e",
    window="#1e2127",
    side="#191c21",
    raised="#262a31",
    line="#333841",
    text="#dfe3ea",
    muted="#99a2b0",
    faint="#6c7582",
    hover="#2b3038",
    selected="#2c3f5c",
    accent="#5a9bf6",
    on_accent="#0d1420",
    ok="#4fbf7c",
    warn="#e0a44a",
    danger="#f0626b",
    title="#2a2e36",
    title_off="#22252b",
    bar="#14171c",
    syntax=("#c792ea", "#9fce7f", "#6b7486", "#79b0ff"),
)
AVATARS = ("#4f7cac", "#b5654a", "#5f9e6e", "#8a63a8", "#b98a2f", "#4aa3a2", "#a8556f", "#6b7a8f")
