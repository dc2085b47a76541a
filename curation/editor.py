"""The one way to change what is decided about a session: validate, append one transaction, tell who listens.

There is no "save": what `commit` returned is in the log. Undo and redo append too, so they survive a restart.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

from curation.changes import FROM_LOG, Change, Effect, change_of
from curation.edit_log import EditLog, HeadMoved, Intent, Purpose, Seen, Transaction, TransactionKind
from curation.edits import Edit, RedactionLifted
from curation.history import Entry, History, effect_of
from curation.model import CurationState
from curation.reducer import Draft
from curation.touches import Address, touch_of
from replay.errors import Refused, StorageFailed

# Each lost race means that somebody else's transaction went in; giving up is for a broken database, not a busy one.
_ATTEMPTS: Final = 100

Listener = Callable[[Change], None]


class Editor:
    """One session's decisions, as one author sees and changes them. Not for use by several threads at once."""

    def __init__(self, log: EditLog, session_id: str, author: str) -> None:
        """Read the session's log. Raises StorageFailed, BadInput or Refused where it is damaged or too new."""
        self._log = log
        self._session_id = session_id
        self._author = author
        self._listeners: list[Listener] = []
        self._fault: StorageFailed | None = None
        self._history = History()
        for transaction in log.read(session_id):
            self._history.take(transaction)
        self._state = self._history.draft.frozen()

    @property
    def session_id(self) -> str:
        return self._session_id

    @property
    def author(self) -> str:
        return self._author

    @property
    def state(self) -> CurationState:
        """Everything decided, frozen."""
        return self._state

    @property
    def head(self) -> int:
        """How many transactions the session's log held when it was last looked at."""
        return self._history.head

    @property
    def read_only_because(self) -> StorageFailed | None:
        """Why nothing can be committed any more (a write failed); None while all is well. Reopening tries again."""
        return self._fault

    @property
    def undo_title(self) -> str | None:
        """The title of what `undo` would take back; None where there is nothing."""
        undoable, _ = self._history.stacks(self._author)
        return undoable[-1].transaction.title if undoable else None

    @property
    def redo_title(self) -> str | None:
        """The title of what `redo` would do again; None where there is nothing."""
        _, redoable = self._history.stacks(self._author)
        return redoable[-1].transaction.title if redoable else None

    @property
    def history(self) -> tuple[Transaction, ...]:
        """Every transaction of the session, oldest first."""
        return tuple(e.transaction for e in self._history.entries)

    @property
    def undone(self) -> frozenset[str]:
        """Ids of the transactions that are taken back at this head."""
        return self._history.undone()

    def subscribe(self, listener: Listener) -> Callable[[], None]:
        """Call `listener` after every change; the returned function ends that."""
        self._listeners.append(listener)

        def unsubscribe() -> None:
            if listener in self._listeners:
                self._listeners.remove(listener)

        return unsubscribe

    def commit(self, edits: Sequence[Edit], *, title: str, origin: str = "") -> Transaction:
        """Append `edits` as one transaction and publish the Change.

        Raises Refused (a rule, or `edit_conflict` where another process changed the same thing), StorageFailed
        (nothing changed; the editor is read-only from then on).
        """
        if not edits:
            raise Refused("nothing_to_change", "This would change nothing.")
        intent = Intent(self._session_id, self._author, self.head, title, tuple(edits))
        for _ in range(_ATTEMPTS):
            self._check_lifts(intent.edits)
            effect_of(Draft(self._state), intent.edits)
            done = self._append(intent, origin)
            if done is not None:
                return done
            missed = self.refresh()
            self._refuse_conflict(intent, missed)
        raise self._contended()

    def undo(self, *, origin: str = "") -> Transaction:
        """Append what takes back one's own latest transaction that stands.

        Raises Refused: `nothing_to_undo`; `undo_blocked`, naming the later transaction that depends on it;
        `lift_needed` where it made a redaction that somebody else or an export has read.
        """
        for _ in range(_ATTEMPTS):
            self.refresh()
            undoable, _ = self._history.stacks(self._author)
            if not undoable:
                raise Refused("nothing_to_undo", "You have made no edit here that could be undone.")
            entry = undoable[-1]
            self._refuse_blocked(entry, entry.effect.after, "undo")
            self._check_lifts(entry.inverse)
            done = self._append(self._again(entry, TransactionKind.UNDO, entry.inverse), origin)
            if done is not None:
                return done
        raise self._contended()

    def redo(self, *, origin: str = "") -> Transaction:
        """Append again what was undone last. Raises Refused: `nothing_to_redo`, or `redo_blocked` naming why."""
        for _ in range(_ATTEMPTS):
            self.refresh()
            _, redoable = self._history.stacks(self._author)
            if not redoable:
                raise Refused("nothing_to_redo", "There is nothing to redo here.")
            entry = redoable[-1]
            self._refuse_blocked(entry, entry.effect.before, "redo")
            self._check_lifts(entry.transaction.edits)
            done = self._append(self._again(entry, TransactionKind.REDO, entry.transaction.edits), origin)
            if done is not None:
                return done
        raise self._contended()

    def refresh(self) -> tuple[Transaction, ...]:
        """Take in what other processes appended, publish it as one Change of origin `log`, and return it."""
        missed = self._log.read(self._session_id, after=self.head)
        if missed:
            self._publish([self._history.take(t) for t in missed], FROM_LOG)
        return missed

    def mark_seen(self, purpose: Purpose) -> None:
        """Note in the log that this author has read the decisions as they stand. Raises StorageFailed."""
        self._log.mark_seen(self._session_id, self._author, purpose, self.head)

    def reason_needed(self, redaction_id: str) -> bool:
        """Whether lifting this redaction needs a reason: another person or an export has read it."""
        return self._has_been_seen(redaction_id, self._log.seen(self._session_id))

    def _append(self, intent: Intent, origin: str) -> Transaction | None:
        if self._fault is not None:
            raise StorageFailed(
                "session_read_only",
                f"This session became read-only because a write failed: {self._fault.sentence}",
                f"{self._fault.remedy} Then open the session again.".lstrip(),
            )
        try:
            transaction = self._log.append(intent, at_head=self.head)
        except HeadMoved:
            return None
        except StorageFailed as e:
            self._fault = e
            raise
        self._publish([self._history.take(transaction)], origin)
        return transaction

    def _publish(self, effects: list[Effect], origin: str) -> None:
        self._state = self._history.draft.frozen()
        change = change_of(effects, origin, self.head)
        for listener in tuple(self._listeners):
            listener(change)

    def _again(self, entry: Entry, kind: TransactionKind, edits: tuple[Edit, ...]) -> Intent:
        done, undoes = entry.transaction, kind is TransactionKind.UNDO
        return Intent(
            self._session_id,
            self._author,
            self.head,
            done.title,
            edits,
            kind,
            undoes=done.id if undoes else None,
            redoes=None if undoes else done.id,
        )

    def _refuse_conflict(self, intent: Intent, missed: Sequence[Transaction]) -> None:
        wanted = {touch_of(e).address for e in intent.edits}
        for other in missed:
            both = wanted & {touch_of(e).address for e in other.edits}
            if both:
                kind = min(k for k, _ in both)
                raise Refused(
                    "edit_conflict",
                    f"The {kind} was changed meanwhile by {other.author} (“{other.title}”, edit {other.id}).",
                    "Look at it as it is now and decide again.",
                )

    def _refuse_blocked(self, entry: Entry, wanted: dict[Address, object], what: str) -> None:
        blocker = self._history.blocker(entry, wanted)
        if blocker is not None:
            raise Refused(
                f"{what}_blocked",
                f"To {what} “{entry.transaction.title}” is blocked: a later edit depends on it, "
                f"“{blocker.title}” by {blocker.author} (edit {blocker.id}).",
                "Change that edit first.",
            )

    def _check_lifts(self, edits: tuple[Edit, ...]) -> None:
        # Taking a redaction back is free while only its author knew it; afterwards it is a decision of its own.
        lifts = [e for e in edits if isinstance(e, RedactionLifted) and not e.reason.strip()]
        if not lifts:
            return
        seen = self._log.seen(self._session_id)
        if any(self._has_been_seen(e.redaction_id, seen) for e in lifts):
            raise Refused(
                "lift_needed",
                "Another person or an export has already read this redaction, so it is not taken back silently.",
                "Lift the redaction and say why.",
            )

    def _has_been_seen(self, redaction_id: str, seen: Sequence[Seen]) -> bool:
        since = self._history.redaction_heads.get(redaction_id)
        if since is None:
            return False
        return any(s.head >= since and (s.author != self._author or s.purpose is Purpose.EXPORT) for s in seen)

    def _contended(self) -> StorageFailed:
        return StorageFailed("edits_contended", "Others are editing this session too fast to take part.", "Try again.")
