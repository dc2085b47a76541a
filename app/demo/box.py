"""Whole-pixel rectangles and the few ways a layout cuts them."""

from __future__ import annotations

from typing import NamedTuple


class Box(NamedTuple):
    """[x, x+w) × [y, y+h) in whole pixels of whatever space its holder names."""

    x: int
    y: int
    w: int
    h: int

    @property
    def right(self) -> int:
        return self.x + self.w

    @property
    def bottom(self) -> int:
        return self.y + self.h

    @property
    def center(self) -> tuple[float, float]:
        return self.x + self.w / 2, self.y + self.h / 2

    def contains(self, x: float, y: float) -> bool:
        return self.x <= x < self.right and self.y <= y < self.bottom

    def inset(self, dx: int, dy: int | None = None) -> Box:
        dy = dx if dy is None else dy
        return Box(self.x + dx, self.y + dy, self.w - 2 * dx, self.h - 2 * dy)

    def moved(self, dx: int, dy: int) -> Box:
        return Box(self.x + dx, self.y + dy, self.w, self.h)

    def left(self, width: int) -> tuple[Box, Box]:
        """(the left `width` pixels, the rest)."""
        return Box(self.x, self.y, width, self.h), Box(self.x + width, self.y, self.w - width, self.h)

    def top(self, height: int) -> tuple[Box, Box]:
        """(the top `height` pixels, the rest)."""
        return Box(self.x, self.y, self.w, height), Box(self.x, self.y + height, self.w, self.h - height)

    def off_right(self, width: int) -> tuple[Box, Box]:
        """(the rest, the right `width` pixels)."""
        rest, cut = self.left(self.w - width)
        return rest, cut

    def off_bottom(self, height: int) -> tuple[Box, Box]:
        """(the rest, the bottom `height` pixels)."""
        rest, cut = self.top(self.h - height)
        return rest, cut

    def meet(self, other: Box) -> Box | None:
        x, y = max(self.x, other.x), max(self.y, other.y)
        w, h = min(self.right, other.right) - x, min(self.bottom, other.bottom) - y
        return Box(x, y, w, h) if w > 0 and h > 0 else None

    def minus(self, other: Box) -> list[Box]:
        """What is left of this box when `other` covers it, as disjoint boxes."""
        if other.x >= self.x + self.w or self.x >= other.x + other.w or other.y >= self.y + self.h:
            return [self]
        hit = self.meet(other)
        if hit is None:
            return [self]
        pieces = [
            Box(self.x, self.y, self.w, hit.y - self.y),
            Box(self.x, hit.bottom, self.w, self.bottom - hit.bottom),
            Box(self.x, hit.y, hit.x - self.x, hit.h),
            Box(hit.right, hit.y, self.right - hit.right, hit.h),
        ]
        return [p for p in pieces if p.w > 0 and p.h > 0]
