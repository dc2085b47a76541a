"""Sessions written into a library without an importer: a staging folder filled by hand, then published as always."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from replay.store.library import Library
from replay.store.manifest import Manifest, Screening
from replay.store.publish import Staged, publish
from replay.store.staging import Admission, StagedSession
from replay.store.track_classes import TWINNED
from replay.vault.objects import MintedKeys
from replay.vault.sealing import NewSession

SESSION = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
ADMISSION = Admission(SESSION, "parquet", "1", "subject-1", "granted", (), 5, {"events": "00"})


SCREENED = Screening(("test/1",))


def silent(done: int, total: int, what: str) -> None:
    del done, total, what


@dataclass(frozen=True, slots=True)
class Made:
    """A finished staging folder with the keys it was sealed under."""

    staged: Staged
    admission: Admission
    minted: MintedKeys

    def publish(self, library: Library) -> Manifest:
        a = self.admission
        session = NewSession(a.session_id, a.subject_id, a.consent_status, a.consent_purposes)
        return publish(library, self.staged, session, self.minted)


@contextmanager
def staging(library: Library, admission: Admission = ADMISSION, name: str = "s") -> Iterator[StagedSession]:
    """A session in the making in a folder of its own."""
    folder = library.staging / name
    folder.mkdir()
    with StagedSession(folder, admission, MintedKeys.mint(library.id, admission.session_id), silent) as sink:
        yield sink


def stage(
    library: Library,
    write: Callable[[StagedSession], None],
    admission: Admission = ADMISSION,
    name: str = "s1",
    screening: Screening | None = SCREENED,
) -> Made:
    """A folder that `write` filled and that was finished, as if a first pass had found nothing to hide."""
    folder = library.staging / name
    folder.mkdir()
    minted = MintedKeys.mint(library.id, admission.session_id)
    with StagedSession(folder, admission, minted, silent) as sink:
        write(sink)
        sink.close_tables()
        for table in TWINNED:
            sink.write_masked(table, sink.read_table(table))
        return Made(Staged(folder, sink.finish(), screening), admission, minted)
