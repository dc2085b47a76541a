"""A spreadsheet: a formula line, a grid, typed values."""

from __future__ import annotations

from app.demo.box import Box
from app.demo.canvas import Canvas, Style
from app.demo.marked import Marked, Text, as_marked
from app.demo.theme import Palette
from app.demo.window import AppWindow, Field, Services

ROW, NUMBERS = 25, 44


class Sheet(AppWindow):
    app = "Tabula"
    icon = "sheet"

    def __init__(
        self, box: Box, look: Palette, services: Services, name: str, widths: tuple[int, ...], rows: list[list[Text]],
        total_rows: int = 60,
    ) -> None:  # fmt: skip
        super().__init__("sheet", box, look, services)
        self.name = name
        self.widths = widths
        self.total_rows = total_rows
        self.cells = {(r, c): as_marked(text) for r, row in enumerate(rows) for c, text in enumerate(row)}
        self.at = (1, 0)
        self.fields["cell"] = Field(self.cells[self.at])
        self.focus = "cell"

    def title(self) -> Marked:
        return Marked(f"{self.name} — Tabula")

    def select(self, row: int, column: int) -> None:
        self.cells[self.at] = self.fields["cell"].text
        self.at = (row, column)
        text = self.cells.get(self.at, Marked(""))
        self.fields["cell"] = Field(text, len(text))
        self.focus = "cell"
        self.wake_caret()

    def clicked(self, node_id: str) -> None:
        if node_id.startswith("cell:"):
            row, column = node_id.removeprefix("cell:").split(",")
            self.select(int(row), int(column))

    def press_key(self, key: str) -> None:
        row, column = self.at
        if key == "Enter":
            self.select(row + 1, column)
        elif key == "Tab":
            self.select(row, column + 1)
        else:
            super().press_key(key)

    def shortcut(self, key: str) -> None:
        if key == "c":
            self.copy(self.fields["cell"].text)

    def cell(self, row: int, column: int) -> Marked:
        return self.fields["cell"].text if (row, column) == self.at else self.cells.get((row, column), Marked(""))

    def content(self, c: Canvas, box: Box) -> None:
        tools, rest = box.top(40)
        formula, grid = rest.top(34)
        grid, sheets = grid.off_bottom(30)
        self._tools(c, tools)
        self._formula(c, formula)
        with c.clipped(grid):
            self._grid(c, grid)
        self._sheets(c, sheets)

    def _tools(self, c: Canvas, box: Box) -> None:
        look = self.palette
        c.fill(box, look.side)
        for i, icon in enumerate(("left", "right", "bold", "italic", "pen", "search", "download")):
            c.tool(f"tool:{icon}", Box(box.x + 10 + 34 * i, box.y + 5, 30, 30), icon, icon.capitalize(), size=15)
        c.text(Box(box.x + 262, box.y, 120, box.h), "Inter  ·  11  ·  € 0.00", Style(12, color=look.muted))
        c.hline(box.x, box.bottom - 1, box.w)

    def _formula(self, c: Canvas, box: Box) -> None:
        look = self.palette
        row, column = self.at
        c.text(Box(box.x + 12, box.y, 50, box.h), f"{chr(65 + column)}{row + 1}", Style(12, 600))
        c.vline(box.x + 64, box.y + 6, box.h - 12)
        c.text(Box(box.x + 76, box.y, box.w - 90, box.h), self.fields["cell"].text, Style(13, mono=True))
        c.hline(box.x, box.bottom - 1, box.w, look.line)

    def _grid(self, c: Canvas, box: Box) -> None:
        look = self.palette
        head, body = box.top(24)
        shift = self.scroll_area(c, "grid", body, ROW * self.total_rows)
        with c.clipped(body):
            first = shift // ROW
            for row in range(first, min(self.total_rows, first + body.h // ROW + 2)):
                self._row(c, row, Box(body.x, body.y + ROW * row - shift, body.w, ROW))
        c.fill(head, look.side)
        x = box.x + NUMBERS
        for column, width in enumerate(self.widths):
            if column == self.at[1]:
                c.fill(Box(x, head.y, width, head.h), look.selected)
            c.text(Box(x, head.y, width, head.h), chr(65 + column), Style(11, 500, look.muted), "center")
            x += width
            c.vline(x - 1, head.y, box.h)
        c.hline(head.x, head.bottom - 1, head.w)

    def _row(self, c: Canvas, row: int, line: Box) -> None:
        look = self.palette
        number = Box(line.x, line.y, NUMBERS, ROW)
        c.fill(number, look.selected if row == self.at[0] else look.side)
        c.text(number, str(row + 1), Style(11, color=look.muted), "center")
        c.hline(line.x, line.bottom - 1, line.w)
        x = line.x + NUMBERS
        for column, width in enumerate(self.widths):
            box = Box(x, line.y, width, ROW)
            text = self.cell(row, column)
            c.node(f"cell:{row},{column}", "table cell", f"{chr(65 + column)}{row + 1}", box, value=text)
            if row == 0:
                c.fill(Box(box.x, box.y, box.w - 1, box.h - 1), look.hover)
            number_like = text.text[:1] in "0123456789−€" and " " not in text.text.removeprefix("€ ")
            c.text(box.inset(8, 0), text, Style(12, 600 if row == 0 else 400), "right" if number_like else "left")
            if (row, column) == self.at:
                c.frame(Box(box.x - 1, box.y - 1, box.w + 1, box.h + 1), look.accent, 0, 2)
            x += width

    def _sheets(self, c: Canvas, box: Box) -> None:
        look = self.palette
        c.fill(box, look.side)
        c.hline(box.x, box.y, box.w)
        for i, name in enumerate(("Payroll", "Suppliers", "Notes")):
            tab = Box(box.x + 44 + 96 * i, box.y + 1, 94, box.h - 1)
            if c.node(f"sheet:{name}", "page tab", name, tab) or i == 0:
                c.fill(tab, look.window if i == 0 else look.hover)
            c.text(tab, name, Style(12, 600 if i == 0 else 400, look.accent if i == 0 else look.muted), "center")
        c.icon("plus", box.x + 16, box.y + 9, 12, look.muted)
        c.text(box.inset(14, 0), "Sum: € 28 417.50    Count: 9", Style(11, color=look.muted), "right")
