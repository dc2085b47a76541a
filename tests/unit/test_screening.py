"""Screening of published sessions: what was decided since the last pass moves into the masked tracks."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from curation import commands
from curation.edit_log import EditLog
from curation.editor import Editor
from curation.edits import LabelAdded, RedactionAdded
from curation.intake.job import ImportJob, ImportRequest
from curation.intake.screen import ScreenJob
from curation.model import Label, MaskKeyframe, RectRedaction
from curation.placeholders import hidden_as
from curation.redaction.plan import resolve
from replay.errors import BadInput
from replay.geometry import Rect
from replay.store.library import Library
from replay.store.manifest import Manifest
from replay.store.publish import Staged
from replay.store.republish import next_version, republish
from replay.store.sessions import SessionStore, unmasked
from replay.store.staging import StagedTrack
from replay.store.track_classes import TWINNED, class_of, twin_of
from replay.store.tracks import StagedTracks
from replay.timebase import TimeRange
from replay.vault.actions import Action
from replay.vault.classes import TrackClass
from replay.vault.objects import MintedKeys
from replay.vault.payloads import LabelsSeal
from replay.vault.sealing import SessionResealer
from replay.video.composed import open_pictures
from replay.video.frame import rgb24
from tests import export_sessions as capture

INSIDE = slice(44, 96), slice(44, 136)
MASK = RectRedaction(
    "mask1", TimeRange(capture.s(3.4), capture.s(3.6)), (MaskKeyframe(capture.s(3.4), Rect(40, 40, 100, 60)),)
)
CARD = "4111111111111111"
SECRET = "plain and harmless"


def quiet(done: int, total: int, what: str) -> None:
    del done, total, what


def job_of(library: Library) -> ScreenJob:
    return ScreenJob(library, quiet, lambda: False)


def picture(library: Library, session: str, index: int, *, raw: bool = False) -> np.ndarray:
    store = SessionStore(library, unmasked("test")) if raw else SessionStore(library)
    frames = store.frames(session)
    assert frames is not None
    with store.open_video(session) as video:
        decoder = open_pictures(video, frames)
        try:
            return rgb24(decoder.picture(index))
        finally:
            decoder.close()


def texts(library: Library, session: str) -> list[str]:
    return SessionStore(library).read_table(session, "texts")["text"].to_pylist()


def objects(library: Library, session: str) -> set[str]:
    return {p.name for p in library.session_dir(session).iterdir() if not p.name.startswith("manifest.")}


def listed(manifest: Manifest) -> set[str]:
    return {f"{t.track}.{t.version}" for t in manifest.tracks}


@pytest.fixture
def edited(tmp_path: Path) -> tuple[Library, str, Editor]:
    library, session = capture.imported_library(tmp_path)
    log = EditLog(library.edits_path, LabelsSeal(library.keys))
    return library, session, Editor(log, session, library.gate.identity.card.id)


def redact(library: Library, session: str, editor: Editor) -> None:
    """A drawn mask and a text, as a curator decides them who sees the masked session."""
    loaded = SessionStore(library).load(session)
    text = commands.redact_text(editor.state, loaded, library.key, SECRET)
    assert isinstance(text, commands.Edits), text
    editor.commit((RedactionAdded(MASK), *text.edits), title="Hide")


def test_what_was_redacted_moves_into_the_masked_tracks_and_back_out_of_them(
    edited: tuple[Library, str, Editor],
) -> None:
    library, session, editor = edited
    exact = picture(library, session, 105, raw=True)
    assert np.array_equal(picture(library, session, 105), exact)
    redact(library, session, editor)
    assert job_of(library).pending() == (session,)
    result = job_of(library).run()
    assert (len(result.sessions), result.failed) == (1, ())
    assert job_of(library).pending() == ()
    hidden = picture(library, session, 105)
    assert np.ptp(hidden[INSIDE].astype(int)) <= 6
    assert np.array_equal(picture(library, session, 60), picture(library, session, 60, raw=True))
    assert SECRET in SessionStore(library, unmasked("test")).read_table(session, "texts")["text"].to_pylist()
    assert SECRET not in texts(library, session)
    manifest = library.manifest(session)
    assert manifest.screening is not None
    assert manifest.screening.head == editor.head
    assert objects(library, session) == listed(manifest)

    editor.undo()
    assert job_of(library).run().failed == ()
    assert np.array_equal(picture(library, session, 105), exact)
    assert SECRET in texts(library, session)
    assert objects(library, session) == listed(library.manifest(session))


def test_a_redaction_is_still_understood_once_its_text_is_gone_from_the_masked_tracks(
    edited: tuple[Library, str, Editor],
) -> None:
    library, session, editor = edited
    redact(library, session, editor)
    for _ in range(2):
        assert job_of(library).run((session,)).failed == ()
        assert [hidden_as(t) is not None for t in texts(library, session)] == [False, False, True]
        plan = resolve(SessionStore(library).load(session), editor.state, library.key)
        assert plan.masks.at(105)


def test_a_label_needs_no_other_pass(edited: tuple[Library, str, Editor]) -> None:
    library, _, editor = edited
    editor.commit((LabelAdded(Label("l1", TimeRange(0, 5), "good")),), title="Label")
    assert job_of(library).pending() == ()


def test_an_unscreened_session_shows_nothing_says_so_and_is_as_any_other_after_its_pass(tmp_path: Path) -> None:
    library, session = capture.imported_library(tmp_path / "as-always", capture.Script(password=CARD))
    folder = capture.write_capture(tmp_path / "capture", capture.Script(password=CARD))
    other = Library.create(tmp_path / "unscreened")
    request = ImportRequest((folder,), consent="granted", derive=False)
    (imported,) = ImportJob(other, quiet, lambda: False).run(request).sessions
    assert "unscreened" in {p.code for p in imported.problems}
    assert "unscreened" in SessionStore(other).catalogue()["problems"][0].as_py()
    assert {p.code for p in SessionStore(other).load(imported.id).problems} >= {"unscreened"}
    assert len(np.unique(picture(other, imported.id, 60))) == 1

    assert job_of(other).pending() == (imported.id,)
    (done,) = job_of(other).run().sessions
    assert done.hidden["masked_frames"] > 0
    assert "unscreened" not in {p.code for p in SessionStore(other).problems(imported.id)}
    assert "unscreened" not in SessionStore(other).catalogue()["problems"][0].as_py()
    assert "unscreened" not in SessionStore(other).own_catalogue_row(imported.id)["problems"]
    for table in TWINNED - {"session"}:
        ours = SessionStore(other).read_table(imported.id, table).drop_columns("session_id")
        assert ours.equals(SessionStore(library).read_table(session, table).drop_columns("session_id")), table
    assert np.array_equal(picture(other, imported.id, 60), picture(library, session, 60))
    with SessionStore(other).open_track(imported.id, "thumbnail") as file:
        assert Image.open(file).size[0] > 100
    assert objects(other, imported.id) == listed(other.manifest(imported.id))


def test_who_may_not_screen_changes_nothing(edited: tuple[Library, str, Editor], tmp_path: Path) -> None:
    library, session, _ = edited
    stranger = Library.open(library.path, tmp_path / "stranger")
    before = library.manifest(session)
    result = job_of(stranger).run((session,))
    assert [f.error.code for f in result.failed] == ["not_a_member"]
    assert library.manifest(session) == before
    assert list(library.staging.iterdir()) == []


def remade(library: Library, session: str, *extra: str) -> tuple[Staged, SessionResealer, MintedKeys]:
    """A staging folder with masked tables, as a screening worker leaves it."""
    sealer = SessionResealer(library.gate, session, Action.SCREEN, "test")
    manifest = Manifest.from_body(sealer.body)
    minted = MintedKeys.mint(library.id, session)
    folder = library.staging / "made"
    folder.mkdir(exist_ok=True)
    tracks = StagedTracks(folder, minted, next_version(manifest))
    names = [*map(twin_of, TWINNED), *extra]
    for name in names:
        source = name if class_of(name) is TrackClass.MASKED else "windows_masked"
        with tracks.create(name) as file, SessionStore(library).open_track(session, source) as old:
            file.write(old.read())
    made = tuple(StagedTrack(n, tracks.size(n)) for n in names)
    return Staged(folder, made, manifest.screening), sealer, minted


def test_of_two_passes_at_once_the_second_to_finish_is_told(edited: tuple[Library, str, Editor]) -> None:
    library, session, _ = edited
    staged, sealer, minted = remade(library, session)
    assert job_of(library).run((session,)).failed == ()
    after = library.manifest(session)
    assert not republish(library, staged, sealer, minted)
    assert library.manifest(session) == after
    assert objects(library, session) == listed(after)


@pytest.mark.parametrize("track", ["windows", "frames", "video", "raw"])
def test_a_worker_does_not_replace_what_was_captured(track: str, edited: tuple[Library, str, Editor]) -> None:
    library, session, _ = edited
    before = library.manifest(session)
    staged, sealer, minted = remade(library, session, "surplus" if track == "raw" else track)
    with pytest.raises(BadInput, match="not its to write"):
        republish(library, staged, sealer, minted)
    assert library.manifest(session) == before
    assert objects(library, session) == listed(before)


def test_what_a_crash_left_goes_with_the_next_pass(edited: tuple[Library, str, Editor]) -> None:
    library, session, _ = edited
    folder = library.session_dir(session)
    for name in ("video_twin.9", "windows_masked.2", "surplus.1"):
        (folder / name).write_bytes(b"left over")
    assert job_of(library).run((session,)).failed == ()
    assert objects(library, session) == listed(library.manifest(session))
