"""The masked video: every picture outside touched groups exactly as captured, every other one painted, nothing more."""

from __future__ import annotations

import io
import os
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from av.video.frame import VideoFrame

from curation.intake.first_pass import touched_groups
from curation.intake.masked_video import MASKED, RAW, Holed, MaskedParts, masked_parts, write_twin
from curation.redaction.masks import Box, FrameMasks, MaskSpan, MaskTrack
from curation.redaction.matcher import Matcher
from curation.redaction.plan import RedactionPlan
from replay.errors import BadInput
from replay.vault.segmented import SegmentedReader, write_segmented
from replay.video.composed import ComposedDecoder, VideoFiles, open_pictures
from replay.video.decoder import GopDecoder, iter_pictures
from replay.video.frame import rgb24
from replay.video.frame_table import FrameTable
from replay.video.index import build_frame_table
from tests.videos import CLIPS, Clip, edit_list_hiding, encode

BOX = Box(16, 16, 64, 48)
FILLS = (28, 40)  # the mask's luma as it is shown from limited and from full range


@dataclass(frozen=True)
class Masked:
    raw: bytes
    frames: FrameTable
    size: tuple[int, int]
    masks: FrameMasks
    parts: MaskedParts
    twin: bytes
    twin_frames: FrameTable | None

    def files(self) -> VideoFiles:
        holed = io.BufferedReader(Holed(io.BytesIO(self.raw), self.parts.segments))
        twin = io.BytesIO(self.twin) if self.twin else None
        return VideoFiles(holed, twin, self.twin_frames, self.parts.from_twin, frame_size=self.size)

    def captured(self) -> list[np.ndarray]:
        return [rgb24(p) for _, p in iter_pictures(io.BytesIO(self.raw), self.frames)]

    def in_twin(self) -> set[int]:
        return {i for first, last in self.parts.from_twin for i in range(first, last)}

    def readable(self) -> bytes:
        return Holed(io.BytesIO(self.raw), self.parts.segments).read()


def plan_of(frames: FrameTable, size: tuple[int, int], masks: FrameMasks) -> RedactionPlan:
    kept = np.arange(len(frames), dtype=np.int64)
    return RedactionPlan("s", (), 0, kept, size, masks, {}, (), {}, (), Matcher(()))


def masked(raw: bytes, *spans: tuple[int, int]) -> Masked:
    file = io.BytesIO(raw)
    frames, facts, _ = build_frame_table(file, "video")
    size = facts.width, facts.height
    masks = FrameMasks([MaskTrack((MaskSpan(a, min(b, len(frames)), BOX),)) for a, b in spans])
    parts = masked_parts(file, frames, touched_groups(frames, masks))
    twin, twin_frames = io.BytesIO(), None
    if parts.from_twin:
        twin_frames = write_twin(file, frames, plan_of(frames, size, masks), parts.from_twin, twin)
    return Masked(raw, frames, size, masks, parts, twin.getvalue(), twin_frames)


@pytest.fixture(scope="module")
def clip_of(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], bytes]:
    folder = tmp_path_factory.mktemp("clips")
    made: dict[str, bytes] = {}

    def clip(name: str) -> bytes:
        if name not in made:
            made[name] = encode(folder / f"clip{len(made)}", CLIPS[name]).read_bytes()
        return made[name]

    return clip


# Spans of masked frames: at the start, in the middle, at the end, two apart.
SPANS = {
    "start": ((0, 3),),
    "middle": ((30, 34),),
    "end": ((100, 1000),),
    "apart": ((2, 4), (52, 58)),
}
EXACT = [n for n in CLIPS if n not in ("longer than what is decoded whole",)]


def orders(n: int) -> dict[str, list[int]]:
    shuffled = np.random.default_rng(7).permutation(n).tolist()
    return {"forward": list(range(n)), "backward": list(range(n - 1, -1, -3)), "at random": shuffled[:25]}


