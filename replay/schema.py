"""The session tables: their columns, Arrow types, versions, and the surface of every column.

The surface says how a redaction reaches a column. Exports are built from this declaration alone: a column that
is not declared here cannot leave. Times are int64 nanoseconds; coordinates are physical capture pixels of the
virtual desktop (`*_px`) unless the name says otherwise; nothing is clamped.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

import pyarrow as pa

SCHEMA_VERSION: Final = 1


class Surface(StrEnum):
    """How a redaction reaches a column."""

    KEY = "key"  # identifies or joins rows; pseudonymous
    TIME = "time"
    ENUM = "enum"
    NUMBER = "number"
    GEOMETRY = "geometry"
    TEXT = "text"  # may hold a secret
    PIXELS = "pixels"
    HASH = "hash"
    KEYSTROKE = "keystroke"  # one key of what may be a secret; hidden with its row
    RAW = "raw"  # the source row; raw-class, never masked or exported


@dataclass(frozen=True, slots=True)
class Column:
    name: str
    type: pa.DataType
    surface: Surface
    required: bool = False
    enum: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Table:
    name: str
    columns: tuple[Column, ...]
    version: int = SCHEMA_VERSION

    @property
    def arrow(self) -> pa.Schema:
        """The Arrow schema, every field nullable unless required, with name and version as metadata."""
        fields = [pa.field(c.name, c.type, nullable=not c.required) for c in self.columns]
        metadata = {b"safelight.table": self.name.encode(), b"safelight.version": str(self.version).encode()}
        return pa.schema(fields, metadata=metadata)

    def column(self, name: str) -> Column:
        for c in self.columns:
            if c.name == name:
                return c
        raise KeyError(f"{self.name}.{name}")

    def of_surface(self, *surfaces: Surface) -> tuple[Column, ...]:
        return tuple(c for c in self.columns if c.surface in surfaces)


_TEXT, _I64, _F64, _BOOL = pa.string(), pa.int64(), pa.float64(), pa.bool_()
# Children are nullable because Parquet refuses a null struct whose children are not.
RECT = pa.struct([pa.field(n, pa.float64()) for n in ("x", "y", "w", "h")])
MEDIA = pa.struct(
    [
        pa.field("name", _TEXT, nullable=False),
        pa.field("codec", _TEXT),
        pa.field("width", pa.int32()),
        pa.field("height", pa.int32()),
        pa.field("time_base", _TEXT),
        pa.field("sha256", _TEXT),
    ]
)

POINTER_KINDS: Final = ("move", "down", "up", "scroll")
POINTER_BUTTONS: Final = ("left", "right", "middle", "back", "forward", "other")
KEY_KINDS: Final = ("down", "up")
SYNC_METHODS: Final = ("frame_table", "recorder_event", "correlated", "manual", "assumed")
CONSENT_STATUSES: Final = ("granted", "limited", "withdrawn", "unknown")
GAP_REASONS: Final = ("paused", "redacted_at_capture", "lost", "black")
TEXT_CHANNELS: Final = ("clipboard", "prompt", "completion", "transcript", "chat", "note")
ELEMENT_SOURCES: Final = ("uia", "ax", "atspi", "dom")


def _key(name: str, type_: pa.DataType = _TEXT, *, required: bool = False) -> Column:
    return Column(name, type_, Surface.KEY, required)


def _time(name: str, *, required: bool = False) -> Column:
    return Column(name, _I64, Surface.TIME, required)


def _enum(name: str, values: tuple[str, ...], *, required: bool = False) -> Column:
    return Column(name, _TEXT, Surface.ENUM, required, values)


def _number(name: str, type_: pa.DataType = _F64, *, required: bool = False) -> Column:
    return Column(name, type_, Surface.NUMBER, required)


def _geometry(name: str, type_: pa.DataType = _F64, *, required: bool = False) -> Column:
    return Column(name, type_, Surface.GEOMETRY, required)


def _text(name: str, type_: pa.DataType = _TEXT) -> Column:
    return Column(name, type_, Surface.TEXT)


_SESSION_ID = _key("session_id", required=True)
_EVENT_HEAD = (_SESSION_ID, _time("t_ns", required=True), _time("t_src_ns"), _number("seq", _I64, required=True))

SESSION = Table(
    "session",
    (
        _SESSION_ID,
        _key("subject_id"),
        _key("device_id"),
        _time("started_at_utc_ns"),  # UTC, ns since the Unix epoch; null where the recorder did not say
        _time("duration_ns", required=True),
        _time("source_zero_ns"),  # the recorder's clock at t_ns = 0, as known at import; never rewritten
        _enum("os", ()),
        _enum("os_version", ()),
        _enum("locale", ()),
        _enum("keyboard_layout", ()),
        _enum("recorder", ()),
        _enum("recorder_version", ()),
        _enum("importer", ()),
        _enum("importer_version", ()),
        Column("source_sha256", pa.map_(_TEXT, _TEXT), Surface.HASH),  # role of the file → hash, never its name
        _enum("consent_status", CONSENT_STATUSES, required=True),
        Column("consent_purposes", pa.list_(_TEXT), Surface.ENUM),
        _time("consent_at_utc_ns"),
        _enum("classification", ("RESTRICTED",), required=True),
        _text("task_goal"),
        Column("media", pa.list_(MEDIA), Surface.KEY),
    ),
)
FRAMES = Table(
    "frames",
    (
        _SESSION_ID,
        _key("media", required=True),
        _number("index", _I64, required=True),
        _time("pts", required=True),
        _time("t_ns", required=True),
        _time("duration_ns", required=True),
        Column("iframe", _BOOL, Surface.ENUM, True),
        _number("byte_offset", _I64),
    ),
)
SYNC = Table(
    "sync",
    (
        _SESSION_ID,
        _key("media"),
        _time("t_ns", required=True),
        _time("offset_ns", required=True),
        _number("drift_ppm", required=True),
        _time("sigma_ns", required=True),
        _enum("method", SYNC_METHODS, required=True),
    ),
)
DISPLAYS = Table(
    "displays",
    (
        _SESSION_ID,
        _time("t_ns", required=True),
        _key("display_id", required=True),
        _geometry("bounds_px", RECT, required=True),
        _geometry("bounds_pt", RECT),
        _geometry("scale"),
        _geometry("rotation"),
        Column("is_main", _BOOL, Surface.ENUM),
        _geometry("capture_rect", RECT),  # capture px shown by the video; null: this display is not in the video
        _geometry("frame_rect", RECT),  # where in the frame it is shown, frame px; null: the whole frame
        _geometry("frame_width", pa.int32()),
        _geometry("frame_height", pa.int32()),
    ),
)
POINTER = Table(
    "pointer",
    (
        *_EVENT_HEAD,
        _enum("kind", POINTER_KINDS, required=True),
        _geometry("x_px"),
        _geometry("y_px"),
        _number("dx"),  # scroll notches, positive = right
        _number("dy"),  # scroll notches, positive = wheel away from the user (content moves down), as the OS gives it
        _enum("button", POINTER_BUTTONS),
        _key("display_id"),
        Column("injected", _BOOL, Surface.ENUM),
    ),
)
KEYS = Table(
    "keys",
    (
        *_EVENT_HEAD,
        _enum("kind", KEY_KINDS, required=True),
        Column("code", _TEXT, Surface.KEYSTROKE),  # W3C KeyboardEvent.code
        Column("key", _TEXT, Surface.KEYSTROKE),  # as produced (W3C KeyboardEvent.key where known)
        Column("text", _TEXT, Surface.KEYSTROKE),  # null unless known
        Column("modifiers", pa.list_(_TEXT), Surface.KEYSTROKE),
        Column("repeat", _BOOL, Surface.ENUM),
        Column("secure", _BOOL, Surface.ENUM),  # the focus was a password field
        Column("injected", _BOOL, Surface.ENUM),
    ),
)
WINDOWS = Table(
    "windows",
    (
        *_EVENT_HEAD,
        _key("window_id"),
        _text("app"),
        _text("title"),
        _text("url"),
        _geometry("rect_px", RECT),
        Column("focused", _BOOL, Surface.ENUM),
    ),
)
ELEMENTS = Table(
    "elements",
    (
        *_EVENT_HEAD,
        _key("snapshot_id"),
        _key("element_id"),
        _key("parent_id"),
        _enum("role", ()),
        _text("name"),
        _text("value"),
        _geometry("rect_px", RECT),
        Column("states", pa.list_(_TEXT), Surface.ENUM),
        _enum("source", ELEMENT_SOURCES),
    ),
)
TEXTS = Table(
    "texts",
    (
        _SESSION_ID,
        _time("t_start_ns", required=True),
        _time("t_end_ns", required=True),
        _time("t_src_ns"),
        _number("seq", _I64, required=True),
        _enum("channel", TEXT_CHANNELS, required=True),
        _text("text"),
        _key("window_id"),
    ),
)
GAPS = Table(
    "gaps",
    (
        _SESSION_ID,
        _time("t_start_ns", required=True),
        _time("t_end_ns", required=True),
        _enum("reason", GAP_REASONS, required=True),
    ),
)
PROBLEMS = Table(
    "problems",
    (
        _SESSION_ID,
        _enum("code", (), required=True),
        _enum("severity", ("info", "warning", "error"), required=True),
        Column("sentence", _TEXT, Surface.ENUM, True),
        _number("count", _I64, required=True),
        _time("t_ns"),
    ),
)
RAW = Table(
    "raw",
    (
        _SESSION_ID,
        _enum("table", (), required=True),
        _number("seq", _I64, required=True),
        Column("raw", _TEXT, Surface.RAW),
    ),
)

TABLES: Final[dict[str, Table]] = {
    t.name: t
    for t in (
        SESSION, FRAMES, SYNC, DISPLAYS, POINTER, KEYS, WINDOWS, ELEMENTS, TEXTS, GAPS, PROBLEMS, RAW,
    )
}  # fmt: skip
EVENT_TABLES: Final = ("pointer", "keys", "windows", "elements", "texts")
RAW_CLASS_TABLES: Final = frozenset({"raw"})
