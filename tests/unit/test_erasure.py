"""Erasing a person: keys, objects, rows and decisions go, it is proved, and nobody else loses anything."""

from __future__ import annotations

import hashlib
import shutil
from pathlib import Path

import pyarrow as pa
import pytest

from app.core import Core
from curation.erasure import erase_subject
from curation.export.lineage import ExportRecord, Lineage
from curation.export.stale import exports_of
from curation.subject_report import subject_report
from replay.errors import NotFound
from replay.store.catalogue import Catalogue
from replay.store.library import Library
from replay.vault import statements
from replay.vault.actions import Action, Role
from replay.vault.administration import Administration, Terms
from replay.vault.classes import TrackClass
from replay.vault.erasure import KIND, shred, trial
from replay.vault.identity import identity_of
from replay.vault.lease import Denied, Request
from replay.vault.sealing import SessionErased
from replay.vault.subjects import Subjects
from tests.people_sessions import ANN, BOB, ONE, OTHER, TWO, add, again, code_of, edit, open_masked, peopled, unmask
from tests.staged import silent


@pytest.fixture
def library(tmp_path: Path) -> Library:
    return peopled(tmp_path)


def test_nothing_of_the_person_is_left_and_nobody_else_loses_anything(library: Library) -> None:
    edit(library, ONE)
    edit(library, OTHER)
    handle = Subjects(library.gate).handle(ANN)
    erased = erase_subject(library, ANN, silent)
    assert erased.receipt.sessions == (ONE, TWO)
    fresh = again(library)
    assert fresh.session_ids() == (OTHER,)
    for session in (ONE, TWO):
        assert code_of(lambda s=session: open_masked(fresh, s)) == "no_such_session"
    open_masked(fresh, OTHER)
    unmask(fresh, OTHER)
    with Core(fresh) as core:
        assert [r["id"] for r in core.sessions().to_pylist()] == [OTHER]
        assert set(core.edit_log.heads()) == {OTHER}
    left = [p.name for p in library.path.rglob("*") if {ONE, TWO, handle} & set(p.relative_to(library.path).parts)]
    left += [p.name for p in library.path.rglob(f"{handle}.*")]
    assert left == []


def test_it_is_shown_to_have_opened_and_not_to_open(library: Library) -> None:
    erased = erase_subject(library, ANN, silent)
    receipt = erased.receipt
    assert receipt.keys_opened_before == receipt.keys_tried_after > 20
    assert receipt.keys_opened_after == 0


def test_the_trial_finds_slots_that_lie_about(library: Library) -> None:
    handle = Subjects(library.gate).handle(ANN)
    slots = library.path / "subjects" / f"{handle}.1.json"
    kept = slots.read_bytes()
    shredded = shred(library.gate, ANN)
    assert trial(library.gate, handle, shredded.bodies).opened == 0
    slots.write_bytes(kept)
    assert trial(library.gate, handle, shredded.bodies).opened == shredded.before.opened > 0


def test_the_receipt_is_signed_and_the_log_knows_it(library: Library) -> None:
    erased = erase_subject(library, ANN, silent)
    statement = statements.verify(erased.signed_receipt, KIND, library.gate.membership.chain.cards)
    assert statement.signers == (library.gate.identity.card.id,)
    assert statement.body["sessions"] == [ONE, TWO]
    proved = [e for e in library.gate.log.entries() if e.act == "erasure_proved"]
    assert [e.detail["receipt_sha256"] for e in proved] == [hashlib.sha256(erased.signed_receipt).hexdigest()]
    assert library.gate.log.verify().ok


def test_erased_bytes_are_not_imported_again_and_fresh_ones_are(library: Library) -> None:
    erase_subject(library, ANN, silent)
    with pytest.raises(SessionErased):
        add(library, ONE, ANN)
    assert library.session_ids() == (OTHER,)
    add(library, "D" * 26, ANN)
    unmask(again(library), "D" * 26)


def test_a_person_who_came_back_is_erased_again(library: Library) -> None:
    erase_subject(library, ANN, silent)
    add(library, "D" * 26, ANN)
    assert erase_subject(library, ANN, silent).receipt.sessions == (ONE, TWO, "D" * 26)
    assert again(library).session_ids() == (OTHER,)