@pytest.mark.parametrize("where", SPANS)
@pytest.mark.parametrize("name", EXACT)
def test_pictures_are_exact_outside_touched_groups_and_painted_inside(
    clip_of: Callable[[str], bytes], name: str, where: str
) -> None:
    raw = clip_of(name)
    frames, _, _ = build_frame_table(io.BytesIO(raw), "video")
    n = len(frames)
    spans = [(min(a, n - 1), min(b, n)) for a, b in SPANS[where]]
    found = masked(raw, *spans)
    captured, in_twin = found.captured(), found.in_twin()
    masked_frames = {i for a, b in spans for i in range(a, b)}
    assert masked_frames <= in_twin
    for order in orders(n).values():
        decoder = open_pictures(found.files(), frames)
        for i in order:
            shown = rgb24(decoder.picture(i))
            assert shown.shape == captured[i].shape
            if i not in in_twin:
                assert np.array_equal(shown, captured[i]), i
            elif i in masked_frames:
                inside = shown[BOX.y0 + 2 : BOX.y1 - 2, BOX.x0 + 2 : BOX.x1 - 2].astype(int)
                assert min(np.abs(inside - fill).max() for fill in FILLS) <= 3
        decoder.close()


@pytest.mark.parametrize(
    "name",
    [n for n in CLIPS if "intra refresh" not in n and n not in ("h264 one group", "motion jpeg")],
)
def test_most_of_the_capture_stays_where_little_of_it_is_masked(clip_of: Callable[[str], bytes], name: str) -> None:
    found = masked(clip_of(name), (0, 1))
    groups = np.flatnonzero(found.frames.iframe)
    touched = int(groups[1]) if len(groups) > 1 else len(found.frames)
    assert found.in_twin() == set(range(touched)), "groups that need not be re-made are"


def test_a_picture_that_refers_into_a_touched_group_is_in_the_twin(clip_of: Callable[[str], bytes]) -> None:
    raw = clip_of("h264 with open groups")
    frames, _, _ = build_frame_table(io.BytesIO(raw), "video")
    entries = np.flatnonzero(frames.iframe).tolist()
    found = masked(raw, (entries[2] + 1, entries[2] + 2))
    ((first, last),) = found.parts.from_twin
    assert entries[1] < first < entries[2]
    assert last == entries[3]


def test_the_readable_part_holds_no_packet_of_a_touched_group_and_all_others(clip_of: Callable[[str], bytes]) -> None:
    found = masked(clip_of("h264 with B-frames"), (30, 34))
    readable, in_twin = found.readable(), found.in_twin()
    pts_in_twin = {int(found.frames.pts[i]) for i in in_twin}
    with av.open(io.BytesIO(found.raw)) as container:
        for packet in container.demux(video=0):
            if packet.size:
                there = readable[packet.pos : packet.pos + packet.size]
                assert there == (bytes(packet.size) if packet.pts in pts_in_twin else bytes(packet))


def with_more(container: str, folder: Path) -> bytes:
    """A clip with sound, a title, a comment and a track name that tell a secret."""
    path = folder / f"more.{container}"
    fmt = {"mkv": "matroska"}.get(container, container)
    with av.open(str(path), "w", format=fmt) as out:
        out.metadata["title"] = out.metadata["comment"] = "SECRET-TITLE"
        video = out.add_stream("libx264", rate=30, options={"g": "25"})
        video.width, video.height, video.pix_fmt = 160, 96, "yuv420p"
        video.metadata["title"] = video.metadata["handler_name"] = "SECRET-TRACK"
        sound = out.add_stream("pcm_s16le" if container == "mkv" else "aac", rate=16000)
        for n in range(75):
            frame = VideoFrame.from_ndarray(np.full((96, 160, 3), n * 3, np.uint8), format="rgb24")
            frame.pts, frame.time_base = n, Fraction(1, 30)
            out.mux(video.encode(frame))
        for n in range(40):
            tone = np.frombuffer(b"SOUNDING" * 256, np.int16)[None, :]
            heard = av.AudioFrame.from_ndarray(tone, format="s16", layout="mono")
            heard.sample_rate, heard.pts = 16000, n * 1024
            out.mux(sound.encode(heard))
        out.mux(video.encode(None))
        out.mux(sound.encode(None))
    return path.read_bytes()


@pytest.mark.parametrize("container", ["mp4", "mov", "mkv"])
def test_sound_titles_and_names_are_not_readable(tmp_path: Path, container: str) -> None:
    raw = with_more(container, tmp_path)
    assert b"SECRET" in raw
    found = masked(raw, (0, 1))
    readable = found.readable()
    assert b"SECRET" not in readable
    assert b"SOUNDING" not in readable
    assert found.in_twin() == set(range(25))
    with av.open(io.BytesIO(raw)) as container_:
        sounds = [bytes(p) for p in container_.demux(audio=0) if p.size > 16]
    assert sounds
    assert not [s for s in sounds if s in readable]


