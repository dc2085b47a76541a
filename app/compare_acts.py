"""What the actions of compare mode do, and the list of what the open session can be compared with."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from itertools import combinations
from typing import Final

from PySide6.QtWidgets import QWidget

from app.actions.registry import Run
from app.compare_controller import CompareController
from app.compare_words import after_title
from app.comparison import AtHead, BeforeAfter, By, Comparison, OtherSession, TwoStates
from app.edit_controller import EditController
from app.jobs import Tasks
from app.library_controller import LibraryController
from app.pages.library import LibraryPage
from curation.decision_states import authors_of
from replay.errors import SafelightError
from widgets.command_palette import CommandPalette, Entry
from widgets.compare_view import CompareView
from widgets.wording import date, length, short_id

_SESSIONS: Final = 2000
_EARLIER: Final = 500


@dataclass(frozen=True)
class CompareActs:
    """The handlers; `refused` says what cannot be compared, after a choice from the list."""

    window: QWidget
    page: LibraryPage
    view: CompareView
    compare: CompareController
    library: LibraryController
    edits: EditController
    tasks: Tasks
    refused: Callable[[SafelightError], None]

    def handlers(self) -> dict[str, Run]:
        c = self.compare
        return {
            "compare.open": self.open,
            "compare.close": c.close,
            "compare.earlier": lambda: c.nudge(-1),
            "compare.later": lambda: c.nudge(1),
            "compare.hold": c.hold,
            "compare.align_starts": c.align_starts,
            "compare.offset": lambda offset_ns: c.set_offset(int(offset_ns)),
            "compare.link": lambda on=None: self.view.set_linked(not self.view.linked if on is None else on),
        }

    def open(
        self,
        kind: str | None = None,
        session: str | None = None,
        head: int | None = None,
        author: str | None = None,
        against: str | None = None,
    ) -> None:
        """Compare with what is named: `redaction`, another session, the decisions at a head, one author's (`against`
        another's, else what is in force); with nothing named, ask."""
        if kind == "redaction":
            self._begin(BeforeAfter())
        elif session is not None:
            self._begin(OtherSession(self.library.core.store.resolve(session)))
        elif head is not None:
            self._begin(TwoStates(None, AtHead(head)))
        elif author is not None:
            self._begin(TwoStates(None if against is None else By(against), By(author)))
        else:
            core = self.library.core
            names = lambda: _names_of(core.library.gate.membership.chain.cards)  # noqa: E731
            self.tasks.start("compare-names", names, self._ask, self.refused)

    def _begin(self, what: Comparison) -> None:
        cards = self.library.core.library.gate.membership.chain.cards
        self.compare.open(what, _names_of(cards))

    def _ask(self, names: Mapping[str, str]) -> None:
        if not self.edits.is_open:
            return
        prompt = "What do you want to compare with?"
        palette = CommandPalette(self.window, self._choices(names), prompt)
        palette.entry_chosen.connect(lambda entry: entry.run())
        centre = self.window.geometry().center()
        palette.move(centre.x() - palette.width() // 2, self.window.geometry().top() + 90)
        palette.open()

    def _choices(self, names: Mapping[str, str]) -> list[Entry]:
        return [
            Entry("Compare", "Before and after redaction", "This session", "eye-off", self._run(BeforeAfter())),
            *self._people(names),
            *self._earlier(names),
            *self._sessions(),
        ]

    def _chosen(self, what: Comparison) -> None:
        try:
            self._begin(what)
        except SafelightError as e:
            self.refused(e)

    def _people(self, names: Mapping[str, str]) -> list[Entry]:
        people = authors_of(self.edits.editing.editor.history)
        if len(people) < 2:
            return []
        named = {a: names.get(a, a) for a in people}
        pairs = [
            (f"{named[a]} and {named[b]}", "Two people", TwoStates(By(a), By(b))) for a, b in combinations(people, 2)
        ]
        alone = [(f"Now, and only what {named[a]} decided", "One person", TwoStates(None, By(a))) for a in people]
        return [Entry("People", title, detail, "user", self._run(what)) for title, detail, what in pairs + alone]

    def _earlier(self, names: Mapping[str, str]) -> list[Entry]:
        """Every state before the one in force, the latest first."""
        history = self.edits.editing.editor.history
        if not history:
            return []
        earlier = [(after_title(t, names), t.head) for t in history[-2 : -2 - _EARLIER : -1]]
        return [
            Entry("Earlier", title, f"Edit {head}", "history", self._run(TwoStates(None, AtHead(head))))
            for title, head in (*earlier, ("Before anything was decided", 0))
        ]

    def _sessions(self) -> list[Entry]:
        model, open_id = self.page.model, self.library.open_session_id
        out = []
        for row in range(min(model.rowCount(), _SESSIONS)):
            record = model.record(row)
            if record["id"] != open_id:
                detail = f"{date(record['started_at_utc_ns'])} · {length(record['duration_ns'])}"
                title = f"Session {short_id(record['id'])} · {record['format']}"
                out.append(Entry("Session", title, detail, "film", self._run(OtherSession(record["id"]))))
        return out

    def _run(self, what: Comparison) -> Callable[[], object]:
        return partial(self._chosen, what)


def _names_of(cards: Mapping[str, object]) -> dict[str, str]:
    return {id_: str(getattr(card, "name", id_)) for id_, card in cards.items()}
