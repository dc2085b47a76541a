"""A code editor: files, tabs, line numbers, colours, a status bar."""

from __future__ import annotations

import re
from typing import Final

from app.demo.box import Box
from app.demo.canvas import Canvas, Style
from app.demo.marked import Marked, lines_of
from app.demo.theme import Palette
from app.demo.window import AppWindow, Field, Services

LINE = 20
CODE: Final = Style(13, mono=True)
_TOKENS = re.compile(
    r"(?P<comment>#.*$)|(?P<string>\"[^\"]*\"?)|(?P<keyword>\b(?:def|class|return|import|from|if|else|for|in|not|and|or"
    r"|with|as|try|except|raise|None|True|False|self|async|await)\b)|(?P<function>\b\w+(?=\())|(?P<number>\b\d+\b)"
)


class Editor(AppWindow):
    app = "Quill"
    icon = "code"

    def __init__(self, box: Box, look: Palette, services: Services, files: dict[str, Marked]) -> None:
        super().__init__("editor", box, look, services)
        for name, text in files.items():
            self.fields[f"code:{name}"] = Field(text)
        self.names = list(files)
        self.tabs = [self.names[0]]
        self.name = self.names[0]
        self.changed: set[str] = set()
        self.focus = f"code:{self.name}"

    def title(self) -> Marked:
        return Marked(("• " if self.name in self.changed else "") + f"{self.name} — ledger — Quill")

    @property
    def code(self) -> Field:
        return self.fields[f"code:{self.name}"]

    def show(self, name: str) -> None:
        if name not in self.tabs:
            self.tabs.append(name)
        self.name = name
        self.focus = f"code:{name}"
        self.wake_caret()

    def clicked(self, node_id: str) -> None:
        kind, _, rest = node_id.partition(":")
        if kind in ("file", "tab"):
            self.show(rest)
        elif kind == "line":
            self.focus = f"code:{self.name}"
            lines = self.code.text.text.split("\n")
            n = int(rest)
            self.code.caret = sum(len(line) + 1 for line in lines[:n]) + len(lines[n])
            self.wake_caret()

    def type_text(self, piece: Marked) -> None:
        self.changed.add(self.name)
        super().type_text(piece)

    def entered(self, field_id: str) -> None:
        before = self.code.text.text[: self.code.caret].rsplit("\n", 1)[-1]
        indent = before[: len(before) - len(before.lstrip(" "))] + ("    " if before.endswith(":") else "")
        self.code.insert(Marked("\n" + indent))

    def shortcut(self, key: str) -> None:
        if key == "s":
            self.changed.discard(self.name)

    def content(self, c: Canvas, box: Box) -> None:
        body, status = box.off_bottom(24)
        bar, rest = body.left(46)
        tree, main = rest.left(186)
        self._bar(c, bar)
        self._tree(c, tree)
        tabs, code = main.top(36)
        self._tabs(c, tabs)
        with c.clipped(code):
            self._code(c, code)
        self._status(c, status)

    def _bar(self, c: Canvas, box: Box) -> None:
        look = self.palette
        c.fill(box, look.bar)
        for i, icon in enumerate(("file", "search", "branch", "play", "gear")):
            tool = Box(box.x + 5, box.y + 8 + 42 * i, 36, 36)
            c.tool(f"bar:{icon}", tool, icon, icon.capitalize(), size=18, color=look.text if i == 0 else look.faint)
        c.fill(Box(box.x, box.y + 12, 2, 28), look.accent)

    def _tree(self, c: Canvas, box: Box) -> None:
        look = self.palette
        c.fill(box, look.side)
        c.vline(box.right - 1, box.y, box.h)
        c.text(Box(box.x + 14, box.y + 8, 150, 20), "LEDGER", Style(11, 600, look.muted))
        entries = [("folder", "src"), *(("file", n) for n in self.names), ("folder", "tests"), ("file", "Makefile")]
        for i, (icon, name) in enumerate(entries):
            row = Box(box.x, box.y + 34 + 26 * i, box.w - 1, 26)
            hot = c.node(f"file:{name}", "tree item", name, row) if name in self.names else False
            if hot or name == self.name:
                c.fill(row, look.selected if name == self.name else look.hover)
            x = row.x + (14 if icon == "folder" or name == "Makefile" else 30)
            c.icon(icon, x, row.y + 6, 14, look.warn if icon == "folder" else look.faint)
            color = look.warn if name in self.changed else look.text
            c.text(Box(x + 20, row.y, row.w - 50, row.h), name, Style(13, color=color))

    def _tabs(self, c: Canvas, box: Box) -> None:
        look = self.palette
        c.fill(box, look.side)
        c.hline(box.x, box.bottom - 1, box.w)
        x = box.x
        for name in self.tabs:
            tab = Box(x, box.y, 154, box.h)
            here = name == self.name
            hot = c.node(f"tab:{name}", "page tab", name, tab)
            if here or hot:
                c.fill(tab, look.window if here else look.hover)
            if here:
                c.fill(Box(tab.x, tab.y, tab.w, 2), look.accent)
            c.icon("file", tab.x + 12, tab.y + 11, 13, look.accent)
            c.text(Box(tab.x + 32, tab.y, 92, tab.h), name, Style(12, 500, look.text if here else look.muted))
            if name in self.changed:
                c.ellipse(Box(tab.right - 22, tab.y + 15, 8, 8), look.text)
            else:
                c.icon("close", tab.right - 24, tab.y + 12, 11, look.faint)
            c.vline(tab.right - 1, tab.y, tab.h)
            x = tab.right

    def _code(self, c: Canvas, box: Box) -> None:
        look, code = self.palette, self.code
        lines = lines_of(code.text)
        shift = self.scroll_area(c, "code", box, LINE * len(lines) + 16)
        c.node(f"code:{self.name}", "text", self.name, box, value=code.text, states=("editable", "multi line"))
        here = code.text.text[: code.caret].count("\n")
        start = 0
        for i, line in enumerate(lines):
            row = Box(box.x, box.y + 8 + LINE * i - shift, box.w - 10, LINE)
            if row.bottom > box.y and row.y < box.bottom:
                self._line(c, i, line, row, here=i == here)
                if i == here and self.caret_visible and self.focus == f"code:{self.name}":
                    x = row.x + 60 + CODE.face.width(line.text[: code.caret - start])
                    c.fill(Box(round(x), row.y + 1, 2, 18), look.accent)
            start += len(line) + 1

    def _line(self, c: Canvas, i: int, line: Marked, row: Box, *, here: bool) -> None:
        look, face = self.palette, CODE.face
        if here:
            c.fill(row, look.hover, alpha=0.6)
        c.node(f"line:{i}", "paragraph", line, row.left(60)[1], cursor="text")
        number = Style(12, color=look.text if here else look.faint, mono=True)
        c.text(Box(row.x + 8, row.y, 36, LINE), str(i + 1), number, "right")
        x, done = row.x + 60.0, 0
        baseline = row.y + 14
        for piece, color in self._coloured(line):
            c.glyphs(x + face.width(line.text[:done]), baseline, piece, Style(13, color=color, mono=True))
            done += len(piece)

    def _coloured(self, line: Marked) -> list[tuple[Marked, str]]:
        keyword, string, comment, function = self.palette.syntax
        colours = {"keyword": keyword, "string": string, "comment": comment, "function": function}
        out, done = [], 0
        for token in _TOKENS.finditer(line.text):
            out.append((line[done : token.start()], self.palette.text))
            out.append((line[token.start() : token.end()], colours.get(token.lastgroup or "", self.palette.warn)))
            done = token.end()
        out.append((line[done:], self.palette.text))
        return [piece for piece in out if piece[0]]

    def _status(self, c: Canvas, box: Box) -> None:
        look = self.palette
        c.fill(box, look.accent)
        style = Style(11, 500, look.on_accent)
        c.icon("branch", box.x + 10, box.y + 5, 13, look.on_accent)
        c.text(Box(box.x + 28, box.y, 200, box.h), "billing-retry", style)
        row = self.code.text.text[: self.code.caret].count("\n") + 1
        c.text(box.inset(14, 0), f"Ln {row}    Spaces: 4    UTF-8    Python", style, "right")
