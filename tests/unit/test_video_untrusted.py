"""Files that lie, bombs, and things that are no video: refused in one sentence, nothing allocated or read elsewhere."""

from __future__ import annotations

import io
import resource
import struct
import zlib
from fractions import Fraction
from pathlib import Path

import av
import pytest

from replay.errors import BadInput
from replay.video.index import build_frame_table
from replay.video.matroska import segment_is_torn
from tests.videos import CLIPS, encode, torn


def _png(width: int, height: int) -> bytes:
    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    packer = zlib.compressobj(9)
    row = b"\0" * (width * 3 + 1)
    rows = b"".join(packer.compress(row) for _ in range(height)) + packer.flush()
    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")


def _png_video(path: Path, pictures: list[bytes], claimed: tuple[int, int], pts: list[int] | None = None) -> Path:
    with av.open(str(path), "w", format="mov") as container:
        stream = container.add_mux_stream("png", width=claimed[0], height=claimed[1], time_base=Fraction(1, 1000))
        for n, png in enumerate(pictures):
            packet = av.Packet(png)
            packet.stream, packet.time_base, packet.is_keyframe = stream, Fraction(1, 1000), True
            packet.pts = packet.dts = pts[n] if pts else n * 100
            packet.duration = 100
            container.mux_one(packet)
    return path


def _refusal(data: bytes) -> str:
    with pytest.raises(BadInput) as caught:
        build_frame_table(io.BytesIO(data), "video")
    assert caught.value.sentence.count(".") <= 2
    return caught.value.code


@pytest.mark.parametrize(
    "data",
    [b"", b"\0", b"not a video at all" * 100, bytes(range(256)) * 64, b"\x1a\x45\xdf\xa3" + b"\xff" * 4000],
    ids=["empty", "one byte", "text", "noise", "matroska in name only"],
)
def test_what_is_no_video_is_refused(data: bytes) -> None:
    assert _refusal(data) == "video_unreadable"


@pytest.mark.parametrize("text", ["ffconcat version 1.0\nfile {0}\n", "#EXTM3U\n#EXTINF:1,\n{0}\n#EXT-X-ENDLIST\n"])
def test_a_list_that_points_to_another_file_is_refused(text: str, tmp_path: Path) -> None:
    other = encode(tmp_path / "other.mp4", CLIPS["h264 with B-frames"])
    assert _refusal(text.format(other).encode()) == "video_unreadable"


def test_an_mp4_whose_index_was_torn_off_is_refused(tmp_path: Path) -> None:
    whole = encode(tmp_path / "whole.mp4", CLIPS["h264 with B-frames"])
    assert _refusal(torn(whole, tmp_path / "torn.mp4", 0.5).read_bytes()) == "video_unreadable"


def test_audio_alone_is_no_video(tmp_path: Path) -> None:
    with av.open(str(tmp_path / "sound.mka"), "w", format="matroska") as container:
        stream = container.add_stream("pcm_s16le", rate=8000, layout="mono")
        frame = av.AudioFrame(format="s16", layout="mono", samples=800)
        frame.sample_rate = 8000
        frame.planes[0].update(bytes(1600))
        container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    assert _refusal((tmp_path / "sound.mka").read_bytes()) == "video_unreadable"


def test_a_codec_that_is_not_read_is_named(tmp_path: Path) -> None:
    with av.open(str(tmp_path / "clip.mkv"), "w", format="matroska") as container:
        stream = container.add_stream("mpeg2video", rate=25)
        stream.width, stream.height, stream.pix_fmt = 64, 64, "yuv420p"
        container.mux(stream.encode(av.VideoFrame(64, 64, "yuv420p")))
        container.mux(stream.encode(None))
    assert _refusal((tmp_path / "clip.mkv").read_bytes()) == "video_codec_unknown"


def test_a_picture_far_larger_than_its_file_is_never_allocated(tmp_path: Path) -> None:
    path = _png_video(tmp_path / "bomb.mov", [_png(16_000, 12_000)], (64, 64))
    before_kib = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    assert _refusal(path.read_bytes()) in {"video_unreadable", "video_dimensions"}
    # Decoded it would be 549 MiB.
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before_kib < 200 * 1024


def test_a_bomb_between_sound_pictures_is_left_out_and_reported(tmp_path: Path) -> None:
    path = _png_video(tmp_path / "clip.mov", [_png(64, 64), _png(16_000, 12_000), _png(64, 64)], (64, 64))
    frames, _, problems = build_frame_table(io.BytesIO(path.read_bytes()), "video")
    assert frames.t_ns.tolist() == [0, 200_000_000]
    assert [(p.code, p.count) for p in problems] == [("video_frames_lost", 1)]


def test_a_video_of_weeks_is_refused(tmp_path: Path) -> None:
    pts = [n * 33 * 3_600_000 for n in range(7)]  # 8¼ days; one gap must fit 32 bits of ticks
    path = _png_video(tmp_path / "long.mov", [_png(64, 64)] * len(pts), (64, 64), pts)
    assert _refusal(path.read_bytes()) == "video_duration"


def test_no_path_is_in_what_is_said(tmp_path: Path) -> None:
    path = tmp_path / "secret-name.mp4"
    path.write_bytes(b"no video" * 100)
    with path.open("rb") as file, pytest.raises(BadInput) as caught:
        build_frame_table(file, "video")
    assert "secret-name" not in caught.value.sentence + caught.value.remedy


def test_a_whole_matroska_file_is_not_called_torn(tmp_path: Path) -> None:
    whole = encode(tmp_path / "whole.mkv", CLIPS["h264 not starting at zero"])
    with whole.open("rb") as file:
        assert not segment_is_torn(file)
    with torn(whole, tmp_path / "torn.mkv", 0.99).open("rb") as file:
        assert segment_is_torn(file)
    assert not segment_is_torn(io.BytesIO(b"RIFF" + bytes(100)))


def test_other_streams_are_named_but_not_read(tmp_path: Path, shared_data: Path) -> None:
    path = shared_data / "sessions" / "owamcap" / "0.5.1.mkv"
    with path.open("rb") as file:
        _, facts, _ = build_frame_table(file, "video")
    assert facts.other_streams == ("audio", "subtitle")
    assert (facts.codec, facts.width, facts.height, facts.time_base) == ("hevc", 1026, 1018, "1/1000")
