"""Footage to measure on: the real sample where it is at hand, and a rendered screen video, the same everywhere."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import NamedTuple

import av
import numpy as np
import numpy.typing as npt
from PIL import Image, ImageDraw, ImageFont

WIDTH, HEIGHT, FPS, GOP = 1920, 1080, 30, 250

Pixels = npt.NDArray[np.uint8]


def agentnet_video(data: Path) -> Path | None:
    """The video of the AgentNet sample below `data`; None where the samples are not at hand."""
    return next(iter(sorted((data / "sessions" / "agentnet_raw").glob("*.mp4"))), None)


class _Packet(NamedTuple):
    """One packet as read; times in the stream's own base."""

    data: bytes
    pts: int
    dts: int
    duration: int
    is_keyframe: bool


def _page(seed: int, dark: bool) -> Pixels:
    """A tall page of text, as grey-on-paper glyphs with coloured bars."""
    rng = np.random.default_rng(seed)
    paper, ink = ((30, 32, 38), (205, 208, 214)) if dark else ((250, 250, 248), (30, 30, 36))
    image = Image.new("RGB", (1500, 4200), paper)
    draw = ImageDraw.Draw(image)
    font = ImageFont.load_default(17)
    letters = np.array(list("etaoinshrdlucmfwypvbgk      "))
    for y in range(10, 4180, 24):
        draw.text((20, y), "".join(rng.choice(letters, 150)), fill=ink, font=font)
        if rng.random() < 0.12:
            hue = tuple(int(v) for v in rng.integers(60, 220, 3))
            draw.rectangle((20, y, int(rng.integers(200, 1400)), y + 20), fill=hue)
    return np.asarray(image)


def screen_pictures(seconds: float) -> Iterator[Pixels]:
    """Desktop-like pictures, shape (1080, 1920, 3) each: reading, scrolling, typing, window switches, a pointer."""
    pages = [_page(seed, dark=seed % 2 == 1) for seed in range(4)]
    rng = np.random.default_rng(7)
    font = ImageFont.load_default(20)
    base = np.full((HEIGHT, WIDTH, 3), (58, 66, 80), np.uint8)
    scroll, page, typed = 0, 0, ""
    x, y = 900.0, 500.0
    target = (900.0, 500.0)
    for n in range(int(seconds * FPS)):
        if n % 330 == 329:
            page, scroll = (page + 1) % len(pages), 0
        if n % 180 in range(100, 112) and n % 3 == 0:
            scroll = min(scroll + 48, 3200)
        if n % 45 == 0:
            target = (float(rng.uniform(50, 1850)), float(rng.uniform(50, 1030)))
        x, y = x + (target[0] - x) * 0.15, y + (target[1] - y) * 0.15
        if n % 4 == 0:
            typed = (typed + chr(97 + int(rng.integers(26))))[-60:]
        picture = base.copy()
        picture[60:960, 380:1880] = pages[page][scroll : scroll + 900]
        strip = Image.new("RGB", (1480, 40), (255, 255, 255))
        ImageDraw.Draw(strip).text((8, 8), typed, fill=(10, 10, 10), font=font)
        picture[990:1030, 390:1870] = np.asarray(strip)
        cx, cy = int(x), int(y)
        picture[cy : cy + 18, cx : cx + 11] = (255, 255, 255)
        picture[cy + 2 : cy + 16, cx + 2 : cx + 9] = (0, 0, 0)
        yield picture


def write_screen_video(path: Path, seconds: float, fps: int = FPS) -> Path:
    """The rendered screen video as H.264, 1920 × 1080, `fps` frames a second, an I-frame every 250 frames."""
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=fps)
        stream.width, stream.height, stream.pix_fmt, stream.gop_size = WIDTH, HEIGHT, "yuv420p", GOP
        stream.options = {"preset": "veryfast", "crf": "22", "x264-params": "scenecut=0:keyint=250:min-keyint=250"}
        for picture in screen_pictures(seconds * fps / FPS):
            container.mux(stream.encode(av.VideoFrame.from_ndarray(picture, format="rgb24")))
        container.mux(stream.encode(None))
    return path


def write_looped(clip: Path, path: Path, times: int) -> Path:
    """The packets of `clip` over and over, without encoding anything anew."""
    with av.open(str(clip)) as source, av.open(str(path), "w") as target:
        stream = source.streams.video[0]
        out = target.add_stream_from_template(stream)
        packets = [
            _Packet(bytes(p), p.pts or 0, p.dts or 0, p.duration or 0, p.is_keyframe)
            for p in source.demux(stream)
            if p.size
        ]
        base = stream.time_base or Fraction(1, 90_000)
        length = max(p.pts + p.duration for p in packets) - min(p.pts for p in packets)
        for n in range(times):
            for p in packets:
                packet = av.Packet(p.data)
                packet.pts, packet.dts, packet.duration = p.pts + n * length, p.dts + n * length, p.duration
                packet.is_keyframe, packet.stream, packet.time_base = p.is_keyframe, out, base
                target.mux(packet)
    return path
