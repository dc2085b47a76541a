"""How a change becomes true: files are written beside the old ones, then one log entry names them.

A record is a file `<name>.<version>`. It is in force because the log's newest word on its name says (version, SHA-256);
files that the log does not name are read by nobody. So a commit cut short anywhere leaves the old state or the new
one, and a file that was swapped, altered or set back is refused. Rejected: renaming into place and logging afterwards,
where a power cut between the two leaves a change that nobody has signed for.
"""

from __future__ import annotations

import contextlib
import hashlib
import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from pathlib import Path, PurePosixPath
from typing import Final, Unpack

from replay.errors import BadInput, storage_failed
from replay.vault.disk import Disk
from replay.vault.log.entry import Entry, EntryFields
from replay.vault.log.library_log import ROSTER, Head, LibraryLog

_ID: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,127}")
_ID_GROUP: Final = f"(?P<id>{_ID.pattern})"
_VERSION_GROUP: Final = "(?P<version>[1-9][0-9]{0,15})"


_LAYOUT: Final = {
    "roster": "roster/{version}.json",
    "library-key": "library-key.{version}",
    "proof": "proofs/proof.{version}.json",
    "grant": "grants/{id}.{version}.json",
    "consent": "consent/{id}.{version}.json",
    "subject": "subjects/{id}.{version}.json",
    "session": "objects/{id}/manifest.{version}.json",
}
"""Where the records of each kind lie in a library; without `{id}` there is one record of the kind."""


_FOR_GOOD: Final = "session/"
"""Records that end once: whoever still holds an erased session's keys in memory cannot bring it back."""


class RecordRefused(BadInput):
    """A record that is not the one the log names.

    Codes: record_missing, record_altered, record_name, record_ended, record_replayed.
    """


def path_of(name: str, version: int) -> PurePosixPath:
    """Where a version of a record lies, relative to the library. Raises RecordRefused (record_name)."""
    kind, slash, record_id = name.partition("/")
    template = _LAYOUT.get(kind)
    if template is None or version < 1 or bool(slash) != ("{id}" in template):
        raise _misnamed()
    if slash and not _ID.fullmatch(record_id):
        raise _misnamed()
    return PurePosixPath(template.format(id=record_id, version=version))


