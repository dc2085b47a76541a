"""The inspector: the fields of what is selected, or, with nothing selected, the facts of the session.

A field commits when it is left or Enter is pressed, by emitting the whole changed value; it decides nothing itself.
"""

from __future__ import annotations

from PySide6.QtCore import QSize, Signal
from PySide6.QtWidgets import QStackedLayout, QWidget

from curation.model import CurationState
from replay.session import Session
from widgets.clock_facts import ClockFacts
from widgets.controls import column, scrolled
from widgets.inspector_item import ItemForm, LabelChoice
from widgets.inspector_session import SessionFacts
from widgets.panel_state import PanelState, StatePage
from widgets.timeline.model import Item


class Inspector(QWidget):
    """Shows one Item of the timeline, else the session."""

    item_edited = Signal(object)  # a Label, Episode, Cut or RectRedaction as it should be
    removal_requested = Signal(object)  # Item
    time_requested = Signal(object)  # t_ns
    state_requested = Signal(object)  # SessionState

    def __init__(self) -> None:
        super().__init__()
        self._item = ItemForm()
        self._facts = SessionFacts()
        self._stack = QStackedLayout()
        for content in (self._facts, self._item):
            self._stack.addWidget(scrolled(content))
        holder = QWidget()
        holder.setLayout(self._stack)
        self._page = StatePage(holder)
        self.setLayout(column(self._page))
        self.setMinimumWidth(264)
        self._item.edited.connect(self.item_edited)
        self._item.removal_requested.connect(self.removal_requested)
        self._item.time_requested.connect(self.time_requested)
        self._facts.time_requested.connect(self.time_requested)
        self._facts.state_requested.connect(self.state_requested)
        self.show_nothing()

    @property
    def clock(self) -> ClockFacts:
        """The clock among the session's facts."""
        return self._facts.clock

    def sizeHint(self) -> QSize:
        return QSize(300, 400)

    def show_nothing(self) -> None:
        self._page.show_state(PanelState.empty("Nothing selected", "Open a session, then pick something.", "info"))

    def show_label_choices(self, choices: tuple[LabelChoice, ...]) -> None:
        self._item.show_label_choices(choices)

    def show_session(self, session: Session, state: CurationState) -> None:
        self._facts.show_session(session, state)
        self._stack.setCurrentIndex(0)
        self._page.show_content()

    def show_state(self, state: CurationState) -> None:
        """What was decided changed; the session did not."""
        self._facts.show_state(state)

    def show_item(self, item: Item | None) -> None:
        """The fields of `item`; None goes back to the session."""
        if item is not None:
            self._item.show_item(item)
        self._stack.setCurrentIndex(0 if item is None else 1)

    def set_read_only(self, read_only: bool) -> None:
        self._item.set_read_only(read_only)
        self._facts.set_read_only(read_only)

    def edit_first_field(self) -> None:
        """Put the cursor into the first field of what is selected."""
        self._item.edit_first_field()
