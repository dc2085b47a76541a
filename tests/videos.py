"""Real encoded videos whose every picture says its own number, and what a plain full decode of a file gives."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path

import av
import av.error
import numpy as np
import numpy.typing as npt
from av.video.frame import VideoFrame

BITS, CELL = 10, 16

Picture = npt.NDArray[np.uint8]


@dataclass(frozen=True)
class Clip:
    """How to encode a clip; `pts_ms` are the presentation times, 30 frames a second where none are given."""

    codec: str = "libx264"
    container: str = "mp4"
    pix_fmt: str = "yuv420p"
    size: tuple[int, int] = (178, 100)
    frames: int = 75
    gop: int = 25
    options: dict[str, str] = field(default_factory=dict)
    pts_ms: tuple[int, ...] = ()
    start_ms: int = 0


def numbered_picture(number: int, size: tuple[int, int]) -> npt.NDArray[np.uint8]:
    """A picture that carries `number` as ten black or white cells and differs from its neighbours everywhere else."""
    width, height = size
    y, x = np.mgrid[0:height, 0:width]
    picture = np.stack([(x * 2 + number * 3) % 256, (y * 2 + number) % 256, (x + y + number * 5) % 256], axis=2)
    picture[:CELL, : BITS * CELL] = 0
    for bit in range(BITS):
        if number >> bit & 1:
            picture[:CELL, bit * CELL : (bit + 1) * CELL] = 255
    return picture.astype(np.uint8)


def number_in(rgb: npt.NDArray[np.uint8]) -> int:
    """The number a decoded picture carries."""
    middle = rgb[CELL // 2, CELL // 2 : BITS * CELL : CELL].mean(axis=1) > 127
    return int(sum(1 << bit for bit in range(BITS) if middle[bit]))


def desktop_picture(number: int, size: tuple[int, int]) -> npt.NDArray[np.uint8]:
    """A desktop that hardly changes: the number, a pointer that moves, and below them something rough."""
    width, height = size
    picture = np.full((height, width, 3), 90, np.uint8)
    picture[-96:-48] = np.random.default_rng(4).integers(0, 256, (48, width, 3), np.uint8)
    picture[:CELL, : BITS * CELL] = numbered_picture(number, (BITS * CELL, CELL))
    x, y = number * 3 % (width - 8), CELL + number * 2 % 80
    picture[y : y + 8, x : x + 8] = 255
    return picture


def encode(path: Path, clip: Clip, picture: Callable[[int, tuple[int, int]], Picture] = numbered_picture) -> Path:
    """Write the clip; picture i carries the number i."""
    pts_ms = clip.pts_ms or tuple(round(i * 1000 / 30) for i in range(clip.frames))
    with av.open(str(path), "w", format=clip.container) as container:
        stream = container.add_stream(clip.codec, rate=30, options=clip.options)
        stream.width, stream.height, stream.pix_fmt = *clip.size, clip.pix_fmt
        stream.codec_context.time_base = Fraction(1, 1000)
        stream.codec_context.gop_size = clip.gop
        for number, at in enumerate(pts_ms):
            frame = VideoFrame.from_ndarray(picture(number, clip.size), format="rgb24")
            frame.pts, frame.time_base = at + clip.start_ms, Fraction(1, 1000)
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return path


def remuxed(source: Path, target: Path, container: str, *, skip_packets: int = 0, **options: str) -> Path:
    """The same packets in another container, without the first `skip_packets` of them."""
    with av.open(str(source)) as old, av.open(str(target), "w", format=container, options=options) as new:
        stream = new.add_stream_from_template(old.streams.video[0])
        for n, packet in enumerate(old.demux(video=0)):
            if packet.size and n >= skip_packets:
                packet.stream = stream
                new.mux(packet)
    return target


@dataclass(frozen=True)
class FullDecode:
    """Every picture a decoder gives from the start, past packets it refuses: presentation times and RGB24 hashes."""

    pts: tuple[int | None, ...]
    hashes: tuple[str, ...]
    numbers: tuple[int, ...]


def full_decode(path: Path) -> FullDecode:
    pts: list[int | None] = []
    hashes, numbers = [], []
    with av.open(str(path)) as container:
        stream = container.streams.video[0]
        stream.thread_type = "NONE"
        for packet in container.demux(stream):
            try:
                pictures = stream.codec_context.decode(packet if packet.size else None)
            except av.error.FFmpegError:
                continue
            for picture in pictures:
                rgb = picture.to_ndarray(format="rgb24")
                pts.append(picture.pts)
                hashes.append(digest(rgb))
                numbers.append(number_in(rgb))
    return FullDecode(tuple(pts), tuple(hashes), tuple(numbers))


def digest(pixels: npt.NDArray[np.uint8]) -> str:
    return hashlib.sha256(pixels.tobytes()).hexdigest()


def plane_hash(picture: VideoFrame) -> str:
    """A hash of all planes of a decoded picture, without what lies beside them in memory."""
    h = hashlib.sha256()
    for plane in picture.planes:
        rows = np.frombuffer(memoryview(plane), np.uint8).reshape(-1, plane.line_size)
        h.update(rows[: plane.height, : plane.width * (1 if "10" not in picture.format.name else 2)].tobytes())
    return h.hexdigest()


def torn(source: Path, target: Path, share: float) -> Path:
    """The first `share` of a file's bytes."""
    data = source.read_bytes()
    target.write_bytes(data[: int(len(data) * share)])
    return target


