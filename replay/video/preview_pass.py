"""All previews of one video out of one linear decode; whatever takes more bytes than it may is tried again, smaller."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import BinaryIO, Protocol

from replay.errors import BadInput
from replay.video.composed import Pictures
from replay.video.frame_table import FrameTable
from replay.video.preview_video import PreviewRecipe, PreviewTooLarge, PreviewWriter, most_bytes

Report = Callable[[int, int, str], None]


class Outputs(Protocol):
    """Where previews are written, by name."""

    def create_patchable(self, track: str) -> BinaryIO: ...

    def drop(self, track: str) -> None: ...


@dataclass(slots=True)
class _Running:
    """One preview in the making."""

    name: str
    file: BinaryIO
    writer: PreviewWriter


class PreviewPass:
    """Makes the previews that `recipes` name of the pictures of one video, with memory for a few pictures."""

    def __init__(self, pictures: Pictures, frames: FrameTable, outputs: Outputs, report: Report) -> None:
        """`report(done, total, what)` is called for every frame; what it raises ends the work."""
        self._pictures = pictures
        self._frames = frames
        self._outputs = outputs
        self._report = report

    def run(self, recipes: Mapping[str, PreviewRecipe], source_bytes: int) -> dict[str, FrameTable]:
        """The frame tables of those that could be made, by name; the others are dropped.

        Raises BadInput where a frame of the video cannot be decoded.
        """
        made: dict[str, FrameTable] = {}
        left = {name: recipe.crfs for name, recipe in recipes.items()}
        while left:
            running = [self._begun(name, recipes[name], crfs[0], source_bytes) for name, crfs in left.items()]
            try:
                too_large = self._decode(running, made)
            finally:
                for r in running:
                    self._end(r, keep=r.name in made)
            left = {name: left[name][1:] for name in too_large if len(left[name]) > 1}
        return made

    def _begun(self, name: str, recipe: PreviewRecipe, crf: int, source_bytes: int) -> _Running:
        file = self._outputs.create_patchable(name)
        return _Running(name, file, PreviewWriter(file, self._frames, recipe, crf, most_bytes(recipe, source_bytes)))

    def _decode(self, running: list[_Running], made: dict[str, FrameTable]) -> list[str]:
        """Every frame to each that still takes them; gives the names of those that grew too large."""
        going = list(running)
        too_large: list[str] = []

        def each(act: Callable[[_Running], None]) -> None:
            for r in list(going):
                try:
                    act(r)
                except PreviewTooLarge:
                    going.remove(r)
                    too_large.append(r.name)
                except BadInput:  # of the preview alone: its pictures do not let themselves be coded
                    going.remove(r)

        total = len(self._frames)
        for index in range(total):
            if not going:
                break
            self._report(index, total, "Preparing fast pictures")
            picture = self._pictures.picture(index)
            each(lambda r: r.writer.take(index, picture))  # noqa: B023 (called at once)
        each(lambda r: made.__setitem__(r.name, r.writer.finish()))
        return too_large

    def _end(self, running: _Running, *, keep: bool) -> None:
        if keep:
            running.file.close()
            return
        running.writer.abandon()
        with suppress(OSError, ValueError):
            running.file.close()
        self._outputs.drop(running.name)
