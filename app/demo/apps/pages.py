"""Pages of the browser: a sign-in, a customer record, a bank transfer, a handbook."""

from __future__ import annotations

from app.demo.apps.browser import Browser
from app.demo.box import Box
from app.demo.canvas import Canvas, Style
from app.demo.identity import SecretBook
from app.demo.marked import Marked
from app.demo.window import Field


class SignIn:
    """A sign-in with a password; leads to another page."""

    icon = "lock"

    def __init__(self, page_id: str, tab: str, host: str, leads_to: str) -> None:
        self.id, self.tab, self._host, self._leads_to = page_id, tab, host, leads_to

    def heading(self) -> Marked:
        return Marked(f"Sign in — {self.tab}")

    def address(self) -> Marked:
        return Marked(f"{self._host}/login")

    def height(self) -> int:
        return 0

    def paint(self, c: Canvas, box: Box, window: Browser) -> None:
        look = window.palette
        c.fill(box, look.side)
        card = Box(box.x + (box.w - 380) // 2, box.y + max(16, (box.h - 372) // 2), 380, 372)
        c.panel(card, look.raised, look.line, 12)
        c.fill(Box(card.x + 36, card.y + 30, 40, 40), look.accent, 10)
        c.icon(self.icon, card.x + 46, card.y + 40, 20, look.on_accent)
        c.text(Box(card.x + 36, card.y + 82, 300, 30), f"Sign in to {self.tab}", Style(20, 600))
        window.fields.setdefault("user", Field(hint="name@company.example"))
        window.fields.setdefault("password", Field(secure=True))
        for i, (name, label) in enumerate((("user", "Work e-mail"), ("password", "Password"))):
            y = card.y + 126 + 72 * i
            c.text(Box(card.x + 36, y, 300, 20), label, Style(12, 500, look.muted))
            window.entry(c, name, Box(card.x + 36, y + 22, card.w - 72, 38), label)
        c.button("signin", Box(card.x + 36, card.y + 280, card.w - 72, 38), "Sign in", primary=True)
        forgot = Box(card.x + 36, card.y + 328, card.w - 72, 20)
        c.text(forgot, "Forgot your password?", Style(12, color=look.accent), "center")

    def clicked(self, node_id: str, window: Browser) -> None:
        if node_id in ("signin", "password:enter"):
            window.open(self._leads_to)


class Customer:
    """A customer's record as a form, with a payment card and notes."""

    icon = "users"

    def __init__(self, book: SecretBook, person: int, *, page_id: str = "customer") -> None:
        self.id, self.tab = page_id, "Customers"
        self._book, self._person = book, person
        self.saved = False

    def heading(self) -> Marked:
        return "Customer " + self._book.part(f"person{self._person}")

    def address(self) -> Marked:
        return "crm.harbourworks.example/customers?q=" + self._book.part(f"email{self._person}")

    def height(self) -> int:
        return 720

    def paint(self, c: Canvas, box: Box, window: Browser) -> None:
        look, book, n = window.palette, self._book, self._person
        c.fill(box, look.side)
        menu, main = box.left(164)
        self._menu(c, menu, window)
        x, y, w = main.x + 28, main.y + 22, min(main.w - 56, 820)
        c.avatar(Box(x, y, 48, 48), n)
        c.text(Box(x + 62, y, 400, 28), book.part(f"person{n}"), Style(20, 600))
        c.text(Box(x + 62, y + 28, 400, 18), "Customer since March 2019 · Plan: Business", Style(12, color=look.muted))
        c.button("save", Box(x + w - 92, y + 6, 92, 34), "Save", primary=True, icon="check")
        if self.saved:
            c.icon("check", x + w - 186, y + 16, 14, look.ok)
            c.text(Box(x + w - 168, y + 13, 70, 20), "Saved", Style(12, 500, look.ok))
        self._contact(c, Box(x, y + 66, w, 196), window)
        self._payment(c, Box(x, y + 278, w, 130), window)
        self._orders(c, Box(x, y + 424, w, 230), window)

    def _menu(self, c: Canvas, box: Box, window: Browser) -> None:
        look = window.palette
        c.fill(box, look.raised)
        c.vline(box.right - 1, box.y, box.h)
        c.text(Box(box.x + 18, box.y + 16, 130, 24), "Harbour CRM", Style(14, 600))
        for i, (icon, name) in enumerate((("home", "Overview"), ("users", "Customers"), ("sheet", "Orders"),
                                          ("mail", "Campaigns"), ("gear", "Setup"))):  # fmt: skip
            row = Box(box.x + 10, box.y + 56 + 34 * i, box.w - 20, 32)
            if c.node(f"menu:{name}", "link", name, row, cursor="hand") or i == 1:
                c.fill(row, look.selected if i == 1 else look.hover, 6)
            c.icon(icon, row.x + 9, row.y + 9, 14, look.accent if i == 1 else look.muted)
            c.text(row.inset(34, 0), name, Style(13, 500 if i == 1 else 400))

    def _card(self, c: Canvas, box: Box, title: str, window: Browser) -> None:
        c.panel(box, window.palette.raised, window.palette.line, 8)
        c.text(Box(box.x + 20, box.y + 12, 300, 22), title, Style(14, 600))

    def _fields(self, c: Canvas, window: Browser, rows: tuple[tuple[str, str, Box], ...]) -> None:
        for name, label, box in rows:
            c.text(Box(box.x, box.y - 20, box.w, 18), label, Style(12, 500, window.palette.muted))
            window.entry(c, name, box, label)

    def _contact(self, c: Canvas, box: Box, window: Browser) -> None:
        self._card(c, box, "Contact", window)
        half = (box.w - 60) // 2
        left, right = box.x + 20, box.x + 40 + half
        book, n = self._book, self._person
        if "phone" not in window.fields:
            window.fields["mail"] = Field(book.part(f"email{n}"))
            window.fields["phone"] = Field(hint="+44 …")
        self._fields(c, window, (
            ("mail", "E-mail", Box(left, box.y + 62, half, 36)),
            ("phone", "Phone", Box(right, box.y + 62, half, 36)),
            ("street", "Postal address", Box(left, box.y + 128, box.w - 40, 36)),
        ))  # fmt: skip

    def _payment(self, c: Canvas, box: Box, window: Browser) -> None:
        self._card(c, box, "Payment card", window)
        third = (box.w - 80) // 4
        self._fields(c, window, (
            ("card", "Card number", Box(box.x + 20, box.y + 66, third * 2, 36)),
            ("expires", "Expires", Box(box.x + 40 + third * 2, box.y + 66, third, 36)),
            ("cvc", "Security code", Box(box.x + 60 + third * 3, box.y + 66, third, 36)),
        ))  # fmt: skip

    def _orders(self, c: Canvas, box: Box, window: Browser) -> None:
        look = window.palette
        self._card(c, box, "Orders", window)
        for i, (number, what, state, total) in enumerate((
            ("HW-20418", "12 × Field notebook, ruled", "Delivered", "€ 118.80"),
            ("HW-20377", "2 × Desk lamp, brass", "Delivered", "€ 236.00"),
            ("HW-20291", "1 × Standing desk, oak", "Returned", "€ 649.00"),
            ("HW-20107", "30 × Pencil, HB", "Delivered", "€ 21.00"),
        )):  # fmt: skip
            row = Box(box.x + 20, box.y + 46 + 42 * i, box.w - 40, 42)
            c.hline(row.x, row.y, row.w)
            c.text(row, number, Style(12, color=look.muted, mono=True))
            c.text(row.left(110)[1], what, Style(13))
            back = look.warn if state == "Returned" else look.ok
            c.fill(Box(row.right - 230, row.y + 10, 84, 22), back, 11, 0.16)
            c.text(Box(row.right - 230, row.y + 10, 84, 22), state, Style(11, 500, back), "center")
            c.text(row, total, Style(13, 500), "right")

    def clicked(self, node_id: str, window: Browser) -> None:
        if node_id == "save" or node_id.endswith(":enter"):
            self.saved = True


class Transfer:
    """A bank's transfer form beside an account's bookings."""

    icon = "shield"

    def __init__(self, book: SecretBook) -> None:
        self.id, self.tab, self._book = "bank", "Tidewater Bank", book
        self.sent = False

    def heading(self) -> Marked:
        return Marked("Transfer — Tidewater Bank")

    def address(self) -> Marked:
        return Marked("online.tidewater.example/accounts/current/transfer")

    def height(self) -> int:
        return 600

    def paint(self, c: Canvas, box: Box, window: Browser) -> None:
        look, book = window.palette, self._book
        c.fill(box, look.side)
        head, rest = box.top(64)
        c.fill(head, look.accent)
        c.icon("shield", head.x + 28, head.y + 20, 24, look.on_accent)
        c.text(Box(head.x + 62, head.y, 240, 64), "Tidewater Bank", Style(17, 600, look.on_accent))
        owner = book.part("person0")
        c.text(head.inset(28, 0), owner, Style(13, 500, look.on_accent), "right")
        left, right = rest.inset(24, 20).left(rest.w * 11 // 20 - 24)
        self._form(c, left, window)
        self._bookings(c, Box(right.x + 20, right.y, right.w - 20, 420), window)

    def _form(self, c: Canvas, box: Box, window: Browser) -> None:
        look = window.palette
        card = Box(box.x, box.y, box.w, 470)
        c.panel(card, look.raised, look.line, 8)
        c.text(Box(card.x + 22, card.y + 14, 300, 28), "New transfer", Style(17, 600))
        c.text(Box(card.x + 22, card.y + 42, 300, 20), "From: Current account", Style(12, color=look.muted))
        c.text(Box(card.x + 22, card.y + 62, card.w - 44, 20), self._book.part("iban0"), Style(12, 500, mono=True))
        for i, (name, label) in enumerate((
            ("payee", "Payee"), ("iban", "IBAN"), ("amount", "Amount in €"), ("reference", "Reference"),
        )):  # fmt: skip
            y = card.y + 96 + 68 * i
            c.text(Box(card.x + 22, y, 300, 18), label, Style(12, 500, look.muted))
            window.entry(c, name, Box(card.x + 22, y + 20, card.w - 44, 36), label)
        c.button("transfer", Box(card.x + 22, card.y + 386, 140, 38), "Send money", primary=True)
        if self.sent:
            c.icon("check", card.x + 180, card.y + 398, 15, look.ok)
            c.text(Box(card.x + 202, card.y + 394, 220, 22), "Ordered for today", Style(13, 500, look.ok))

    def _bookings(self, c: Canvas, box: Box, window: Browser) -> None:
        look, book = window.palette, self._book
        c.panel(box, look.raised, look.line, 8)
        c.text(Box(box.x + 20, box.y + 14, 200, 20), "Balance", Style(12, color=look.muted))
        c.text(Box(box.x + 20, box.y + 34, 240, 34), "€ 4 218.07", Style(24, 600))
        rows = (
            ("person4", "Rent, November", "− 1 180.00"), ("person1", "Thank you for dinner", "+ 34.50"),
            ("person5", "Physiotherapy, 6 visits", "− 312.00"), ("person2", "Concert tickets", "− 96.00"),
            ("person6", "Salary", "+ 3 402.16"), ("person3", "Bike repair", "− 58.90"),
        )  # fmt: skip
        for i, (who, what, amount) in enumerate(rows):
            row = Box(box.x + 20, box.y + 84 + 54 * i, box.w - 40, 54)
            c.hline(row.x, row.y, row.w)
            c.avatar(Box(row.x, row.y + 11, 32, 32), int(who.removeprefix("person")))
            c.text(Box(row.x + 44, row.y + 9, row.w - 140, 18), book.part(who), Style(13, 500))
            c.text(Box(row.x + 44, row.y + 28, row.w - 140, 17), what, Style(12, color=look.muted))
            c.text(row, amount, Style(13, 500, look.ok if amount[0] == "+" else look.text), "right")

    def clicked(self, node_id: str, window: Browser) -> None:
        if node_id == "transfer" or node_id.endswith(":enter"):
            self.sent = True


class Handbook:
    """A long page of documentation: text without secrets."""

    icon = "file"
    PARTS = (
        ("Retries", "Every call to the payment service may be sent again. The service recognises a repeated call by its"
         " idempotency key and answers with the result of the first one, so a lost answer never charges twice."),
        ("Backing off", "Wait 200 ms after the first failure and double the wait each time, up to ten seconds. Add up"
         " to a fifth of it at random, so that clients that failed together do not return together."),
        ("What not to retry", "Answers from 400 to 499 are final, except 408 and 429. A declined card stays declined;"
         " show the sentence that came with it and let the customer choose another card."),
        ("Timeouts", "Ten seconds to connect, thirty to answer. Longer waits hide trouble from the people who could fix"
         " it. Record how long each call took together with its outcome."),
        ("Keys", "Keys belong in the environment of the process, never in the source. A key that was seen on a screen,"
         " in a log or in a chat is a lost key: revoke it and make another."),
    )  # fmt: skip

    def __init__(self) -> None:
        self.id, self.tab = "handbook", "Payments handbook"

    def heading(self) -> Marked:
        return Marked("Payments handbook")

    def address(self) -> Marked:
        return Marked("handbook.harbourworks.example/payments/retries")

    def height(self) -> int:
        return 130 + 200 * len(self.PARTS)

    def paint(self, c: Canvas, box: Box, window: Browser) -> None:
        look = window.palette
        c.fill(box, look.window)
        x, w = box.x + max(32, (box.w - 660) // 2), min(660, box.w - 64)
        c.text(Box(x, box.y + 30, w, 36), "Payments handbook", Style(26, 700))
        c.text(Box(x, box.y + 70, w, 20), "Updated last week · 6 minutes to read", Style(12, color=look.muted))
        y = box.y + 112
        for title, text in self.PARTS:
            c.text(Box(x, y, w, 28), title, Style(18, 600))
            height = c.paragraph(Box(x, y + 34, w, 200), text, Style(14), 23)
            code = Box(x, y + 44 + height, w, 40)
            c.panel(code, look.side, look.line)
            command = f"ledger pay --retry --section {title.lower().replace(' ', '-')}"
            c.text(code.inset(14, 0), command, Style(12, mono=True))
            c.node(f"part:{title}", "section", title, Box(x, y, w, height + 84))
            y += 200

    def clicked(self, node_id: str, window: Browser) -> None:
        """Nothing here reacts."""
