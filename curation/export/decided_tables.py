"""The archive's tables of what was decided and derived: steps, episodes and labels, declared like session tables."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

import pyarrow as pa

from curation.redaction.types import RedactedEpisode
from curation.steps.model import Point, Step
from replay.schema import Column, Surface, Table

_S, _I, _F = pa.string(), pa.int64(), pa.float64()
_POINT: Final = pa.struct([pa.field(n, _F) for n in ("x_px", "y_px", "frame_x", "frame_y")])
_PATH: Final = pa.list_(pa.struct([pa.field("t_ns", _I), pa.field("point", _POINT)]))
_ROWS: Final = pa.list_(pa.struct([pa.field("table", _S), pa.field("first", _I), pa.field("last", _I)]))


def _columns(*named: tuple[str, pa.DataType, Surface]) -> tuple[Column, ...]:
    return tuple(Column(name, type_, surface) for name, type_, surface in named)


_HEAD: Final = (("session_id", _S, Surface.KEY), ("episode_id", _S, Surface.KEY))
_SPAN: Final = (("t_start_ns", _I, Surface.TIME), ("t_end_ns", _I, Surface.TIME))

STEPS: Final = Table(
    "steps",
    _columns(
        *_HEAD,
        ("index", _I, Surface.NUMBER),
        ("type", _S, Surface.ENUM),
        ("button", _S, Surface.ENUM),
        ("count", _I, Surface.NUMBER),
        ("modifiers", pa.list_(_S), Surface.KEYSTROKE),
        ("point", _POINT, Surface.GEOMETRY),
        ("end_point", _POINT, Surface.GEOMETRY),
        ("path", _PATH, Surface.GEOMETRY),
        ("scroll_dx", _F, Surface.NUMBER),
        ("scroll_dy", _F, Surface.NUMBER),
        ("keys", pa.list_(_S), Surface.KEYSTROKE),
        ("repeat", _I, Surface.NUMBER),
        ("text", _S, Surface.TEXT),
        ("duration_ns", _I, Surface.TIME),
        ("status", _S, Surface.ENUM),
        *_SPAN,
        ("anchor_ns", _I, Surface.TIME),
        ("obs_index", _I, Surface.NUMBER),  # frame of the exported video
        ("post_index", _I, Surface.NUMBER),
        ("rows", _ROWS, Surface.KEY),
        ("flags", pa.list_(_S), Surface.ENUM),
    ),
)
EPISODES: Final = Table(
    "episodes",
    _columns(
        *_HEAD,
        *_SPAN,
        ("kept", pa.list_(pa.struct([pa.field("t_start_ns", _I), pa.field("t_end_ns", _I)])), Surface.TIME),
        ("goal", _S, Surface.TEXT),
        ("outcome", _S, Surface.ENUM),
        ("evidence_t_ns", _I, Surface.TIME),
    ),
)
LABELS: Final = Table(
    "labels",
    _columns(
        *_HEAD,
        ("label_id", _S, Surface.KEY),
        *_SPAN,
        ("schema", _S, Surface.TEXT),
        ("name", _S, Surface.TEXT),
        ("note", _S, Surface.TEXT),
    ),
)
DECIDED: Final = {t.name: t for t in (STEPS, EPISODES, LABELS)}


def step_rows(episodes: Sequence[RedactedEpisode], frame_indexes: Mapping[int, int]) -> list[dict[str, Any]]:
    """Steps of every episode; `frame_indexes` maps source frames to those of the exported video."""
    return [_head(e) | _step_row(s, e, frame_indexes) for e in episodes for s in e.steps]


def _step_row(step: Step, episode: RedactedEpisode, frame_indexes: Mapping[int, int]) -> dict[str, Any]:
    a = step.action
    return {
        "index": step.index,
        "type": a.type.value,
        "button": a.button,
        "count": a.count,
        "modifiers": list(a.modifiers),
        "point": _point(a.point),
        "end_point": _point(a.end_point),
        "path": [{"t_ns": t, "point": _point(p)} for t, p in a.path],
        "scroll_dx": a.scroll_dx,
        "scroll_dy": a.scroll_dy,
        "keys": list(a.keys),
        "repeat": a.repeat,
        "text": a.text,
        "duration_ns": a.duration_ns,
        "status": a.status,
        "t_start_ns": step.t_start_ns,
        "t_end_ns": step.t_end_ns,
        "anchor_ns": step.anchor_ns,
        "obs_index": None if step.obs_index is None else frame_indexes.get(step.obs_index),
        "post_index": None if step.post_index is None else frame_indexes.get(step.post_index),
        "rows": [{"table": s.table, "first": s.first, "last": s.last} for s in step.raw],
        "flags": list(episode.step_flags.get(step.index, step.flags)),
    }


def _point(p: Point | None) -> dict[str, float | None] | None:
    return None if p is None else {"x_px": p.x_px, "y_px": p.y_px, "frame_x": p.frame_x, "frame_y": p.frame_y}


def episode_rows(episodes: Sequence[RedactedEpisode]) -> list[dict[str, Any]]:
    return [
        _head(e)
        | {
            "t_start_ns": e.episode.range.start_ns,
            "t_end_ns": e.episode.range.end_ns,
            "kept": [{"t_start_ns": r.start_ns, "t_end_ns": r.end_ns} for r in e.kept],
            "goal": e.episode.goal,
            "outcome": e.episode.outcome.value,
            "evidence_t_ns": e.episode.evidence_t_ns,
        }
        for e in episodes
    ]


def label_rows(episodes: Sequence[RedactedEpisode]) -> list[dict[str, Any]]:
    return [
        _head(e)
        | {
            "label_id": label.id,
            "t_start_ns": label.range.start_ns,
            "t_end_ns": label.range.end_ns,
            "schema": label.schema,
            "name": label.name,
            "note": label.note,
        }
        for e in episodes
        for label in e.labels
    ]


def _head(e: RedactedEpisode) -> dict[str, Any]:
    return {"session_id": e.session, "episode_id": e.episode.id}
