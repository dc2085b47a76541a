"""An evening at home, dark: account settings, a bank transfer, a chat. Consent is limited."""

from __future__ import annotations

from app.demo.actor import Actor
from app.demo.apps.browser import Browser, Page
from app.demo.apps.chat import Chat, Said
from app.demo.apps.pages import SignIn, Transfer
from app.demo.apps.settings import Settings
from app.demo.studio import Scene, SessionPlan, Stage
from app.demo.theme import DARK
from replay.timebase import NS_PER_S


def _script(stage: Stage) -> tuple[list[Scene], list[Scene]]:
    book, services, look = stage.book, stage.world.services(), stage.plan.look
    settings = Settings(stage.box(180, 40, 860, 560), look, services, book)
    pages: list[Page] = [SignIn("signin", "Tidewater Bank", "online.tidewater.example", "bank"), Transfer(book)]
    browser = Browser(stage.box(100, 26, 1080, 640), look, services, book, pages)
    said = [
        Said(2, stage.mark("«private2»"), "19:40"),
        Said(-1, stage.mark("I am so sorry. Call me on «phone0» whenever you like"), "19:41"),
        Said(2, stage.mark("thank you. I am at my sister's, «address3»"), "19:43"),
    ]
    chat = Chat(stage.box(230, 54, 880, 570), look, services, book, (2, 4, 3), said)
    stage.open(chat, browser, settings)

    def message() -> None:
        chat.hear(4, stage.mark("«private3»"), "20:06")
        stage.world.notify("Huddle", "chat", book.part("person4"), stage.mark("«private3»"))

    stage.world.later(8 * NS_PER_S, message)
    play = Home(stage)
    return [play.account, play.bank, play.chat], [play.look_around, play.chat, play.account]


class Home:
    """The scenes at home."""

    LINES = ("talk to you later", "just sent it, take care", "how are you today?", "see you on Sunday")

    def __init__(self, stage: Stage) -> None:
        self._stage = stage
        self._turn = 0

    def account(self, a: Actor) -> None:
        a.wait(0.6)
        a.switch_to("settings")
        a.click("settings", "pane:Account")
        a.click("settings", "account.phone")
        a.type(self._stage.book.part("phone0")[: 15 - 4 * (self._turn % 3)])
        a.click("settings", "account.save")
        a.wait(0.3)
        a.click("settings", "pane:Keys")
        a.wait(1.1)
        a.click("settings", "pane:Privacy")
        a.click("settings", "switch:Share usage data")
        a.wait(0.4)
        self._turn += 1

    def bank(self, a: Actor) -> None:
        book = self._stage.book
        a.switch_to("browser")
        a.click("browser", "user")
        a.type(book.part("email0"))
        a.press("Tab")
        a.type(book.part("password0"))
        a.press("Enter")
        a.wait(0.8)
        a.click("browser", "payee")
        a.type(book.part("person2"))
        a.click("browser", "iban")
        a.type(book.part("iban2"))
        a.press("Tab")
        a.type("120.00")
        a.click("browser", "transfer")
        a.wait(0.6)

    def chat(self, a: Actor) -> None:
        a.switch_to("chat")
        a.click("chat", "composer")
        a.type(self.LINES[self._turn % len(self.LINES)])
        a.press("Enter")
        a.wait(0.8)
        a.click("chat", f"person:{(4, 2)[self._turn % 2]}")
        a.wait(0.9)

    def look_around(self, a: Actor) -> None:
        a.switch_to("browser")
        a.scroll("browser", "page", 2)
        a.wait(0.8)
        a.scroll("browser", "page", -2)
        a.wait(0.8)


PERSONAL = SessionPlan(
    name="personal",
    look=DARK,
    goal="Pay a friend back",
    script=_script,
    consent="limited",
    purposes=("quality",),
    clock="20:05",
)
