"""A person at the machine: curved minimum-jerk pointer paths, uneven typing with corrections, pauses to read."""

from __future__ import annotations

import math
import random
from dataclasses import dataclass

from app.demo.box import Box
from app.demo.hands import Hands, key_of
from app.demo.marked import Marked, Text, as_marked
from app.demo.world import World
from replay.timebase import NS_PER_S

SAMPLE_S = 0.008  # a 125 Hz mouse
NEIGHBOURS = {
    "a": "s", "b": "v", "c": "x", "d": "f", "e": "r", "f": "g", "g": "h", "h": "j", "i": "o", "j": "k", "k": "l",
    "l": "k", "m": "n", "n": "m", "o": "p", "p": "o", "q": "w", "r": "t", "s": "d", "t": "y", "u": "i", "v": "b",
    "w": "e", "x": "c", "y": "u", "z": "x",
}  # fmt: skip


@dataclass(slots=True)
class Actor:
    """Acts on the world through the hands; every method takes as long as a person would."""

    world: World
    hands: Hands
    rng: random.Random
    pace: float = 1.0  # larger is slower
    typos: float = 0.035

    def wait(self, seconds: float) -> None:
        """Look, read, think."""
        self._pass(seconds * self.pace * self.rng.uniform(0.85, 1.2))

    def _pass(self, seconds: float) -> None:
        self.world.advance(self.world.now_ns + round(seconds * NS_PER_S))

    # Pointer ---------------------------------------------------------------------------------------------------

    def where(self, window_id: str, node_id: str) -> Box:
        """Where a node shows, capture px; `desk` stands for whatever layer has it."""
        for layer in reversed(self.world.desktop.layers()):
            if window_id in ("desk", layer.id):
                layer.refresh()
                for node in layer.painted.nodes:
                    if node.id == node_id:
                        return node.box.moved(layer.box.x, layer.box.y)
        raise LookupError(f"{window_id} shows no {node_id}")

    def shows(self, window_id: str, node_id: str) -> bool:
        try:
            self.where(window_id, node_id)
        except LookupError:
            return False
        return True

    def go(self, window_id: str, node_id: str) -> None:
        """Move the pointer into a node, somewhere near its middle."""
        self.go_into(self.where(window_id, node_id))

    def go_into(self, box: Box) -> None:
        cx, cy = box.center
        spread_x, spread_y = min(box.w / 6, 40), min(box.h / 6, 12)
        x = min(max(self.rng.gauss(cx, spread_x), box.x + 2), box.right - 3)
        y = min(max(self.rng.gauss(cy, spread_y), box.y + 2), box.bottom - 3)
        self.move(x, y, size=max(6.0, min(box.w, box.h)))

    def move(self, x: float, y: float, size: float = 30.0) -> None:
        """Along a bent path, by Fitts's law; long ways overshoot a little and are corrected."""
        distance = math.hypot(x - self.world.x, y - self.world.y)
        if distance > 260 and self.rng.random() < 0.35:
            part = self.rng.uniform(1.015, 1.045)
            x0, y0 = self.world.x, self.world.y
            self._glide(x0 + (x - x0) * part, y0 + (y - y0) * part, size * 2)
            self._pass(self.rng.uniform(0.03, 0.08))
        self._glide(x, y, size)

    def _glide(self, x: float, y: float, size: float) -> None:
        x0, y0 = float(self.world.x), float(self.world.y)
        distance = math.hypot(x - x0, y - y0)
        if distance < 1:
            return
        seconds = (0.14 + 0.105 * math.log2(distance / size + 1)) * self.pace * self.rng.uniform(0.9, 1.15)
        bend = self.rng.gauss(0, 0.09) * distance
        # The control point of a quadratic curve, beside the middle of the way.
        bx = (x0 + x) / 2 - (y - y0) / distance * bend
        by = (y0 + y) / 2 + (x - x0) / distance * bend
        steps = max(2, round(seconds / SAMPLE_S))
        for i in range(1, steps + 1):
            self._pass(seconds / steps * self.rng.uniform(0.92, 1.08))
            t = i / steps
            s = t**3 * (10 - 15 * t + 6 * t * t)  # minimum jerk
            a, b, c = (1 - s) ** 2, 2 * s * (1 - s), s * s
            self.hands.move(round(a * x0 + b * bx + c * x), round(a * y0 + b * by + c * y))

    def press_and_release(self, button: str = "left") -> None:
        self._pass(self.rng.uniform(0.05, 0.12))
        self.hands.press(button)
        self._pass(self.rng.uniform(0.06, 0.11))
        self.hands.release()
        self._pass(self.rng.uniform(0.08, 0.16))

    def click(self, window_id: str, node_id: str, button: str = "left") -> None:
        self.go(window_id, node_id)
        self.press_and_release(button)

    def double_click(self, window_id: str, node_id: str) -> None:
        self.go(window_id, node_id)
        for _ in range(2):
            self.hands.press()
            self._pass(self.rng.uniform(0.05, 0.08))
            self.hands.release()
            self._pass(self.rng.uniform(0.06, 0.1))
        self._pass(0.15)

    def menu(self, window_id: str, node_id: str, label: str) -> None:
        """Right-click a node and choose from its menu."""
        self.click(window_id, node_id, "right")
        self.wait(0.35)
        self.click("menu", f"menu:{label}")

    def switch_to(self, window_id: str) -> None:
        """Through the taskbar."""
        if self.world.desktop.active.id != window_id:
            self.click("taskbar", f"task:{window_id}")
            self.wait(0.3)

    def drag(self, box: Box, dx: int, dy: int) -> None:
        """Press inside `box`, carry it by (dx, dy), let go."""
        self.go_into(box)
        self.drag_to(self.world.x + dx, self.world.y + dy)

    def drag_to(self, x: float, y: float) -> None:
        """Carry what is under the pointer to (x, y)."""
        self._pass(0.08)
        self.hands.press()
        self._pass(0.12)
        self.move(x, y)
        self._pass(0.12)
        self.hands.release()
        self._pass(0.1)

    def scroll(self, window_id: str, area: str, notches: int) -> None:
        """Turn the wheel over a scrolled area; positive scrolls down the page."""
        box = self.where(window_id, f"scroll:{area}")
        if not box.contains(self.world.x, self.world.y):
            self.go_into(box)
        for _ in range(abs(notches)):
            self.hands.wheel(-1 if notches > 0 else 1)
            self._pass(self.rng.uniform(0.07, 0.19))
        self._pass(0.18)

    # Keyboard --------------------------------------------------------------------------------------------------

    def type(self, text: Text) -> None:
        """Type with uneven rhythm; now and then a wrong key, noticed and corrected."""
        marked = as_marked(text)
        for i in range(len(marked)):
            char = marked[i : i + 1]
            secret = char.spans[0].secret if char.spans else None
            if char.text in NEIGHBOURS and self.rng.random() < self.typos:
                self._key(Marked(NEIGHBOURS[char.text]), secret)
                self._pass(self.rng.uniform(0.2, 0.4))
                self.press("Backspace", secret)
            self._key(char, secret)

    def _key(self, char: Marked, secret: str | None) -> None:
        _, shifted = key_of(char.text)
        if shifted:
            self.hands.down("ShiftLeft", "Shift", None, secret)
            self._pass(self.rng.uniform(0.03, 0.06))
        self.hands.type_char(char, secret)
        hold = self.rng.uniform(0.045, 0.085)
        self._pass(hold)
        code, _ = key_of(char.text)
        self.hands.up(code, "Enter" if char.text == "\n" else char.text, secret)
        if shifted:
            self._pass(self.rng.uniform(0.01, 0.03))
            self.hands.up("ShiftLeft", "Shift", secret)
        rest = self.rng.lognormvariate(-2.75, 0.42) * self.pace
        self._pass(min(rest, 0.5) + (0.05 if char.text in " ,.\n" else 0.0))

    def press(self, key: str, secret: str | None = None) -> None:
        """Enter, Tab, Backspace, an arrow."""
        self.hands.press_named(key, secret)
        self._pass(self.rng.uniform(0.05, 0.08))
        self.hands.up(key, key, secret)
        self._pass(self.rng.uniform(0.06, 0.14))

    def shortcut(self, letter: str) -> None:
        """Control and a letter."""
        self.hands.down("ControlLeft", "Control")
        self._pass(self.rng.uniform(0.05, 0.09))
        self.hands.command(letter)
        self._pass(self.rng.uniform(0.05, 0.08))
        self.hands.up(f"Key{letter.upper()}", letter)
        self._pass(self.rng.uniform(0.02, 0.05))
        self.hands.up("ControlLeft", "Control")
        self._pass(0.15)
