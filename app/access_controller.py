"""The Access page in motion: who I am, the roster, the log and the proof, read off the GUI thread."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from PySide6.QtCore import QObject, QTimer
from PySide6.QtGui import QGuiApplication

from app.access_facts import AccessFacts, Me, ProofFacts, access_of, is_member, me_of, proof_of
from app.actions.registry import Run
from app.core import Core
from app.jobs import IsCancelled, Jobs, Report, Tasks, is_cancel
from app.library_controller import LibraryController
from app.notices import Matter, Notice, Notices
from app.pages.access import AccessPage, proven
from app.proof_job import ProofAnswer, prove_library
from replay.errors import Refused, SafelightError
from replay.vault.identity import Card, identity_of
from replay.vault.log.verify_log import LogReport
from widgets.log_table import LogFilter, filtered_log
from widgets.notifications import Toast
from widgets.panel_state import PanelState
from widgets.rail import Rail
from widgets.wording import count

_LOOK_EVERY_MS: Final = 60_000
_FILTER: Final = "access-filter"
_KEYS: Final = ("access", "access-standing", "access-log", _FILTER)


class AccessController(QObject):
    """One library at a time."""

    def __init__(
        self,
        page: AccessPage,
        library: LibraryController,
        jobs: Jobs,
        tasks: Tasks,
        home: Path,
    ) -> None:
        super().__init__()
        self._page, self._library, self._jobs, self._tasks, self._home = page, library, jobs, tasks, home
        self._is_log_read = False
        self._proving = False
        self._timer = QTimer(self, interval=_LOOK_EVERY_MS)
        self._timer.timeout.connect(self.look)
        page.log.filter_requested.connect(self._filter_log)

    def use_window(self, notices: Notices, rail: Rail, toast: Toast) -> None:
        """Where it says what is said outside of its page."""
        self._notices, self._rail, self._toast = notices, rail, toast
        self._library.opened.connect(self._library_changed)
        self._library_changed(None)

    def handlers(self) -> dict[str, Run]:
        return {
            "access.copy_card": self.copy_card,
            "access.verify_log": self.verify_log,
            "access.prove": self.prove,
        }

    # -- the library -----------------------------------------------------------------------------------------------

    def _library_changed(self, core: Core | None) -> None:
        for key in _KEYS:
            self._tasks.forget(key)
        self._is_log_read = False
        self._notices.hold(Matter.PROOF, None)
        self._rail.show_standing("", "", is_alarm=False)
        self._show_buttons(is_open=core is not None)
        if core is None:
            self._timer.stop()
            self._page.show_state(PanelState.empty("No library open", "Open one to see who may do what in it.", "lock"))
        else:
            self._timer.start()
            self._page.show_me(self._me(core))
            self._page.show_loading()
            self.look()
            if self._page.isVisible():
                self.refresh()

    def _me(self, core: Core) -> Me:
        return me_of(core.library.gate.identity, self._home)

    def _show_buttons(self, *, is_open: bool) -> None:
        for act in (self._page.prove, self._page.verify_log):
            act.setEnabled(is_open)

    def look(self) -> None:
        """Whether this identity is a member, and when the library was last proven."""
        core = self._library.core

        def read() -> tuple[bool, ProofFacts]:
            return is_member(core), proof_of(core)

        self._tasks.start("access-standing", read, lambda found: self._show_standing(*found), self._not_read)

    def _show_standing(self, member: bool, proof: ProofFacts) -> None:
        now_ms = self._library.core.library.gate.now_ms()
        self._page.show_proof(proof, now_ms)
        if not member:
            self._page.show_stranger(self.copy_card)
            self._show_buttons(is_open=False)
            return
        said = proven(proof, now_ms)
        self._rail.show_standing(said, f"{said}. The Access page proves it again.", is_alarm=proof.is_due)
        self._notices.hold(Matter.PROOF, self._read_only(said) if proof.is_due else None)

    def _read_only(self, said: str) -> Notice:
        what = "nothing can be edited, imported, granted or exported; looking, withdrawing and erasing go on"
        return Notice(f"This library is read-only ({said.lower()}): {what}.", "Verify the library", self.prove)

    def refresh(self) -> None:
        """Read everything that the page shows; without a library, whose window this is."""
        if not self._library.is_open:
            self._with_me(self._page.show_me)
            return
        core, is_read = self._library.core, self._is_log_read
        self._page.show_me(self._me(core))

        def read() -> AccessFacts | None:
            return access_of(core, is_log_read=is_read) if is_member(core) else None

        self._tasks.start("access", read, self._show, self._not_read)

    def _show(self, facts: AccessFacts | None) -> None:
        if facts is None:
            self._page.show_stranger(self.copy_card)
            return
        self._is_log_read = facts.log_refused is None
        self._page.show_proof(facts.proof, facts.now_ms)
        self._page.show_people(facts.people, facts.grants)
        self._page.show_log(facts.log, facts.log_refused)

    def _filter_log(self, wanted: LogFilter) -> None:
        panel = self._page.log
        rows = panel.whole
        self._tasks.start(_FILTER, lambda: filtered_log(rows, wanted), panel.show_answer, self._not_read)

    def _not_read(self, error: SafelightError) -> None:
        self._page.show_state(PanelState.error(error.sentence, error.remedy))

    # -- acts ------------------------------------------------------------------------------------------------------

    def copy_card(self) -> None:
        """This identity's card as text, for a custodian: public keys and a name. It needs no library."""
        if self._library.is_open:
            self._put_on_clipboard(self._library.core.library.gate.identity.card)
        else:
            self._with_me(lambda me: self._put_on_clipboard(me.card))

    def _with_me(self, take: Callable[[Me], object]) -> None:
        """Off the GUI thread, because the first use of a home makes its keys and a keyring may be slow."""
        home = self._home
        failed = lambda e: self._toast.say(f"{e.sentence} {e.remedy}".strip(), error=True)  # noqa: E731
        self._tasks.start("access-me", lambda: me_of(identity_of(home), home), take, failed)

    def _put_on_clipboard(self, card: Card) -> None:
        QGuiApplication.clipboard().setText(json.dumps(card.to_dict()))
        self._toast.say(f"Your card {card.id} is on the clipboard. Send it to a custodian.")

    def verify_log(self) -> None:
        """Check every entry and signature of the log, offline."""
        core = self._library.core
        self._page.say_log("Checking every entry and signature…")
        failed = lambda e: self._page.say_log(f"{e.sentence} {e.remedy}".strip(), is_bad=True)  # noqa: E731
        self._tasks.start("access-log", core.library.gate.log.verify, self._say_log, failed)

    def _say_log(self, report: LogReport) -> None:
        at = datetime.fromtimestamp(time.time(), UTC).strftime("%H:%M")
        bad = report.first_bad
        if bad is None:
            what = f"{count(report.entries, 'entry', 'entries')} of {count(len(report.devices), 'device')}"
            self._page.say_log(f"{what}: every signature holds. Checked at {at} UTC.")
            return
        cards = self._library.core.library.gate.membership.chain.cards
        who = cards[bad.device].name if bad.device in cards else bad.device
        self._page.say_log(f"The log does not hold: entry {bad.seq} of {who} {bad.reason}.", is_bad=True)

    def prove(self) -> None:
        """Attack the library, as a job; raises Refused while one runs."""
        if self._proving:
            raise Refused("proof_runs", "A proof is running already.", "Wait for it in the jobs below.")
        folder, home = self._library.core.library.path, self._home

        def work(report: Report, cancelled: IsCancelled) -> ProofAnswer:
            return prove_library(folder, home, report, cancelled)

        self._set_proving(on=True)
        self._jobs.start("Verifying the library", work, self._proved, self._not_proved)

    def _set_proving(self, *, on: bool) -> None:
        self._proving = on
        self._page.prove.setEnabled(not on and self._library.is_open)

    def _proved(self, answer: ProofAnswer) -> None:
        self._set_proving(on=False)
        attacks = count(answer.attacks, "attack")
        if answer.ok:
            self._toast.say(f"Proven: {attacks}, every one denied and logged.")
        else:
            names = ", ".join(answer.failed) or "no attack is named"
            self._toast.say(f"The proof failed: {names}. The library is read-only.", error=True)
        self._look_again()

    def _not_proved(self, error: SafelightError) -> None:
        self._set_proving(on=False)
        if not is_cancel(error):
            self._toast.say(f"{error.sentence} {error.remedy}".strip(), error=True)
        self._look_again()

    def _look_again(self) -> None:
        if self._library.is_open:
            self.look()
            self.refresh()
