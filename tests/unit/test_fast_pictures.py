"""Fast pictures of sessions: made from what masked readers see, gone when that changes, kept within a budget."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest

from app.access import revoke
from curation.edit_log import EditLog
from curation.editor import Editor
from curation.edits import RedactionAdded
from curation.erasure import erase_subject
from curation.intake import prepare
from curation.intake.prepare import PrepareJob, PrepareResult
from curation.intake.screen import ScreenJob
from curation.model import MaskKeyframe, RectRedaction
from replay.errors import BadInput, Cancelled
from replay.geometry import Rect
from replay.store.library import Library
from replay.store.manifest import Manifest
from replay.store.republish import next_version
from replay.store.sessions import SessionStore, unmasked
from replay.store.side_publish import publish_side
from replay.store.side_use import side_uses
from replay.store.staging import StagedTrack
from replay.store.track_classes import CHECKPOINTS, DERIVED, MEZZANINE, MEZZANINE_FRAMES, SKIM, SKIM_FRAMES, class_of
from replay.store.tracks import StagedTracks
from replay.timebase import TimeRange
from replay.vault.actions import Action, Role
from replay.vault.classes import TrackClass
from replay.vault.lease import Denied
from replay.vault.objects import MintedKeys
from replay.vault.payloads import LabelsSeal
from replay.vault.sealing import SessionResealer
from replay.vault.subjects import Subjects
from replay.video.composed import open_pictures
from replay.video.decoder import GopDecoder
from replay.video.even_sides import cropped
from replay.video.frame import rgb24
from tests import export_sessions as capture
from tests.teams import Team

BOX = slice(44, 96), slice(44, 136)
MASK = RectRedaction(
    "mask1", TimeRange(capture.s(3.4), capture.s(3.6)), (MaskKeyframe(capture.s(3.4), Rect(40, 40, 100, 60)),)
)
VIDEOS = {SKIM, MEZZANINE}
TRACKS = {SKIM, SKIM_FRAMES, MEZZANINE, MEZZANINE_FRAMES, CHECKPOINTS}
OTHER = capture.Script(password="another one", size=(641, 369), pix_fmt="yuv444p", container="mkv")


def quiet(done: int, total: int, what: str) -> None:
    del done, total, what


def prepared(library: Library, *sessions: str, budget: int = prepare.DEFAULT_BUDGET) -> PrepareResult:
    result = PrepareJob(library, quiet, lambda: False, budget).run(sessions or None)
    assert result.failed == ()
    return result


def side_of(library: Library, session: str) -> set[str]:
    return {t.track for t in library.manifest(session).tracks} & DERIVED


def objects(library: Library, session: str) -> set[str]:
    return {p.name for p in library.session_dir(session).iterdir() if not p.name.startswith("manifest.")}


def listed(library: Library, session: str) -> set[str]:
    return {f"{t.track}.{t.version}" for t in library.manifest(session).tracks}


def previews(library: Library, session: str, kind: str) -> dict[int, np.ndarray]:
    """Every picture of one preview, by session frame."""
    with SessionStore(library).open_video(session) as video:
        preview = video.side.mezzanine if kind == MEZZANINE else video.side.skim
        assert preview is not None
        decoder = GopDecoder(preview.file, preview.frames)
        try:
            places = enumerate(preview.source_index.tolist())
            return {index: rgb24(cropped(decoder.picture(k), preview.crop)) for k, index in places}
        finally:
            decoder.close()


def exact(library: Library, session: str) -> list[np.ndarray]:
    """Every picture as a masked reader gets it."""
    store = SessionStore(library)
    frames = store.frames(session)
    assert frames is not None
    with store.open_video(session) as video:
        decoder = open_pictures(video, frames)
        try:
            return [rgb24(decoder.picture(i)) for i in range(len(frames))]
        finally:
            decoder.close()


def one_of(library: Library, session: str, index: int) -> np.ndarray:
    """One picture as a masked reader gets it, cold."""
    store = SessionStore(library)
    frames = store.frames(session)
    assert frames is not None
    with store.open_video(session) as video:
        decoder = open_pictures(video, frames)
        try:
            return rgb24(decoder.picture(index))
        finally:
            decoder.close()


def luma_db(a: np.ndarray, b: np.ndarray) -> float:
    error = float(((a.mean(axis=2) - b.mean(axis=2)) ** 2).mean())
    return 99.0 if error == 0 else 10 * np.log10(255**2 / error)


@pytest.fixture
def session(tmp_path: Path) -> tuple[Library, str]:
    return capture.imported_library(tmp_path)


def test_they_show_what_a_masked_reader_sees(session: tuple[Library, str]) -> None:
    library, session_id = session
    job = PrepareJob(library, quiet, lambda: False)
    assert job.pending() == (session_id,)
    before = exact(library, session_id)
    (made,) = prepared(library).sessions
    assert set(made.left_out) <= {CHECKPOINTS}
    assert made.size > 0
    assert job.pending() == ()
    assert side_of(library, session_id) == TRACKS
    assert objects(library, session_id) == listed(library, session_id)
    seen, mezzanine = exact(library, session_id), previews(library, session_id, MEZZANINE)
    assert all(np.array_equal(a, b) for a, b in zip(seen, before, strict=True))
    assert sorted(mezzanine) == list(range(capture.FRAMES))
    assert np.mean([luma_db(mezzanine[i], seen[i]) for i in mezzanine]) > 33
    assert all(capture.number_of(picture) == index for index, picture in mezzanine.items())
    skim = previews(library, session_id, SKIM)
    assert list(skim) == list(range(0, capture.FRAMES, 3))
    assert all(capture.number_of(picture) == index for index, picture in skim.items())


def test_whoever_reads_as_captured_uses_none_of_them(session: tuple[Library, str]) -> None:
    library, session_id = session
    prepared(library)
    with SessionStore(library, unmasked("test")).open_video(session_id) as video:
        assert not video.side.is_there


def test_odd_sizes_come_back_as_they_were(tmp_path: Path) -> None:
    library, session_id = capture.imported_library(tmp_path, OTHER)
    prepared(library)
    for index, picture in previews(library, session_id, MEZZANINE).items():
        assert picture.shape == (369, 641, 3)
        assert capture.number_of(picture) == index


def test_a_mask_drawn_later_is_in_no_fast_picture(session: tuple[Library, str]) -> None:
    library, session_id = session
    prepared(library)
    assert min(np.ptp(previews(library, session_id, k)[105][BOX].astype(int)) for k in VIDEOS) > 60
    log = EditLog(library.edits_path, LabelsSeal(library.keys))
    editor = Editor(log, session_id, library.gate.identity.card.id)
    editor.commit((RedactionAdded(MASK),), title="Hide")
    assert ScreenJob(library, quiet, lambda: False).run().failed == ()
    # In the very publication that brings the mask into force, before anything is made anew:
    assert side_of(library, session_id) == set()
    assert objects(library, session_id) == listed(library, session_id)
    prepared(library)
    for kind in VIDEOS:
        pictures = previews(library, session_id, kind)
        hidden = [pictures[i][BOX] for i in pictures if 102 <= i < 108]
        assert hidden
        assert max(np.ptp(box.astype(int)) for box in hidden) <= 40
        assert max(float(np.std(box.astype(int))) for box in hidden) <= 4


def staged(library: Library, session_id: str, sealer: SessionResealer, name: str, *tracks: str):
    minted = MintedKeys.mint(library.id, session_id)
    folder = library.staging / name
    folder.mkdir(parents=True)
    made = StagedTracks(folder, minted, next_version(Manifest.from_body(sealer.body)))
    for track in tracks:
        made.create(track).close()
    return folder, tuple(StagedTrack(t, made.size(t)) for t in tracks), minted


def sealer_of(library: Library, session_id: str) -> SessionResealer:
    return SessionResealer(library.gate, session_id, Action.SCREEN, "test", (TrackClass.MASKED,))


def test_what_was_made_before_a_pass_does_not_come_into_force_after_it(session: tuple[Library, str]) -> None:
    library, session_id = session
    sealer = sealer_of(library, session_id)
    folder, tracks, minted = staged(library, session_id, sealer, "late", SKIM, SKIM_FRAMES)
    assert ScreenJob(library, quiet, lambda: False).run((session_id,)).failed == ()
    assert publish_side(library, folder, tracks, sealer, minted) is False
    assert side_of(library, session_id) == set()


def test_the_worker_may_write_nothing_else(session: tuple[Library, str]) -> None:
    library, session_id = session
    sealer = sealer_of(library, session_id)
    folder, tracks, minted = staged(library, session_id, sealer, "more", SKIM, "thumbnail")
    with pytest.raises(BadInput, match="not its to write"):
        publish_side(library, folder, tracks, sealer, minted)


def test_they_are_sealed_under_masked_keys_alone(session: tuple[Library, str]) -> None:
    library, session_id = session
    prepared(library)
    entries = [t for t in library.manifest(session_id).tracks if t.track in DERIVED]
    assert {k.track_class for t in entries for k in t.keys} == {TrackClass.MASKED}
    assert all(class_of(t.track) is TrackClass.MASKED for t in entries)
    log = [e for e in library.gate.log.entries() if e.purpose == prepare.PURPOSE]
    assert {e.track_class for e in log if e.track_class} == {TrackClass.MASKED}


def test_a_session_that_nobody_looked_at_has_none(tmp_path: Path) -> None:
    library, session_id = capture.imported_library(tmp_path, derive=False)
    job = PrepareJob(library, quiet, lambda: False)
    assert job.pending() == ()
    assert [f.error.code for f in job.run((session_id,)).failed] == ["unscreened"]
    assert side_of(library, session_id) == set()


def test_one_that_is_damaged_is_left_out_and_the_pictures_are_as_ever(session: tuple[Library, str]) -> None:
    library, session_id = session
    prepared(library)
    seen = one_of(library, session_id, 60)
    for track in sorted(TRACKS):
        path = library.session_dir(session_id) / f"{track}.{library.manifest(session_id).entry(track).version}"
        content = path.read_bytes()
        for harm in (b"", content[: len(content) // 2], content[:60] + bytes([content[60] ^ 1]) + content[61:], None):
            path.unlink()
            if harm is not None:
                path.write_bytes(harm)
            with SessionStore(library).open_video(session_id) as video:
                sides = {SKIM: video.side.skim, MEZZANINE: video.side.mezzanine, CHECKPOINTS: video.side.checkpoints}
                harmed = next(name for name in sides if track.startswith(name))
                assert all(sides[name] is not None for name in VIDEOS - {harmed})
                # An altered beginning of a long object is told by whoever reads it.
                is_read_later = harm is not None and len(harm) == len(content) and track in sides
                assert sides[harmed] is None or is_read_later, (track, harm and len(harm))
            assert np.array_equal(one_of(library, session_id, 60), seen)
        path.unlink(missing_ok=True)
        path.write_bytes(content)


def test_a_cancelled_job_leaves_the_session_as_it_was(session: tuple[Library, str]) -> None:
    library, session_id = session
    before = listed(library, session_id)
    heard: list[str] = []

    def report(done: int, total: int, what: str) -> None:
        heard.append(what)

    with pytest.raises(Cancelled):
        PrepareJob(library, report, lambda: "Preparing fast pictures" in heard).run()
    assert listed(library, session_id) == objects(library, session_id) == before
    assert not list(library.staging.iterdir())
    assert len(prepared(library).sessions) == 1


def test_beyond_the_budget_those_go_that_nobody_opened_for_the_longest_time(tmp_path: Path) -> None:
    library, one = capture.imported_library(tmp_path)
    two = capture.import_into(library, tmp_path / "two", capture.Script(password="second"))
    three = capture.import_into(library, tmp_path / "three", capture.Script(password="third"))
    prepared(library, one, two)
    size = max(u.size for u in side_uses(library))
    for session_id in (two, one):
        SessionStore(library).open_video(session_id).close()
    result = prepared(library, three, budget=int(size * 2.5))
    assert result.dropped == (two,)
    assert [bool(side_of(library, i)) for i in (one, two, three)] == [True, False, True]
    assert objects(library, two) == listed(library, two)
    # What went for want of room is not made again by itself, but when it is asked for.
    assert prepared(library, budget=int(size * 2.5)).no_room == (two,)
    assert prepared(library, two, budget=int(size * 2.5)).dropped == (one,)
    assert sum(u.size for u in side_uses(library)) <= size * 2.5


def test_what_may_not_be_dropped_stays_and_ends_nothing(tmp_path: Path) -> None:
    library, one = capture.imported_library(tmp_path)
    two = capture.import_into(library, tmp_path / "two", capture.Script(password="second"))
    prepared(library, one)
    Subjects(library.gate).withdraw(SessionStore(library).info(one).subject_id)
    result = prepared(library, two, budget=1)
    assert [s.id for s in result.sessions] == [two]
    assert result.dropped == (two,)
    assert side_of(library, one) != set()


def test_a_session_whose_list_is_damaged_keeps_no_other_from_its_own(tmp_path: Path) -> None:
    library, one = capture.imported_library(tmp_path)
    two = capture.import_into(library, tmp_path / "two", capture.Script(password="second"))
    manifest = next(library.session_dir(one).glob("manifest.*.json"))
    content = bytearray(manifest.read_bytes())
    content[200] ^= 1
    manifest.write_bytes(content)
    result = PrepareJob(Library.open(library.path), quiet, lambda: False).run()
    assert [s.id for s in result.sessions] == [two]
    assert [(f.id, f.error.code) for f in result.failed] == [(one, "record_altered")]


def test_the_last_opening_is_known_where_the_disk_keeps_no_such_times(session: tuple[Library, str]) -> None:
    library, session_id = session
    prepared(library)
    for path in library.session_dir(session_id).iterdir():
        os.utime(path, ns=(1, 1))
    assert [u.opened_ns for u in side_uses(library)] == [1]
    SessionStore(library).open_video(session_id).close()
    (use,) = side_uses(library)
    assert use.opened_ns > 1 << 60
    assert all(p.stat().st_mtime_ns == 1 for p in library.session_dir(session_id).iterdir())


def test_erasing_and_withdrawing_reach_them_as_every_track(session: tuple[Library, str]) -> None:
    library, session_id = session
    prepared(library)
    subject = SessionStore(library).info(session_id).subject_id
    video = SessionStore(library).open_video(session_id)
    assert video.side.mezzanine is not None
    Subjects(library.gate).withdraw(subject)
    with pytest.raises(Denied):
        SessionStore(library).open_video(session_id)
    video.side.mezzanine.file.seek(0)
    with pytest.raises(Denied):
        video.side.mezzanine.file.read(1 << 20)
    video.close()
    assert PrepareJob(library, quiet, lambda: False).pending() == ()
    erase_subject(library, subject, quiet)
    assert not library.session_dir(session_id).exists()


def test_rotation_seals_them_anew_and_they_still_show_the_same(tmp_path: Path) -> None:
    team = Team.founded(tmp_path)
    session_id = capture.import_into(team.library(), tmp_path / "capture", capture.Script())
    prepared(team.library(), session_id)
    before = previews(team.library(), session_id, SKIM)
    versions = listed(team.library(), session_id)
    mallory = team.join("mallory", Role.CURATOR)
    assert revoke(team.library(), mallory, quiet).status == "done"
    library = team.library()
    keys = [k for t in library.manifest(session_id).tracks if t.track in DERIVED for k in t.keys]
    assert {k.epoch for k in keys} == {library.gate.membership.roster.epochs[TrackClass.MASKED]} != {1}
    assert objects(library, session_id) == listed(library, session_id) != versions
    after = previews(library, session_id, SKIM)
    assert all(np.array_equal(after[i], before[i]) for i in before)
