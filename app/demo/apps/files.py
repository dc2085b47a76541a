"""A file manager: places, a list of files, dragging them into folders."""

from __future__ import annotations

from dataclasses import dataclass

from app.demo.box import Box
from app.demo.canvas import Canvas, Style
from app.demo.layer import Item
from app.demo.marked import Marked, Text, as_marked
from app.demo.theme import Palette
from app.demo.window import AppWindow, Services

ROW = 34
ICONS = {"Folder": "folder", "PDF document": "pdf", "Image": "image", "Spreadsheet": "sheet"}
PLACES = (("home", "Home"), ("download", "Downloads"), ("file", "Documents"), ("image", "Pictures"), ("trash", "Bin"))


@dataclass(frozen=True, slots=True)
class Entry:
    """One file or folder."""

    name: Marked
    kind: str
    size: str
    changed: str

    @property
    def icon(self) -> str:
        return ICONS.get(self.kind, "file")


def entry(name: Text, kind: str, size: str, changed: str) -> Entry:
    return Entry(as_marked(name), kind, size, changed)


class Files(AppWindow):
    app = "Files"
    icon = "folder"

    def __init__(self, box: Box, look: Palette, services: Services, entries: list[Entry], folder: str) -> None:
        super().__init__("files", box, look, services)
        self.entries = entries
        self.folder = folder
        self.selected: int | None = None

    def title(self) -> Marked:
        return Marked(f"{self.folder} — Files")

    def clicked(self, node_id: str) -> None:
        if node_id.startswith("entry:"):
            self.selected = int(node_id.removeprefix("entry:"))

    def context_items(self, node_id: str) -> tuple[Item, ...]:
        if not node_id.startswith("entry:"):
            return ()
        self.selected = int(node_id.removeprefix("entry:"))
        self.touch()
        return (
            Item("Open", "file", "Enter"), Item("Copy name", "file"), Item("Rename", "pen", "F2"), Item(""),
            Item("Move to bin", "trash", "Del"),
        )  # fmt: skip

    def picked(self, label: str) -> None:
        if self.selected is None:
            return
        if label == "Copy name":
            self.copy(self.entries[self.selected].name)
        elif label == "Move to bin":
            self._remove(self.selected)

    def dropped(self, source_id: str, target_id: str) -> None:
        onto_folder = target_id.startswith("entry:") and self.entries[int(target_id[6:])].kind == "Folder"
        if source_id.startswith("entry:") and (onto_folder or target_id.startswith("place:")):
            self._remove(int(source_id[6:]))

    def _remove(self, index: int) -> None:
        del self.entries[index]
        self.selected = None

    def content(self, c: Canvas, box: Box) -> None:
        side, main = box.left(160)
        self._places(c, side)
        head, rest = main.top(46)
        names, rows = rest.top(30)
        rows, status = rows.off_bottom(28)
        self._head(c, head)
        for label, cell, align in self._columns(names, ("Name", "Kind", "Size", "Changed")):
            c.text(cell, label, Style(11, 600, self.palette.muted), align)
        c.hline(names.x, names.bottom - 1, names.w)
        with c.clipped(rows):
            shift = self.scroll_area(c, "files", rows, ROW * len(self.entries) + 8)
            for i, one in enumerate(self.entries):
                self._row(c, i, one, Box(rows.x, rows.y + 4 + ROW * i - shift, rows.w, ROW))
        c.hline(status.x, status.y, status.w)
        c.text(status.inset(16, 0), f"{len(self.entries)} items, 84.2 GB free", Style(11, color=self.palette.muted))

    def _places(self, c: Canvas, box: Box) -> None:
        look = self.palette
        c.fill(box, look.side)
        c.vline(box.right - 1, box.y, box.h)
        c.text(Box(box.x + 16, box.y + 12, 120, 18), "Places", Style(11, 600, look.muted))
        for i, (icon, name) in enumerate(PLACES):
            row = Box(box.x + 8, box.y + 36 + 34 * i, box.w - 16, 32)
            hot = c.node(f"place:{name}", "list item", name, row)
            if hot or name == self.folder:
                c.fill(row, look.selected if name == self.folder else look.hover, 6)
            c.icon(icon, row.x + 9, row.y + 8, 15, look.accent)
            c.text(row.inset(34, 0), name)

    def _head(self, c: Canvas, box: Box) -> None:
        look = self.palette
        for i, icon in enumerate(("left", "right")):
            c.tool(f"go:{icon}", Box(box.x + 10 + 32 * i, box.y + 8, 30, 30), icon, icon.capitalize(), size=15)
        path = Box(box.x + 84, box.y + 8, box.w - 150, 30)
        c.panel(path, look.side, look.line)
        c.icon("home", path.x + 10, path.y + 8, 14, look.muted)
        c.text(path.inset(32, 0), f"Home  ›  {self.folder}")
        c.tool("find", Box(box.right - 48, box.y + 8, 30, 30), "search", "Search", size=15)
        c.hline(box.x, box.bottom - 1, box.w)

    def _columns(self, row: Box, labels: tuple[Text, ...]) -> list[tuple[Text, Box, str]]:
        inner = row.inset(16, 0)
        rest, changed = inner.off_right(130)
        rest, size = rest.off_right(80)
        name, kind = rest.off_right(140)
        ends = ("left", "left", "right", "right")
        return list(zip(labels, (name, kind, size, changed), ends, strict=True))

    def _row(self, c: Canvas, i: int, one: Entry, row: Box) -> None:
        look = self.palette
        body = row.inset(6, 1)
        hot = c.node(f"entry:{i}", "table row", one.name, body, states=("selected",) if i == self.selected else ())
        if hot or i == self.selected:
            c.fill(body, look.selected if i == self.selected else look.hover, 6)
        color = {"folder": look.warn, "pdf": look.danger, "sheet": look.ok}.get(one.icon, look.faint)
        c.icon(one.icon, row.x + 16, row.y + 9, 16, color)
        cells = self._columns(row, (one.name, one.kind, one.size, one.changed))
        c.text(cells[0][1].left(28)[1], one.name)
        for label, cell, align in cells[1:]:
            c.text(cell, label, Style(12, color=look.muted), align)
