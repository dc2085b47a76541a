"""One frame with what lies over it, as the command line asks for it."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtGui import QImage

from app.core import Core
from app.still import write_still
from curation import commands
from curation.model import MaskKeyframe
from replay.errors import NotFound
from replay.geometry import Rect
from replay.timebase import TimeRange
from tests.cli import run
from tests.gui.building import seconds
from widgets.mask_painter import MaskView


@pytest.fixture
def masked(library: Path, captured_library: tuple[Path, str], tmp_path: Path) -> tuple[Path, str]:
    """The library with a mask over all of the session."""
    session_id = captured_library[1]
    with Core.open(library, tmp_path / "home") as core:
        editor = core.editor(session_id)
        keyframe = MaskKeyframe(0, Rect(100, 200, 120, 80))
        edits = commands.redact_rect(editor.state, TimeRange(0, seconds(3)), [keyframe])
        assert isinstance(edits, commands.Edits)
        editor.commit(edits.edits, title=edits.title)
    return library, session_id


def drawn(masked: tuple[Path, str], tmp_path: Path, view: MaskView) -> QImage:
    out = tmp_path / f"{view.value}"
    with Core.open(masked[0], tmp_path / "home") as core:
        write_still(core, masked[1], 60, view, out)
    return QImage(str(out))


def test_the_final_view_hides_what_is_under_the_mask_and_only_that(dressed, masked, tmp_path):
    original = drawn(masked, tmp_path, MaskView.ORIGINAL)
    final = drawn(masked, tmp_path, MaskView.FINAL)
    assert final.pixelColor(160, 240).lightness() == 0
    assert original.pixelColor(160, 240).lightness() > 0
    assert final.pixelColor(600, 20) == original.pixelColor(600, 20)


def test_a_frame_beyond_the_video_is_refused(dressed, masked, tmp_path):
    with Core.open(masked[0], tmp_path / "home") as core, pytest.raises(NotFound):
        write_still(core, masked[1], 5000, MaskView.ORIGINAL, tmp_path / "x.png")


def test_the_command_line_paints_overlays_without_a_display(masked, tmp_path, monkeypatch):
    monkeypatch.delenv("QT_QPA_PLATFORM")
    out = tmp_path / "frame.png"
    answer = run("frame", masked[0], masked[1], "--index", "60", "-o", out, "--overlays", "--view", "outline")
    assert answer.code == 0, answer.stderr
    assert answer.json["index"] == 60
    assert QImage(str(out)).width() == 640
