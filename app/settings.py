"""What the window remembers between runs: panels, columns, modes and the last libraries. Never captured content."""

from __future__ import annotations

import base64
import json
from dataclasses import asdict, dataclass, field, fields, replace
from pathlib import Path
from typing import Any, Final

from app.overlay_choices import AT_FIRST
from replay.store.library import write_whole

_FILE: Final = "settings.json"
_VERSION: Final = 1
RECENT: Final = 8


@dataclass(frozen=True, slots=True)
class Settings:
    """One value; a field that cannot be read back keeps its default. Geometries are base64 of Qt's own bytes."""

    window_geometry: str = ""
    panels: str = ""
    hidden_columns: tuple[str, ...] = ("Format", "Subject")
    captions: str = "shortcuts"
    overlays: tuple[str, ...] = AT_FIRST
    recent_libraries: tuple[str, ...] = ()
    export_formats: tuple[str, ...] = ("archive", "hf", "agentnet")

    def with_library(self, path: Path) -> Settings:
        """The same, with `path` first among the last libraries."""
        shown = str(path.resolve())
        kept = [p for p in self.recent_libraries if p != shown]
        return replace(self, recent_libraries=tuple([shown, *kept][:RECENT]))


@dataclass
class SettingsFile:
    """The settings of one home folder; a damaged file is as good as none."""

    home: Path
    value: Settings = field(default_factory=Settings)

    @classmethod
    def read(cls, home: Path) -> SettingsFile:
        try:
            document = json.loads((home / _FILE).read_bytes())
        except (OSError, ValueError):
            return cls(home)
        return cls(home, _settings_of(document))

    def change(self, **values: Any) -> None:
        self.value = replace(self.value, **values)

    def write(self) -> None:
        """Keep the settings; a home that cannot be written to loses them, which is not worth a word."""
        try:
            self.home.mkdir(mode=0o700, parents=True, exist_ok=True)
            write_whole(self.home / _FILE, json.dumps({"version": _VERSION, **asdict(self.value)}).encode())
        except OSError:
            return


def _settings_of(document: Any) -> Settings:
    if not isinstance(document, dict) or document.get("version") != _VERSION:
        return Settings()
    default = Settings()
    found: dict[str, Any] = {}
    for f in fields(Settings):
        value, kind = document.get(f.name), type(getattr(default, f.name))
        if kind is tuple and isinstance(value, list) and all(isinstance(v, str) for v in value):
            found[f.name] = tuple(value)
        elif kind is str and isinstance(value, str):
            found[f.name] = value
    return Settings(**found)


def packed(content: bytes) -> str:
    return base64.b64encode(content).decode()


def unpacked(text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except ValueError:
        return b""
