"""Checkpoints: pictures stay those of a decode from the start, in all planes, or there is no checkpoint."""

from __future__ import annotations

import io
import random
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest

from replay.errors import BadInput, Cancelled
from replay.video.checkpoints.reader import Checkpoints
from replay.video.checkpoints.writer import CheckpointFacts, write_checkpoints
from replay.video.decoder import GopDecoder, always, iter_pictures
from replay.video.frame_table import FrameSpan, FrameTable
from replay.video.index import build_frame_table
from tests.videos import CLIPS, Clip, desktop_picture, edit_list_hiding, encode, plane_hash, remuxed

FRAMES = 160


def _clip(options: dict[str, str], size: tuple[int, int] = (320, 240), container: str = "mp4", gop: int = 160) -> Clip:
    return Clip(container=container, size=size, frames=FRAMES, gop=gop, options=options)


HOLD = {
    "one reference": _clip({"preset": "veryfast"}),
    "without arithmetic coding": _clip({"preset": "veryfast", "x264-params": "cabac=0"}),
    "P alone, order by number": _clip({"tune": "zerolatency", "preset": "ultrafast", "crf": "8"}),
    "slices": _clip({"preset": "veryfast", "x264-params": "slices=4"}),
    "cropped, in two groups": _clip({"preset": "veryfast"}, (314, 230), gop=80),
    "not deblocked, full range": _clip({"preset": "veryfast", "x264-params": "no-deblock=1:fullrange=on"}),
    "in matroska": _clip({"preset": "veryfast"}, container="matroska"),
    "start codes": _clip({"preset": "veryfast"}, container="mpegts"),
    "no pyramid": _clip({"x264-params": "ref=1:b-pyramid=none:bframes=3"}),
    "weights": _clip({"x264-params": "ref=1:weightp=2:weightb=1:bframes=3"}),
}
MAY_NOT = {
    "of variable rate, late": Clip(
        size=(320, 240),
        pts_ms=tuple(int(n**1.3) * 7 for n in range(FRAMES)),
        gop=160,
        start_ms=4321,
        container="matroska",
        options={"preset": "ultrafast", "crf": "8", "bf": "2"},
    ),
    "four references, a pyramid": _clip({"x264-params": "ref=4:b-pyramid=normal:bframes=5"}),
    "temporal": _clip({"x264-params": "ref=3:direct=temporal:bframes=3"}),
    "intra refresh": _clip({"x264-params": "intra-refresh=1:keyint=40:bframes=0:ref=1"}),
    "open groups": _clip({"x264-params": "open-gop=1:bframes=3:keyint=80:scenecut=0:ref=1"}),
}
CHECKED = {"h264 4:4:4 of odd size", "h264 of variable rate", "hevc ten bit", "vp9 with hidden references"}


def _made(path: Path, frames: FrameTable, readable: list[FrameSpan] | None = None) -> tuple[bytes, CheckpointFacts]:
    out = io.BytesIO()
    with path.open("rb") as file:
        facts = write_checkpoints(file, frames, out, readable, always, lambda done, total, what: None)
    assert len(out.getvalue()) == facts.nbytes
    return out.getvalue(), facts


def _truth(path: Path) -> tuple[FrameTable, list[str]]:
    with path.open("rb") as file:
        frames, _, _ = build_frame_table(file, "video")
        return frames, [plane_hash(picture) for _, picture in iter_pictures(file, frames)]


def _assert_exact(path: Path, frames: FrameTable, truth: list[str], checkpoints: bytes | None, looks: int) -> None:
    rng = random.Random(str(path.name))
    with path.open("rb") as file:
        decoder = GopDecoder(file, frames, None if checkpoints is None else io.BytesIO(checkpoints))
        for index in rng.sample(range(len(frames)), min(looks, len(frames))):
            for shown in range(index, min(index + rng.choice((1, 1, 20)), len(frames))):
                assert plane_hash(decoder.picture(shown)) == truth[shown], (index, shown)
        decoder.close()


