"""Redacted episodes made from a scripted hand, and writers run over them as the export job runs them."""

from __future__ import annotations

import json

import av
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from curation.export.contract import Bundle
from curation.model import Episode, Label, Outcome
from curation.redaction.types import RedactedEpisode, RedactedFrame, RedactedTable
from curation.steps.reduce import reduce
from curation.steps.terminate import with_terminate
from replay import schema
from replay.timebase import TimeRange
from tests.steps_script import SIZE, Hand, ns

BUNDLE = Bundle("set", "2026-01-01T00:00:00Z", {}, 0)


def frame(index: int) -> RedactedFrame:
    """A frame whose grey level tells its index."""
    rgb = np.full((SIZE[1], SIZE[0], 3), index % 200 + 20, np.uint8)
    return RedactedFrame(index, index, av.VideoFrame.from_ndarray(rgb, format="rgb24").reformat(format="yuv420p"))


def a_hand() -> Hand:
    hand = Hand().move(2, 10, 10).click(3, 212, 345).type(5, "hello").press(6, "Enter", "Enter")
    return hand.scroll(7, -2).click(9, 1200, 345).click(10, 500, 250, button="back").down(12, 10, 10).up(12.5, 400, 300)


def an_episode(name: str = "episode1", outcome: Outcome = Outcome.SUCCESS, hand: Hand | None = None) -> RedactedEpisode:
    session = (hand or a_hand()).session(seconds=20)
    whole = TimeRange(0, ns(20))
    episode = Episode(name, whole, "Say hello", outcome)
    steps = with_terminate(reduce(session), episode, session.frames)
    keys = [
        {"session_id": "s1", "t_ns": e.t_ns, "t_src_ns": 7, "seq": e.seq, "kind": e.kind, "code": e.code, "key": e.key}
        for e in session.events.keys.events
    ]
    pointer = session.events.pointer
    moves = [
        {"session_id": "s1", "t_ns": t, "seq": q, "kind": schema.POINTER_KINDS[k], "x_px": x, "y_px": y}
        for t, q, k, x, y in zip(pointer.t_ns, pointer.seq, pointer.kind, pointer.x_px, pointer.y_px, strict=True)
    ]
    tables = {
        "keys": RedactedTable("keys", _arrow("keys", keys)),
        "pointer": RedactedTable("pointer", _arrow("pointer", moves)),
    }
    return RedactedEpisode(
        session="s1",
        episode=episode,
        kept=(whole,),
        labels=(Label("label1", TimeRange(ns(1), ns(2)), "typing"),),
        steps=steps,
        tables=tables,
        frame_size=SIZE,
        sync_method="correlated",
        sync_sigma_ns=0,
        step_flags={0: ("target_masked",)},
        instruction="Say hello",
    )


def _arrow(name: str, rows: list[dict]):
    arrow = schema.TABLES[name].arrow
    return pa.Table.from_pylist([dict.fromkeys(arrow.names) | r for r in rows], schema=arrow)


def written(writer, folder, *episodes: RedactedEpisode):
    folder.mkdir()
    writer.begin(folder, BUNDLE)
    for episode in episodes:
        writer.begin_episode(episode)
        for index in sorted(writer.wanted_frames(episode)):
            writer.frame(frame(index))
        writer.end_episode()
    writer.finish()
    return folder


def lines_of(path) -> list[dict]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def rows_of(folder, config: str) -> list[dict]:
    return [r for p in sorted((folder / "data" / config).glob("*.parquet")) for r in pq.read_table(p).to_pylist()]


def files_of(folder) -> dict[str, bytes]:
    return {p.relative_to(folder).as_posix(): p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file()}
