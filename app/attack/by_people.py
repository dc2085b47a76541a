"""Attacks by people: strangers, members who ask for more than their grant gives, and those whose access has ended."""

from __future__ import annotations

import time
from contextlib import suppress

from msgspec.structs import replace

from app.attack.arena import Arena
from app.attack.scene import MASKED_TRACK, RAW_TRACK, REVIEWING, Finding, Repelled, Scene, opening, unmasking
from app.attack.tasks import Try
from replay.errors import SafelightError
from replay.store.rotation import Rotation
from replay.store.sessions import SessionStore
from replay.vault.actions import Action
from replay.vault.administration import Administration
from replay.vault.custody import next_roster
from replay.vault.log.entry import DENIED

_NO_KEY = "no_key_opens"
_PAST_MS = 120_000
"""Further back than the log lets a clock be."""


def stranger(scene: Scene) -> Finding:
    live = Arena("live", scene.live)
    session = scene.canaries.first
    gate = scene.repelled("stranger", live, opening(live, session), "not_a_member")
    raw = scene.repelled("stranger", live, unmasking(live, session), "not_a_member")
    files = scene.refused("stranger", replace(opening(live, session), what=Try.FILES), _NO_KEY)
    return Finding(
        "stranger",
        "live",
        gate.denied and raw.denied and files,
        gate.logged and raw.logged,
        scene.read("curator", opening(scene.base, session)),
        "an identity that is no member asks the gate for masked and raw tracks, and tries the files",
    )


def masked_only(scene: Scene) -> Finding:
    session = scene.canaries.first
    asked = scene.repelled("curator", scene.base, unmasking(scene.base, session), "no_grant")
    named = scene.repelled("curator", scene.base, opening(scene.base, session, RAW_TRACK), "wrong_class")
    files = scene.people["curator"].ask(replace(opening(scene.base, session), what=Try.FILES))
    controls = scene.read("curator", opening(scene.base, session)) and scene.read(
        "unmasker", unmasking(scene.base, session)
    )
    gate = asked & named
    return Finding(
        "masked_only",
        "copy",
        gate.denied and RAW_TRACK not in files.tracks,
        gate.logged,
        controls and MASKED_TRACK in files.tracks,  # the same tries open what this person does hold keys to
        "a curator asks the gate for raw tracks, and tries every key of theirs on the raw objects",
    )


def expired_grant(scene: Scene) -> Finding:
    return _denial(scene, "expired_grant", "expired", scene.canaries.first, "grant_expired", "a grant that has ended")


def wrong_purpose(scene: Scene) -> Finding:
    session = scene.canaries.first
    other = scene.repelled("unmasker", scene.base, unmasking(scene.base, session, "advertising"), "wrong_purpose")
    none = scene.repelled("unmasker", scene.base, unmasking(scene.base, session, ""), "purpose_missing")
    both = other & none
    control = scene.read("unmasker", unmasking(scene.base, session))
    how = "raw tracks for a purpose that the grant does not name, and for none"
    return Finding("wrong_purpose", "copy", both.denied, both.logged, control, how)


def withdrawn_subject(scene: Scene) -> Finding:
    session = scene.canaries.withdrawn
    masked = scene.repelled("curator", scene.base, opening(scene.base, session), "consent_withdrawn")
    raw = scene.repelled("unmasker", scene.base, unmasking(scene.base, session), "consent_withdrawn")
    both = masked & raw & _runner_is_refused(scene, session)
    control = scene.read("curator", opening(scene.base, scene.canaries.first)) and scene.read(
        "unmasker", unmasking(scene.base, scene.canaries.first)
    )
    how = (
        "a curator and an unmasker open a withdrawn session on the copy, and whoever runs this opens it in the library"
    )
    return Finding("withdrawn_subject", "live", both.denied, both.logged, control, how)


def _runner_is_refused(scene: Scene, session: str) -> Repelled:
    """With the keys that are at hand; in a child they could not be, where a passphrase is read only once."""
    store = SessionStore(scene.live)
    log, me = scene.live.gate.log, scene.live.gate.identity.card.id
    before = log.sizes.get(me, 0)
    try:
        store.open_track(session, MASKED_TRACK).close()
        code = ""
    except SafelightError as e:
        code = e.code
    since = [e for e in log.entries(log.newest_ms - 60_000) if e.device == me and e.seq >= before]
    logged = any(e.decision == DENIED and e.session == session and code in e.reasons for e in since)
    # Who holds no grant to open anything is refused for that reason, which is as good.
    return Repelled(code in ("consent_withdrawn", "no_grant"), logged)


