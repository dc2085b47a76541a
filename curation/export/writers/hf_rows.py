"""What a row of each Hugging Face config holds, and how it is made from redacted episodes.

Points are in px of the exported picture (`x_px`) and as shares of its size (`x`, 0–1, unclamped, 6 decimals). Times
are nanoseconds of session time. Columns of `events` are those that `replay.schema` declares; nothing else can leave.
"""

from __future__ import annotations

from typing import Any, Final

import pyarrow as pa

from curation.export.writers.hf_features import IMAGE
from curation.redaction.types import RedactedEpisode
from curation.steps.dialects.pyautogui import Code, code_of
from curation.steps.model import Action, Point, Step
from replay import schema

_S, _I, _N, _F = pa.string(), pa.int64(), pa.int32(), pa.float64()
_PATH: Final = pa.struct([pa.field("t_ns", _I), pa.field("x", _F), pa.field("y", _F)])
_RANGE: Final = pa.struct([pa.field("t_start_ns", _I), pa.field("t_end_ns", _I)])
_LABEL: Final = pa.struct(
    [pa.field("schema", _S), pa.field("name", _S), pa.field("t_start_ns", _I), pa.field("t_end_ns", _I)]
)
_DECIMALS: Final = 6
# Fields of an action that are columns as they are.
_ALIKE: Final = ("button", "count", "scroll_dx", "scroll_dy", "repeat", "text", "duration_ns", "status")

STEP: Final[dict[str, pa.DataType]] = {
    "index": _N, "type": _S, "button": _S, "count": _N, "modifiers": pa.list_(_S),
    "x": _F, "y": _F, "x_px": _F, "y_px": _F, "end_x": _F, "end_y": _F, "path": pa.list_(_PATH),
    "scroll_dx": _F, "scroll_dy": _F, "keys": pa.list_(_S), "repeat": _N, "text": _S, "duration_ns": _I, "status": _S,
    "code": _S, "code_refusal": _S, "t_start_ns": _I, "t_end_ns": _I, "anchor_ns": _I, "frame_index": _I,
    "post_frame_index": _I, "flags": pa.list_(_S),
}  # fmt: skip
STEPS: Final[dict[str, pa.DataType]] = {
    "session": _S, "episode": _S, "instruction": _S, "outcome": _S, "image": IMAGE, "image_width": _N,
    "image_height": _N, **STEP,
}  # fmt: skip
TRAJECTORIES: Final[dict[str, pa.DataType]] = {
    "session": _S, "episode": _S, "instruction": _S, "outcome": _S, "t_start_ns": _I, "t_end_ns": _I,
    "kept": pa.list_(_RANGE), "labels": pa.list_(_LABEL), "sync_method": _S, "sync_sigma_ns": _I,
    "frame_width": _N, "frame_height": _N, "n_steps": _N,
    "steps": pa.list_(pa.struct([pa.field(n, t) for n, t in STEP.items()])),
}  # fmt: skip
# The recorder's own clock may be the time of day somewhere; everything else an event table declares is here.
_WITHHELD: Final = frozenset({"session_id", "t_src_ns"})
EVENTS: Final[dict[str, pa.DataType]] = {
    "session": _S,
    "episode": _S,
    "table": _S,
    **{
        c.name: c.type for table in schema.EVENT_TABLES for c in schema.TABLES[table].columns if c.name not in _WITHHELD
    },
}


def step_row(step: Step, episode: RedactedEpisode) -> dict[str, Any]:
    """The columns of `STEP` for one step."""
    a, size = step.action, episode.frame_size
    code = code_of(step, size)
    x, y = _share(a.point, size)
    end_x, end_y = _share(a.end_point, size)
    return {
        **_plain(a),
        "index": step.index,
        "x": x,
        "y": y,
        "x_px": a.point.frame_x if a.point else None,
        "y_px": a.point.frame_y if a.point else None,
        "end_x": end_x,
        "end_y": end_y,
        "path": [dict(zip(("t_ns", "x", "y"), (t, *_share(p, size)), strict=True)) for t, p in a.path],
        "code": code.text if isinstance(code, Code) else None,
        "code_refusal": None if isinstance(code, Code) else code.reason,
        "t_start_ns": step.t_start_ns,
        "t_end_ns": step.t_end_ns,
        "anchor_ns": step.anchor_ns,
        "frame_index": step.obs_index,
        "post_frame_index": step.post_index,
        "flags": sorted({*step.flags, *episode.step_flags.get(step.index, ())}),
    }


def _plain(a: Action) -> dict[str, Any]:
    alike = {name: getattr(a, name) for name in _ALIKE}
    return {**alike, "type": a.type.value, "modifiers": list(a.modifiers), "keys": list(a.keys)}


def _share(point: Point | None, size: tuple[int, int] | None) -> tuple[float | None, float | None]:
    if point is None or size is None or point.frame_x is None or point.frame_y is None:
        return None, None
    return round(point.frame_x / size[0], _DECIMALS), round(point.frame_y / size[1], _DECIMALS)


def episode_columns(episode: RedactedEpisode) -> dict[str, Any]:
    """What every row of an episode's steps and trajectory says about the whole."""
    return {
        "session": episode.session,
        "episode": episode.episode.id,
        "instruction": episode.instruction,
        "outcome": episode.episode.outcome.value,
    }


def trajectory_row(episode: RedactedEpisode) -> dict[str, Any]:
    """The columns of `TRAJECTORIES`; notes of labels are free text of a curator and stay home."""
    width, height = episode.frame_size or (None, None)
    return {
        **episode_columns(episode),
        "t_start_ns": episode.episode.range.start_ns,
        "t_end_ns": episode.episode.range.end_ns,
        "kept": [{"t_start_ns": r.start_ns, "t_end_ns": r.end_ns} for r in episode.kept],
        "labels": [
            {"schema": b.schema, "name": b.name, "t_start_ns": b.range.start_ns, "t_end_ns": b.range.end_ns}
            for b in episode.labels
        ],
        "sync_method": episode.sync_method,
        "sync_sigma_ns": episode.sync_sigma_ns,
        "frame_width": width,
        "frame_height": height,
        "n_steps": len(episode.steps),
        "steps": [step_row(s, episode) for s in episode.steps],
    }


def event_table(episode: RedactedEpisode, name: str, arrow: pa.Schema) -> pa.Table:
    """The rows of one redacted event table in the columns of `EVENTS`; what the table does not have is null."""
    rows = episode.tables[name].rows
    constant = {"session": episode.session, "episode": episode.episode.id, "table": name}
    own = {c.name for c in schema.TABLES[name].columns} - _WITHHELD
    columns = []
    for field in arrow:
        if field.name in constant:
            columns.append(pa.repeat(pa.scalar(constant[field.name], pa.string()), rows.num_rows))
        elif field.name in own and field.name in rows.column_names:
            columns.append(rows[field.name].cast(field.type))
        else:
            columns.append(pa.nulls(rows.num_rows, field.type))
    return pa.Table.from_arrays(columns, schema=arrow)
