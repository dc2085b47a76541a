"""Chat: rooms and people on the left, a conversation in bubbles, a composer."""

from __future__ import annotations

from dataclasses import dataclass

from app.demo.box import Box
from app.demo.canvas import Canvas, Style
from app.demo.identity import SecretBook
from app.demo.layer import Item
from app.demo.marked import Marked
from app.demo.theme import Palette
from app.demo.window import AppWindow, Field, Services

ROOMS = ("general", "support-desk", "billing", "release-24", "lunch")


@dataclass(slots=True)
class Said:
    """One message; `person` −1 is the one who sits here."""

    person: int
    text: Marked
    time: str


class Chat(AppWindow):
    app = "Huddle"
    icon = "chat"

    def __init__(
        self, box: Box, look: Palette, services: Services, book: SecretBook, people: tuple[int, ...], said: list[Said]
    ) -> None:
        super().__init__("chat", box, look, services)
        self.book = book
        self.people = people
        self.talks: dict[int, list[Said]] = {people[0]: said}
        self.open = people[0]
        self.unread: set[int] = set()
        self.fields["composer"] = Field(hint="Write a message")
        self._menu_at = -1

    @property
    def said(self) -> list[Said]:
        return self.talks.setdefault(self.open, [])

    def title(self) -> Marked:
        return self.book.part(f"person{self.open}") + " — Huddle"

    def hear(self, person: int, text: Marked, time: str) -> None:
        """Somebody writes."""
        self.talks.setdefault(person, []).append(Said(person, text, time))
        if person != self.open:
            self.unread.add(person)
        self._to_end()
        self.touch()

    def entered(self, field_id: str) -> None:
        text = self.fields["composer"].clear()
        if text:
            self.said.append(Said(-1, text, "now"))
            self._to_end()

    def clicked(self, node_id: str) -> None:
        if node_id.startswith("person:"):
            self.open = int(node_id.removeprefix("person:"))
            self.unread.discard(self.open)
            self._to_end()
        elif node_id == "send":
            self.entered("composer")

    def context_items(self, node_id: str) -> tuple[Item, ...]:
        if not node_id.startswith("said:"):
            return ()
        self._menu_at = int(node_id.removeprefix("said:"))
        return (
            Item("Reply in thread", "reply"), Item("Copy text", "file", "Ctrl+C"), Item("Pin", "star"), Item(""),
            Item("Delete", "trash"),
        )  # fmt: skip

    def picked(self, label: str) -> None:
        if label == "Copy text":
            self.copy(self.said[self._menu_at].text)

    def _to_end(self) -> None:
        area = self.scroll("talk")
        area.goal = area.at = 1e6

    def content(self, c: Canvas, box: Box) -> None:
        side, main = box.left(204)
        self._side(c, side)
        head, rest = main.top(52)
        talk, composer = rest.off_bottom(64)
        self._head(c, head)
        with c.clipped(talk):
            self._talk(c, talk)
        self._composer(c, composer)

    def _side(self, c: Canvas, box: Box) -> None:
        look = self.palette
        c.fill(box, look.side)
        c.vline(box.right - 1, box.y, box.h)
        c.text(Box(box.x + 16, box.y + 12, 160, 24), "Harbour Works", Style(15, 600))
        c.text(Box(box.x + 16, box.y + 46, 160, 18), "Rooms", Style(11, 600, look.muted))
        y = box.y + 68
        for name in ROOMS:
            row = Box(box.x + 8, y, box.w - 16, 27)
            if c.node(f"room:{name}", "list item", name, row):
                c.fill(row, look.hover, 5)
            c.text(row.inset(8, 0), "#", Style(13, color=look.faint))
            c.text(row.inset(26, 0), name, Style(13, color=look.muted))
            y += 28
        c.text(Box(box.x + 16, y + 10, 160, 18), "Direct messages", Style(11, 600, look.muted))
        y += 32
        for person in self.people:
            self._person(c, person, Box(box.x + 8, y, box.w - 16, 33))
            y += 34

    def _person(self, c: Canvas, person: int, row: Box) -> None:
        look, name = self.palette, self.book.part(f"person{person}")
        hot = c.node(f"person:{person}", "list item", name, row)
        if person == self.open or hot:
            c.fill(row, look.selected if person == self.open else look.hover, 6)
        c.avatar(Box(row.x + 7, row.y + 5, 23, 23), person)
        c.ellipse(Box(row.x + 23, row.y + 21, 8, 8), look.ok if person % 3 else look.faint)
        fresh = person in self.unread
        c.text(Box(row.x + 38, row.y, row.w - 62, row.h), name, Style(13, 600 if fresh else 400))
        if fresh:
            c.fill(Box(row.right - 24, row.y + 9, 18, 16), look.danger, 8)
            c.text(Box(row.right - 24, row.y + 9, 18, 16), "1", Style(11, 600, "#ffffff"), "center")

    def _head(self, c: Canvas, box: Box) -> None:
        look = self.palette
        c.avatar(Box(box.x + 16, box.y + 9, 33, 33), self.open)
        c.text(Box(box.x + 60, box.y + 7, box.w - 200, 20), self.book.part(f"person{self.open}"), Style(14, 600))
        c.text(Box(box.x + 60, box.y + 26, box.w - 200, 17), "Active now", Style(11, color=look.muted))
        for i, icon in enumerate(("phone", "search", "dots")):
            c.tool(f"head:{icon}", Box(box.right - 112 + 34 * i, box.y + 10, 32, 32), icon, icon.capitalize())
        c.hline(box.x, box.bottom - 1, box.w)

    def _talk(self, c: Canvas, box: Box) -> None:
        face, width = Style(13).face, min(430, box.w - 130)
        laid = [(s, face.wrapped(s.text, width)) for s in self.said]
        total = 20 + sum(19 * len(lines) + 42 for _, lines in laid)
        shift = self.scroll_area(c, "talk", box, total)
        y = box.y + 12 - shift + max(0, box.h - total)
        for i, (said, lines) in enumerate(laid):
            height = 19 * len(lines) + 16
            if y + height > box.y - 30 and y < box.bottom:
                self._bubble(c, i, said, lines, Box(box.x, y, box.w, height))
            y += height + 26

    def _bubble(self, c: Canvas, i: int, said: Said, lines: list[Marked], row: Box) -> None:
        look, mine = self.palette, said.person < 0
        face = Style(13).face
        width = round(max(face.width(line.text) for line in lines)) + 26
        x = row.right - 24 - width if mine else row.x + 60
        bubble = Box(x, row.y + 18, width, row.h)
        who = Marked("You") if mine else self.book.part(f"person{said.person}", "first")
        place = Box(bubble.x, row.y, 240, 16) if not mine else Box(bubble.right - 240, row.y, 240, 16)
        c.text(place, who + f"  {said.time}", Style(11, color=look.muted), "right" if mine else "left")
        if not mine:
            c.avatar(Box(row.x + 18, row.y + 18, 32, 32), said.person)
        c.node(f"said:{i}", "list item", said.text, bubble)
        c.fill(bubble, look.accent if mine else look.hover, 10)
        for n, line in enumerate(lines):
            style = Style(13, color=look.on_accent if mine else look.text)
            c.text(Box(bubble.x + 13, bubble.y + 8 + 19 * n, width, 19), line, style, elide=False)

    def _composer(self, c: Canvas, box: Box) -> None:
        look = self.palette
        card = box.inset(16, 10)
        c.panel(card, look.raised, look.accent if self.focus == "composer" else look.line, 8)
        c.tool("attach", Box(card.x + 6, card.y + 7, 30, 30), "clip", "Attach")
        self.area(c, "composer", Box(card.x + 42, card.y + 12, card.w - 90, 22), "Message")
        c.tool("send", Box(card.right - 38, card.y + 7, 30, 30), "send", "Send", color=look.accent)
