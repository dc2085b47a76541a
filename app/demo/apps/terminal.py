"""A terminal: a prompt, what was typed, and answers that the scene prepared."""

from __future__ import annotations

from app.demo.box import Box
from app.demo.canvas import Canvas, Style
from app.demo.marked import Marked, Text, as_marked
from app.demo.theme import Palette
from app.demo.window import AppWindow, Field, Services

LINE = 19
OK, DIM, PATH = "#7fd18b", "#8b93a1", "#6fb3ff"
INK = "#d6dbe4"


class Terminal(AppWindow):
    app = "Terminal"
    icon = "terminal"

    def __init__(self, box: Box, look: Palette, services: Services, host: str = "dev@forge") -> None:
        super().__init__("terminal", box, look, services)
        self.host = host
        self.lines: list[tuple[Marked, str]] = []
        self.answers: list[list[tuple[Text, str]]] = []  # taken one by one, in the order commands are run
        self.fields["input"] = Field()
        self.focus = "input"

    def title(self) -> Marked:
        return Marked(f"{self.host}: ~/ledger")

    @property
    def prompt(self) -> str:
        return f"{self.host}:~/ledger$ "

    def entered(self, field_id: str) -> None:
        self.lines.append((self.prompt + self.fields["input"].clear(), INK))
        if self.answers:
            self.lines += [(as_marked(text), color) for text, color in self.answers.pop(0)]

    def clicked(self, node_id: str) -> None:
        self.focus = "input"

    def content(self, c: Canvas, box: Box) -> None:
        c.fill(box, "#12151b")
        inner = box.inset(14, 10)
        face = Style(13, mono=True).face
        typed = self.prompt + self.fields["input"].text
        shown: list[tuple[Marked, str, bool]] = []
        for text, color in [*self.lines, (typed, INK)]:
            wrapped = face.wrapped(text, inner.w)
            shown += [(line, color, i == 0) for i, line in enumerate(wrapped)]
        room = inner.h // LINE
        for i, (line, color, first) in enumerate(shown[-room:]):
            self._line(c, Box(inner.x, inner.y + LINE * i, inner.w, LINE), line, color, first=first)
        last = shown[-1][0]
        row = Box(inner.x, inner.y + LINE * (min(len(shown), room) - 1), inner.w, LINE)
        c.node("input", "terminal", "Terminal", box, value=typed, states=("editable", "focused"), cursor="text")
        if self.caret_visible:
            c.fill(Box(round(inner.x + face.width(last.text)), row.y + 1, 8, 17), INK)

    def _line(self, c: Canvas, row: Box, line: Marked, color: str, *, first: bool) -> None:
        n = len(self.prompt) if first and line.text.startswith(self.prompt) else 0
        face = Style(13, mono=True).face
        if n:
            user = len(self.host)
            c.glyphs(row.x, row.y + 14, line[:user], Style(13, 600, OK, mono=True))
            c.glyphs(row.x + face.width(line.text[:user]), row.y + 14, line[user:n], Style(13, color=PATH, mono=True))
        c.glyphs(row.x + face.width(line.text[:n]), row.y + 14, line[n:], Style(13, color=color, mono=True))
