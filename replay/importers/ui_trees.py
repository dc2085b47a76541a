"""Accessibility trees of AgentNetTool flattened into `elements` rows: Windows UI Automation and macOS AX nodes."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

import msgspec

from replay.geometry import Rect

DEEPEST: Final = 256  # far deeper than any real tree; below it a tree is cut off and the cut reported
MOST_NODES: Final = 200_000
_ROLE: Final = re.compile(r"[A-Za-z]{1,40}")  # roles are exported unmasked, so nothing else may pass for one


class Bounds(msgspec.Struct, frozen=True):
    """UIA BoundingRectangle, px of the recording process."""

    left: float
    top: float
    right: float
    bottom: float


class Frame(msgspec.Struct, frozen=True):
    """AXFrame, points."""

    x: float | None = None
    y: float | None = None
    w: float | None = None
    h: float | None = None


class Node(msgspec.Struct, frozen=True):
    """One node as recorded; fields of UI Automation and of AX, of which a tree has one kind."""

    uia_name: str | None = msgspec.field(name="Name", default=None)
    uia_type: str | None = msgspec.field(name="ControlType", default=None)
    uia_bounds: Bounds | None = msgspec.field(name="BoundingRectangle", default=None)
    uia_value: Any = msgspec.field(name="Value", default=None)
    children: list[Node] = msgspec.field(name="Children", default_factory=list)
    ax_role: str | None = msgspec.field(name="AXRole", default=None)
    ax_title: Any = msgspec.field(name="AXTitle", default=None)
    ax_description: Any = msgspec.field(name="AXDescription", default=None)
    ax_value: Any = msgspec.field(name="AXValue", default=None)
    ax_frame: Frame | None = msgspec.field(name="AXFrame", default=None)
    ax_children: list[Node | str] = msgspec.field(name="AXChildren", default_factory=list)


@dataclass(frozen=True, slots=True)
class Element:
    """One flattened node; ids are paths of child numbers ("0.2.1"), unique within the tree."""

    element_id: str
    parent_id: str | None
    role: str | None
    name: str | None
    value: str | None
    rect_px: Rect | None
    source: str


def flattened(root: Node, scale: float = 1.0) -> Iterator[Element]:
    """The nodes of one tree, parents first; AX points are multiplied by `scale`.

    Stops at DEEPEST levels and MOST_NODES nodes; `is_cut` says whether a tree has more.
    """
    pending: list[tuple[Node, str, str | None, int]] = [(root, "0", None, 0)]
    count = 0
    while pending and count < MOST_NODES:
        node, element_id, parent_id, depth = pending.pop()
        count += 1
        yield _element(node, element_id, parent_id, scale)
        if depth < DEEPEST:
            children = list(enumerate(_children(node)))
            pending += [(c, f"{element_id}.{i}", element_id, depth + 1) for i, c in reversed(children)]


def is_cut(root: Node) -> bool:
    """Whether `flattened` leaves nodes of this tree out."""
    level, count = [root], 0
    for _ in range(DEEPEST + 1):
        count += len(level)
        level = [c for n in level for c in _children(n)]
        if not level:
            return count > MOST_NODES
    return True


def desktop_size(root: Node) -> tuple[float, float] | None:
    """(width, height) of the whole desktop in the tree's own units, where its root is Windows' desktop node.

    That node is the only one without a window above it that has windows below it.
    """
    bounds = root.uia_bounds
    if root.uia_type != "PaneControl" or bounds is None or (bounds.left, bounds.top) != (0, 0):
        return None
    has_windows = any(c.uia_type == "WindowControl" for c in root.children)
    return (bounds.right, bounds.bottom) if has_windows else None


def _children(node: Node) -> list[Node]:
    return node.children or [c for c in node.ax_children if isinstance(c, Node)]


def _element(node: Node, element_id: str, parent_id: str | None, scale: float) -> Element:
    if node.ax_role is not None:
        name = _text(node.ax_title) or _text(node.ax_description)
        role, value = _role(node.ax_role.removeprefix("AX")), _text(node.ax_value)
        return Element(element_id, parent_id, role, name, value, _of_frame(node.ax_frame, scale), "ax")
    role, rect = _role((node.uia_type or "").removesuffix("Control")), _of_bounds(node.uia_bounds)
    return Element(element_id, parent_id, role, node.uia_name or None, _text(node.uia_value), rect, "uia")


def _role(role: str) -> str | None:
    return role if _ROLE.fullmatch(role) else None


def _text(value: Any) -> str | None:
    """What a person could read in an attribute; attributes that are structures have nothing to show."""
    if isinstance(value, bool) or value is None or value == "":
        return None
    return str(value) if isinstance(value, str | int | float) else None


def _of_bounds(bounds: Bounds | None) -> Rect | None:
    """None where all is zero, which is how UI Automation says that an element is not on screen."""
    if bounds is None or (bounds.left == bounds.right and bounds.top == bounds.bottom):
        return None
    return _finite(Rect(bounds.left, bounds.top, bounds.right - bounds.left, bounds.bottom - bounds.top))


def _of_frame(frame: Frame | None, scale: float) -> Rect | None:
    if frame is None or frame.x is None or frame.y is None or frame.w is None or frame.h is None:
        return None
    return _finite(Rect(frame.x * scale, frame.y * scale, frame.w * scale, frame.h * scale))


def _finite(rect: Rect) -> Rect | None:
    return rect if all(math.isfinite(v) for v in (rect.x, rect.y, rect.w, rect.h)) else None
