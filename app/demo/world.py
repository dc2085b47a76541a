"""How time passes: frames are filmed, things happen by themselves, and what a person does reaches the desktop."""

from __future__ import annotations

import heapq
import random
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Protocol

from PySide6.QtGui import QImage

from app.demo.box import Box
from app.demo.camera import Camera
from app.demo.desktop import BAR, Desktop
from app.demo.identity import SecretBook
from app.demo.layer import Item, Layer, Menu, Toast
from app.demo.marked import Marked, Text, as_marked
from app.demo.record import Recorder
from app.demo.truth import Truth
from app.demo.window import AppWindow, Services
from replay.timebase import NS_PER_S, TimeNs

TICKS = 90_000  # PTS units a second
FRAME_TICKS = 3_000  # 30 frames a second
STILL_TICKS = 90_000  # a still picture is filmed again after a second
JITTER_TICKS = 270  # ±3 ms


class TimeUp(Exception):
    """The session's time is over."""


class Shoot(Protocol):
    """Where pictures go: a film, or a test's memory."""

    count: int

    def show(self, pts: int, picture: QImage | None) -> None: ...


def t_ns_of(pts: int) -> TimeNs:
    return (pts * NS_PER_S * 2 + TICKS) // (2 * TICKS)


@dataclass(slots=True)
class World:
    """One desktop while it is recorded. `variable` films only what changed, at uneven times."""

    desktop: Desktop
    camera: Camera
    film: Shoot
    recorder: Recorder
    truth: Truth
    book: SecretBook
    end_ns: TimeNs
    rng: random.Random
    variable: bool = False
    frame_ticks: int = FRAME_TICKS
    now_ns: TimeNs = 0
    x: int = 640
    y: int = 380
    clipboard: Marked = field(default_factory=lambda: Marked(""))
    pts: list[int] = field(default_factory=list)
    _next: int = 0
    _due: int = 0
    _later: list[tuple[TimeNs, int, Callable[[], None]]] = field(default_factory=list)
    _count: int = 0
    _snapshots: int = 0
    _unseen: bool = True  # the film has not seen the picture as it is

    # Time ------------------------------------------------------------------------------------------------------

    def later(self, after_ns: int, act: Callable[[], None]) -> None:
        """Let something happen by itself."""
        self._count += 1
        heapq.heappush(self._later, (self.now_ns + after_ns, self._count, act))

    def advance(self, to_ns: TimeNs) -> None:
        """Let time pass up to `to_ns`: what is due happens, and every frame before it is filmed."""
        while self._later and self._later[0][0] <= min(to_ns, self.end_ns):
            due_ns, _, act = heapq.heappop(self._later)
            self._film_until(max(due_ns, self.now_ns))
            act()
        self._film_until(min(to_ns, self.end_ns))
        self.desktop.tick(self.now_ns)  # what a person hits must not depend on when frames are filmed
        if to_ns >= self.end_ns:
            raise TimeUp

    def _film_until(self, to_ns: TimeNs) -> None:
        while t_ns_of(self._due) < to_ns:
            self._film_frame(self._due)
            self._next += 1
            jitter = self.rng.randint(-JITTER_TICKS, JITTER_TICKS) if self.variable else 0
            self._due = self._next * self.frame_ticks + jitter
        self.now_ns = max(self.now_ns, to_ns)

    def _film_frame(self, pts: int) -> None:
        self.desktop.tick(t_ns_of(pts))
        _, node = self.desktop.hit(self.x, self.y)
        deep, new = self.camera.look(self.x, self.y, node.cursor if node else "arrow")
        if self.recorder.paused or (self.variable and not new and pts - self.pts[-1] < STILL_TICKS):
            return
        if deep or self._unseen:
            self.truth.glyphs.see(self.film.count, self.camera.glyphs())
            self.truth.plain.see(self.film.count, self.camera.plain_text())
        self.film.show(pts, self.camera.picture if new or self._unseen else None)
        self._unseen = False
        self.pts.append(pts)

    def pause(self, length_ns: int) -> None:
        """The recorder stops for a while: no frames, no events, a row in `gaps`."""
        start = self.now_ns
        self.recorder.paused, self._unseen = True, True
        self.advance(start + length_ns)
        self.recorder.paused = False
        self.recorder.fact("gaps", {"t_start_ns": start, "t_end_ns": self.now_ns, "reason": "paused"})

    # What windows ask for --------------------------------------------------------------------------------------

    def services(self) -> Services:
        return Services(self._open_menu, lambda: self.now_ns, self._copied, lambda: self.clipboard)

    def _open_menu(self, window: AppWindow, x: float, y: float, items: tuple[Item, ...]) -> None:
        screen = self.desktop.screen
        menu = Menu(int(x), int(y), items, window.palette, window.picked)
        left = min(menu.box.x, screen.right - menu.box.w - 8)
        top = min(menu.box.y, screen.bottom - BAR - menu.box.h - 8)
        menu.place(Box(left, top, menu.box.w, menu.box.h))
        self.desktop.menu = menu
        self.desktop.restack()

    def _copied(self, window: AppWindow, text: Marked) -> None:
        self.clipboard = text
        self.recorder.text("clipboard", self.now_ns, self.end_ns, text, window.id)

    def notify(self, app: str, icon: str, title: Text, body: Text, stay_ns: int = 4 * NS_PER_S) -> None:
        """A notification pops up; what it says is also a row of `texts`."""
        toast = Toast(
            self.desktop.screen, self.desktop.palette, app=app, icon=icon, title=title, body=body,
            t_ns=self.now_ns, stay_ns=stay_ns,
        )  # fmt: skip
        self.desktop.toasts = [toast]
        self.desktop.restack()
        said = as_marked(title) + ": " + body
        self.recorder.text("chat", self.now_ns, self.now_ns + stay_ns, said, None)

    # What the recorder notices ---------------------------------------------------------------------------------

    def note_window(self, window: AppWindow, *, focused: bool = True) -> None:
        """A row of `windows`, and the window's tree of elements where it has the focus."""
        self.recorder.event(
            "windows", self.now_ns, window_id=window.id, app=window.app, title=window.title(), url=window.url(),
            rect_px=window.box, focused=focused,
        )  # fmt: skip
        if focused:
            self.note_elements(window)

    def note_elements(self, window: Layer) -> None:
        """A snapshot of a window's tree: its frame and every node in it."""
        window.refresh()
        self._snapshots += 1
        snapshot, root = f"s{self._snapshots}", f"{window.id}/window"
        for node in window.painted.nodes:
            own = f"{window.id}/{node.id}"
            self.recorder.event(
                "elements", self.now_ns, snapshot_id=snapshot, element_id=own,
                parent_id=None if own == root else root, role=node.role, name=node.name, value=node.value,
                rect_px=node.box.moved(window.box.x, window.box.y), states=list(node.states), source="atspi",
            )  # fmt: skip

    def note_click(self, seq: int, button: str, layer: Layer | None, target: Any) -> None:
        """What was pressed, for the ground truth."""
        if seq < 0:
            return
        row: dict[str, Any] = {"seq": seq, "t_ns": self.now_ns, "frame": max(0, self.film.count - 1), "button": button}
        row |= {"window": None, "target": None, "role": None, "rect": None}
        if layer is not None and target is not None:
            box = self.camera.fit.box(target.box.moved(layer.box.x, layer.box.y))
            row |= {"window": layer.id, "target": target.id, "role": target.role, "rect": list(box)}
        self.truth.clicks.append(row)
