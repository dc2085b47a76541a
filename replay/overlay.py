"""What lies over the picture at one moment, as data: pointer, clicks, scrolling, keys, window, elements, clock.

A function of t and of the geometry at t; nothing here knows how it is painted. Positions are frame px; without video
they are px of a canvas that holds all displays. `OverlayIndex` is made once per session; asking it costs binary
searches only, however long the session is.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from replay.capture_map import CaptureMap
from replay.geometry import Rect
from replay.key_caption import Caption, caption_of
from replay.overlay_index import OverlayIndex, PathPoint
from replay.session import Session
from replay.timebase import TimeNs, TimeRange

__all__ = ["Caption", "OverlayIndex", "OverlayOptions", "OverlayState", "overlay_at"]

_MAX_ELEMENTS = 200


@dataclass(frozen=True, slots=True)
class OverlayOptions:
    """What to show, and for how long after it happened (ns). `hidden_keys` are seqs of the `keys` table that a
    redaction hides: they appear in no caption and hold no modifier."""

    cursor: bool = True
    clicks: bool = True
    scroll: bool = True
    caption: Caption = Caption.SHORTCUTS
    window: bool = True
    elements: bool = False
    hidden_keys: frozenset[int] = field(default_factory=frozenset)
    path_ns: int = 500_000_000
    ripple_ns: int = 500_000_000
    caption_ns: int = 1_500_000_000


@dataclass(frozen=True, slots=True)
class Cursor:
    """Where the pointer is, frame px; `inside` is False where that is beyond the picture. `held` names pressed buttons;
    `path` is where it came from, oldest first."""

    x: float
    y: float
    inside: bool
    held: tuple[str, ...]
    path: tuple[PathPoint, ...]


@dataclass(frozen=True, slots=True)
class ClickRipple:
    """A press in the last moments; `count` is 2 for a double click; `age` runs from 0 to 1."""

    seq: int
    x: float
    y: float
    button: str
    count: int
    age: float


@dataclass(frozen=True, slots=True)
class Drag:
    """The way of the pointer since a button went down that is still held; points oldest first."""

    button: str
    path: tuple[PathPoint, ...]


@dataclass(frozen=True, slots=True)
class Scroll:
    """Notches turned in the last moments at the pointer; dx > 0 right, dy > 0 wheel away from the user."""

    x: float
    y: float
    dx: float
    dy: float
    age: float


@dataclass(frozen=True, slots=True)
class KeyCaption:
    """What was pressed in the last moments, oldest first ("Ctrl+C"); `age` of the newest runs from 0 to 1."""

    keys: tuple[str, ...]
    age: float


@dataclass(frozen=True, slots=True)
class FocusedWindow:
    """The window that has the focus; `rect` in frame px, None where unknown. App and title are captured content.

    `seq` is the row of the `windows` table that told of it."""

    seq: int
    rect: Rect | None
    app: str | None
    title: str | None


@dataclass(frozen=True, slots=True)
class ElementBox:
    """One UI element of the newest snapshot, frame px; `seq` is its row of `elements`. The name is captured content."""

    seq: int
    rect: Rect
    role: str | None
    name: str | None


@dataclass(frozen=True, slots=True)
class SyncBadge:
    """How sure the event clock is against the picture."""

    method: str
    sigma_ns: int
    offset_ns: int
    drift_ppm: float


@dataclass(frozen=True, slots=True)
class OverlayState:
    """Everything over the picture at `t_ns`. `canvas` is the size of the space positions are in, (width, height) px."""

    t_ns: TimeNs
    canvas: tuple[int, int] | None
    cursor: Cursor | None
    clicks: tuple[ClickRipple, ...]
    drag: Drag | None
    scroll: Scroll | None
    modifiers: tuple[str, ...]
    caption: KeyCaption | None
    window: FocusedWindow | None
    elements: tuple[ElementBox, ...]
    sync: SyncBadge
    capture_map: CaptureMap | None = None  # between the space of positions and the screen

    def screen_at(self, x: float, y: float) -> tuple[float, float] | None:
        """The place on the screen that a place of the picture shows, capture px; None where that is unknown."""
        return None if self.capture_map is None else self.capture_map.back(x, y)


def overlay_at(source: Session | OverlayIndex, t_ns: TimeNs, options: OverlayOptions | None = None) -> OverlayState:
    """The overlay at `t_ns`. Give the session's `OverlayIndex` where more than one moment is asked for."""
    index = source if isinstance(source, OverlayIndex) else OverlayIndex(source)
    options = options or OverlayOptions()
    sync = index.session.sync
    return OverlayState(
        t_ns=t_ns,
        canvas=index.canvas,
        cursor=_cursor(index, t_ns, options) if options.cursor else None,
        clicks=_clicks(index, t_ns, options) if options.clicks else (),
        drag=_drag(index, t_ns) if options.cursor else None,
        scroll=_scroll(index, t_ns, options) if options.scroll else None,
        modifiers=index.held_modifiers(t_ns, options.hidden_keys) if options.caption is not Caption.OFF else (),
        caption=_caption(index, t_ns, options),
        window=_window(index, t_ns) if options.window else None,
        elements=_elements(index, t_ns) if options.elements else (),
        sync=SyncBadge(sync.method, sync.sigma_ns, sync.offset_ns, sync.drift_ppm),
        capture_map=index.map_at(t_ns),
    )


