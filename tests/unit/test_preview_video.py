"""Previews: every frame of them shows the session frame it says, whatever the source's rate, size and pixels."""

from __future__ import annotations

import io
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from replay.video.decoder import GopDecoder, iter_pictures
from replay.video.even_sides import cropped
from replay.video.frame import rgb24
from replay.video.frame_table import FrameTable
from replay.video.index import build_frame_table
from replay.video.packets import packet_reader
from replay.video.preview_pass import PreviewPass
from replay.video.preview_video import (
    MEZZANINE_RECIPE,
    SKIM_RECIPE,
    PreviewRecipe,
    PreviewWriter,
    most_bytes,
)
from replay.video.probe import open_video
from replay.video.side_files import source_index_of
from tests.videos import CLIPS, Clip, encode, number_in

UNBOUNDED = 1 << 40


def indexed(path: Path) -> FrameTable:
    with path.open("rb") as file:
        return build_frame_table(file, "video")[0]


def made(path: Path, recipe: PreviewRecipe) -> tuple[io.BytesIO, FrameTable, FrameTable]:
    """(the preview, its frames, the session's frames)."""
    frames, out = indexed(path), io.BytesIO()
    writer = PreviewWriter(out, frames, recipe, recipe.crfs[0], UNBOUNDED)
    with path.open("rb") as file:
        for index, picture in iter_pictures(file, frames):
            writer.take(index, picture)
    return out, writer.finish(), frames


@pytest.mark.parametrize("name", ["h264 of variable rate", "h264 4:4:4 of odd size", "png, seconds apart", "av1"])
def test_every_frame_of_a_mezzanine_shows_the_frame_of_its_place(tmp_path: Path, name: str) -> None:
    clip = CLIPS[name]
    out, table, frames = made(encode(tmp_path / "clip", clip), replace(MEZZANINE_RECIPE, crfs=(18,), gop=12))
    assert table.t_ns.tolist() == frames.t_ns.tolist()
    assert table.duration_ns[:-1].tolist() == frames.duration_ns[:-1].tolist()
    decoder = GopDecoder(out, table)
    order = np.random.default_rng(1).permutation(len(table)).tolist()
    for index in order:
        picture = cropped(decoder.picture(index), clip.size)
        assert (picture.width, picture.height) == clip.size
        assert number_in(rgb24(picture)) == index
    decoder.close()


def test_a_mezzanine_is_entered_where_its_table_says_and_skips_what_nothing_refers_to(tmp_path: Path) -> None:
    out, table, _ = made(encode(tmp_path / "clip.mp4", Clip(frames=150, gop=150)), MEZZANINE_RECIPE)
    assert np.flatnonzero(table.iframe)[:2].tolist() == [0, 52]
    video = open_video(out)
    reader = packet_reader("h264", video.context.extradata)
    loose = [reader.is_unreferenced(memoryview(p)) for p in video.container.demux(video.stream) if p.size]
    video.close()
    assert sum(loose) >= len(table) // 4


def test_a_skim_is_small_and_slow_and_names_its_frames(tmp_path: Path) -> None:
    source = encode(tmp_path / "clip.mp4", Clip(size=(1280, 720), frames=45))
    out, table, frames = made(source, replace(SKIM_RECIPE, crfs=(12,)))
    assert np.diff(table.t_ns).min() >= 90_000_000
    places = source_index_of(table, frames)
    assert places is not None
    assert places.tolist() == list(range(0, 45, 3))
    decoder = GopDecoder(out, table)
    for at, index in enumerate(places.tolist()):
        picture = decoder.picture(at)
        assert (picture.width, picture.height) == (640, 360)
        cells = rgb24(picture.reformat(1280, 720))
        assert number_in(cells) == index
    decoder.close()


def test_a_skim_of_frames_that_come_seldom_keeps_them_all(tmp_path: Path) -> None:
    frames = indexed(encode(tmp_path / "clip", CLIPS["png, seconds apart"]))
    assert SKIM_RECIPE.kept(frames).tolist() == [0, 1, 3, 4]


def test_a_table_of_another_video_does_not_fit(tmp_path: Path) -> None:
    frames = indexed(encode(tmp_path / "clip.mp4", Clip(frames=30)))
    assert source_index_of(frames, frames) is not None
    assert source_index_of(replace(frames, t_ns=frames.t_ns + 1), frames) is None
    longer = indexed(encode(tmp_path / "longer.mp4", Clip(frames=40)))
    assert source_index_of(longer, frames) is None


class Folder:
    """Where previews land, kept in memory; `written` also knows those that were dropped."""

    def __init__(self) -> None:
        self.kept: dict[str, io.BytesIO] = {}
        self.written: list[str] = []

    def create_patchable(self, track: str) -> io.BytesIO:
        self.written.append(track)
        self.kept[track] = io.BytesIO()
        return self.kept[track]

    def drop(self, track: str) -> None:
        del self.kept[track]


def test_what_takes_too_many_bytes_is_tried_smaller_and_then_left_out(tmp_path: Path) -> None:
    path = encode(tmp_path / "clip.mp4", Clip(size=(1280, 720), frames=40))
    recipe = replace(MEZZANINE_RECIPE, crfs=(1, 20), most_share=1.0)
    good, poor = (len(made(path, replace(recipe, crfs=(crf,)))[0].getvalue()) for crf in recipe.crfs)
    assert most_bytes(recipe, poor // 2) < poor < good / 1.5
    frames = indexed(path)
    for source_bytes, tried, is_kept in ((good, 1, True), ((good + poor) // 2, 2, True), (poor // 2, 2, False)):
        folder = Folder()
        with path.open("rb") as file:
            decoder = GopDecoder(file, frames)
            tables = PreviewPass(decoder, frames, folder, lambda *_: None).run({"mezzanine": recipe}, source_bytes)
            decoder.close()
        assert (len(folder.written), bool(tables), bool(folder.kept)) == (tried, is_kept, is_kept)