def test_a_withdrawn_person_is_erased_like_any_other(library: Library) -> None:
    Subjects(library.gate).withdraw(ANN)
    assert erase_subject(again(library), ANN, silent).receipt.keys_opened_before > 0


def test_rows_that_share_a_segment_with_others_go_alone(library: Library) -> None:
    catalogue = Catalogue(library)
    rows = pa.concat_tables([t for _, t in catalogue.segments()])
    for path, _ in catalogue.segments():
        path.unlink()
    catalogue.append(rows)
    erase_subject(library, ANN, silent)
    assert [t["id"].to_pylist() for _, t in Catalogue(again(library)).segments()] == [[OTHER]]


def test_old_files_that_are_put_back_open_nothing(library: Library, tmp_path: Path) -> None:
    shutil.copytree(library.path, tmp_path / "before")
    erase_subject(library, ANN, silent)
    for folder in ("objects", "subjects", "catalogue", "grants"):
        shutil.copytree(tmp_path / "before" / folder, library.path / folder, dirs_exist_ok=True)
    fresh = again(library)
    assert code_of(lambda: open_masked(fresh, ONE)) == "no_such_session"
    handle = Subjects(fresh.gate).handle(ANN)
    assert code_of(lambda: fresh.gate.subject_key(handle, fresh.gate.ring())) == "subject_erased"
    with Core(fresh) as core:
        assert [r["id"] for r in core.sessions().to_pylist()] == [OTHER]
    open_masked(fresh, OTHER)


def test_session_grants_lose_the_erased_sessions_and_keep_the_others(library: Library, tmp_path: Path) -> None:
    guest = identity_of(tmp_path / "guest")
    custody = Administration(library.gate)
    custody.add(guest.card)
    both = Terms(Role.UNMASKER, ("care",), (ONE, OTHER))
    alone = Terms(Role.UNMASKER, ("care",), (TWO,))
    custody.grant(guest.card.id, both)
    custody.grant(guest.card.id, alone)
    theirs = Library.open(library.path, tmp_path / "guest")
    unmask(theirs, ONE)
    erase_subject(library, ANN, silent)
    grants = Library.open(library.path, tmp_path / "guest").gate
    grants.log.refresh()
    assert [g.sessions for g in grants.membership.grants()] == [(OTHER,)]
    assert all(k.session == OTHER for g in grants.membership.grants() for k in g.keys)
    unmask(Library.open(library.path, tmp_path / "guest"), OTHER)


def test_what_somebody_has_open_ends_with_the_person(library: Library) -> None:
    elsewhere = again(library)
    open_masked(elsewhere, ONE)
    lease = elsewhere.keys.lease(Request(Action.OPEN, TrackClass.MASKED, "curation", ONE))
    erase_subject(library, ANN, silent)
    elsewhere.gate.log.refresh()
    with pytest.raises(Denied) as denied:
        lease.check()
    assert denied.value.code == "session_erased"


@pytest.mark.clause("P-15")
def test_only_a_custodian_erases_withdraws_or_reports(library: Library, tmp_path: Path) -> None:
    guest = identity_of(tmp_path / "guest")
    Administration(library.gate).add(guest.card)
    Administration(library.gate).grant(guest.card.id, Terms(Role.CURATOR, ("curation",)))
    theirs = Library.open(library.path, tmp_path / "guest")
    assert code_of(lambda: erase_subject(theirs, ANN, silent)) == "no_grant"
    assert code_of(lambda: Subjects(theirs.gate).withdraw(ANN)) == "no_grant"
    assert code_of(lambda: subject_report(theirs, ANN)) == "no_grant"
    unmask(library, ONE)


@pytest.mark.clause("P-15")
def test_a_custodian_who_may_not_even_browse_erases_and_reports(library: Library, tmp_path: Path) -> None:
    keeper = identity_of(tmp_path / "keeper")
    Administration(library.gate).add(keeper.card)
    Administration(library.gate).grant(keeper.card.id, Terms(Role.CUSTODIAN, ("*",)))
    theirs = Library.open(library.path, tmp_path / "keeper")
    assert code_of(lambda: open_masked(theirs, ONE)) == "no_grant"
    assert [s.duration_s for s in subject_report(theirs, ANN).sessions] == [None, None]
    receipt = erase_subject(theirs, ANN, silent).receipt
    assert (receipt.by, receipt.sessions) == (keeper.card.id, (ONE, TWO))
    assert receipt.keys_opened_before > 0
    assert [r["id"] for r in Catalogue(again(library)).read().to_pylist()] == [OTHER]