class Records:
    """The records of one library. As safe to use from any thread as its log."""

    def __init__(self, library: Path, log: LibraryLog, disk: Disk | None = None) -> None:
        self.log = log
        self._library = library
        self._disk = disk or Disk()

    def path_of(self, name: str, version: int) -> Path:
        """Where a version of a record lies. Raises RecordRefused (record_name)."""
        return self._library / path_of(name, version)

    def names(self, prefix: str = "") -> tuple[str, ...]:
        """Names of the records that are in force, sorted; `prefix` is a kind with its “/”, or nothing for all."""
        heads = self.log.heads
        names = self.log.names(prefix.removesuffix("/")) if prefix else tuple(heads)
        return tuple(sorted(n for n in names if heads[n].sha256 is not None))

    def has(self, name: str) -> bool:
        """Whether a record is in force; unlike `names` it costs the same however many there are."""
        head = self.log.heads.get(name)
        return head is not None and head.sha256 is not None

    def read(self, name: str) -> bytes:
        """The record that is in force. Raises RecordRefused, StorageFailed."""
        head = self._head(name)
        try:
            return self._read(name, head)
        except RecordRefused:
            self.log.refresh()  # another process may have replaced it since the log was looked at
            newer = self._head(name)
            if newer == head:
                raise
            return self._read(name, newer)

    def _head(self, name: str) -> Head:
        head = self.log.heads.get(name)
        if head is None or head.sha256 is None:
            raise _missing()
        return head

    def _read(self, name: str, head: Head) -> bytes:
        try:
            content = self.path_of(name, head.version).read_bytes()
        except (FileNotFoundError, NotADirectoryError):
            raise _missing() from None
        except OSError as e:
            raise storage_failed(e) from e
        if hashlib.sha256(content).hexdigest() != head.sha256:
            raise RecordRefused(
                "record_altered",
                "A document of the library is not the one its log names: it was altered, swapped or set back.",
                "Restore it from a backup.",
            )
        return content

    def check_author(self, name: str, signers: Collection[str]) -> None:
        """Whoever brings a statement into force has signed it: what was replaced is not put back by somebody else.

        Raises RecordRefused (record_replayed).
        """
        if self._head(name).device not in signers:
            raise RecordRefused(
                "record_replayed",
                "A document of the library was put into force by somebody who did not sign it.",
                "Ask a custodian who did so: “safelight log” names them.",
            )

    def commit(self, changes: Mapping[str, bytes | None], act: str, **said: Unpack[EntryFields]) -> Entry:
        """Bring the next version of each named record into force, all or none; None ends a record.

        Cut short at any moment it leaves the old state or the new one. Raises HeadMoved, ClockSetBack, StorageFailed,
        RecordRefused (record_name, record_ended) and what reading the log raises; then nothing came into force.
        """
        with self.log.locked():
            before = {name: self.log.heads.get(name) for name in changes}
            if any(h is not None and h.sha256 is None and n.startswith(_FOR_GOOD) for n, h in before.items()):
                raise RecordRefused("record_ended", "A session that was erased does not come back.")
            versions = {name: 1 if head is None else head.version + 1 for name, head in before.items()}
            paths = {name: self.path_of(name, version) for name, version in versions.items()}
            try:
                self._write({paths[n]: content for n, content in changes.items() if content is not None})
            except OSError as e:
                raise storage_failed(e) from e
            heads = {name: (versions[name], _sha256(content)) for name, content in changes.items()}
            entry = self.log.append(act, records=heads, **said)
            with contextlib.suppress(OSError):  # what is left over is read by nobody and swept later
                for name, head in before.items():
                    if head is not None and name != ROSTER:
                        self._disk.unlink(self.path_of(name, head.version))
            return entry

    def _write(self, files: Mapping[Path, bytes]) -> None:
        for path, content in files.items():
            self._disk.make_folder(path.parent)
            self._disk.write_file(path, content)
        for folder in sorted({path.parent for path in files}):
            self._disk.sync_folder(folder)

    def sweep(self) -> int:
        """Remove files that no log entry holds in force: what crashes left. Returns how many. Raises StorageFailed."""
        return self._sweep(_LAYOUT, "*")

    def sweep_record(self, name: str) -> int:
        """The same for the versions of one record; that they are gone is durable. Raises StorageFailed."""
        path_of(name, 1)
        kind, _, record_id = name.partition("/")
        return self._sweep((kind,), record_id)

    def _sweep(self, kinds: Iterable[str], record_id: str) -> int:
        with self.log.locked():
            left = [path for name, version, path in self._files(kinds, record_id) if not self._counts(name, version)]
            try:
                for path in left:
                    self._disk.unlink(path)
                for folder in sorted({path.parent for path in left}):
                    self._disk.sync_folder(folder)
            except OSError as e:
                raise storage_failed(e) from e
            return len(left)

    def _files(self, kinds: Iterable[str], record_id: str) -> Iterator[tuple[str, int, Path]]:
        for kind, template in ((k, _LAYOUT[k]) for k in kinds):
            shape = re.compile(
                re.escape(template).replace(r"\{id\}", _ID_GROUP).replace(r"\{version\}", _VERSION_GROUP)
            )
            for path in self._library.glob(template.format(id=record_id, version="*")):
                found = shape.fullmatch(path.relative_to(self._library).as_posix())
                if found:
                    found_id = found.groupdict().get("id")
                    yield kind if found_id is None else f"{kind}/{found_id}", int(found["version"]), path

    def _counts(self, name: str, version: int) -> bool:
        head = self.log.heads.get(name)
        if head is None:
            return False
        # Every roster up to the one in force proves the next.
        return version <= head.version if name == ROSTER else (version == head.version and head.sha256 is not None)


def _sha256(content: bytes | None) -> str | None:
    return None if content is None else hashlib.sha256(content).hexdigest()


def _missing() -> RecordRefused:
    return RecordRefused(
        "record_missing", "A document that the library's log names is not there.", "Restore it from a backup."
    )


def _misnamed() -> RecordRefused:
    return RecordRefused("record_name", "A document of the library has a name that no document has.")
