"""Access: a grant, a revocation in a large library, and how fast a rotation seals everything anew."""

from __future__ import annotations

import os
import time
from typing import Final

from bench._many import session_id, write_many
from bench.registry import Context, Result
from bench.timing import seconds
from replay.store.library import Library
from replay.store.manifest import Manifest, TrackEntry
from replay.store.rotation import Rotation
from replay.store.tracks import track_path
from replay.vault.actions import Action, Role
from replay.vault.administration import Administration, Terms
from replay.vault.classes import TrackClass
from replay.vault.identity import new_identity
from replay.vault.lease import Denied, Request
from replay.vault.objects import WHOLE, MintedKeys
from replay.vault.sealing import NewSession, SessionSealer

DENIED_BAR_S: Final = 2.0
ROTATION_BAR: Final = 100.0
_MB: Final = 1_000_000


def run(context: Context) -> list[Result]:
    """Smaller is better in every line: a rotation's speed is told as the time that 100 MB take."""
    return [*_revocation(context, 5_000 if context.quick else 100_000), *_rotation(context, 4 if context.quick else 16)]


def _revocation(context: Context, size: int) -> list[Result]:
    context.note(f"writing a library of {size} sessions")
    library = Library.create(context.work / "many", context.work / "home")
    write_many(library, context.work / "home", size)
    context.note("granting and revoking")
    open_s = seconds(lambda: Library.open(library.path, context.work / "home").session_ids())
    library = Library.open(library.path, context.work / "home")
    administration = Administration(library.gate)
    bob = new_identity(context.work / "bob", "Bob").card
    administration.add(bob)
    grant_s = seconds(lambda: administration.grant(bob.id, Terms(Role.CURATOR, ("curation",), None, 30)))
    theirs = Library.open(library.path, context.work / "bob")
    request = Request(Action.OPEN, TrackClass.MASKED, "curation", theirs.session_ids()[0])
    lease = theirs.gate.lease(request)
    began_s = time.perf_counter()
    administration.revoke(bob.id)
    revoked_s = time.perf_counter() - began_s
    while True:
        try:
            lease.check()
        except Denied:
            break
    denied_s = time.perf_counter() - began_s
    thousands = f"{size // 1000}k"
    return [
        Result(f"access.open_library_{thousands}", open_s, "s"),
        Result(f"access.grant_{thousands}", grant_s * 1e3, "ms"),
        Result(f"access.revoke_{thousands}", revoked_s, "s"),
        Result(
            f"access.denied_elsewhere_{thousands}",
            denied_s,
            "s",
            bar=f"≤ {DENIED_BAR_S:.0f} s after the revocation began",
            met=denied_s <= DENIED_BAR_S,
        ),
    ]


def _rotation(context: Context, sessions: int) -> list[Result]:
    context.note("writing large tracks")
    library = Library.create(context.work / "large", context.work / "home2")
    administration = Administration(library.gate)
    eve = new_identity(context.work / "eve", "Eve").card
    administration.add(eve)
    administration.grant(eve.id, Terms(Role.UNMASKER, ("*",)))
    for n in range(sessions):
        _large_session(library, session_id(n), 32 * _MB)
    administration.revoke(eve.id)
    time.sleep(2)  # a rotation waits so long for decisions that were being sealed
    context.note("rotating them")
    rotation = Rotation(library, lambda _: None, lambda *_: None)
    began_s = time.perf_counter()
    done = rotation.run()
    wall_s = time.perf_counter() - began_s
    if not done.is_done:
        raise AssertionError("the rotation is not finished")
    speed = done.size / _MB / wall_s
    return [
        Result(
            "access.rotation_of_100_MB",
            100 / speed,
            "s",
            bar=f"≥ {ROTATION_BAR:.0f} MB/s",
            met=speed >= ROTATION_BAR,
        )
    ]


def _large_session(library: Library, session: str, size: int) -> None:
    minted = MintedKeys.mint(library.id, session)
    folder = library.session_dir(session)
    folder.mkdir(parents=True)
    with minted.writer(track_path(folder, "video", 1).open("wb"), "video", 1) as track:
        for _ in range(size // _MB):
            track.write(os.urandom(_MB))
    sealer = SessionSealer(library.gate, NewSession(session, "subject", "granted", ()))
    keys = (minted.sealed_key(sealer.key(TrackClass.RAW), "video", 1, WHOLE),)
    entry = TrackEntry("video", 1, track_path(folder, "video", 1).stat().st_size, keys)
    sealer.publish(Manifest(session, sealer.handle, "granted", (), None, (entry,)).body())
