"""The edit log: every transaction ever made on every session of a library, appended and never rewritten.

SQLite in WAL mode by default, PostgreSQL by URL: the same tables, through SQLAlchemy Core. Columns are who, when, where
and what kind; what was decided lies in one opaque payload per row, sealed and opened by one pair of functions with the
columns as associated data. A commit is durable when `append` returns (`synchronous=FULL`: the log is fsynced each time,
because an edit that was shown as saved must survive a power cut).
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any, Protocol

import msgspec
import sqlalchemy as sa

from curation import edit_codec
from curation.edit_tables import EDITS, SEEN, TRANSACTIONS, LogDatabase
from curation.edits import Edit
from replay.errors import BadInput, Refused


class TransactionKind(StrEnum):
    EDIT = "edit"
    UNDO = "undo"
    REDO = "redo"


class Purpose(StrEnum):
    """Why somebody read a session's decisions."""

    OPEN = "open"
    EXPORT = "export"


class HeadMoved(Refused):
    """Somebody else appended to the session meanwhile; read what they did and try again."""

    def __init__(self) -> None:
        super().__init__("head_moved", "Somebody else edited this session meanwhile.", "Try again.")


class PayloadSeal(Protocol):
    """How payloads are written and read back; `replay.vault.payloads.LabelsSeal` is the library's.

    `columns` are the row's plain columns in canonical form; a payload moved to another row or session must not open.
    """

    def seal(self, session: str, plain: bytes, columns: bytes) -> bytes: ...

    def open(self, session: str, sealed: bytes, columns: bytes) -> bytes: ...

    def appended(self, session: str, head: int) -> None:
        """Hear that a transaction stands; what must not be set back behind it is written down elsewhere."""
        ...

    def head_at_least(self, session: str) -> int:
        """How far the session's log must have come, as it is written down elsewhere."""
        ...


@dataclass(frozen=True, slots=True)
class Intent:
    """A transaction that is wished for: what `append` writes down. `base` is the head its author had seen."""

    session: str
    author: str
    base: int
    title: str
    edits: tuple[Edit, ...]
    kind: TransactionKind = TransactionKind.EDIT
    undoes: str | None = None
    redoes: str | None = None


@dataclass(frozen=True, slots=True)
class Transaction:
    """One intent as it stands in the log. `head` is the session's head after it (1, 2, 3 …); `time_ns` is UTC."""

    id: str
    head: int
    time_ns: int
    intent: Intent
    edit_ids: tuple[str, ...]

    @property
    def edits(self) -> tuple[Edit, ...]:
        return self.intent.edits

    @property
    def title(self) -> str:
        return self.intent.title

    @property
    def author(self) -> str:
        return self.intent.author


@dataclass(frozen=True, slots=True)
class Head:
    """Where a session's log stands: its newest transaction's number, author and time (UTC ns)."""

    head: int
    author: str
    time_ns: int


@dataclass(frozen=True, slots=True)
class Seen:
    """Somebody read a session's decisions as of `head`."""

    author: str
    purpose: Purpose
    head: int


