"""The exported video, whatever the source's pixels, size, container and rhythm."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from av.video.frame import VideoFrame

from curation.edits import CutAdded
from curation.export.encode import output_times
from curation.export.mp4_boxes import Mp4Walk
from curation.model import Cut
from curation.redaction.masks import Box
from curation.redaction.paint import FILL_LUMA, painted, planar
from curation.reducer import fold
from replay.timebase import TimeRange
from replay.video.even_sides import even
from replay.video.frame_table import FrameTable
from tests import export_sessions as capture


@pytest.mark.parametrize(
    "script",
    [
        capture.Script(pix_fmt="yuv444p", size=(639, 367)),
        capture.Script(pix_fmt="yuvj420p", container="mkv"),
        capture.Script(pix_fmt="yuv420p10le", container="mkv", size=(646, 370)),
        capture.Script(pix_fmt="gray"),
    ],
    ids=lambda s: f"{s.pix_fmt}-{s.size[0]}x{s.size[1]}-{s.container}",
)
def test_every_kind_of_picture_is_exported_masked_and_proved(tmp_path: Path, script: capture.Script) -> None:
    library, session = capture.imported_library(tmp_path, script)
    source = capture.source_of(library, session)
    source = replace(source, state=capture.decided(source.session, library.key))
    _, proof = capture.exported(tmp_path / "out", library, [source])
    assert proof.ok, proof.leaks
    shown = capture.pictures(capture.video_of(tmp_path / "out"))
    assert len(shown) == 102
    assert shown[20][110:120, 210:350].std() < 2


@pytest.mark.parametrize("pixel_format", ["yuv420p", "yuv422p", "yuv444p", "nv12", "rgb24", "bgra", "gray", "p010le"])
def test_a_painted_box_is_the_fill_and_nothing_else_changes(pixel_format: str) -> None:
    rgb = np.random.default_rng(1).integers(0, 256, (96, 128, 3), np.uint8)
    source = VideoFrame.from_ndarray(rgb, format="rgb24").reformat(format=pixel_format)
    before = planar(source).to_ndarray()
    after = painted(planar(source), (Box(16, 32, 64, 80),)).to_ndarray()
    assert (after[32:80, 16:64] == FILL_LUMA).all()
    before[32:80, 16:64] = after[32:80, 16:64]
    assert (before[:96] == after[:96]).all()


def test_painting_leaves_the_decoders_own_picture_alone(tmp_path: Path) -> None:
    capture.write_video(tmp_path / "v.mp4", capture.Script())
    with av.open(str(tmp_path / "v.mp4")) as container:
        plain = [p.to_ndarray() for p in container.decode(video=0)]
    with av.open(str(tmp_path / "v.mp4")) as container:
        for n, picture in enumerate(container.decode(video=0)):
            painted(picture, (Box(0, 0, 640, 352),))
            assert (picture.to_ndarray()[352:368] == plain[n][352:368]).all()


def test_a_picture_with_odd_sides_gets_one_more_column_and_row() -> None:
    picture = VideoFrame.from_ndarray(np.full((37, 51, 3), 200, np.uint8), format="rgb24").reformat(format="yuv420p")
    wide = even(picture)
    assert (wide.width, wide.height) == (52, 38)
    assert len(np.unique(wide.to_ndarray()[:38, :52])) == 1


def test_what_is_cut_leaves_no_hole_in_the_output_times() -> None:
    t = np.array([0, 10, 25, 100, 130, 131, 200], np.int64) * 1_000_000
    frames = FrameTable("video", t, t, np.append(np.diff(t), 5_000_000), np.ones(7, bool))
    times = output_times(frames, np.array([0, 1, 4, 5, 6], np.int64), "1/1000")
    assert times.time_base == Fraction(1, 1000)
    assert times.pts.tolist() == [0, 10, 25, 26, 95]
    assert times.duration.tolist() == [10, 15, 1, 69, 5]


def test_both_sides_of_a_cut_and_of_a_mask_begin_with_an_iframe(tmp_path: Path) -> None:
    library, session = capture.imported_library(tmp_path)
    source = capture.source_of(library, session)
    state = fold((CutAdded(Cut("c", TimeRange(capture.s(2.0), capture.s(3.0)))),), capture.decided(source.session, b""))
    manifest, proof = capture.exported(tmp_path / "out", library, [replace(source, state=state)], ("archive",))
    assert proof.ok
    with av.open(str(capture.video_of(tmp_path / "out"))) as container:
        keys = [p.key_frame for p in container.decode(video=0)]
    kept = manifest.sessions[0].kept_frames().tolist()
    assert keys[kept.index(90)]
    first_masked = manifest.sessions[0].masks[0][0]
    assert keys[kept.index(first_masked)]


def test_the_container_holds_nothing_but_the_pictures(tmp_path: Path) -> None:
    library, session = capture.imported_library(tmp_path)
    capture.exported(tmp_path / "out", library, [capture.source_of(library, session)], ("archive",))
    video = capture.video_of(tmp_path / "out")
    with open(video, "rb") as file:
        assert list(Mp4Walk(file).findings()) == []
    content = video.read_bytes()
    for word in (b"x264", b"Lavc", b"Lavf", b"elst", b"screen of", b"cabac"):
        assert word not in content
