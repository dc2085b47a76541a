"""A calendar: one week, and the details of a chosen appointment."""

from __future__ import annotations

from dataclasses import dataclass

from app.demo.box import Box
from app.demo.canvas import Canvas, Style
from app.demo.identity import SecretBook
from app.demo.marked import Marked
from app.demo.theme import AVATARS, Palette
from app.demo.window import AppWindow, Field, Services

DAYS = ("Mon 17", "Tue 18", "Wed 19", "Thu 20", "Fri 21")
FIRST_HOUR, HOUR = 8, 62


@dataclass(frozen=True, slots=True)
class Appointment:
    """`day` 0–4; hours as decimals; `person` is who it is with."""

    day: int
    start: float
    end: float
    title: Marked
    person: int
    place: Marked
    colour: int = 0


class Calendar(AppWindow):
    app = "Almanac"
    icon = "calendar"

    def __init__(
        self, box: Box, look: Palette, services: Services, book: SecretBook, appointments: list[Appointment]
    ) -> None:
        super().__init__("calendar", box, look, services)
        self.book = book
        self.appointments = appointments
        self.chosen: int | None = None
        self.fields["new"] = Field(hint="New appointment")

    def title(self) -> Marked:
        if self.chosen is None:
            return Marked("November — Almanac")
        return self.appointments[self.chosen].title + " — Almanac"

    def clicked(self, node_id: str) -> None:
        if node_id.startswith("app:"):
            self.chosen = int(node_id.removeprefix("app:"))
        elif node_id == "details:close":
            self.chosen = None

    def entered(self, field_id: str) -> None:
        text = self.fields["new"].clear()
        if text:
            self.appointments.append(Appointment(4, 14.5, 15.5, text, 2, Marked("Room 3"), 3))

    def content(self, c: Canvas, box: Box) -> None:
        head, rest = box.top(50)
        self._head(c, head)
        if self.chosen is not None:
            rest, panel = rest.off_right(270)
            self._details(c, panel, self.appointments[self.chosen])
        names, grid = rest.top(34)
        width = (rest.w - 54) // len(DAYS)
        for i, day in enumerate(DAYS):
            cell = Box(names.x + 54 + width * i, names.y, width, names.h)
            c.text(cell, day, Style(12, 600 if i == 4 else 500, self.palette.accent if i == 4 else ""), "center")
        c.hline(names.x, names.bottom - 1, names.w)
        with c.clipped(grid):
            self._week(c, grid, width)

    def _head(self, c: Canvas, box: Box) -> None:
        look = self.palette
        c.text(Box(box.x + 20, box.y, 170, box.h), "November", Style(18, 600))
        for i, icon in enumerate(("left", "right")):
            c.tool(f"week:{icon}", Box(box.x + 140 + 32 * i, box.y + 10, 30, 30), icon, icon.capitalize(), size=15)
        c.button("today", Box(box.x + 212, box.y + 10, 66, 30), "Today")
        self.entry(c, "new", Box(box.right - 340, box.y + 9, 216, 32), "New appointment")
        c.button("add", Box(box.right - 112, box.y + 10, 92, 30), "Add", primary=True, icon="plus")
        c.hline(box.x, box.bottom - 1, box.w, look.line)

    def _week(self, c: Canvas, box: Box, width: int) -> None:
        look = self.palette
        shift = self.scroll_area(c, "week", box, HOUR * 11)
        for hour in range(FIRST_HOUR, FIRST_HOUR + 11):
            y = box.y + HOUR * (hour - FIRST_HOUR) - shift
            c.hline(box.x + 54, y, box.w - 54)
            c.text(Box(box.x, y - 8, 44, 16), f"{hour}:00", Style(11, color=look.faint), "right")
        for i in range(len(DAYS)):
            c.vline(box.x + 54 + width * i, box.y, box.h)
        for i, one in enumerate(self.appointments):
            top = box.y + round(HOUR * (one.start - FIRST_HOUR)) - shift
            height = round(HOUR * (one.end - one.start)) - 3
            self._appointment(c, i, one, Box(box.x + 57 + width * one.day, top, width - 6, height))

    def _appointment(self, c: Canvas, i: int, one: Appointment, box: Box) -> None:
        color = AVATARS[one.colour % len(AVATARS)]
        hot = c.node(f"app:{i}", "push button", one.title, box, cursor="hand")
        c.fill(box, color, 5, 0.36 if hot or i == self.chosen else 0.24)
        c.fill(Box(box.x, box.y, 3, box.h), color, 1)
        with c.clipped(box):
            lines = Style(12, 600).face.wrapped(one.title, box.w - 18)
            for n, line in enumerate(lines[: max(1, (box.h - 8) // 17)]):
                c.text(Box(box.x + 10, box.y + 4 + 17 * n, box.w - 14, 17), line, Style(12, 600))
            y = box.y + 4 + 17 * len(lines)
            if y + 15 < box.bottom:
                c.text(Box(box.x + 10, y, box.w - 14, 15), one.place, Style(11, color=self.palette.muted))

    def _details(self, c: Canvas, box: Box, one: Appointment) -> None:
        look = self.palette
        c.fill(box, look.side)
        c.vline(box.x, box.y, box.h)
        x, w = box.x + 20, box.w - 40
        c.tool("details:close", Box(box.right - 38, box.y + 10, 28, 28), "close", "Close", size=12)
        height = c.paragraph(Box(x, box.y + 40, w, 100), one.title, Style(16, 600), 22)
        y = box.y + 52 + height
        rows = (
            ("clock", Marked(f"{DAYS[one.day]}, {_clock(one.start)} – {_clock(one.end)}")),
            ("home", one.place),
            ("phone", self.book.part(f"phone{one.person}")),
            ("mail", self.book.part(f"email{one.person}")),
        )
        for icon, text in rows:
            c.icon(icon, x, y + 4, 15, look.muted)
            y += max(28, 8 + c.paragraph(Box(x + 28, y + 1, w - 28, 60), text, Style(13), 19))
        c.hline(x, y + 8, w)
        c.text(Box(x, y + 20, w, 18), "With", Style(11, 600, look.muted))
        for n, person in enumerate((one.person, 0)):
            c.avatar(Box(x, y + 46 + 38 * n, 28, 28), person)
            c.text(Box(x + 40, y + 46 + 38 * n, w - 40, 28), self.book.part(f"person{person}"))


def _clock(hour: float) -> str:
    return f"{int(hour)}:{int(hour % 1 * 60):02}"
