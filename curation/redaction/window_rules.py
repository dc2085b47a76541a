"""Which windows are hidden without anybody deciding it: those that exist to show or to ask for credentials."""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from typing import Final

import resources
from replay.events import WindowEvent

_RESOURCE: Final = "redaction/windows.toml"
_SUFFIXES: Final = (".exe", ".app", ".desktop", ".bin")
_SEPARATORS: Final = re.compile(r"\s+[-–—|·]\s+|:\s+")
_SCHEME: Final = re.compile(r"^https?://(?:www\.)?", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class WindowRules:
    """The shipped rules, case-folded; `category` is what the windows are hidden as."""

    category: str
    apps: frozenset[str]
    titles: frozenset[str]
    title_parts: frozenset[str]
    addresses: tuple[str, ...]

    @classmethod
    def shipped(cls) -> WindowRules:
        said = tomllib.loads(resources.read_text(_RESOURCE))

        def folded(name: str) -> frozenset[str]:
            return frozenset(word.casefold() for word in said[name])

        names = folded("apps"), folded("titles"), folded("title_parts")
        return cls(said["category"], *names, tuple(sorted(folded("addresses"))))

    def match(self, window: WindowEvent) -> bool:
        """Whether a window is one of these, by its program, its title or its address."""
        title = (window.title or "").strip().casefold()
        return (
            _program(window.app) in self.apps
            or title in self.titles
            or bool(self.title_parts.intersection(_SEPARATORS.split(title)))
            or _SCHEME.sub("", window.url or "").casefold().startswith(self.addresses)
        )


def _program(app: str | None) -> str:
    """`C:\\Tools\\KeePass.exe` → `keepass`: the last part of a path, without what systems append."""
    name = re.split(r"[\\/]", (app or "").strip())[-1].casefold()
    return next((name.removesuffix(s) for s in _SUFFIXES if name.endswith(s)), name)
