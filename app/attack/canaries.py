"""Made-up sessions that a library keeps to be attacked. Lists, exports and counts leave them out."""

from __future__ import annotations

import secrets
import shutil
from dataclasses import dataclass
from typing import Final

from replay.errors import BadInput
from replay.importers.contract import SourceInfo
from replay.store.library import Library
from replay.store.manifest import Screening
from replay.store.publish import Staged, publish
from replay.store.staging import Admission, StagedSession
from replay.store.track_classes import TWINNED
from replay.store.tracks import track_path
from replay.sync import SyncModel
from replay.vault.actions import Action
from replay.vault.canary import is_canary, new_canary_id
from replay.vault.gate import SESSIONS
from replay.vault.objects import MintedKeys
from replay.vault.sealing import NewSession

_GRANTED: Final = "granted"
_WITHDRAWN: Final = "withdrawn"
_SECOND_NS: Final = 1_000_000_000
_DETECTORS: Final = ("canary/1",)


@dataclass(frozen=True, slots=True)
class Canaries:
    """Ids: two whose person agreed to everything, one whose person withdrew."""

    first: str
    second: str
    withdrawn: str

    @property
    def all(self) -> tuple[str, str, str]:
        return self.first, self.second, self.withdrawn


def enrolled(library: Library) -> Canaries:
    """The library's canaries; missing ones are made, and after a failed proof all of them anew.

    Raises Denied, BadInput, StorageFailed.
    """
    there = _usable(library)
    granted = there.get(_GRANTED, [])
    while len(granted) < 2:
        granted.append(_enrol(library, _GRANTED))
    withdrawn = there.get(_WITHDRAWN) or [_enrol(library, _WITHDRAWN)]
    return Canaries(granted[0], granted[1], withdrawn[0])


def _usable(library: Library) -> dict[str, list[str]]:
    """Ids by consent of the canaries that are whole; the others end here, and so do all after a failed proof."""
    proof = library.gate.last_proof()
    found: dict[str, list[str]] = {}
    for session in filter(is_canary, library.gate.published_ids()):
        if (proof is None or proof.ok) and _is_whole(library, session):
            found.setdefault(library.consent(session).status, []).append(session)
        else:
            library.gate.records.commit({SESSIONS + session: None}, "canary_retired", session=session)
            shutil.rmtree(library.session_dir(session), ignore_errors=True)
    return found


def _is_whole(library: Library, session: str) -> bool:
    try:
        manifest = library.manifest(session)
    except BadInput:
        return False
    folder = library.session_dir(session)
    floors = library.gate.membership.roster.floors
    paths = ((track_path(folder, t.track, t.version), t.size) for t in manifest.tracks)
    return all(epoch >= floors[c] for c, epoch in manifest.epochs()) and all(
        path.is_file() and path.stat().st_size == size for path, size in paths
    )


def _enrol(library: Library, consent: str) -> str:
    session = new_canary_id()
    minted = MintedKeys.mint(library.id, session)
    folder = library.staging / f"canary-{secrets.token_hex(8)}"
    folder.mkdir(mode=0o700, parents=True)
    subject = f"canary-{consent}"
    admission = Admission(session, "canary", "1", subject, consent, (), library.gate.now_ms() * 1_000_000, {})
    with StagedSession(folder, admission, minted, lambda done, total, what: None) as sink:
        _write(sink)
        sink.close_tables()
        for table in TWINNED:
            sink.write_masked(table, sink.read_table(table).slice(0, 0))
        staged = Staged(folder, sink.finish(), Screening(_DETECTORS))
    publish(library, staged, NewSession(session, subject, consent, (), Action.VERIFY), minted)
    return session


def _write(sink: StagedSession) -> None:
    sink.info(SourceInfo(recorder="canary"))
    sink.clock(SyncModel())
    sink.rows("pointer", ({"t_src_ns": n * _SECOND_NS, "kind": "move", "x_px": n, "y_px": n} for n in range(8)))
    sink.rows("windows", [{"t_src_ns": 0, "app": "canary", "title": secrets.token_hex(32), "focused": True}])