@pytest.mark.parametrize("name", [*HOLD, *MAY_NOT])
def test_pictures_from_checkpoints_are_those_of_a_decode_from_the_start(
    name: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    path = encode(tmp_path / "clip", (HOLD | MAY_NOT)[name], desktop_picture)
    frames, truth = _truth(path)
    made, facts = _made(path, frames)
    assert facts.nbytes <= path.stat().st_size * 0.3 + 200
    assert (facts.written > 0) or name in MAY_NOT
    looks = FRAMES if request.config.getoption("--soak") else 16
    _assert_exact(path, frames, truth, made, looks)


@pytest.mark.parametrize(
    "name",
    [pytest.param(n, marks=() if n in CHECKED else pytest.mark.soak) for n in CLIPS if not n.startswith("longer")],
)
def test_of_every_kind_that_is_read_pictures_stay_exact(name: str, tmp_path: Path) -> None:
    path = encode(tmp_path / "clip", CLIPS[name])
    frames, truth = _truth(path)
    made, facts = _made(path, frames)
    assert facts.written == 0 or name.startswith("h264")
    _assert_exact(path, frames, truth, made, 12)


def test_a_picture_from_a_checkpoint_takes_few_packets(tmp_path: Path) -> None:
    path = encode(tmp_path / "clip", HOLD["one reference"], desktop_picture)
    frames, _ = _truth(path)
    made, facts = _made(path, frames)
    checkpoints = Checkpoints(io.BytesIO(made), frames)
    assert len(checkpoints) == facts.written >= 3
    last = checkpoints.before(FRAMES - 1, 0)
    assert last is not None
    assert FRAMES - 1 - last.index < 48
    assert checkpoints.before(5, 0) is None
    places, samples = checkpoints.changes(last, 20 * 15)
    assert 0 < len(places) < 150
    assert samples.shape == (len(places), 384)


def _another_window(number: int, size: tuple[int, int]) -> npt.NDArray[np.uint8]:
    """A desktop until picture 50, then a window that no bytes suffice to keep as it is, with a light that goes up."""
    if number < 50:
        return desktop_picture(number, size)
    picture = np.random.default_rng(1).integers(0, 256, (size[1], size[0], 3), np.uint8)
    picture[32:80, 32:80] = number
    return picture


def test_behind_a_picture_that_is_too_dear_to_keep_checkpoints_are_relative_to_it(tmp_path: Path) -> None:
    clip = _clip({"preset": "veryfast", "crf": "30", "x264-params": "scenecut=0:keyint=160:min-keyint=160"})
    path = encode(tmp_path / "clip", clip, _another_window)
    frames, truth = _truth(path)
    made, facts = _made(path, frames)
    assert facts.dropped == 0
    checkpoints = Checkpoints(io.BytesIO(made), frames)
    last = checkpoints.before(FRAMES - 1, 0)
    assert last is not None
    assert 50 <= last.root < last.index
    places, _ = checkpoints.changes(last, 20 * 15)
    assert len(places) < 100
    _assert_exact(path, frames, truth, made, FRAMES)


def test_what_an_edit_list_hides_is_in_no_way(tmp_path: Path) -> None:
    whole = encode(tmp_path / "whole.mp4", HOLD["one reference"], desktop_picture)
    path = edit_list_hiding(whole, tmp_path / "cut.mp4", frames=10)
    frames, truth = _truth(path)
    _assert_exact(path, frames, truth, _made(path, frames)[0], 16)


def test_a_file_that_is_torn_or_starts_late_stays_exact(tmp_path: Path) -> None:
    whole = encode(tmp_path / "whole.mkv", HOLD["in matroska"], desktop_picture)
    groups = encode(tmp_path / "groups.mp4", HOLD["cropped, in two groups"], desktop_picture)
    late = remuxed(groups, tmp_path / "late.mkv", "matroska", skip_packets=5)
    torn = tmp_path / "torn.mkv"
    torn.write_bytes(whole.read_bytes()[: whole.stat().st_size * 9 // 10])
    for path in (late, torn):
        frames, truth = _truth(path)
        _assert_exact(path, frames, truth, _made(path, frames)[0], 12)


def test_only_groups_that_may_be_read_have_checkpoints(tmp_path: Path) -> None:
    path = encode(tmp_path / "clip", HOLD["cropped, in two groups"], desktop_picture)
    frames, _ = _truth(path)
    made, facts = _made(path, frames, [(80, FRAMES)])
    checkpoints = Checkpoints(io.BytesIO(made), frames)
    assert facts.written > 0
    assert checkpoints.before(79, 0) is None
    assert checkpoints.before(FRAMES - 1, 80) is not None
    assert _made(path, frames, [(0, 79)])[1].written == 0


def test_the_work_ends_when_nobody_wants_it(tmp_path: Path) -> None:
    path = encode(tmp_path / "clip", HOLD["one reference"], desktop_picture)
    frames, _ = _truth(path)
    answers = iter([True] * 200)
    with path.open("rb") as file, pytest.raises(Cancelled):
        write_checkpoints(file, frames, io.BytesIO(), None, lambda: next(answers, False), lambda *_: None)


def test_a_group_as_long_as_the_video_is_heard_of_all_the_time(tmp_path: Path) -> None:
    path = encode(tmp_path / "clip", HOLD["one reference"], desktop_picture)
    frames, _ = _truth(path)
    heard: list[int] = []
    with path.open("rb") as file:
        write_checkpoints(file, frames, io.BytesIO(), None, always, lambda done, total, what: heard.append(done))
    assert len(heard) > FRAMES  # a worker that says nothing for long is taken for hung


def test_damaged_checkpoints_are_told_or_left_out_and_no_picture_is_wrong(tmp_path: Path) -> None:
    path = encode(tmp_path / "clip", HOLD["one reference"], desktop_picture)
    frames, truth = _truth(path)
    made, _ = _made(path, frames)
    rng = random.Random(3)
    for _ in range(40):
        altered = bytearray(made)
        altered[rng.randrange(len(made))] ^= 1 << rng.randrange(8)
        altered = altered[: rng.choice((len(made), len(made), rng.randrange(len(made))))]
        with path.open("rb") as file:
            decoder = GopDecoder(file, frames, io.BytesIO(altered))
            for index in (150, 60):
                assert plane_hash(decoder.picture(index)) == truth[index]
            decoder.close()


@pytest.mark.parametrize("length", [0, 3, 40, 200, -1, -9, -30])
def test_a_table_that_is_cut_off_is_refused(length: int, tmp_path: Path) -> None:
    path = encode(tmp_path / "clip", HOLD["one reference"], desktop_picture)
    frames, _ = _truth(path)
    with pytest.raises(BadInput) as caught:
        Checkpoints(io.BytesIO(_made(path, frames)[0][:length]), frames)
    assert caught.value.code == "checkpoints_damaged"


def test_checkpoints_of_another_video_are_refused(tmp_path: Path) -> None:
    path = encode(tmp_path / "clip", HOLD["one reference"], desktop_picture)
    made, _ = _made(path, _truth(path)[0])
    other, _ = _truth(encode(tmp_path / "other", MAY_NOT["of variable rate, late"], desktop_picture))
    with pytest.raises(BadInput, match="damaged"):
        Checkpoints(io.BytesIO(made), other)
