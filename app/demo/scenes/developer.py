"""A developer, dark: editor, terminal, handbook; uneven frame times, a second display, a pause of the recorder."""

from __future__ import annotations

from app.demo.actor import Actor
from app.demo.apps.browser import Browser
from app.demo.apps.editor import Editor
from app.demo.apps.pages import Handbook
from app.demo.apps.terminal import DIM, INK, OK, Terminal
from app.demo.marked import Text
from app.demo.studio import Scene, SessionPlan, Stage
from app.demo.theme import DARK
from replay.timebase import NS_PER_S

CONFIG = '''"""Settings of the payment client."""

from dataclasses import dataclass

HOST = "pay.harbourworks.example"
OWNER = "«email0»"
TIMEOUT = 30


@dataclass(frozen=True)
class Credentials:
    user: str
    token: str


LIVE = Credentials("ledger", "«apikey1»")
BACKUP_CONTACT = "«person2», «phone2»"
'''
CLIENT = '''"""Sends payments, again if it must."""

import random
import time

from config import HOST, LIVE, TIMEOUT


class PaymentError(Exception):
    """The service said no."""


def wait_after(attempt: int) -> float:
    base = min(10, 0.2 * 2 ** attempt)
    return base + random.random() * base / 5


def pay(amount: int, iban: str, attempts: int = 5) -> str:
    # an answer that got lost must not charge twice
    key = new_key()
    for attempt in range(attempts):
        try:
            return send(HOST, LIVE, amount, iban, key)
        except TimeoutError:
            time.sleep(wait_after(attempt))
    raise PaymentError("no answer")


def refund(payment: str) -> None:
    send(HOST, LIVE, -1, payment, new_key())


def monthly_report(month: int) -> list:
    rows = fetch(month)
    return [row for row in rows if row.open]
'''
TESTS = """from client import pay, wait_after


def test_waits_grow():
    assert wait_after(3) > wait_after(1)


def test_pays_once():
    assert pay(100, "«iban0»") == pay(100, "«iban0»")
"""


def _script(stage: Stage) -> tuple[list[Scene], list[Scene]]:
    book, services, look = stage.book, stage.world.services(), stage.plan.look
    files = {"config.py": stage.mark(CONFIG), "client.py": stage.mark(CLIENT), "test_client.py": stage.mark(TESTS)}
    editor = Editor(stage.box(40, 18, 1000, 640), look, services, files)
    terminal = Terminal(stage.box(420, 236, 830, 424), look, services)
    terminal.lines = [(stage.mark("Last login: Fri Nov 15 08:51:12 on tty3"), DIM)]
    terminal.answers = _answers(stage)
    browser = Browser(stage.box(150, 40, 1000, 610), look, services, book, [Handbook()])
    stage.open(browser, terminal, editor)

    def message() -> None:
        stage.world.notify("Huddle", "chat", book.part("person3"), stage.mark("for your eyes only: «private1»"))

    stage.world.later(12 * NS_PER_S, message)
    play = Forge(stage, terminal)
    return [play.edit, play.run, play.aside, play.pause], [play.read, play.look_up, play.run, play.write]


def _answers(stage: Stage) -> list[list[tuple[Text, str]]]:
    def lines(*pairs: tuple[str, str]) -> list[tuple[Text, str]]:
        return [(stage.mark(text), color) for text, color in pairs]

    environment = lines(
        ("PAY_KEY=«apikey0»", INK), ("HUB_TOKEN=«apikey1»", INK),
        ("DB_URL=postgres://ledger:«password1»@db/ledger", INK),
    )  # fmt: skip
    tests = lines(
        ("collected 2 items", DIM), ("test_client.py ..                                   [100%]", OK),
        ("2 passed in 0.41s", OK),
    )  # fmt: skip
    history = lines(
        ("a81c2f0  retry lost answers        «person0»", INK), ("77b0e13  settings from config.py  «person2»", INK),
        ("10fd9aa  first import              «person3»", INK),
    )  # fmt: skip
    return [environment, tests, history]


class Forge:
    """The scenes of the developer."""

    COMMANDS = ("env | grep KEY", "pytest -q", "git log --oneline", "ls src", "git status", "make")
    NOTES = ("# check the longest wait", "# see the handbook", "# ask about refunds")

    def __init__(self, stage: Stage, terminal: Terminal) -> None:
        self._stage = stage
        self._terminal = terminal
        self._turn = 0
        self._ran = 0

    def edit(self, a: Actor) -> None:
        a.wait(0.8)
        a.click("editor", "line:14")
        a.press("Enter")
        a.type(self._stage.mark('PAY_KEY = "«apikey0»"'))
        a.shortcut("s")
        a.wait(0.4)
        a.click("editor", "file:client.py")
        a.scroll("editor", "code", 3)
        a.wait(0.6)
        a.scroll("editor", "code", -3)

    def run(self, a: Actor) -> None:
        a.switch_to("terminal")
        a.wait(0.3)
        a.type(self.COMMANDS[self._ran % len(self.COMMANDS)])
        a.press("Enter")
        self._ran += 1
        a.wait(1.2)

    def aside(self, a: Actor) -> None:
        width = self._stage.world.desktop.screen.w
        a.move(width + 430, 300)
        a.press_and_release()
        a.type(self._stage.mark("ask «person2.first» about «password2»"))
        a.move(width + 820, 420)
        a.wait(0.5)
        a.hands.wheel(-2)
        a.wait(0.4)
        a.move(760, 330)
        a.press_and_release()

    def pause(self, a: Actor) -> None:
        a.wait(0.3)
        self._stage.world.pause(round(1.6 * NS_PER_S))
        a.wait(0.3)

    def read(self, a: Actor) -> None:
        self._turn += 1
        a.switch_to("editor")
        a.click("editor", f"file:{('test_client.py', 'client.py', 'config.py')[self._turn % 3]}")
        a.wait(1.2)
        a.scroll("editor", "code", 2)
        a.wait(0.8)
        a.scroll("editor", "code", -2)

    def look_up(self, a: Actor) -> None:
        a.switch_to("browser")
        for _ in range(3):
            a.wait(1.3)
            a.scroll("browser", "page", 2)
        a.scroll("browser", "page", -6)

    def write(self, a: Actor) -> None:
        a.switch_to("editor")
        a.click("editor", "line:3")
        a.press("Enter")
        a.type(self.NOTES[self._turn % len(self.NOTES)])
        a.shortcut("s")
        a.wait(0.6)


DEVELOPER = SessionPlan(
    name="developer",
    look=DARK,
    goal="Add the payment key to the settings and run the tests",
    script=_script,
    variable=True,
    two_displays=True,
    clock="10:32",
)
