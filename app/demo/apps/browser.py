"""A browser: tabs, an address, and one of a few pages."""

from __future__ import annotations

from typing import Protocol

from app.demo.box import Box
from app.demo.canvas import Canvas, Style
from app.demo.identity import SecretBook
from app.demo.marked import Marked
from app.demo.theme import Palette
from app.demo.window import AppWindow, Services


class Page(Protocol):
    """What a tab shows. `paint` gets the window for its fields and scrolled areas."""

    id: str
    tab: str
    icon: str

    def heading(self) -> Marked: ...

    def address(self) -> Marked: ...

    def height(self) -> int: ...

    def paint(self, c: Canvas, box: Box, window: Browser) -> None: ...

    def clicked(self, node_id: str, window: Browser) -> None: ...


class Browser(AppWindow):
    app = "Compass"
    icon = "globe"

    def __init__(self, box: Box, look: Palette, services: Services, book: SecretBook, pages: list[Page]) -> None:
        super().__init__("browser", box, look, services)
        self.book = book
        self.pages = pages
        self.page = pages[0]

    def title(self) -> Marked:
        return self.page.heading() + " — Compass"

    def url(self) -> Marked | None:
        return "https://" + self.page.address()

    def open(self, page_id: str) -> None:
        self.page = next(p for p in self.pages if p.id == page_id)
        self.focus = None
        area = self.scroll("page")
        area.at = area.goal = 0
        self.touch()

    def clicked(self, node_id: str) -> None:
        if node_id.startswith("tab:"):
            self.open(node_id.removeprefix("tab:"))
        else:
            self.page.clicked(node_id, self)

    def entered(self, field_id: str) -> None:
        self.page.clicked(f"{field_id}:enter", self)

    def content(self, c: Canvas, box: Box) -> None:
        tabs, rest = box.top(36)
        tools, view = rest.top(44)
        self._tabs(c, tabs)
        self._tools(c, tools)
        with c.clipped(view):
            shift = self.scroll_area(c, "page", view, self.page.height())
            self.page.paint(c, Box(view.x, view.y - shift, view.w, max(view.h, self.page.height())), self)

    def _tabs(self, c: Canvas, box: Box) -> None:
        look = self.palette
        c.fill(box, look.side)
        for i, page in enumerate(self.pages):
            tab = Box(box.x + 10 + 196 * i, box.y + 5, 190, box.h - 5)
            here = page is self.page
            hot = c.node(f"tab:{page.id}", "page tab", page.tab, tab)
            if here or hot:
                c.fill(Box(tab.x, tab.y, tab.w, tab.h + 8), look.window if here else look.hover, 8)
            c.icon(page.icon, tab.x + 12, tab.y + 8, 14, look.accent if here else look.faint)
            style = Style(12, color=look.text if here else look.muted)
            c.text(Box(tab.x + 34, tab.y, tab.w - 66, tab.h), page.tab, style)
            c.icon("close", tab.right - 24, tab.y + 10, 10, look.faint)
        c.icon("plus", box.x + 20 + 196 * len(self.pages), box.y + 13, 13, look.muted)

    def _tools(self, c: Canvas, box: Box) -> None:
        look = self.palette
        c.fill(box, look.window)
        for i, (icon, name) in enumerate((("left", "Back"), ("right", "Forward"), ("reload", "Reload"))):
            c.tool(f"nav:{name}", Box(box.x + 10 + 34 * i, box.y + 7, 30, 30), icon, name, size=15)
        bar = Box(box.x + 118, box.y + 7, box.w - 220, 30)
        c.node("address", "entry", "Address", bar, value=self.page.address(), cursor="text")
        c.fill(bar, look.side, 15)
        c.icon("lock", bar.x + 12, bar.y + 8, 13, look.muted)
        c.text(Box(bar.x + 34, bar.y, bar.w - 60, bar.h), self.page.address(), Style(13))
        c.icon("star", bar.right - 26, bar.y + 8, 13, look.faint)
        c.icon("download", box.right - 84, box.y + 14, 15, look.muted)
        c.avatar(Box(box.right - 54, box.y + 10, 24, 24), 9)
        c.hline(box.x, box.bottom - 1, box.w)
