"""Leaving out reference pictures that nothing later needs: the pictures stay the same in all planes."""

from __future__ import annotations

import itertools
import random
from pathlib import Path

import pytest

from replay.errors import Cancelled
from replay.video.decoder import GopDecoder, iter_pictures
from replay.video.index import build_frame_table
from replay.video.packets import packet_reader
from replay.video.probe import opened
from replay.video.thinned import ThinnedRun, packet_units
from tests.videos import Clip, encode, plane_hash

FRAMES = 120


def _clip(options: dict[str, str], size: tuple[int, int] = (178, 100), container: str = "mp4") -> Clip:
    return Clip(container=container, size=size, frames=FRAMES, gop=FRAMES, options=options)


KINDS = {
    "one reference, a pyramid": _clip({"preset": "veryfast"}),
    "without arithmetic coding": _clip({"preset": "veryfast", "x264-params": "cabac=0"}),
    "slices": _clip({"preset": "veryfast", "x264-params": "slices=4"}, (320, 240)),
    "weights of both kinds": _clip({"x264-params": "weightp=2:weightb=1:ref=3:bframes=5"}),
    "sixteen references": _clip({"x264-params": "ref=16:bframes=8:b-pyramid=normal:direct=temporal"}),
    "strict pyramid, temporal": _clip({"x264-params": "ref=1:b-pyramid=strict:direct=temporal"}),
    "cropped, not deblocked": _clip({"x264-params": "ref=1:no-deblock=1"}, (186, 118)),
    "start codes": _clip({"preset": "veryfast"}, container="mpegts"),
    "P alone": _clip({"tune": "zerolatency", "preset": "ultrafast"}),
    "main profile of old": _clip({"profile": "main", "preset": "superfast"}),
}
FEWER = {
    "one reference, a pyramid",
    "without arithmetic coding",
    "slices",
    "strict pyramid, temporal",
    "start codes",
    "main profile of old",
    "cropped, not deblocked",
}


@pytest.mark.parametrize("name", KINDS)
def test_pictures_are_those_of_a_decode_from_the_start(name: str, tmp_path: Path) -> None:
    path = encode(tmp_path / "clip", KINDS[name])
    with path.open("rb") as file:
        frames, _, _ = build_frame_table(file, "video")
        truth = {i: plane_hash(picture) for i, picture in iter_pictures(file, frames)}
        order = random.Random(name).sample(range(FRAMES), 24)
        decoder = GopDecoder(file, frames)
        for index in order:
            for shown in range(index, min(index + 3, FRAMES)):
                assert plane_hash(decoder.picture(shown)) == truth[shown], (index, shown)
        decoder.close()


@pytest.mark.parametrize("name", KINDS)
def test_where_a_pyramid_allows_it_fewer_pictures_are_decoded(name: str, tmp_path: Path) -> None:
    path = encode(tmp_path / "clip", KINDS[name])
    with path.open("rb") as file, opened(file) as video:
        reader = packet_reader("h264", video.context.extradata)
        units = packet_units("h264", video.context.extradata, reader)
        first, *others = [p for p in video.container.demux(video.stream) if p.size]
        referenced = [p for p in others if not reader.is_unreferenced(memoryview(p))]
        assert units is not None
        idr = units.idr(bytes(first))
        assert idr is not None
        kept = ThinnedRun(units, idr).least(referenced)
    assert (kept is not None and len(kept) < 0.9 * len(referenced)) == (name in FEWER)


def test_a_look_ahead_that_is_cut_off_leaves_no_run_in_the_wrong_place(tmp_path: Path) -> None:
    path = encode(tmp_path / "clip", KINDS["one reference, a pyramid"])
    with path.open("rb") as file:
        frames, _, _ = build_frame_table(file, "video")
        truth = [plane_hash(picture) for _, picture in iter_pictures(file, frames)]
        decoder = GopDecoder(file, frames)
        for index in (10, 20, 30):  # one run from the start
            decoder.picture(index)
        answers = iter([True, True])
        with pytest.raises(Cancelled):
            decoder.picture(20, lambda: next(answers, False))
        asked = itertools.count()
        assert plane_hash(decoder.picture(31, lambda: next(asked) >= 0)) == truth[31]
        assert next(asked) < 80, "the rest of the group was decoded in vain"
        decoder.close()
