"""Which export holds which sessions: kept in the library alone, because exports name sessions by pseudonym only."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import sqlalchemy as sa

from replay.errors import StorageFailed

FILE: Final = "exports.sqlite"
_METADATA: Final = sa.MetaData()
_EXPORTS: Final = sa.Table(
    "exports",
    _METADATA,
    sa.Column("manifest_sha256", sa.String(64), primary_key=True),
    sa.Column("name", sa.String, nullable=False),
    sa.Column("created_utc", sa.String, nullable=False),
    sa.Column("formats", sa.String, nullable=False),
)
_SESSIONS: Final = sa.Table(
    "export_sessions",
    _METADATA,
    sa.Column("manifest_sha256", sa.ForeignKey("exports.manifest_sha256"), primary_key=True),
    sa.Column("session_id", sa.String(26), primary_key=True, index=True),
    sa.Column("pseudonym", sa.String(16), nullable=False),
    sa.Column("head", sa.Integer, nullable=False),
)


@dataclass(frozen=True, slots=True)
class ExportRecord:
    """One published export; `sessions` are (session id, pseudonym, head of its edit log)."""

    manifest_sha256: str
    name: str
    created_utc: str
    formats: tuple[str, ...]
    sessions: tuple[tuple[str, str, int], ...]


class Lineage:
    """The exports made from one library."""

    def __init__(self, library: Path) -> None:
        self._path = library / FILE

    def record(self, export: ExportRecord) -> None:
        """Write one export down, all of it or nothing."""
        with self._connection() as connection:
            head = {"manifest_sha256": export.manifest_sha256}
            connection.execute(
                sa.insert(_EXPORTS),
                [head | {"name": export.name, "created_utc": export.created_utc, "formats": ",".join(export.formats)}],
            )
            rows = [head | {"session_id": i, "pseudonym": p, "head": h} for i, p, h in export.sessions]
            if rows:
                connection.execute(sa.insert(_SESSIONS), rows)

    def all(self) -> tuple[ExportRecord, ...]:
        """Every export, oldest first. Looking never makes the file."""
        if not self._path.exists():
            return ()
        with self._connection() as connection:
            exports = connection.execute(sa.select(_EXPORTS).order_by(_EXPORTS.c.created_utc)).all()
            return tuple(self._record(connection, *map(str, row)) for row in exports)

    def _record(self, connection: sa.Connection, sha256: str, name: str, created: str, formats: str) -> ExportRecord:
        of = sa.select(_SESSIONS.c.session_id, _SESSIONS.c.pseudonym, _SESSIONS.c.head)
        rows = connection.execute(of.where(_SESSIONS.c.manifest_sha256 == sha256).order_by(_SESSIONS.c.session_id))
        return ExportRecord(sha256, name, created, tuple(formats.split(",")), tuple((i, p, h) for i, p, h in rows))

    @contextmanager
    def _connection(self) -> Iterator[sa.Connection]:
        engine = sa.create_engine(f"sqlite:///{self._path}")
        try:
            _METADATA.create_all(engine)
            with engine.begin() as connection:
                yield connection
        except sa.exc.SQLAlchemyError as e:
            raise StorageFailed(
                "lineage_failed",
                "The library's list of exports could not be read or written.",
                "Restore exports.sqlite from a backup, or remove it: the audit log knows the exports too.",
            ) from e
        finally:
            engine.dispose()