def own_edits(scene: Scene) -> Finding:
    arena = scene.base.forked("own-edits")
    mine, others = scene.canaries.first, scene.canaries.second
    review = replace(unmasking(arena, mine, REVIEWING), action=Action.REVIEW)
    edited = scene.read("reviewer", replace(opening(arena, mine), what=Try.EDIT))
    found = scene.repelled("reviewer", arena, review, "own_edits")
    control = edited and scene.read("reviewer", replace(review, session=others))
    how = "a reviewer, who is a curator too, edits a session and asks to review it"
    return Finding("own_edits", "copy", found.denied, found.logged, control, how)


def self_approver(scene: Scene) -> Finding:
    arena = scene.base.forked("self-approver")
    export = replace(unmasking(arena, scene.canaries.first, "training"), action=Action.EXPORT)
    control = scene.read("exporter", export)
    gate = arena.library.gate
    with gate.log.locked():
        _, changes = next_roster(gate, gate.membership.chain.draft().with_quorum(2))
        gate.records.commit(changes, "quorum")
    found = scene.repelled("exporter", arena, export, "needs_approval")
    how = "an exporter exports where another person must approve; allowed while one person was enough"
    return Finding("self_approver", "copy", found.denied, found.logged, control, how)


def missing_attribute(scene: Scene) -> Finding:
    task = replace(unmasking(scene.base, scene.canaries.first), what=Try.INCOMPLETE)
    found = scene.repelled("unmasker", scene.base, task, "policy_error")
    control = scene.read("unmasker", unmasking(scene.base, scene.canaries.first))
    how = "an allowed request with each fact of the policy left out in turn"
    return Finding("missing_attribute", "copy", found.denied, found.logged, control, how)


def clock_set_back(scene: Scene) -> Finding:
    """An ended grant, and a clock at which it had not: the log has seen later."""
    granted_ms = int(time.time() * 1000)
    arena = scene.base.forked("clock", lambda: granted_ms + _PAST_MS)
    _expired = scene.people["expired"].card.id
    valid_ms = next(g.not_before_ms for g in Administration(arena.library.gate).grants() if g.person == _expired)
    arena.library.gate.audit("clock_witness")
    task = replace(unmasking(arena, scene.canaries.first), clock_ms=valid_ms)
    found = scene.repelled("expired", arena, task, "clock_set_back")
    control = scene.read(
        "unmasker", replace(unmasking(arena, scene.canaries.first), clock_ms=granted_ms + _PAST_MS + 1_000)
    )
    how = "an ended grant is used with a clock at which it had not ended"
    return Finding("clock_set_back", "copy", found.denied, found.logged, control, how)


def revoked_key(scene: Scene) -> Finding:
    """Keeps an open file, its lease, its session keys and its data keys; then is revoked, and the keys are rotated."""
    arena = after_revocation(scene)
    session = scene.canaries.first
    known = opening(arena, session)
    asked = scene.repelled("leaver", arena, unmasking(arena, session), "revoked")
    kept = scene.refused("leaver", replace(unmasking(arena, session), what=Try.READ_ON), "revoked")
    files = scene.refused("leaver", replace(known, what=Try.FILES), _NO_KEY)
    control = scene.held and scene.read("curator", known) and scene.read("unmasker", unmasking(arena, session))
    how = "somebody with an open file and copied keys is revoked: the gate, the open file, the objects with kept keys"
    return Finding("revoked_key", "copy", asked.denied and kept and files, asked.logged, control, how)


def after_revocation(scene: Scene) -> Arena:
    """The copy on which the leaver was revoked, while they held what they could; made once."""
    if scene.revoked is not None:
        return scene.revoked
    arena = scene.base.forked("revoked")
    session = scene.canaries.first
    read = scene.read("leaver", replace(unmasking(arena, session), keeps=True))
    files = scene.people["leaver"].ask(replace(opening(arena, session), what=Try.FILES))
    scene.held = read and RAW_TRACK in files.tracks  # with the same keys everything opened before
    with suppress(SafelightError):  # a revocation that fails is found out by what still opens
        Administration(arena.library.gate).revoke(scene.people["leaver"].card.id)
        Rotation(arena.library, lambda keys: None, lambda done, total, what: None).run()
    scene.revoked = arena
    return arena


def _denial(scene: Scene, name: str, who: str, session: str, code: str, how: str) -> Finding:
    found = scene.repelled(who, scene.base, unmasking(scene.base, session), code)
    control = scene.read("unmasker", unmasking(scene.base, session))
    return Finding(name, "copy", found.denied, found.logged, control, f"raw tracks are asked for with {how}")