def test_somebody_unknown_is_not_erased(library: Library) -> None:
    with pytest.raises(NotFound) as unknown:
        erase_subject(library, "nobody", silent)
    assert unknown.value.code == "no_such_subject"


def exported(library: Library, name: str, *sessions: str, listed: bool = True) -> str:
    """An export as the job leaves it in the list and in the log, without its files."""
    sha256 = hashlib.sha256(name.encode()).hexdigest()
    if listed:
        rows = tuple((s, "p" * 16, 0) for s in sessions)
        Lineage(library.path).record(ExportRecord(sha256, name, "2031-01-02T03:04:05Z", ("hf",), rows))
    library.gate.audit("export_built", sessions=sessions, purpose="care", detail={"manifest_sha256": sha256})
    return sha256


def test_exports_that_hold_the_gone_are_stale_and_say_how_to_make_them_again(library: Library) -> None:
    mixed = exported(library, "mixed", ONE, OTHER)
    exported(library, "clean", OTHER)
    exported(library, "lone", TWO)
    Subjects(library.gate).record("withdrawn", sessions=(TWO,))
    erased = erase_subject(library, ANN, silent)
    found = {e.name: e for e in exports_of(again(library))}
    assert {name: dict(e.stale) for name, e in found.items()} == {
        "mixed": {ONE: "erased"},
        "clean": {},
        "lone": {TWO: "erased"},
    }
    command = f"safelight export LIB --format hf --out mixed-rebuilt --purpose care --sessions {OTHER}"
    assert found["mixed"].rebuild("LIB") == command
    assert found["lone"].rebuild("LIB") is None
    assert mixed in erased.receipt.exports


def test_an_export_that_somebody_struck_off_the_list_is_still_known(library: Library) -> None:
    sha256 = exported(library, "hidden", ONE, listed=False)
    exported(library, "plain", OTHER)
    Subjects(library.gate).withdraw(ANN)
    stale = [e for e in exports_of(again(library)) if e.stale]
    assert [(e.manifest_sha256, dict(e.stale)) for e in stale] == [(sha256, {ONE: "withdrawn"})]


@pytest.mark.clause("P-24")
def test_the_report_outlives_the_person(library: Library) -> None:
    unmask(library, ONE)
    exported(library, "mixed", ONE, OTHER)
    Subjects(library.gate).record("limited", ("care",), subject=ANN)
    before = subject_report(library, ANN)
    assert [(s.id, s.consent, s.consent_purposes) for s in before.sessions] == [
        (ONE, "limited", ("care",)),
        (TWO, "limited", ("care",)),
    ]
    assert {c for t in before.sessions[0].tracks for c in t.classes} == {"catalogue", "masked", "raw"}
    erase_subject(library, ANN, silent)
    after = subject_report(again(library), before.handle)
    assert (after.sessions, after.erased) == ((), (ONE, TWO))
    assert [v for v in after.views if v.act == "unmask"] == [v for v in before.views if v.act == "unmask"] != []
    assert [(c.status, c.session) for c in after.consents] == [("limited", None)]
    assert [e.name for e in after.exports] == ["mixed"]


def test_the_report_names_who_viewed_what_for_what_and_who_could(library: Library) -> None:
    for purpose in ("care", "audit"):
        unmask(library, ONE, purpose)
    unmask(library, OTHER, "nosy")
    report = subject_report(library, ANN)
    raw = [(v.purpose, v.session, v.decision) for v in report.views if v.track_class == "raw"]
    assert raw == [("care", ONE, "allowed"), ("audit", ONE, "allowed")]
    assert {v.who for v in report.views} == {library.gate.identity.card.id}
    assert "nosy" not in str(report)
    assert {"curator", "unmasker", "custodian"} <= {g.role for g in report.grants}
    assert subject_report(library, BOB).erased == ()


def test_a_denied_look_is_in_the_report(library: Library) -> None:
    Subjects(library.gate).record("unknown", sessions=(ONE,))
    with pytest.raises(Denied):
        unmask(again(library), ONE)
    denied = [v for v in subject_report(library, ANN).views if v.decision == "denied"]
    assert [(v.act, v.purpose) for v in denied] == [("unmask", "care")]
