"""An office, light: files, payroll, calendar, an invoice; the resolution changes, and the recorder's clock is wrong."""

from __future__ import annotations

from app.demo.actor import Actor
from app.demo.apps.calendar import Appointment, Calendar
from app.demo.apps.files import Files, entry
from app.demo.apps.pdf import Viewer
from app.demo.apps.sheet import Sheet
from app.demo.marked import Text
from app.demo.studio import Scene, SessionPlan, Stage
from app.demo.theme import LIGHT
from replay.timebase import NS_PER_S

PAY = ("4 180.00", "3 655.50", "5 020.00", "3 212.75", "2 980.00", "4 467.25", "3 902.00")


def _script(stage: Stage) -> tuple[list[Scene], list[Scene]]:
    book, services, look = stage.book, stage.world.services(), stage.plan.look
    listed = [
        entry("Invoices", "Folder", "14 items", "Today"),
        entry("Contracts", "Folder", "9 items", "Tue"),
        entry(stage.mark("Invoice «person6.last».pdf"), "PDF document", "182 KB", "Today 09:40"),
        entry(stage.mark("Sick note «person4».pdf"), "PDF document", "96 KB", "Today 09:12"),
        entry("Payroll November.tab", "Spreadsheet", "44 KB", "Yesterday"),
        entry("team-offsite.jpg", "Image", "2.3 MB", "Mon"),
        entry(stage.mark("Contract «person5».pdf"), "PDF document", "310 KB", "Mon"),
        entry("meeting notes.txt", "Text", "3 KB", "8 Nov"),
        entry("Supplier list.tab", "Spreadsheet", "61 KB", "4 Nov"),
        entry("logo-final-2.png", "Image", "88 KB", "29 Oct"),
    ]
    files = Files(stage.box(70, 40, 820, 500), look, services, listed, "Documents")
    header: list[Text] = ["Name", "E-mail", "IBAN", "Salary", "Phone"]
    rows = [header] + [
        [book.part(f"person{n}"), book.part(f"email{n}"), book.part(f"iban{i}") if i < 3 else "", PAY[i],
         book.part(f"phone{n}")]
        for i, n in enumerate((1, 2, 3, 4, 5, 6, 7))
    ]  # fmt: skip
    sheet = Sheet(stage.box(110, 28, 1090, 626), look, services, "Payroll November", (160, 250, 240, 110, 170), rows)
    calendar = Calendar(stage.box(90, 34, 1080, 616), look, services, book, _week(stage))
    viewer = Viewer(stage.box(330, 26, 780, 630), look, services, book, 6)
    stage.open(viewer, calendar, sheet, files)

    def message() -> None:
        stage.world.notify("Almanac", "calendar", stage.mark("Review with «person4»"), "In 15 minutes, room 3")

    stage.world.later(22 * NS_PER_S, message)
    play = Office(stage)
    once: list[Scene] = [play.tidy, play.payroll, play.projector, play.week, play.laptop, play.invoice]
    return once, [play.scroll_payroll, play.week, play.invoice, play.pick]


def _week(stage: Stage) -> list[Appointment]:
    def make(day: int, start: float, end: float, title: str, person: int, place: str) -> Appointment:
        return Appointment(day, start, end, stage.mark(title), person, stage.mark(place), person)

    return [
        make(0, 9, 10, "Week start", 3, "Room 1"),
        make(0, 13, 14.5, "Interview «person8»", 8, "Room 3"),
        make(1, 10, 11, "Salary talk «person4»", 4, "«person0.first»'s office"),
        make(1, 14, 15.5, "Suppliers", 5, "Call"),
        make(2, 9.5, 10.5, "Dentist", 9, "«address9»"),
        make(2, 13.5, 15, "Review «person5.first»", 5, "Room 2"),
        make(3, 8.5, 9.5, "Payroll with «person1.first»", 1, "Call, «phone1»"),
        make(3, 11, 12.5, "Board preparation", 2, "Room 1"),
        make(4, 10, 11, "Lunch shift plan", 6, "Kitchen"),
    ]


class Office:
    """The scenes of the office."""

    def __init__(self, stage: Stage) -> None:
        self._stage = stage
        self._turn = 0

    def tidy(self, a: Actor) -> None:
        a.wait(0.7)
        a.menu("files", "entry:3", "Copy name")
        a.wait(0.4)
        a.go("files", "entry:2")
        target = a.where("files", "entry:0")
        a.drag_to(target.x + 120, target.y + 17)
        a.wait(0.5)

    def payroll(self, a: Actor) -> None:
        a.switch_to("sheet")
        a.click("sheet", "cell:8,0")
        a.type(self._stage.book.part("person8"))
        a.press("Tab")
        a.type(self._stage.book.part("email8"))
        a.press("Tab")
        a.press("Tab")
        a.type("3 310.00")
        a.press("Enter")
        a.wait(0.4)

    def projector(self, a: Actor) -> None:
        a.wait(0.3)
        self._stage.resolution(1024, 768)
        a.wait(0.6)

    def laptop(self, a: Actor) -> None:
        a.wait(0.2)
        self._stage.resolution(*self._stage.size)
        a.wait(0.4)

    def week(self, a: Actor) -> None:
        a.switch_to("calendar")
        a.click("calendar", "app:2")
        a.wait(1.2)
        a.click("calendar", "details:close")
        a.click("calendar", "new")
        a.type(self._stage.mark("Call «person3.first»"))
        a.press("Enter")
        a.wait(0.4)
        a.scroll("calendar", "week", 2)
        a.wait(0.4)
        a.scroll("calendar", "week", -2)

    def invoice(self, a: Actor) -> None:
        a.switch_to("viewer")
        a.wait(0.6)
        for notches in (3, 3, -2):
            a.scroll("viewer", "pages", notches)
            a.wait(0.7)

    def scroll_payroll(self, a: Actor) -> None:
        a.switch_to("sheet")
        a.scroll("sheet", "grid", 5)
        a.wait(0.8)
        a.scroll("sheet", "grid", -5)
        self._turn += 1
        a.click("sheet", f"cell:{1 + self._turn % 7},1")
        a.wait(0.3)
        a.shortcut("c")
        a.wait(0.6)

    def pick(self, a: Actor) -> None:
        a.switch_to("files")
        a.click("files", f"entry:{2 + self._turn % 4}")
        a.wait(1.0)


OFFICE = SessionPlan(
    name="office",
    look=LIGHT,
    goal="Enter the new colleague into payroll and check the invoice",
    script=_script,
    clock_error_ns=120_000_000,
    clock_sigma_ns=80_000_000,
    clock_method="recorder_event",
    clock="09:48",
)
