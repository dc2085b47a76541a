"""The Access page: who I am, when the library was last proven, who may do what, and who did."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFrame, QLabel, QLayout, QScrollArea, QSplitter, QTabWidget, QVBoxLayout, QWidget

from app.access_facts import Me, ProofFacts
from replay.errors import SafelightError
from widgets.cell_table import CellTable
from widgets.controls import button, column, framed, label, row
from widgets.log_table import LogPanel, LogRow
from widgets.panel_state import PanelState, StatePage
from widgets.people_table import GrantRow, PersonRow, grants_table, people_table
from widgets.wording import ago

_SIDE_PX = 340


@dataclass(frozen=True, slots=True)
class AccessActs:
    """What the page's buttons do."""

    copy_card: Callable[[], object]
    verify_log: Callable[[], object]
    prove: Callable[[], object]


def proven(facts: ProofFacts, now_ms: int) -> str:
    """`Last proven: 3 h ago`, or what is the matter with it."""
    if facts.at_ms is None:
        return "Never proven"
    when = ago(facts.at_ms, now_ms)
    return f"Last proven: {when}" if facts.ok else f"Proof failed {when}"


class AccessPage(QWidget):
    """Shows what it is given; every act is somebody else's."""

    def __init__(self, acts: AccessActs) -> None:
        super().__init__()
        self.setObjectName("page")
        self._name = label("", "heading", wrap=True)
        self._card = _selectable(label("", "mono"))
        self._protection = label("", "muted", wrap=True)
        self._recovery = label("", wrap=True)
        self._recovery_box = framed(column(label("Recovery key", "section"), self._recovery, margins=(12, 10, 12, 10)))
        self._recovery_box.setObjectName("card")
        self._proof = label("", "heading", wrap=True)
        self._proof_hint = label("", "muted", wrap=True)
        self._log_answer = label("", "small", wrap=True)
        self.prove = button("Verify the library", acts.prove, icon="shield")
        self.verify_log = button("Verify the log", acts.verify_log, icon="circle-check")
        self.people: CellTable[PersonRow] = people_table()
        self.grants: CellTable[GrantRow] = grants_table()
        self.log = LogPanel()
        self._right = StatePage(self._records())
        self._copy = button("Copy my card", acts.copy_card, icon="user")
        whole = row(self._side(), self._right, spacing=0)
        whole.setStretch(1, 1)
        self.setLayout(whole)
        self._recovery_box.hide()

    def _side(self) -> QWidget:
        me = _section("You", self._name, self._card, self._protection, row(self._copy, None))
        proof = _section("Proof", self._proof, self._proof_hint, row(self.prove, None))
        log = _section("Audit log", self._log_answer, row(self.verify_log, None))
        inside: QFrame = framed(column(me, self._recovery_box, proof, log, None, margins=(24, 20, 24, 20), spacing=26))
        area = QScrollArea()
        area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        area.setWidgetResizable(True)
        area.setWidget(inside)
        area.setFixedWidth(_SIDE_PX)
        return area

    def _records(self) -> QWidget:
        self.tabs = QTabWidget()
        self.tabs.setAccessibleName("Members and grants")
        self.tabs.tabBar().setAccessibleName("Members and grants")
        self.tabs.addTab(self.people, "Members")
        self.tabs.addTab(self.grants, "Grants")
        below = QWidget()
        log = column(label("Audit log", "heading"), self.log, spacing=8, margins=(0, 10, 0, 0))
        log.setStretch(1, 1)
        below.setLayout(log)
        split = QSplitter(Qt.Orientation.Vertical)
        split.setChildrenCollapsible(False)
        split.addWidget(self.tabs)
        split.addWidget(below)
        split.setSizes([260, 520])
        out = QWidget()
        out.setLayout(column(split, margins=(20, 14, 20, 16)))
        return out

    # -- what is shown ---------------------------------------------------------------------------------------------

    def show_me(self, me: Me) -> None:
        self._name.setText(me.card.name)
        self._card.setText(me.card.id)
        self._protection.setText(me.protection)
        _dress(self._protection, "muted" if me.is_protected else "error")
        names = ", ".join(me.recovery_keys)
        self._recovery.setText(
            f"{names} lies in this home: whoever reads it opens the library. Move it away from this computer."
        )
        self._recovery_box.setVisible(bool(me.recovery_keys))

    def show_proof(self, facts: ProofFacts, now_ms: int) -> None:
        self._proof.setText(proven(facts, now_ms))
        hint = "Attacks the library on hidden sessions and records whether each was denied."
        if facts.is_due:
            hint = "The library is read-only until a proof succeeds: no edits, imports, grants or exports."
        self._proof_hint.setText(hint)

    def show_people(self, people: Sequence[PersonRow], grants: Sequence[GrantRow]) -> None:
        self._right.show_content()
        self.people.rows.show_rows(people)
        self.grants.rows.show_rows(grants)
        self.tabs.setTabText(0, f"Members ({len(people)})")
        self.tabs.setTabText(1, f"Grants ({len(grants)})")

    def show_log(self, rows: Sequence[LogRow], refused: SafelightError | None) -> None:
        if refused is None:
            self.log.show_rows(rows)
        else:
            self.log.show_state(PanelState.error(refused.sentence, refused.remedy))

    def show_loading(self) -> None:
        self._right.show_state(PanelState.loading("Reading roster, grants and log…"))

    def show_state(self, state: PanelState) -> None:
        """Nothing to show on the right: why, and what to do."""
        self._right.show_state(state)
        self.log.show_rows(())
        self._proof.setText("–")
        self._proof_hint.setText("")
        self.say_log("")

    def show_stranger(self, copy: Callable[[], object]) -> None:
        """This identity is not a member: what to send to whom."""
        hint = f"Send your card to a custodian of it. They compare this id: {self._card.text()}"
        state = PanelState.empty("You are not a member of this library", hint, "lock")
        self.show_state(state)
        self._right.show_state(state, "Copy my card", copy)

    def say_log(self, sentence: str, *, is_bad: bool = False) -> None:
        """What the check of the log came to."""
        self._log_answer.setText(sentence or "Not checked since it was opened.")
        _dress(self._log_answer, "error" if is_bad else "small")

    @property
    def log_answer(self) -> str:
        return self._log_answer.text()


def _section(title: str, *items: QWidget | QLayout) -> QVBoxLayout:
    return column(label(title, "section"), *items, spacing=8)


def _dress(text: QLabel, role: str) -> None:
    """Give a text another role of the style sheet."""
    text.setProperty("role", role)
    text.style().unpolish(text)
    text.style().polish(text)


def _selectable(text: QLabel) -> QLabel:
    text.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
    return text