def edit_list_hiding(source: Path, target: Path, frames: int) -> Path:
    """The clip as MP4 whose edit list starts `frames` frames in: the pictures before are in the file but hidden."""
    with av.open(str(source)) as old, av.open(str(target), "w", format="mp4") as new:
        stream = new.add_stream_from_template(old.streams.video[0])
        tick = old.streams.video[0].time_base
        assert tick is not None
        shift = round(Fraction(frames, 30) / tick)
        for packet in old.demux(video=0):
            if packet.size and packet.pts is not None and packet.dts is not None:
                packet.pts -= shift
                packet.dts -= shift
                packet.stream = stream
                new.mux(packet)
    return target


CLIPS: dict[str, Clip] = {
    "h264 with B-frames": Clip(options={"bf": "3"}),
    "h264 with a pyramid and several references": Clip(options={"bf": "5", "b-pyramid": "normal", "refs": "4"}),
    "h264 with open groups": Clip(options={"x264-params": "open-gop=1:bframes=3:keyint=20:scenecut=0"}),
    "h264 with intra refresh": Clip(options={"x264-params": "intra-refresh=1:keyint=20:bframes=0"}),
    "h264 not starting at zero": Clip(container="matroska", start_ms=4321),
    "h264 4:4:4 of odd size": Clip(pix_fmt="yuv444p", size=(179, 101)),
    "h264 of variable rate": Clip(pts_ms=tuple(int(n**1.7) * 7 for n in range(60)), gop=12),
    "h264 one group": Clip(gop=400, frames=90),
    "hevc with open groups": Clip(
        "libx265", "matroska", options={"x265-params": "open-gop=1:bframes=3:keyint=20:log-level=none"}, frames=60
    ),
    "hevc ten bit": Clip("libx265", pix_fmt="yuv420p10le", options={"x265-params": "log-level=none"}, frames=40),
    "vp8 with hidden references": Clip(
        "libvpx", "webm", options={"auto-alt-ref": "1", "lag-in-frames": "16", "b": "300k", "deadline": "realtime"}
    ),
    "vp9 with hidden references": Clip(
        "libvpx-vp9", "webm", options={"auto-alt-ref": "1", "lag-in-frames": "16", "deadline": "realtime"}, gop=30
    ),
    "av1": Clip("libsvtav1", "matroska", options={"preset": "12", "svtav1-params": "keyint=20"}, frames=50),
    "png, seconds apart": Clip("png", "mov", "rgb24", (181, 99), pts_ms=(0, 1000, 1001, 9500, 61_000)),
    "motion jpeg": Clip("mjpeg", "avi", "yuvj420p", frames=20),
    "ffv1 of odd size": Clip("ffv1", "matroska", "yuv420p", (181, 99), frames=20),
    "longer than what is decoded whole": Clip(frames=420, gop=60, options={"bf": "2"}),
}
