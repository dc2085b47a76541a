"""A customer desk, light: mail, a sign-in, a customer's record with a card, chat."""

from __future__ import annotations

from app.demo.actor import Actor
from app.demo.apps.browser import Browser, Page
from app.demo.apps.chat import Chat, Said
from app.demo.apps.mail import Mail, Message
from app.demo.apps.pages import Customer, Handbook, SignIn
from app.demo.marked import Text
from app.demo.studio import Scene, SessionPlan, Stage
from app.demo.theme import LIGHT
from replay.timebase import NS_PER_S

GREETING = "Hi «person0.first»,\n\n"
MAILS = (
    (1, "Refund for order HW-20291", "the standing desk went back on Monday and the courier confirmed it. Could you"
     " send the refund to «iban0»? My number, if anything is unclear, is «phone1».\n\nKind regards\n«person1»",
     "09:02", True),
    (2, "New card on my account", "my old card expired. Please charge «card0» from now on, and use this address for"
     " deliveries:\n\n«address2»\n\nYou can ring me on «phone2» in the afternoon.\n\nThank you\n«person2»",
     "08:47", True),
    (3, "Re: Summer catalogue", "the printer can start on Thursday. I asked «person5» to look over the last proofs,"
     " the address is «email5».\n\nBest\n«person3.first»", "08:15", False),
    (4, "Moving house", "from the first of December our new address is «address4». The invoices can keep coming to"
     " «email4».\n\n«person4»", "Thu", False),
    (5, "Proofs", "pages 12 to 18 are fine, page 19 needs the new price list. I am at «phone5» until six.\n\n«person5»",
     "Thu", False),
    (6, "Wrong invoice", "invoice 2024-1187 names the wrong company. It should be billed to «person6», «address6».",
     "Thu", False),
    (7, "Delivery on Friday", "nobody is at home on Friday before noon. The neighbour, «person8», takes parcels.",
     "Wed", False),
    (8, "Password reset", "I was sent the code twice, please check that nobody else asked for it.\n\n«person8»",
     "Wed", False),
    (9, "Thank you", "the lamp arrived and it is lovely. Greetings to «person2.first» from all of us!", "Tue", False),
    (10, "Trade fair", "we are seven people, the list is attached. Please book under «person10».", "Mon", False),
)  # fmt: skip


def _script(stage: Stage) -> tuple[list[Scene], list[Scene]]:
    book, services, look = stage.book, stage.world.services(), stage.plan.look
    messages = [
        Message(p, stage.mark(s), stage.mark(GREETING + b), t, u, ("catalogue-proof.pdf",) if p == 3 else ())
        for p, s, b, t, u in MAILS
    ]
    mail = Mail(stage.box(46, 20, 1060, 632), look, services, book, messages)
    record, handbook = Customer(book, 2), Handbook()
    pages: list[Page] = [SignIn("signin", "Harbour CRM", "crm.harbourworks.example", "customer"), record, handbook]
    browser = Browser(stage.box(120, 32, 1110, 634), look, services, book, pages)
    said = [
        Said(3, stage.mark("Morning! Did «person2.first» send the new card?"), "08:58"),
        Said(-1, stage.mark("Yes, I put it in the record. Her number is «phone2»"), "09:01"),
        Said(3, stage.mark("Great. «person1» is still waiting for the refund, the account is «iban0»"), "09:05"),
    ]
    chat = Chat(stage.box(250, 60, 900, 560), look, services, book, (3, 1, 5, 6), said)
    stage.open(chat, browser, mail)
    hear = stage.mark("between us: «private0»")

    def message() -> None:
        chat.hear(1, hear, "09:16")
        stage.world.notify("Huddle", "chat", book.part("person1"), hear)

    stage.world.later(4 * NS_PER_S, message)
    play = Desk(stage, mail)
    return [play.answer, play.record, play.talk, play.copy], [play.browse, play.handbook, play.chatter]


class Desk:
    """The scenes of the customer desk."""

    LINES: tuple[Text, ...] = ("ok, will do", "one moment please", "sent it just now", "who takes the next call?")

    def __init__(self, stage: Stage, mail: Mail) -> None:
        self._stage = stage
        self._mail = mail
        self._turn = 0

    def answer(self, a: Actor) -> None:
        a.wait(0.7)
        a.click("mail", "row:1")
        a.wait(1.0)
        a.scroll("mail", "list", 3)
        a.wait(0.4)
        a.scroll("mail", "list", -3)
        a.click("mail", "reply")
        a.type(self._stage.mark("Thanks «person2.first», the card is saved."))
        a.wait(0.3)
        a.click("mail", "reply.send")

    def record(self, a: Actor) -> None:
        a.switch_to("browser")
        if a.shows("browser", "signin"):
            a.click("browser", "user")
            a.type(self._stage.book.part("email0")[:14])
            a.press("Tab")
            a.type(self._stage.book.part("password0"))
            a.click("browser", "signin")
            a.wait(0.7)
        a.click("browser", "phone")
        a.type(self._stage.book.part("phone2"))
        a.scroll("browser", "page", 2)
        a.click("browser", "card")
        a.type(self._stage.book.part("card0"))
        a.scroll("browser", "page", -2)
        a.click("browser", "save")
        a.wait(0.5)

    def talk(self, a: Actor) -> None:
        a.switch_to("chat")
        a.click("chat", "composer")
        a.type(self._stage.mark("Refund for «person1.last» is on its way"))
        a.press("Enter")
        a.wait(0.6)
        a.menu("chat", "said:2", "Copy text")
        a.go("chat", "titlebar")
        a.drag_to(self._stage.world.x + 96, self._stage.world.y + 38)
        a.wait(0.4)

    def copy(self, a: Actor) -> None:
        a.switch_to("mail")
        a.click("mail", "row:0")
        a.menu("mail", "from", "Copy address")
        a.wait(0.6)

    def browse(self, a: Actor) -> None:
        a.switch_to("mail")
        self._turn += 1
        a.click("mail", f"row:{2 + self._turn % 5}")
        a.wait(1.4)
        a.scroll("mail", "list", 2 if self._turn % 2 else -2)
        a.wait(0.5)

    def handbook(self, a: Actor) -> None:
        a.switch_to("browser")
        a.click("browser", "tab:handbook")
        for _ in range(4):
            a.wait(1.1)
            a.scroll("browser", "page", 2)
        a.scroll("browser", "page", -6)
        a.click("browser", "tab:customer")
        a.wait(1.0)

    def chatter(self, a: Actor) -> None:
        a.switch_to("chat")
        a.click("chat", f"person:{(3, 1, 5, 6)[self._turn % 4]}")
        a.wait(0.5)
        a.click("chat", "composer")
        a.type(self.LINES[self._turn % len(self.LINES)])
        a.press("Enter")
        a.wait(0.8)


SUPPORT = SessionPlan(
    name="support",
    look=LIGHT,
    goal="Answer the customer's mail and store the new card in her record",
    script=_script,
)
