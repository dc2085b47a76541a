"""A session's transactions as one person's undo history: what can be undone or redone next, and what stands in the way.

Rebuilt from the log alone, so it survives a restart and is the same in every process.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from curation.changes import Effect
from curation.edit_log import Transaction, TransactionKind
from curation.edits import Edit
from curation.reducer import Draft
from curation.touches import Address, Kind, touch_of
from replay.errors import BadInput, Refused


@dataclass(frozen=True, slots=True, eq=False)
class Entry:
    """One transaction with its effect and the edits that take it back."""

    transaction: Transaction
    effect: Effect
    inverse: tuple[Edit, ...]


# What one author can undo, and what they can redo.
Stacks = tuple[list[Entry], list[Entry]]


@dataclass
class History:
    """The log of one session folded so far."""

    entries: list[Entry] = field(default_factory=list)
    redaction_heads: dict[str, int] = field(default_factory=dict)  # redaction id → the head at which it appeared
    draft: Draft = field(default_factory=Draft)
    _by_id: dict[str, Entry] = field(default_factory=dict)
    _stacks: dict[str, Stacks] = field(default_factory=dict)

    @property
    def head(self) -> int:
        return self.entries[-1].transaction.head if self.entries else 0

    def take(self, transaction: Transaction) -> Effect:
        """Fold one more transaction in. Raises BadInput where it cannot follow the ones before it."""
        try:
            effect, inverse = effect_of(self.draft, transaction.edits)
        except Refused as e:
            raise BadInput(
                "edits_damaged",
                f"The library's edit log is damaged: edit {transaction.id} cannot follow the ones before it.",
                "Restore edits.sqlite from a backup.",
            ) from e
        entry = Entry(transaction, effect, inverse)
        self.entries.append(entry)
        self._by_id[transaction.id] = entry
        self._stack(entry)
        for kind, id_ in effect.after:
            if kind is Kind.REDACTION:
                self.redaction_heads.setdefault(id_, transaction.head)
        return effect

    def stacks(self, author: str) -> Stacks:
        """What `author` can undo and redo, the next one last."""
        return self._stacks.get(author, ([], []))

    def _stack(self, entry: Entry) -> None:
        intent = entry.transaction.intent
        undoable, redoable = self._stacks.setdefault(intent.author, ([], []))
        if intent.kind is TransactionKind.EDIT:
            # A new edit ends what could be redone.
            undoable.append(entry)
            redoable.clear()
        elif intent.kind is TransactionKind.UNDO and intent.undoes in self._by_id:
            redoable.append(_moved(self._by_id[intent.undoes], undoable))
        elif intent.kind is TransactionKind.REDO and intent.redoes in self._by_id:
            undoable.append(_moved(self._by_id[intent.redoes], redoable))

    def undone(self) -> frozenset[str]:
        """Ids of the transactions whose effect is taken back at this head."""
        out: set[str] = set()
        for e in self.entries:
            intent = e.transaction.intent
            if intent.undoes is not None:
                out.add(intent.undoes)
            if intent.redoes is not None:
                out.discard(intent.redoes)
        return frozenset(out)

    def blocker(self, entry: Entry, wanted: dict[Address, object]) -> Transaction | None:
        """The latest transaction after `entry` because of which `wanted` no longer stands; None where it does."""
        changed = {address for address, value in wanted.items() if self.draft.at(address) != value}
        if not changed:
            return None
        later = (e.transaction for e in reversed(self.entries) if e.transaction.head > entry.transaction.head)
        return next((t for t in later if changed & {touch_of(e).address for e in t.edits}), None)


def effect_of(draft: Draft, edits: tuple[Edit, ...]) -> tuple[Effect, tuple[Edit, ...]]:
    """Apply `edits` to `draft`; what they did and the edits that take them back, last first."""
    before: dict[Address, object] = {}
    back: list[Edit] = []
    for edit in edits:
        address = touch_of(edit).address
        before.setdefault(address, draft.at(address))
        back.append(draft.take(edit))
    after = {address: draft.at(address) for address in before}
    return Effect(before, after), tuple(reversed(back))


def _moved(entry: Entry, stack: list[Entry]) -> Entry:
    if entry in stack:
        stack.remove(entry)
    return entry
