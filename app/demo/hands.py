"""The mouse and the keyboard: every event reaches the desktop and the recorder at the same moment."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from app.demo.box import Box
from app.demo.canvas import Node
from app.demo.layer import Layer, Menu
from app.demo.marked import Marked
from app.demo.window import AppWindow
from app.demo.world import World

_PLAIN: Final = {
    " ": "Space", "-": "Minus", "=": "Equal", "[": "BracketLeft", "]": "BracketRight", "\\": "Backslash",
    ";": "Semicolon", "'": "Quote", "`": "Backquote", ",": "Comma", ".": "Period", "/": "Slash", "\n": "Enter",
}  # fmt: skip
_SHIFTED: Final = dict(
    zip(
        '!@#$%^&*()_+{}|:"~<>?',
        ("Digit1", "Digit2", "Digit3", "Digit4", "Digit5", "Digit6", "Digit7", "Digit8", "Digit9", "Digit0",
         "Minus", "Equal", "BracketLeft", "BracketRight", "Backslash", "Semicolon", "Quote", "Backquote", "Comma",
         "Period", "Slash"),
        strict=True,
    )
)  # fmt: skip
SECOND_DISPLAY: Final = Box(0, 0, 1280, 720)  # right of the first, and not filmed
_MODIFIER: Final = {"ShiftLeft": "Shift", "ControlLeft": "Control", "AltLeft": "Alt"}


def key_of(char: str) -> tuple[str, bool]:
    """(W3C code, whether Shift is held) of a character on the US layout."""
    if char.isascii() and char.isalpha():
        return f"Key{char.upper()}", char.isupper()
    if char.isascii() and char.isdigit():
        return f"Digit{char}", False
    if char in _SHIFTED:
        return _SHIFTED[char], True
    return _PLAIN[char], False


@dataclass(frozen=True, slots=True)
class Elsewhere:
    """A window on a display that is not filmed; only the recorder knows of it."""

    id: str
    app: str
    title: Marked
    box: Box


@dataclass(slots=True)
class Hands:
    """What is pressed and held. Positions in capture pixels of the virtual desktop."""

    world: World
    elsewhere: Elsewhere | None = None
    _held: dict[str, str] = field(default_factory=dict)  # code → key
    _button: str | None = None
    _pressed: tuple[Layer, Node] | None = None
    _grip: tuple[int, int] | None = None  # where in the window its title bar is held
    _away: bool = False  # the focus is on the other display

    # Pointer ---------------------------------------------------------------------------------------------------

    def move(self, x: int, y: int) -> None:
        world, screen = self.world, self.world.desktop.screen
        right = screen.right if self.elsewhere is None else screen.right + SECOND_DISPLAY.w
        x, y = min(max(x, 0), right - 1), min(max(y, 0), screen.bottom - 1)  # the pointer stops at the displays' edges
        if (x, y) == (world.x, world.y):
            return
        world.x, world.y = x, y
        world.recorder.event("pointer", world.now_ns, kind="move", x_px=x, y_px=y, display_id=self._display())
        if self._grip is not None:
            self._drag_window(x, y)
            return
        top, node = world.desktop.hit(x, y)
        for layer in world.desktop.layers():
            layer.point_at(node if layer is top else None)

    def press(self, button: str = "left") -> None:
        world = self.world
        seq = self._pointer("down", button=button)
        self._button = button
        layer, node = world.desktop.hit(world.x, world.y)
        world.note_click(seq, button, layer, node)
        self._pressed = (layer, node) if layer is not None and node is not None else None
        if world.desktop.menu is not None and layer is not world.desktop.menu:
            world.desktop.menu = None
            world.desktop.restack()
        if layer is None:
            self._look_away()
        elif isinstance(layer, AppWindow):
            self.focus(layer)
            if node is not None and node.id == "titlebar" and button == "left":
                self._grip = (world.x - layer.box.x, world.y - layer.box.y)

    def release(self) -> None:
        world, button = self.world, self._button or "left"
        self._pointer("up", button=button)
        self._button = None
        if self._grip is not None:
            self._grip = None
            world.note_window(world.desktop.active)
            return
        layer, node = world.desktop.hit(world.x, world.y)
        pressed, self._pressed = self._pressed, None
        if layer is None or node is None or pressed is None or pressed[0] is not layer:
            return
        if pressed[1].id == node.id:
            self._click(layer, node, button)
        elif isinstance(layer, AppWindow):
            layer.dropped(pressed[1].id, node.id)
            layer.touch()
            world.note_elements(layer)

    def wheel(self, notches: float) -> None:
        world = self.world
        self._pointer("scroll", dx=0.0, dy=float(notches))
        layer, _ = world.desktop.hit(world.x, world.y)
        if isinstance(layer, AppWindow):
            layer.wheel(world.x, world.y, notches, world.now_ns)

    def _pointer(self, kind: str, **columns: object) -> int:
        world = self.world
        place = {"x_px": world.x, "y_px": world.y, "display_id": self._display()}
        return world.recorder.event("pointer", world.now_ns, kind=kind, **place, **columns)

    def _display(self) -> str:
        return "display-1" if self.world.x < self.world.desktop.screen.right else "display-2"

    def _drag_window(self, x: int, y: int) -> None:
        window, (dx, dy) = self.world.desktop.active, self._grip or (0, 0)
        window.place(Box(x - dx, max(0, y - dy), window.box.w, window.box.h))
        self.world.desktop.restack()

    def _click(self, layer: Layer, node: Node, button: str) -> None:
        world, desktop = self.world, self.world.desktop
        if node.id.startswith("task:"):
            self.focus(desktop.window(node.id.removeprefix("task:")))
            return
        if isinstance(layer, Menu):
            desktop.menu = None
            desktop.restack()
        elif node.id == "toast:close":
            desktop.toasts = []
            desktop.restack()
        before = layer.title() if isinstance(layer, AppWindow) else None
        layer.click(node, button, world.x, world.y)
        if isinstance(layer, AppWindow):
            if layer.title() != before:
                world.note_window(layer)
            else:
                world.note_elements(layer)

    # Focus -----------------------------------------------------------------------------------------------------

    def focus(self, window: AppWindow) -> None:
        """Bring a window to the front and give it the keyboard."""
        desktop = self.world.desktop
        if desktop.active is window and window.active and window.id not in desktop.hidden and not self._away:
            return
        desktop.raise_window(window)
        self._away = False
        window.wake_caret()
        self.world.note_window(window)

    def _look_away(self) -> None:
        other, world = self.elsewhere, self.world
        if other is None or self._away:
            return
        self._away = True
        world.desktop.active.active = False
        world.desktop.active.touch()
        world.desktop.taskbar.touch()
        world.recorder.event(
            "windows", world.now_ns, window_id=other.id, app=other.app, title=other.title, url=None,
            rect_px=other.box, focused=True,
        )  # fmt: skip

    # Keyboard --------------------------------------------------------------------------------------------------

    @property
    def _window(self) -> AppWindow | None:
        return None if self._away else self.world.desktop.active

    @property
    def secure(self) -> bool:
        window = self._window
        return window is not None and window.field is not None and window.field.secure

    def down(self, code: str, key: str, text: str | None = None, secret: str | None = None) -> None:
        """A key goes down; `text` is what it types."""
        self._held[code] = key
        self._key("down", code, key, text, secret)

    def up(self, code: str, key: str, secret: str | None = None) -> None:
        self._held.pop(code, None)
        self._key("up", code, key, None, secret)

    def _key(self, kind: str, code: str, key: str, text: str | None, secret: str | None) -> None:
        world = self.world
        modifiers = sorted({_MODIFIER[c] for c in self._held if c in _MODIFIER})
        world.recorder.key(
            world.now_ns, secret, kind=kind, code=code, key=key, text=text, modifiers=modifiers, repeat=False,
            secure=self.secure,
        )  # fmt: skip

    def type_char(self, char: Marked, secret: str | None) -> None:
        """The press of a key that types `char`; Shift, if needed, is held already."""
        code, _ = key_of(char.text)
        key = "Enter" if char.text == "\n" else char.text
        self.down(code, key, char.text, secret)
        if self._window is not None:
            self._window.type_text(char)

    def press_named(self, key: str, secret: str | None = None) -> None:
        """The press of Enter, Tab, Backspace or an arrow."""
        self.down(key, key, None, secret)
        window = self._window
        if window is not None:
            before = window.title()
            window.press_key(key)
            if window.title() != before:
                self.world.note_window(window)

    def command(self, letter: str) -> None:
        """The press of a letter while Control is held."""
        self.down(f"Key{letter.upper()}", letter)
        window = self._window
        if window is None:
            return
        if letter == "v":
            window.type_text(self.world.clipboard)
        else:
            window.shortcut(letter)
        window.touch()

    def let_go(self) -> None:
        """Release everything: the recording ends."""
        if self._button is not None:
            self._pointer("up", button=self._button)
            self._button = None
        for code, key in list(self._held.items()):
            self.up(code, key)
