"""The audit log as a table, newest first, filtered by person, act, session and denial; nothing captured is in it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QCheckBox, QComboBox, QWidget

from widgets.cell_table import Cell, CellTable, Column
from widgets.controls import column, combo, label, line_edit, row
from widgets.panel_state import PanelState, StatePage
from widgets.wording import count, date, moment, short_id, words

_ANY = ""


@dataclass(frozen=True, slots=True)
class LogRow:
    """One entry with its writer's name. `ts_ms` is UTC, `range_ms` session time. `counts` is false for what strangers
    wrote, or a member after the revocation."""

    ts_ms: int
    who: str
    act: str
    session: str = ""
    track_class: str = ""
    purpose: str = ""
    is_allowed: bool = True
    reasons: tuple[str, ...] = ()
    range_ms: tuple[int, int] | None = None
    counts: bool = True


@dataclass(frozen=True, slots=True)
class LogFilter:
    """What to keep; empty words keep everything. `session` is the beginning of an id."""

    who: str = ""
    act: str = ""
    session: str = ""
    denied_only: bool = False

    def keeps(self, r: LogRow) -> bool:
        return (
            (not self.who or r.who == self.who)
            and (not self.act or r.act == self.act)
            and r.session.startswith(self.session.upper())
            and not (self.denied_only and r.is_allowed)
        )


@dataclass(frozen=True, slots=True)
class LogAnswer:
    """The rows of a log that a filter keeps, of how many, and who and which acts there are to filter by."""

    rows: tuple[LogRow, ...]
    total: int
    people: tuple[str, ...]
    acts: tuple[str, ...]


def filtered_log(rows: Sequence[LogRow], wanted: LogFilter) -> LogAnswer:
    """Looks at every row: not for the GUI thread, where a log may be as long as a library is large."""
    people, acts = (tuple(sorted(set(names))) for names in ((r.who for r in rows), (r.act for r in rows)))
    return LogAnswer(tuple(r for r in rows if wanted.keeps(r)), len(rows), people, acts)


def _when(r: LogRow) -> Cell:
    return Cell(f"{date(r.ts_ms * 1_000_000)}:{r.ts_ms // 1000 % 60:02}", mono=True, muted=not r.counts)


def _what(r: LogRow) -> Cell:
    return Cell(words(r.act), muted=not r.counts)


def _where(r: LogRow) -> Cell:
    return Cell(short_id(r.session) or "–", tip=r.session, mono=True, muted=not r.session)


def _range(r: LogRow) -> Cell:
    return Cell("–" if r.range_ms is None else f"{moment(r.range_ms[0])} – {moment(r.range_ms[1])}", mono=True)


def _decision(r: LogRow) -> Cell:
    why = ", ".join(words(reason).lower() for reason in r.reasons)
    if not r.counts:
        return Cell("Does not count", "circle-help", "muted", "Written by a stranger, or after a revocation.")
    if r.is_allowed:
        return Cell("Allowed", "circle-check", "ok_text")
    return Cell(f"Denied: {why}" if why else "Denied", "ban", "danger_text", why)


COLUMNS: tuple[Column[LogRow], ...] = (
    Column("Time (UTC)", 166, _when),
    Column("Who", 108, lambda r: Cell(r.who, muted=not r.counts)),
    Column("What", 92, _what),
    Column("Session", 84, _where),
    Column("Range", 160, _range),
    Column("Class", 92, lambda r: Cell(words(r.track_class) if r.track_class else "–", muted=not r.track_class)),
    Column("Purpose", 84, lambda r: Cell(r.purpose or "–", muted=not r.purpose)),
    Column("Decision", 160, _decision),
)


class LogPanel(QWidget):
    """Filters above the table. What they keep is asked for with `filter_requested` and shown with `show_answer`."""

    filter_requested = Signal(object)  # LogFilter

    def __init__(self) -> None:
        super().__init__()
        self.whole: Sequence[LogRow] = ()
        self._who = combo("Person", [("Everybody", _ANY)])
        self._act = combo("Act", [("Every act", _ANY)])
        self._session = line_edit("Session of the entry", "Session id…")
        self._session.setMaximumWidth(150)
        self._denied = QCheckBox("Denied only")
        self._denied.setAccessibleName("Denied only")
        self._count = label("", "small")
        self.table: CellTable[LogRow] = CellTable("Audit log", COLUMNS)
        self._body = StatePage(self.table)
        filters = row(self._who, self._act, self._session, self._denied, None, self._count, spacing=10)
        whole = column(filters, self._body, spacing=8)
        whole.setStretch(1, 1)
        self.setLayout(whole)
        for box in (self._who, self._act):
            box.currentIndexChanged.connect(lambda _: self._ask())
        self._session.textChanged.connect(lambda _: self._ask())
        self._denied.toggled.connect(lambda _: self._ask())

    @property
    def filter(self) -> LogFilter:
        who, act = (str(box.currentData() or _ANY) for box in (self._who, self._act))
        return LogFilter(who, act, self._session.text().strip(), self._denied.isChecked())

    def show_rows(self, rows: Sequence[LogRow]) -> None:
        """The whole log, newest first; the filters stay as they were set."""
        self.whole = rows
        if rows:
            self._ask()
        else:
            self.show_answer(LogAnswer((), 0, (), ()))

    def _ask(self) -> None:
        self._count.setText("Filtering…")
        self.filter_requested.emit(self.filter)

    def show_state(self, state: PanelState) -> None:
        self.whole = ()
        self.table.rows.show_rows(())
        self._count.setText("")
        self._body.show_state(state)

    def pick(self, wanted: LogFilter) -> None:
        """Set the filters from outside."""
        self._who.setCurrentIndex(max(0, self._who.findData(wanted.who)))
        self._act.setCurrentIndex(max(0, self._act.findData(wanted.act)))
        self._session.setText(wanted.session)
        self._denied.setChecked(wanted.denied_only)

    def show_answer(self, found: LogAnswer) -> None:
        if found.total != len(self.whole):
            return  # it is about the log as it was before
        _offer(self._who, found.people, lambda name: name)
        _offer(self._act, found.acts, words)
        self.table.rows.show_rows(found.rows)
        total, shown = count(found.total, "entry", "entries"), len(found.rows)
        self._count.setText(total if shown == found.total else f"{shown} of {total}")
        if shown:
            self._body.show_content()
        else:
            title = "No entry fits these filters" if found.total else "No entries"
            hint = "Change them to see more." if found.total else ""
            self._body.show_state(PanelState.empty(title, hint, "search"))


def _offer(box: QComboBox, values: Sequence[str], worded: Callable[[str], str]) -> None:
    """Put other choices into a filter without telling anybody; what was chosen stays where it still can."""
    chosen = box.currentData()
    box.blockSignals(True)
    while box.count() > 1:
        box.removeItem(1)
    for value in values:
        box.addItem(worded(value), value)
    box.setCurrentIndex(max(0, box.findData(chosen)))
    box.blockSignals(False)
