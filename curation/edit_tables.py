"""The tables of the edit log and the database they live in: opened late, created on the first write, never trusted."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote

import sqlalchemy as sa

from replay.errors import Refused, SafelightError, StorageFailed

FORMAT: Final = 1
_BUSY_S: Final = 5.0

METADATA: Final = sa.MetaData()
_FORMAT_TABLE: Final = sa.Table("edit_log_format", METADATA, sa.Column("version", sa.Integer, primary_key=True))
TRANSACTIONS: Final = sa.Table(
    "transactions",
    METADATA,
    sa.Column("id", sa.String(64), primary_key=True),
    sa.Column("session", sa.String(64), nullable=False),
    sa.Column("head", sa.BigInteger, nullable=False),  # the session's head after this transaction
    sa.Column("base", sa.BigInteger, nullable=False),  # the head its author had seen
    sa.Column("author", sa.String(64), nullable=False),
    sa.Column("time", sa.BigInteger, nullable=False),  # UTC, ns since the Unix epoch
    sa.Column("kind", sa.String(16), nullable=False),
    sa.Column("undoes", sa.String(64)),
    sa.Column("redoes", sa.String(64)),
    sa.Column("payload", sa.LargeBinary, nullable=False),
    # Two writers that both saw the same head cannot both append.
    sa.UniqueConstraint("session", "head"),
)
EDITS: Final = sa.Table(
    "edits",
    METADATA,
    sa.Column("id", sa.String(64), primary_key=True),
    sa.Column("transaction", sa.String(64), sa.ForeignKey("transactions.id"), nullable=False),
    sa.Column("ordinal", sa.Integer, nullable=False),
    sa.Column("session", sa.String(64), nullable=False),
    sa.Column("author", sa.String(64), nullable=False),
    sa.Column("head", sa.BigInteger, nullable=False),
    sa.Column("time", sa.BigInteger, nullable=False),
    sa.Column("kind", sa.String(32), nullable=False),
    sa.Column("payload", sa.LargeBinary, nullable=False),
    sa.UniqueConstraint("session", "head", "ordinal"),
)
SEEN: Final = sa.Table(
    "seen",
    METADATA,
    sa.Column("session", sa.String(64), primary_key=True),
    sa.Column("author", sa.String(64), primary_key=True),
    sa.Column("purpose", sa.String(16), primary_key=True),
    sa.Column("head", sa.BigInteger, nullable=False),
)


class LogDatabase:
    """Connections to the log. `reading` and `writing` turn every failure of the database into StorageFailed."""

    def __init__(self, url_or_path: str | Path) -> None:
        url = None if isinstance(url_or_path, Path) or "://" not in url_or_path else sa.make_url(url_or_path)
        self._file = Path(url_or_path) if url is None else None
        self._engine = sa.create_engine(url) if url is not None else _sqlite_engine(Path(url_or_path))
        self._writer = self._engine.execution_options(safelight_writes=True)
        self._ready = False

    @contextmanager
    def reading(self) -> Iterator[sa.Connection | None]:
        """A consistent view of the log; None where there is no log yet, so that looking never creates one."""
        with _failures():
            if not self._ready and not self._exists():
                yield None
                return
            with self._engine.connect() as connection:
                self._check(connection)
                yield connection

    @contextmanager
    def writing(self) -> Iterator[sa.Connection]:
        """One transaction: committed when the block ends, rolled back when it raises."""
        with _failures():
            if not self._ready and not self._exists():
                self._create()
            if self._ready and self._file is not None and not self._file.exists():
                # An open SQLite file goes on taking what nobody will find again once its name is gone.
                raise StorageFailed(
                    "edits_gone", "The library's folder is not there any more.", "Bring it back and open it again."
                )
            with self._writer.begin() as connection:
                self._check(connection)
                yield connection

    def compact(self) -> None:
        """Leave nothing in the file of rows that were replaced or removed; a server sees to that itself."""
        with _failures():
            if self._file is not None and self._exists():
                with self._engine.connect() as connection:
                    connection.connection.cursor().execute("VACUUM").close()
                    connection.connection.cursor().execute("PRAGMA wal_checkpoint(TRUNCATE)").close()

    def close(self) -> None:
        self._engine.dispose()

    def _exists(self) -> bool:
        if self._file is not None:
            return self._file.exists() and self._file.stat().st_size > 0 and self._has_tables()
        return self._has_tables()

    def _has_tables(self) -> bool:
        with self._engine.connect() as connection:
            return bool(sa.inspect(connection).has_table(_FORMAT_TABLE.name))

    def _create(self) -> None:
        if self._file is not None:
            # WAL is a property of the file: readers go on while one process writes.
            with self._engine.connect() as connection:
                connection.connection.cursor().execute("PRAGMA journal_mode=WAL").close()
        try:
            with self._writer.begin() as connection:
                METADATA.create_all(connection)
                if connection.execute(sa.select(_FORMAT_TABLE.c.version)).first() is None:
                    connection.execute(sa.insert(_FORMAT_TABLE).values(version=FORMAT))
        except sa.exc.DBAPIError:
            # A server lets two first writers begin to create; the one that lost finds the other's tables.
            if not self._has_tables():
                raise

    def _check(self, connection: sa.Connection) -> None:
        if self._ready:
            return
        version = connection.execute(sa.select(_FORMAT_TABLE.c.version)).scalar()
        if version is None:
            raise _damaged()
        if version > FORMAT:
            raise Refused("edits_too_new", "This library's edit log was made by a newer version.", "Update Safelight.")
        if connection.dialect.name == "sqlite":
            # A file from elsewhere could run its own SQL whenever a row is added.
            foreign = connection.exec_driver_sql("SELECT count(*) FROM sqlite_master WHERE type IN ('trigger','view')")
            if foreign.scalar():
                raise _damaged()
        self._ready = True


def _sqlite_engine(path: Path) -> sa.Engine:
    url = sa.URL.create("sqlite+pysqlite", database=str(path))
    # Connections to a read-only medium are not kept: whoever may write there could do so between two readings.
    pool = None if _writable(path) else sa.NullPool
    engine = sa.create_engine(url, creator=lambda: _connected(path), poolclass=pool)

    @sa.event.listens_for(engine, "connect")
    def configure(connection: sqlite3.Connection, _record: object) -> None:
        # The driver's own implicit transactions would begin too late to hold the lock between read and write.
        connection.isolation_level = None
        for pragma in ("synchronous=FULL", "foreign_keys=ON", "trusted_schema=OFF", "cell_size_check=ON"):
            connection.execute(f"PRAGMA {pragma}").close()

    @sa.event.listens_for(engine, "begin")
    def begin(connection: sa.Connection) -> None:
        writes = connection.get_execution_options().get("safelight_writes", False)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")

    return engine


def _writable(path: Path) -> bool:
    return os.access(path.parent, os.W_OK)


def _connected(path: Path) -> sqlite3.Connection:
    if _writable(path):
        return sqlite3.connect(path, timeout=_BUSY_S, check_same_thread=False)
    # SQLite would create its -shm file beside a WAL database, even to read; where the folder is read-only and the
    # last writer left no log behind, the file cannot change under us.
    log = path.with_name(path.name + "-wal")
    still = "" if log.exists() and log.stat().st_size else "&immutable=1"
    uri = f"file:{quote(str(path.absolute()))}?mode=ro{still}"
    return sqlite3.connect(uri, uri=True, timeout=_BUSY_S, check_same_thread=False)


@contextmanager
def _failures() -> Iterator[None]:
    try:
        yield
    except sa.exc.IntegrityError:
        raise
    except sa.exc.DBAPIError as e:
        raise database_failed(e.orig) from e
    except sqlite3.Error as e:
        raise database_failed(e) from e
    except OSError as e:
        raise StorageFailed("storage_failed", "The library's edit log cannot be reached.", str(e.strerror)) from e


def database_failed(error: Any) -> SafelightError:
    """One sentence for what the database said; never its own words, which hold paths and values."""
    name = str(getattr(error, "sqlite_errorname", ""))
    if name.startswith(("SQLITE_CORRUPT", "SQLITE_NOTADB", "SQLITE_ERROR", "SQLITE_SCHEMA", "SQLITE_MISMATCH")):
        return _damaged()
    if name.startswith("SQLITE_FULL"):
        return StorageFailed("disk_full", "The disk that holds the library is full.", "Free some space and try again.")
    if name.startswith(("SQLITE_READONLY", "SQLITE_CANTOPEN", "SQLITE_PERM")):
        return StorageFailed(
            "library_not_writable", "The library's edit log cannot be written to.", "Check the folder's permissions."
        )
    if name.startswith(("SQLITE_BUSY", "SQLITE_LOCKED")):
        return StorageFailed(
            "edits_locked", "Another program is writing to this library's edit log.", "Wait for it and try again."
        )
    return StorageFailed("storage_failed", "The disk or server that holds the edit log failed.", "Check it; try again.")


def _damaged() -> StorageFailed:
    return StorageFailed(
        "edits_damaged", "The library's edit log is damaged and cannot be read.", "Restore edits.sqlite from a backup."
    )
