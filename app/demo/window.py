"""An application window: chrome, text fields, scrolled areas, and the hooks an application fills in."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from app.demo.box import Box
from app.demo.canvas import Canvas, Node, Style
from app.demo.layer import MS, Item, Layer
from app.demo.marked import Marked, Text, as_marked, replaced
from app.demo.theme import Palette

TITLE = 34
BLINK = 530 * MS
GLIDE = 150 * MS
NOTCH = 96  # px scrolled by one notch of the wheel


@dataclass(slots=True)
class Field:
    """A place to type: its text, the caret, and whether it is a password."""

    text: Marked = field(default_factory=lambda: Marked(""))
    caret: int = 0
    secure: bool = False
    hint: str = ""

    def insert(self, piece: Marked) -> None:
        self.text = replaced(self.text, self.caret, self.caret, piece)
        self.caret += len(piece)

    def backspace(self) -> None:
        if self.caret:
            self.text = replaced(self.text, self.caret - 1, self.caret, "")
            self.caret -= 1

    def clear(self) -> Marked:
        before, self.text, self.caret = self.text, Marked(""), 0
        return before

    def shown(self) -> Marked:
        return Marked("•" * len(self.text)) if self.secure else self.text


@dataclass(slots=True)
class Scroll:
    """A scrolled area that glides to where the wheel sent it; pixels."""

    at: float = 0.0
    goal: float = 0.0
    limit: float = 0.0
    _from: float = 0.0
    _t_ns: int = 0

    def by(self, px: float, t_ns: int) -> None:
        self._from, self._t_ns = self.at, t_ns
        self.goal = max(0.0, min(self.limit, self.goal + px))

    def tick(self, t_ns: int) -> bool:
        if self.at == self.goal:
            return False
        part = min(1.0, (t_ns - self._t_ns) / GLIDE)
        self.at = float(round(self._from + (self.goal - self._from) * (1 - (1 - part) ** 2)))
        return True


@dataclass(frozen=True, slots=True)
class Services:
    """What a window may ask of the desktop it stands on."""

    menu: Callable[[AppWindow, float, float, tuple[Item, ...]], None]
    now_ns: Callable[[], int]
    clipboard: Callable[[AppWindow, Marked], None]
    pasted: Callable[[], Marked]


class AppWindow(Layer):
    """A window of one application. Subclasses paint `content` and react to clicks, keys and menu choices."""

    app = ""
    icon = "file"
    radius = 8
    shadow = 22

    def __init__(self, layer_id: str, box: Box, palette: Palette, services: Services) -> None:
        super().__init__(layer_id, box, palette)
        self.services = services
        self.fields: dict[str, Field] = {}
        self.focus: str | None = None
        self.scrolls: dict[str, Scroll] = {}
        self.active = False
        self._caret_on = True
        self._caret_ns = 0

    # What an application says about itself ---------------------------------------------------------------------

    def title(self) -> Marked:
        return Marked(self.app)

    def url(self) -> Marked | None:
        return None

    def content(self, c: Canvas, box: Box) -> None:
        raise NotImplementedError

    def clicked(self, node_id: str) -> None:
        """A node was left-clicked (fields are handled before)."""

    def context_items(self, node_id: str) -> tuple[Item, ...]:
        """The menu for a right click on a node; none opens where this is empty."""
        return ()

    def picked(self, label: str) -> None:
        """An item of the context menu was chosen."""

    def entered(self, field_id: str) -> None:
        """Enter was pressed in a field."""

    def dropped(self, source_id: str, target_id: str) -> None:
        """One node was dragged onto another."""

    def shortcut(self, key: str) -> None:
        """Ctrl and a key."""

    # What the desktop does with it -----------------------------------------------------------------------------

    @property
    def field(self) -> Field | None:
        return self.fields.get(self.focus or "")

    def scroll(self, name: str) -> Scroll:
        return self.scrolls.setdefault(name, Scroll())

    def tick(self, t_ns: int) -> bool:
        for scroll in self.scrolls.values():
            if scroll.tick(t_ns):
                self.touch()
        on = (t_ns - self._caret_ns) // BLINK % 2 == 0
        if self.active and self.field is not None and on != self._caret_on:
            self.touch()
        self._caret_on = on
        return False

    def wake_caret(self) -> None:
        self._caret_ns = self.services.now_ns()
        self._caret_on = True
        self.touch()

    def type_text(self, piece: Marked) -> None:
        if self.field is not None:
            self.field.insert(piece)
            self.wake_caret()

    def press_key(self, key: str) -> None:
        """A key that types nothing: Enter, Tab, Backspace, arrows."""
        if self.field is None:
            return
        if key == "Backspace":
            self.field.backspace()
        elif key == "Tab":
            ids = list(self.fields)
            self.focus = ids[(ids.index(self.focus or "") + 1) % len(ids)]
        elif key == "Enter":
            self.entered(self.focus or "")
        self.wake_caret()

    def click(self, node: Node, button: str, x: float, y: float) -> None:
        if button == "right":
            items = self.context_items(node.id)
            if items:
                self.services.menu(self, x, y, items)
            return
        if node.id in self.fields:
            self.focus = node.id
            self.fields[node.id].caret = len(self.fields[node.id].text)
            self.wake_caret()
        else:
            self.clicked(node.id)
        self.touch()

    def wheel(self, x: float, y: float, notches: float, t_ns: int) -> None:
        """The wheel turned at a screen point; positive is away from the user."""
        inside = [n for n in self.painted.nodes if n.box.contains(x - self.box.x, y - self.box.y)]
        area = next((n.id for n in reversed(inside) if n.id.startswith("scroll:")), None)
        if area is not None:
            self.scroll(area.removeprefix("scroll:")).by(-notches * NOTCH, t_ns)

    # Painting --------------------------------------------------------------------------------------------------

    def paint(self, c: Canvas) -> None:
        look = self.palette
        c.fill(c.box, look.window)
        c.node("window", "frame", self.title(), c.box)
        bar, inside = c.box.top(TITLE)
        c.fill(bar, look.title if self.active else look.title_off)
        c.hline(0, bar.bottom - 1, bar.w)
        self._title_bar(c, bar)
        body, _ = inside.off_bottom(1)
        with c.clipped(body):
            self.content(c, body)
        c.frame(c.box, look.line, self.radius)

    def _title_bar(self, c: Canvas, bar: Box) -> None:
        look = self.palette
        color = look.text if self.active else look.muted
        c.node("titlebar", "title bar", self.title(), bar)
        c.icon(self.icon, 12, 9, 15, look.accent if self.active else look.faint)
        c.text(Box(36, 0, bar.w - 170, bar.h), self.title(), Style(12, 500, color))
        for i, (icon, name) in enumerate((("minus", "Minimize"), ("square", "Maximize"), ("close", "Close"))):
            c.tool(f"window:{name}", Box(bar.right - 120 + 40 * i, 0, 40, bar.h - 1), icon, name, size=11, color=color)

    @property
    def caret_visible(self) -> bool:
        return self.active and self._caret_on

    def entry(self, c: Canvas, field_id: str, box: Box, name: str, style: Style | None = None) -> None:
        """A one-line text field."""
        look, style = self.palette, style or Style(13)
        entry = self.fields.setdefault(field_id, Field())
        focused = self.focus == field_id
        hot = self._field_node(c, field_id, box, name, entry)
        c.fill(box, look.raised, 5)
        line = look.accent if focused else (look.faint if hot else look.line)
        c.frame(box, line, 5, 2.0 if focused else 1.0)
        inner = box.inset(10, 0)
        with c.clipped(inner):
            shown = entry.shown()
            if not shown and not (focused and self.active):
                c.text(inner, entry.hint, Style(style.px, color=look.faint))
            c.text(inner, shown, style, elide=False)
        if focused and self.caret_visible:
            x = inner.x + style.face.width(shown.text[: entry.caret])
            c.fill(Box(round(x), box.y + box.h // 2 - 8, 1, 17), look.text)

    def area(self, c: Canvas, field_id: str, box: Box, name: str, line_height: int = 20) -> None:
        """A text field of many lines without a border of its own."""
        look, style = self.palette, Style(13)
        entry = self.fields.setdefault(field_id, Field())
        self._field_node(c, field_id, box, name, entry)
        if not entry.text and self.focus != field_id:
            c.text(Box(box.x, box.y, box.w, line_height), entry.hint, Style(13, color=look.faint))
        lines = style.face.wrapped(entry.text, box.w)
        start = 0
        with c.clipped(box):
            for i, line in enumerate(lines):
                row = Box(box.x, box.y + i * line_height, box.w, line_height)
                c.text(row, line, style, elide=False)
                if self.focus == field_id and self.caret_visible and start <= entry.caret <= start + len(line):
                    x = row.x + style.face.width(line.text[: entry.caret - start])
                    c.fill(Box(round(x), row.y + 2, 1, 17), look.text)
                start += len(line) + 1

    def _field_node(self, c: Canvas, field_id: str, box: Box, name: str, entry: Field) -> bool:
        role = "password text" if entry.secure else "entry"
        states = ("editable", "focused") if self.focus == field_id else ("editable",)
        return c.node(field_id, role, name, box, value=entry.shown(), states=states, cursor="text")

    def scroll_area(self, c: Canvas, name: str, box: Box, content_height: int) -> int:
        """Note a scrolled area and paint its bar; returns the pixels its content is shifted up."""
        scroll = self.scroll(name)
        scroll.limit = max(0.0, float(content_height - box.h))
        scroll.at, scroll.goal = min(scroll.at, scroll.limit), min(scroll.goal, scroll.limit)
        c.node(f"scroll:{name}", "scroll pane", name, box)
        if scroll.limit:
            length = max(30, box.h * box.h // content_height)
            y = box.y + round((box.h - length) * scroll.at / scroll.limit)
            c.fill(Box(box.right - 7, y + 2, 4, length - 4), self.palette.faint, 2, 0.55)
        return round(scroll.at)

    def copy(self, text: Text) -> None:
        self.services.clipboard(self, as_marked(text))
