"""The frame table and every picture against a plain full decode, for real files of every kind that is read."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from replay.video.decoder import GopDecoder, iter_pictures
from replay.video.frame import rgb24
from replay.video.index import build_frame_table
from tests.videos import (
    CLIPS,
    Clip,
    FullDecode,
    digest,
    edit_list_hiding,
    encode,
    full_decode,
    number_in,
    remuxed,
    torn,
)


def _walk(frames: int) -> list[int]:
    """Random seeks, then steps both ways, then both ends."""
    rng = random.Random(11)
    seeks = [rng.randrange(frames) for _ in range(30)]
    middle = frames // 2
    steps = [*range(middle, min(middle + 12, frames)), *range(middle, max(middle - 12, -1), -1)]
    return [*seeks, *steps, 0, frames - 1, 0]


def assert_exact(path: Path) -> FullDecode:
    """Table, linear pass, random seeks and steps give the pictures of a full decode, index for index."""
    truth = full_decode(path)
    with path.open("rb") as file:
        frames, facts, _ = build_frame_table(file, "video")
        assert len(frames) == facts.frames == len(truth.hashes)
        assert frames.t_ns[0] == 0
        assert (frames.t_ns[1:] > frames.t_ns[:-1]).all()
        linear = [(i, digest(rgb24(picture))) for i, picture in iter_pictures(file, frames)]
        assert linear == list(enumerate(truth.hashes))
        decoder = GopDecoder(file, frames)
        for index in _walk(len(frames)):
            assert digest(rgb24(decoder.picture(index))) == truth.hashes[index], index
        decoder.close()
        assert not file.closed
    return truth


@pytest.mark.parametrize("name", CLIPS)
def test_every_frame_is_the_picture_of_a_full_decode(name: str, tmp_path: Path) -> None:
    clip = CLIPS[name]
    path = encode(tmp_path / "clip", clip)
    truth = assert_exact(path)
    assert truth.numbers == tuple(range(len(clip.pts_ms) or clip.frames))
    with path.open("rb") as file:
        frames, _, problems = build_frame_table(file, "video")
    assert problems == []
    assert frames.pts.tolist() == list(truth.pts)


@pytest.mark.parametrize("share", [0.35, 0.8, 0.97])
@pytest.mark.parametrize("name", ["h264 not starting at zero", "hevc with open groups", "vp9 with hidden references"])
def test_of_a_torn_file_every_picture_that_decodes_is_kept(name: str, share: float, tmp_path: Path) -> None:
    whole = encode(tmp_path / "whole", CLIPS[name])
    path = torn(whole, tmp_path / "torn", share)
    truth = assert_exact(path)
    assert 0 < len(truth.hashes) < CLIPS[name].frames
    with path.open("rb") as file:
        _, _, problems = build_frame_table(file, "video")
    assert "video_truncated" in [p.code for p in problems]


def test_a_torn_file_with_its_index_in_front_keeps_its_pictures(tmp_path: Path) -> None:
    whole = encode(tmp_path / "whole", CLIPS["longer than what is decoded whole"])
    front = remuxed(whole, tmp_path / "front", "mp4", movflags="+faststart")
    path = torn(front, tmp_path / "torn", 0.6)
    truth = assert_exact(path)
    assert 0 < len(truth.hashes) < 420


def test_frames_that_an_edit_list_hides_are_not_in_the_table(tmp_path: Path) -> None:
    whole = encode(tmp_path / "whole.mp4", CLIPS["h264 with B-frames"])
    path = edit_list_hiding(whole, tmp_path / "cut.mp4", frames=10)
    truth = assert_exact(path)
    assert truth.numbers[0] > 0
    with path.open("rb") as file:
        frames, facts, problems = build_frame_table(file, "video")
    assert facts.hidden_frames == 75 - len(frames) > 0
    assert [p.code for p in problems] == ["video_hidden_frames"]


def test_a_file_that_starts_in_the_middle_of_a_group_gives_what_a_decoder_gives(tmp_path: Path) -> None:
    whole = encode(tmp_path / "whole.mkv", CLIPS["hevc with open groups"])
    assert_exact(remuxed(whole, tmp_path / "late.mkv", "matroska", skip_packets=20))


def test_a_container_without_presentation_times_is_counted_from_its_start(tmp_path: Path) -> None:
    path = encode(tmp_path / "clip.avi", Clip(container="avi", options={"bf": "3"}))
    truth = assert_exact(path)
    assert truth.numbers == tuple(range(75))
    with path.open("rb") as file:
        frames, _, _ = build_frame_table(file, "video")
    assert abs(frames.frame_ns - 33_333_333) < 1_000_000


def test_the_real_recording_is_exact_at_both_ends_and_anywhere_between(shared_data: Path) -> None:
    path = next((shared_data / "sessions" / "agentnet_raw").glob("*.mp4"))
    with path.open("rb") as file:
        frames, facts, problems = build_frame_table(file, "video")
        assert (len(frames), facts.codec, facts.verified, problems) == (3678, "h264", "ends", [])
        wanted = {3, 700, 1499, 3677}
        truth = {i: digest(rgb24(p)) for i, p in iter_pictures(file, frames) if i in wanted}
        decoder = GopDecoder(file, frames)
        assert {i: digest(rgb24(decoder.picture(i))) for i in sorted(wanted, reverse=True)} == truth
        decoder.close()


@pytest.mark.parametrize("generation", ["0.3.2", "0.5.1"])
def test_the_real_variable_rate_recordings_are_exact(generation: str, shared_data: Path) -> None:
    assert_exact(shared_data / "sessions" / "owamcap" / f"{generation}.mkv")


def test_the_numbers_in_the_pictures_can_be_read_wrong(tmp_path: Path) -> None:
    path = encode(tmp_path / "clip.mp4", CLIPS["h264 with B-frames"])
    with path.open("rb") as file:
        frames, _, _ = build_frame_table(file, "video")
        decoder = GopDecoder(file, frames)
        assert number_in(rgb24(decoder.picture(41))) == 41 != number_in(rgb24(decoder.picture(42)))
        decoder.close()