class EditLog:
    """The log of one library. Any number of processes may read while one writes; safe to use from any thread."""

    def __init__(self, url_or_path: str | Path, seal: PayloadSeal, *, now_ns: Callable[[], int] = time.time_ns) -> None:
        self._database = LogDatabase(url_or_path)
        self._seal = seal
        self._now_ns = now_ns

    def append(self, intent: Intent, *, at_head: int) -> Transaction:
        """Append one transaction, all of it or nothing, where the session's head is still `at_head`.

        Raises HeadMoved, BadInput (an edit cannot be written down) or StorageFailed; the log is then as it was, unless
        it is the audit log that could not take the entry: the transaction then stands.
        """
        transaction_id = secrets.token_hex(10)
        edit_ids = tuple(f"{transaction_id}-{i}" for i in range(len(intent.edits)))
        transaction = Transaction(transaction_id, at_head + 1, self._now_ns(), intent, edit_ids)
        row, rows = self._transaction_row(transaction), self._edit_rows(transaction)
        try:
            with self._database.writing() as connection:
                if _head_of(connection, intent.session) != at_head:
                    raise HeadMoved
                connection.execute(sa.insert(TRANSACTIONS), [row])
                connection.execute(sa.insert(EDITS), rows)
        except sa.exc.IntegrityError as e:
            raise HeadMoved from e
        self._seal.appended(intent.session, transaction.head)
        return transaction

    def read(self, session: str, *, after: int = 0) -> tuple[Transaction, ...]:
        """The transactions of one session beyond head `after`, in order. Raises StorageFailed or BadInput (damaged)."""
        of_transactions = sa.select(TRANSACTIONS).where(TRANSACTIONS.c.session == session, TRANSACTIONS.c.head > after)
        of_edits = sa.select(EDITS).where(EDITS.c.session == session, EDITS.c.head > after)
        # Asked before the rows are read: somebody else may append in between.
        at_least = self._seal.head_at_least(session)
        with self._database.reading() as connection:
            if connection is None:
                _check_head(0, at_least)
                return ()
            rows = connection.execute(of_transactions.order_by(TRANSACTIONS.c.head)).mappings().all()
            edit_rows = connection.execute(of_edits.order_by(EDITS.c.head, EDITS.c.ordinal)).mappings().all()
        if [r["head"] for r in rows] != list(range(after + 1, after + 1 + len(rows))):
            raise _damaged()
        _check_head(after + len(rows), at_least)
        by_transaction: dict[str, list[Mapping[Any, Any]]] = {}
        for r in edit_rows:
            by_transaction.setdefault(r["transaction"], []).append(r)
        return tuple(self._transaction(r, by_transaction.get(r["id"], [])) for r in rows)

    def resealed(self, session: str, current: Callable[[bytes], bool]) -> int:
        """Seal anew every payload of a session for which `current` says no; what they say stays as it is.

        Returns how many were. One transaction a session: a crash leaves the old payloads or the new ones.
        """
        changed = 0
        with self._database.writing() as connection:
            for table in (TRANSACTIONS, EDITS):
                rows = connection.execute(sa.select(table).where(table.c.session == session)).mappings().all()
                for row in rows:
                    if current(row["payload"]):
                        continue
                    columns = {name: value for name, value in row.items() if name != "payload"}
                    payload = self._seal.seal(session, self._opened(row), _columns(columns))
                    connection.execute(sa.update(table).where(table.c.id == row["id"]).values(payload=payload))
                    changed += 1
        return changed

    def forget(self, session: str) -> None:
        """Remove everything that was decided about a session: its person was erased."""
        with self._database.writing() as connection:
            for table in (EDITS, TRANSACTIONS, SEEN):
                connection.execute(sa.delete(table).where(table.c.session == session))

    def compact(self) -> None:
        """Leave nothing on the disk of payloads that were sealed anew or forgotten. Raises StorageFailed."""
        self._database.compact()

    def head(self, session: str) -> int:
        """The session's head; 0 where nothing was ever decided."""
        with self._database.reading() as connection:
            return 0 if connection is None else _head_of(connection, session)

    def heads(self) -> dict[str, Head]:
        """The head of every session that was ever edited."""
        newest = sa.select(TRANSACTIONS.c.session, sa.func.max(TRANSACTIONS.c.head).label("head"))
        latest = newest.group_by(TRANSACTIONS.c.session).subquery()
        t = TRANSACTIONS.c
        query = sa.select(t.session, t.head, t.author, t.time).join(
            latest, sa.and_(latest.c.session == t.session, latest.c.head == t.head)
        )
        with self._database.reading() as connection:
            rows = [] if connection is None else connection.execute(query).all()
        return {session: Head(head, author, time_ns) for session, head, author, time_ns in rows}

    def mark_seen(self, session: str, author: str, purpose: Purpose, head: int) -> None:
        """Note that `author` has read the session's decisions as of `head`. Raises StorageFailed."""
        values = {"session": session, "author": author, "purpose": str(purpose), "head": head}
        try:
            self._mark_seen(values)
        except sa.exc.IntegrityError:
            # The same person's other process noted it first; now there is a row to update.
            self._mark_seen(values)

    def seen(self, session: str) -> tuple[Seen, ...]:
        """Who has read the session's decisions, for what, and how far."""
        query = sa.select(SEEN.c.author, SEEN.c.purpose, SEEN.c.head).where(SEEN.c.session == session)
        with self._database.reading() as connection:
            rows = [] if connection is None else connection.execute(query.order_by(SEEN.c.author)).all()
        return tuple(Seen(author, Purpose(purpose), head) for author, purpose, head in rows)

    def close(self) -> None:
        """Close every connection; the log may not be used afterwards."""
        self._database.close()

    def _mark_seen(self, values: dict[str, Any]) -> None:
        c = SEEN.c
        row = sa.and_(*(c[name] == values[name] for name in ("session", "author", "purpose")))
        with self._database.writing() as connection:
            known = connection.execute(sa.select(c.head).where(row)).scalar()
            if known is None:
                connection.execute(sa.insert(SEEN).values(**values))
            elif known < values["head"]:
                connection.execute(sa.update(SEEN).where(row).values(head=values["head"]))

    def _transaction_row(self, t: Transaction) -> dict[str, object]:
        row: dict[str, object] = {
            "id": t.id,
            "session": t.intent.session,
            "head": t.head,
            "base": t.intent.base,
            "author": t.intent.author,
            "time": t.time_ns,
            "kind": t.intent.kind.value,
            "undoes": t.intent.undoes,
            "redoes": t.intent.redoes,
        }
        payload = msgspec.json.encode({"v": edit_codec.VERSION, "title": t.intent.title, "edits": len(t.edits)})
        return row | {"payload": self._seal.seal(t.intent.session, payload, _columns(row))}

    def _edit_rows(self, t: Transaction) -> list[dict[str, object]]:
        rows = []
        for i, edit in enumerate(t.edits):
            row: dict[str, object] = {
                "id": t.edit_ids[i],
                "transaction": t.id,
                "ordinal": i,
                "session": t.intent.session,
                "author": t.intent.author,
                "head": t.head,
                "time": t.time_ns,
                "kind": edit_codec.kind_of(edit),
            }
            rows.append(row | {"payload": self._seal.seal(t.intent.session, edit_codec.encode(edit), _columns(row))})
        return rows

    def _transaction(self, row: Mapping[Any, Any], edit_rows: list[Mapping[Any, Any]]) -> Transaction:
        about = self._about(row)
        edits = tuple(edit_codec.decode(self._opened(r)) for r in edit_rows)
        kinds = [r["kind"] for r in edit_rows]
        if about["edits"] != len(edits) or kinds != [edit_codec.kind_of(e) for e in edits]:
            raise _damaged()
        intent = Intent(
            session=row["session"],
            author=row["author"],
            base=row["base"],
            title=about["title"],
            edits=edits,
            kind=_transaction_kind(row["kind"]),
            undoes=row["undoes"],
            redoes=row["redoes"],
        )
        return Transaction(row["id"], row["head"], row["time"], intent, tuple(r["id"] for r in edit_rows))

    def _about(self, row: Mapping[Any, Any]) -> dict[str, Any]:
        try:
            about = msgspec.json.decode(self._opened(row), type=_About)
        except (msgspec.DecodeError, UnicodeDecodeError) as e:
            raise _damaged() from e
        return {"title": about.title, "edits": about.edits}

    def _opened(self, row: Mapping[Any, Any]) -> bytes:
        columns = {name: value for name, value in row.items() if name != "payload"}
        payload = row["payload"]
        if not isinstance(payload, bytes):
            raise _damaged()
        return self._seal.open(str(row["session"]), payload, _columns(columns))


class _About(msgspec.Struct, forbid_unknown_fields=True):
    v: int
    title: str
    edits: int


def _transaction_kind(name: str) -> TransactionKind:
    try:
        return TransactionKind(name)
    except ValueError:
        raise _damaged() from None


def _columns(row: Mapping[Any, Any]) -> bytes:
    return msgspec.json.encode(sorted((str(k), v) for k, v in row.items()))


def _head_of(connection: sa.Connection, session: str) -> int:
    newest = sa.select(sa.func.max(TRANSACTIONS.c.head)).where(TRANSACTIONS.c.session == session)
    return connection.execute(newest).scalar() or 0


def _check_head(head: int, at_least: int) -> None:
    if head < at_least:
        raise BadInput(
            "edits_rolled_back",
            "The library's edit log ends before what was decided: it was set back, or decisions were removed.",
            "Restore edits.sqlite from a newer backup.",
        )


def _damaged() -> BadInput:
    return BadInput(
        "edits_damaged",
        "The library's edit log is damaged: a transaction in it cannot be read.",
        "Restore edits.sqlite from a backup.",
    )
