"""Mail: folders, a message list, a reading pane and a reply."""

from __future__ import annotations

from dataclasses import dataclass

from app.demo.box import Box
from app.demo.canvas import Canvas, Style
from app.demo.identity import SecretBook
from app.demo.layer import Item
from app.demo.marked import Marked, lines_of
from app.demo.theme import Palette
from app.demo.window import AppWindow, Field, Services

ROW = 68
FOLDERS = (("Inbox", "mail", 12), ("Starred", "star", 0), ("Sent", "send", 0), ("Drafts", "pen", 2),
           ("Archive", "archive", 0), ("Spam", "shield", 0), ("Trash", "trash", 0))  # fmt: skip


@dataclass(slots=True)
class Message:
    """One mail; `person` is the number of its sender in the book."""

    person: int
    subject: Marked
    body: Marked
    time: str
    unread: bool = False
    files: tuple[str, ...] = ()


class Mail(AppWindow):
    app = "Mail"
    icon = "mail"

    def __init__(self, box: Box, look: Palette, services: Services, book: SecretBook, messages: list[Message]) -> None:
        super().__init__("mail", box, look, services)
        self.book = book
        self.messages = messages
        self.selected = 0
        self.replying = False

    @property
    def message(self) -> Message:
        return self.messages[self.selected]

    def title(self) -> Marked:
        return self.message.subject + " — Mail"

    def receive(self, message: Message) -> None:
        """A mail arrives; what is open stays open."""
        self.messages.insert(0, message)
        self.selected += 1
        self.touch()

    def clicked(self, node_id: str) -> None:
        kind, _, rest = node_id.partition(":")
        if kind == "row":
            self.selected = int(rest)
            self.message.unread = False
            self.replying = False
            self.scroll("body").at = self.scroll("body").goal = 0
        elif node_id == "reply":
            self.replying = True
            self.fields["reply.text"] = Field()
            self.focus = "reply.text"
            self.wake_caret()
        elif node_id in ("reply.send", "reply.discard"):
            self.replying = False
            self.focus = None
        elif node_id == "archive" and len(self.messages) > 1:
            del self.messages[self.selected]
            self.selected = min(self.selected, len(self.messages) - 1)

    def context_items(self, node_id: str) -> tuple[Item, ...]:
        if node_id == "from":
            copy, add = Item("Copy address", "file", "Ctrl+C"), Item("Add to contacts", "user")
            return (copy, add, Item(""), Item("Block", "close"))
        if node_id.startswith("row:"):
            return (
                Item("Reply", "reply", "R"), Item("Forward", "forward", "F"), Item("Mark as unread", "mail"), Item(""),
                Item("Archive", "archive", "E"), Item("Delete", "trash", "Del"),
            )  # fmt: skip
        return ()

    def picked(self, label: str) -> None:
        if label == "Copy address":
            self.copy(self.book.part(f"email{self.message.person}"))

    def content(self, c: Canvas, box: Box) -> None:
        side, rest = box.left(168)
        listing, reading = rest.left(312)
        self._folders(c, side)
        self._list(c, listing)
        self._reading(c, reading)

    def _folders(self, c: Canvas, box: Box) -> None:
        look = self.palette
        c.fill(box, look.side)
        c.vline(box.right - 1, box.y, box.h)
        c.button("compose", Box(box.x + 12, box.y + 12, box.w - 24, 34), "Compose", primary=True, icon="pen")
        for i, (name, icon, count) in enumerate(FOLDERS):
            row = Box(box.x + 8, box.y + 58 + 32 * i, box.w - 16, 30)
            hot = c.node(f"folder:{name}", "tree item", name, row)
            if i == 0 or hot:
                c.fill(row, look.selected if i == 0 else look.hover, 6)
            c.icon(icon, row.x + 8, row.y + 8, 14, look.accent if i == 0 else look.muted)
            c.text(row.inset(32, 0), name, Style(13, 600 if i == 0 else 400))
            if count:
                c.text(row.inset(8, 0), str(count), Style(11, color=look.muted), "right")
        usage = Box(box.x + 16, box.bottom - 44, box.w - 32, 16)
        c.text(usage, "6.1 of 15 GB used", Style(11, color=look.muted))
        c.fill(Box(usage.x, usage.y + 20, usage.w, 4), look.line, 2)
        c.fill(Box(usage.x, usage.y + 20, usage.w * 2 // 5, 4), look.accent, 2)

    def _list(self, c: Canvas, box: Box) -> None:
        c.vline(box.right - 1, box.y, box.h)
        head, rows = box.top(52)
        self.fields.setdefault("search", Field(hint="Search mail"))
        self.entry(c, "search", Box(head.x + 12, head.y + 10, head.w - 24, 32), "Search mail")
        c.hline(head.x, head.bottom - 1, head.w)
        with c.clipped(Box(rows.x, rows.y, rows.w - 1, rows.h)):
            shift = self.scroll_area(c, "list", rows, ROW * len(self.messages))
            for i, message in enumerate(self.messages):
                row = Box(rows.x, rows.y + ROW * i - shift, rows.w - 1, ROW)
                if row.bottom > rows.y and row.y < rows.bottom:
                    self._row(c, i, message, row)

    def _row(self, c: Canvas, i: int, message: Message, row: Box) -> None:
        look = self.palette
        hot = c.node(f"row:{i}", "list item", message.subject, row, states=("selected",) if i == self.selected else ())
        if i == self.selected or hot:
            c.fill(row, look.selected if i == self.selected else look.hover)
        if message.unread:
            c.ellipse(Box(row.x + 6, row.y + 17, 6, 6), look.accent)
        c.avatar(Box(row.x + 16, row.y + 12, 32, 32), message.person)
        text = Box(row.x + 58, row.y + 8, row.w - 72, 18)
        c.text(text, message.time, Style(11, color=look.muted), "right")
        weight = 600 if message.unread else 500
        c.text(Box(text.x, text.y, text.w - 52, 18), self.book.part(f"person{message.person}"), Style(13, weight))
        c.text(text.moved(0, 18), message.subject, Style(12, 500 if message.unread else 400))
        first = next((line for line in lines_of(message.body) if len(line) > 24), message.body)
        c.text(text.moved(0, 35), first, Style(12, color=look.muted))
        c.hline(row.x + 58, row.bottom - 1, row.w - 58)

    def _reading(self, c: Canvas, box: Box) -> None:
        look = self.palette
        tools, page = box.top(44)
        for i, (node, icon, name) in enumerate((
            ("archive", "archive", "Archive"), ("spam", "shield", "Report spam"), ("delete", "trash", "Delete"),
            ("later", "clock", "Snooze"),
        )):  # fmt: skip
            c.tool(node, Box(tools.x + 14 + 34 * i, tools.y + 7, 30, 30), icon, name)
        c.button("reply", Box(tools.right - 96, tools.y + 7, 82, 30), "Reply", icon="reply")
        c.hline(tools.x, tools.bottom - 1, tools.w)
        if self.replying:
            page, reply = page.off_bottom(176)
            self._reply(c, reply)
        with c.clipped(page):
            shift = self.scroll_area(c, "body", page, self._body_height(page))
            self._letter(c, page.moved(0, -shift))
        c.hline(page.x, page.bottom, page.w, look.line)

    def _body_height(self, page: Box) -> int:
        lines = len(Style(14).face.wrapped(self.message.body, page.w - 56))
        return 132 + 22 * lines + (76 if self.message.files else 0)

    def _letter(self, c: Canvas, page: Box) -> None:
        look, message = self.palette, self.message
        x, w = page.x + 24, page.w - 56
        c.text(Box(x, page.y + 14, w, 28), message.subject, Style(18, 600))
        c.avatar(Box(x, page.y + 54, 40, 40), message.person)
        c.text(Box(x + 52, page.y + 54, w - 150, 20), self.book.part(f"person{message.person}"), Style(13, 600))
        address = Box(x + 52, page.y + 74, w - 150, 18)
        c.node("from", "link", "Sender", address, cursor="hand")
        c.text(address, "‹" + self.book.part(f"email{message.person}") + "›  to me", Style(12, color=look.muted))
        c.text(Box(x, page.y + 54, w, 20), message.time, Style(12, color=look.muted), "right")
        height = c.paragraph(Box(x, page.y + 112, w, page.h), message.body, Style(14), 22)
        c.node("body", "document", message.subject, Box(x, page.y + 112, w, height), value=message.body)
        for i, name in enumerate(message.files):
            chip = Box(x + 216 * i, page.y + 124 + height, 204, 44)
            c.node(f"file:{i}", "push button", name, chip)
            c.panel(chip, look.side, look.line)
            c.icon("pdf", chip.x + 10, chip.y + 11, 20, look.danger)
            c.text(chip.inset(40, 0), name, Style(12, 500))

    def _reply(self, c: Canvas, box: Box) -> None:
        look = self.palette
        card = box.inset(16, 10)
        c.panel(card, look.raised, look.accent if self.focus == "reply.text" else look.line, 8)
        c.icon("reply", card.x + 12, card.y + 10, 14, look.muted)
        receiver = self.book.part(f"email{self.message.person}")
        c.text(Box(card.x + 34, card.y + 6, card.w - 60, 22), receiver, Style(12, 500))
        self.area(c, "reply.text", Box(card.x + 14, card.y + 34, card.w - 28, 72), "Reply")
        c.button("reply.send", Box(card.x + 12, card.bottom - 40, 84, 30), "Send", primary=True, icon="send")
        for i, icon in enumerate(("bold", "italic", "clip", "image")):
            c.tool(f"format:{icon}", Box(card.x + 106 + 32 * i, card.bottom - 40, 30, 30), icon, icon.capitalize())
        c.tool("reply.discard", Box(card.right - 42, card.bottom - 40, 30, 30), "trash", "Discard")