def test_pictures_that_an_edit_list_hides_are_not_readable(tmp_path: Path) -> None:
    source = encode(tmp_path / "all.mp4", Clip(options={"bf": "0"}))
    found = masked(edit_list_hiding(source, tmp_path / "less.mp4", 10).read_bytes(), (60, 61))
    readable = found.readable()
    with av.open(io.BytesIO(found.raw)) as container:
        hidden = [p.pos for p in container.demux(video=0) if p.size and p.is_discard]
    assert hidden
    assert not any(any(readable[at : at + 16]) for at in hidden)


@pytest.mark.parametrize("name", ["motion jpeg"])
def test_a_container_that_is_not_understood_is_raw_as_a_whole(clip_of: Callable[[str], bytes], name: str) -> None:
    found = masked(clip_of(name))
    assert [(s.start, s.length, s.part) for s in found.parts.segments] == [(0, len(found.raw), RAW)]
    assert found.in_twin() == set(range(len(found.frames)))


@pytest.mark.parametrize("name", ["h264 with B-frames", "h264 not starting at zero"])
def test_a_damaged_file_is_cut_or_raw_but_never_read_wrongly(clip_of: Callable[[str], bytes], name: str) -> None:
    raw = clip_of(name)
    random = np.random.default_rng(3)
    for at in random.integers(0, len(raw), 40).tolist():
        broken = bytearray(raw)
        broken[at] ^= 1 << int(random.integers(0, 8))
        try:
            frames, _, _ = build_frame_table(io.BytesIO(bytes(broken)), "video")
        except BadInput:
            continue
        parts = masked_parts(io.BytesIO(bytes(broken)), frames, ((0, 1),) if len(frames) else ())
        assert sum(s.length for s in parts.segments) == len(raw)
        assert {s.part for s in parts.segments} <= {MASKED, RAW}


def test_the_segments_are_those_the_vault_seals(clip_of: Callable[[str], bytes]) -> None:
    found = masked(clip_of("h264 with B-frames"), (30, 34))
    keys = {MASKED: os.urandom(32), RAW: os.urandom(32)}
    sealed = io.BytesIO()
    write_segmented(io.BytesIO(found.raw), sealed, found.parts.segments, keys, b"context")
    whole = SegmentedReader(io.BytesIO(sealed.getvalue()), found.parts.segments, keys, b"context")
    assert whole.read() == found.raw
    less = SegmentedReader(io.BytesIO(sealed.getvalue()), found.parts.segments, {MASKED: keys[MASKED]}, b"context")
    assert less.read() == found.readable()


def test_the_twin_is_one_clean_stream(clip_of: Callable[[str], bytes]) -> None:
    found = masked(clip_of("h264 with B-frames"), (30, 34))
    assert found.twin_frames is not None
    assert len(found.twin_frames) == len(found.in_twin())
    with av.open(io.BytesIO(found.twin)) as container:
        assert [s.type for s in container.streams] == ["video"]
    assert len(found.twin) < len(found.raw)
    decoder = GopDecoder(io.BytesIO(found.twin), found.twin_frames)
    assert decoder.picture(len(found.twin_frames) - 1).width >= found.size[0]
    decoder.close()


def test_an_unscreened_video_is_flat_grey_and_opens_nothing(clip_of: Callable[[str], bytes]) -> None:
    frames, facts, _ = build_frame_table(io.BytesIO(clip_of("h264 with B-frames")), "video")
    decoder = open_pictures(VideoFiles(is_filled=True, frame_size=(facts.width, facts.height)), frames)
    for index in (0, len(frames) - 1):
        shown = rgb24(decoder.picture(index))
        assert shown.shape == (facts.height, facts.width, 3)
        assert len(np.unique(shown)) == 1
    with pytest.raises(IndexError):
        decoder.picture(len(frames))
    decoder.close()


def test_a_twin_that_does_not_fit_is_refused(clip_of: Callable[[str], bytes]) -> None:
    found = masked(clip_of("h264 with B-frames"), (30, 34))
    twin = io.BytesIO(found.twin)
    files = VideoFiles(io.BytesIO(found.raw), twin, found.twin_frames, ((0, 3),), frame_size=found.size)
    with pytest.raises(BadInput) as refused:
        ComposedDecoder(files, found.frames)
    assert refused.value.code == "video_twin_damaged"
