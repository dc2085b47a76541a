"""Settings: an account with personal data, switches, recovery codes."""

from __future__ import annotations

from app.demo.box import Box
from app.demo.canvas import Canvas, Style
from app.demo.identity import SecretBook
from app.demo.marked import Marked
from app.demo.theme import Palette
from app.demo.window import AppWindow, Field, Services

PANES = (("user", "Account"), ("shield", "Privacy"), ("bell", "Notifications"), ("display", "Displays"),
         ("wifi", "Network"), ("volume", "Sound"), ("lock", "Keys"))  # fmt: skip


class Settings(AppWindow):
    app = "Settings"
    icon = "gear"

    def __init__(self, box: Box, look: Palette, services: Services, book: SecretBook) -> None:
        super().__init__("settings", box, look, services)
        self.book = book
        self.pane = "Account"
        self.on = {"Share usage data": False, "Show previews": True, "Night light": True}
        self.fields["account.phone"] = Field(hint="Not set")

    def title(self) -> Marked:
        return Marked(f"{self.pane} — Settings")

    def clicked(self, node_id: str) -> None:
        kind, _, rest = node_id.partition(":")
        if kind == "pane":
            self.pane = rest
            self.focus = None
        elif kind == "switch":
            self.on[rest] = not self.on[rest]

    def content(self, c: Canvas, box: Box) -> None:
        side, main = box.left(190)
        look = self.palette
        c.fill(side, look.side)
        c.vline(side.right - 1, side.y, side.h)
        for i, (icon, name) in enumerate(PANES):
            row = Box(side.x + 10, side.y + 14 + 38 * i, side.w - 20, 36)
            hot = c.node(f"pane:{name}", "list item", name, row)
            if hot or name == self.pane:
                c.fill(row, look.selected if name == self.pane else look.hover, 7)
            c.icon(icon, row.x + 10, row.y + 10, 16, look.accent if name == self.pane else look.muted)
            c.text(row.inset(38, 0), name, Style(13, 600 if name == self.pane else 400))
        page = main.inset(28, 20)
        c.text(Box(page.x, page.y, page.w, 32), self.pane, Style(21, 600))
        painter = {"Account": self._account, "Keys": self._keys}.get(self.pane, self._switches)
        painter(c, page.top(48)[1])

    def _group(self, c: Canvas, box: Box, rows: list[tuple[str, Marked]]) -> int:
        """A card with one labelled value a row; returns its height."""
        look, height = self.palette, 44 * len(rows)
        c.panel(Box(box.x, box.y, box.w, height), look.raised, look.line, 8)
        for i, (label, value) in enumerate(rows):
            row = Box(box.x, box.y + 44 * i, box.w, 44).inset(16, 0)
            if i:
                c.hline(row.x, row.y, row.w)
            c.text(row, label, Style(13, color=look.muted))
            c.text(row.left(150)[1], value, Style(13, 500))
            c.node(f"value:{label}", "label", label, row, value=value)
        return height

    def _account(self, c: Canvas, box: Box) -> None:
        book = self.book
        c.avatar(Box(box.x, box.y, 56, 56), 0)
        c.text(Box(box.x + 72, box.y + 4, 300, 26), book.part("person0"), Style(17, 600))
        about = Style(12, color=self.palette.muted)
        c.text(Box(box.x + 72, box.y + 30, 300, 20), "Local account, administrator", about)
        y = box.y + 72
        y += 16 + self._group(c, Box(box.x, y, box.w, 0), [
            ("E-mail", book.part("email0")), ("Address", book.part("address0")), ("National id", book.part("ssn0")),
        ])  # fmt: skip
        c.text(Box(box.x, y, 300, 20), "Recovery phone", Style(12, 500, self.palette.muted))
        self.entry(c, "account.phone", Box(box.x, y + 22, 280, 36), "Recovery phone")
        c.button("account.save", Box(box.x + 292, y + 22, 84, 36), "Save", primary=True)

    def _keys(self, c: Canvas, box: Box) -> None:
        look, book = self.palette, self.book
        c.text(box.top(20)[0], "Tokens that programs on this machine may use.", Style(13, color=look.muted))
        for i, name in enumerate(("Payments, live", "Code host", "Chat bot")):
            key = f"apikey{i}"
            row = Box(box.x, box.y + 34 + 70 * i, box.w, 60)
            c.panel(row, look.raised, look.line, 8)
            c.icon("lock", row.x + 16, row.y + 20, 18, look.warn)
            c.text(Box(row.x + 48, row.y + 9, 300, 20), name, Style(13, 600))
            value = Box(row.x + 48, row.y + 31, row.w - 140, 20)
            c.node(f"token:{key}", "label", name, value, value=book.part(key))
            c.text(value, book.part(key), Style(12, color=look.muted, mono=True))
            c.button(f"revoke:{key}", Box(row.right - 86, row.y + 14, 72, 32), "Revoke")

    def _switches(self, c: Canvas, box: Box) -> None:
        look = self.palette
        c.panel(Box(box.x, box.y, box.w, 56 * len(self.on)), look.raised, look.line, 8)
        for i, (name, on) in enumerate(self.on.items()):
            row = Box(box.x, box.y + 56 * i, box.w, 56).inset(16, 0)
            if i:
                c.hline(row.x, row.y, row.w)
            c.text(row, name, Style(13, 500))
            knob = Box(row.right - 42, row.y + 17, 42, 22)
            c.node(f"switch:{name}", "check box", name, knob, states=("checked",) if on else ())
            c.fill(knob, look.accent if on else look.faint, 11)
            c.ellipse(Box(knob.right - 20 if on else knob.x + 2, knob.y + 2, 18, 18), "#ffffff")
