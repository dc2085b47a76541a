"""A document viewer: an invoice of two pages."""

from __future__ import annotations

from app.demo.box import Box
from app.demo.canvas import Canvas, Style
from app.demo.identity import SecretBook
from app.demo.marked import Marked, Text
from app.demo.theme import LIGHT, Palette
from app.demo.window import AppWindow, Services

INK, GREY, RULE = LIGHT.text, LIGHT.muted, LIGHT.line  # paper is white in every theme
PAGE_W, PAGE_H = 620, 800


class Viewer(AppWindow):
    app = "Folio"
    icon = "pdf"

    def __init__(self, box: Box, look: Palette, services: Services, book: SecretBook, person: int) -> None:
        super().__init__("viewer", box, look, services)
        self.book = book
        self.person = person

    def title(self) -> Marked:
        return "Invoice " + self.book.part(f"person{self.person}", "last") + ".pdf — Folio"

    def content(self, c: Canvas, box: Box) -> None:
        look = self.palette
        tools, view = box.top(42)
        for i, icon in enumerate(("menu", "minus", "plus", "search", "download")):
            c.tool(f"tool:{icon}", Box(tools.x + 10 + 34 * i, tools.y + 6, 30, 30), icon, icon.capitalize(), size=15)
        c.text(tools.inset(16, 0), "Page 1 of 2   ·   100 %", Style(12, color=look.muted), "right")
        c.hline(tools.x, tools.bottom - 1, tools.w)
        with c.clipped(view):
            c.fill(view, "#8a8f98" if look.name == "light" else "#0e1013")
            shift = self.scroll_area(c, "pages", view, 2 * PAGE_H + 60)
            x = view.x + (view.w - PAGE_W) // 2
            first = Box(x, view.y + 20 - shift, PAGE_W, PAGE_H)
            self._invoice(c, first)
            self._terms(c, first.moved(0, PAGE_H + 20))

    def _ink(
        self, c: Canvas, box: Box, text: Text, px: int = 13, weight: int = 400, color: str = INK, align: str = "left"
    ) -> None:
        c.text(box, text, Style(px, weight, color), align)

    def _invoice(self, c: Canvas, page: Box) -> None:
        c.fill(page, "#ffffff")
        book, n = self.book, self.person
        x, y, w = page.x + 52, page.y + 48, page.w - 104
        c.node("page:1", "document", "Invoice", page)
        self._ink(c, Box(x, y, 300, 30), "Harbour Works Ltd", 20, 700)
        self._ink(c, Box(x, y, w, 30), "INVOICE", 20, 600, GREY, "right")
        self._ink(c, Box(x, y + 32, w, 20), "No. 2024-1187 · 14 November", 12, 400, GREY, "right")
        self._ink(c, Box(x, y + 84, 200, 18), "Billed to", 11, 600, GREY)
        for i, kind in enumerate(("person", "address", "email", "phone")):
            line = book.part(f"{kind}{n}")
            self._ink(c, Box(x, y + 104 + 20 * i, w, 20), line, 13, 600 if i == 0 else 400)
        self._items(c, Box(x, y + 212, w, 200))
        c.fill(Box(x, y + 452, w, 92), "#f4f6f9", 6)
        self._ink(c, Box(x + 16, y + 462, w, 20), "Please pay within 14 days to", 12, 400, GREY)
        c.text(Box(x + 16, y + 484, w, 22), book.part("iban1"), Style(15, 600, INK, mono=True))
        self._ink(c, Box(x + 16, y + 510, w, 20), "Account holder: " + book.part("person7"), 12)
        c.node("iban", "label", "Account", Box(x + 16, y + 484, w - 32, 22), value=book.part("iban1"))

    def _items(self, c: Canvas, box: Box) -> None:
        head = box.top(26)[0]
        for text, align in (("Item", "left"), ("Amount", "right")):
            self._ink(c, head, text, 11, 600, GREY, align)
        rows = (("Desk lamp, brass (2)", "236.00"), ("Field notebook, ruled (12)", "118.80"),
                ("Delivery, insured", "14.90"), ("Repair of drawer", "85.00"))  # fmt: skip
        for i, (what, amount) in enumerate(rows):
            row = Box(box.x, box.y + 28 + 32 * i, box.w, 32)
            c.fill(Box(row.x, row.y, row.w, 1), RULE)
            self._ink(c, row, what)
            self._ink(c, row, amount, align="right")
        total = Box(box.x, box.y + 28 + 32 * len(rows), box.w, 40)
        c.fill(Box(total.x, total.y, total.w, 2), INK)
        self._ink(c, total, "Total", 14, 600)
        self._ink(c, total, "€ 454.70", 14, 600, align="right")

    def _terms(self, c: Canvas, page: Box) -> None:
        c.fill(page, "#ffffff")
        c.node("page:2", "document", "Terms", page)
        x, w = page.x + 52, page.w - 104
        self._ink(c, Box(x, page.y + 48, w, 30), "Terms", 20, 700)
        text = (
            "Goods remain ours until they are paid for. Report damage within seven days and keep the wrapping. "
            "Returns are free within thirty days if the goods are unused. "
        )
        for i in range(4):
            c.paragraph(Box(x, page.y + 96 + 110 * i, w, 100), text, Style(13, color=INK), 21)
        self._ink(c, Box(x, page.y + 560, w, 20), "Questions: " + self.book.part("email7"), 12, 400, GREY)