def _recent(t_ns: TimeNs, length_ns: int) -> TimeRange:
    """The moments up to and including `t_ns`."""
    return TimeRange(t_ns - length_ns + 1, t_ns + 1)


def _cursor(index: OverlayIndex, t_ns: TimeNs, options: OverlayOptions) -> Cursor | None:
    row = index.position_row(t_ns)
    if row < 0:
        return None
    path = index.path(_recent(t_ns, options.path_ns), t_ns)
    here = index.frame_points([row], t_ns)
    if not here:
        return None
    x, y = here[0]
    width, height = index.canvas or (0, 0)
    return Cursor(x, y, 0 <= x < width and 0 <= y < height, index.held_buttons(t_ns), path)


def _clicks(index: OverlayIndex, t_ns: TimeNs, options: OverlayOptions) -> tuple[ClickRipple, ...]:
    presses = index.presses(_recent(t_ns, options.ripple_ns))
    points = index.frame_points([p.row for p in presses], t_ns)
    if not points:
        return ()
    return tuple(
        ClickRipple(p.seq, x, y, p.button, p.times, (t_ns - p.t_ns) / options.ripple_ns)
        for p, (x, y) in zip(presses, points, strict=True)
    )


def _drag(index: OverlayIndex, t_ns: TimeNs) -> Drag | None:
    held = index.drag_since(t_ns)
    if held is None:
        return None
    button, since_ns = held
    path = index.path(TimeRange(since_ns, t_ns + 1), t_ns)
    return Drag(button, path) if len(path) > 1 else None


def _scroll(index: OverlayIndex, t_ns: TimeNs, options: OverlayOptions) -> Scroll | None:
    turned = index.scrolled(_recent(t_ns, options.ripple_ns))
    if turned is None:
        return None
    row, last_ns, dx, dy = turned
    points = index.frame_points([row], t_ns) if row >= 0 else []
    if not points:
        return None
    return Scroll(*points[0], dx, dy, (t_ns - last_ns) / options.ripple_ns)


def _caption(index: OverlayIndex, t_ns: TimeNs, options: OverlayOptions) -> KeyCaption | None:
    if options.caption is Caption.OFF:
        return None
    presses = index.key_presses(_recent(t_ns, options.caption_ns))
    shown = [e for e in presses if e.seq not in options.hidden_keys]
    keys, last_ns = caption_of(shown, options.caption)
    return KeyCaption(keys, (t_ns - last_ns) / options.caption_ns) if keys else None


def _window(index: OverlayIndex, t_ns: TimeNs) -> FocusedWindow | None:
    event = index.focused_window(t_ns)
    if event is None:
        return None
    rect = None if event.rect_px is None else index.frame_rect(event.rect_px, t_ns)
    return FocusedWindow(event.seq, rect, event.app, event.title)


def _elements(index: OverlayIndex, t_ns: TimeNs) -> tuple[ElementBox, ...]:
    return tuple(ElementBox(e.seq, rect, e.role, e.name) for e, rect in index.elements(t_ns, _MAX_ELEMENTS))
