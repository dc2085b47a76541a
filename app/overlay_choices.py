"""Which overlays a person wants to see, and how keys are captioned."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

from curation.veil import Veil
from replay.overlay import Caption, OverlayOptions

KINDS: Final = ("pointer", "clicks", "scroll", "window", "elements")
AT_FIRST: Final = ("pointer", "clicks", "scroll", "window")


@dataclass(frozen=True, slots=True)
class OverlayChoices:
    """`shown` holds some of `KINDS`."""

    caption: Caption = Caption.SHORTCUTS
    shown: tuple[str, ...] = AT_FIRST

    def toggled(self, kind: str, on: bool | None = None) -> OverlayChoices:
        """With one kind shown or not; None turns it round."""
        wanted = kind not in self.shown if on is None else on
        return replace(self, shown=tuple(k for k in KINDS if (wanted if k == kind else k in self.shown)))

    def options(self, veil: Veil) -> OverlayOptions:
        """What to ask an overlay for; captions as far as `veil` allows."""
        asked = veil.options(self.caption)
        return replace(
            asked,
            cursor="pointer" in self.shown,
            clicks="clicks" in self.shown,
            scroll="scroll" in self.shown,
            window="window" in self.shown,
            elements="elements" in self.shown,
        )


def choices_of(caption: str, shown: tuple[str, ...]) -> OverlayChoices:
    """Choices as they are remembered; captions with all keys are allowed anew each time."""
    kept = Caption.OFF if caption == Caption.OFF else Caption.SHORTCUTS
    return OverlayChoices(kept, tuple(k for k in KINDS if k in shown))
