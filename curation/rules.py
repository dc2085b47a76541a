"""What may be decided at all: the shape of every label, episode, cut and redaction, checked before it is believed.

Raises Refused with a stable code. Sentences name the kind and the rule, never content.
"""

from __future__ import annotations

import itertools
import math
import re
from collections.abc import Callable
from typing import Any, Final

from curation.model import (
    Cut,
    Episode,
    KeysRedaction,
    Label,
    RectRedaction,
    SeqSpan,
    TextLocator,
    TextRedaction,
    WindowRedaction,
)
from replay import schema
from replay.errors import Refused
from replay.geometry import Rect
from replay.sync import SEEN_IN_PICTURES, MeasuredSync
from replay.timebase import NS_PER_S, TimeRange

MAX_NUDGE_NS: Final = 3600 * NS_PER_S
MAX_DRIFT_PPM: Final = 50_000.0
MAX_NAME: Final = 200
MAX_SENTENCE: Final = 300
MAX_TEXT: Final = 10_000
_ID: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}")
_MAC: Final = re.compile(r"[0-9a-f]{64}")
_INT64: Final = 2**63


def check_thing(thing: object) -> None:
    """Refuse a label, episode, cut or redaction that cannot mean anything."""
    checks: dict[type, Callable[[Any], None]] = {
        Label: _check_label,
        Episode: _check_episode,
        Cut: _check_cut,
        RectRedaction: _check_rect,
        KeysRedaction: _check_keys,
        TextRedaction: _check_text,
        WindowRedaction: _check_window,
    }
    checks[type(thing)](thing)


def check_id(id_: str) -> None:
    if not _ID.fullmatch(id_):
        raise Refused("bad_id", "An id is 1 to 64 letters, digits, “-” or “_”.")


def check_nudge(total_ns: int) -> None:
    if abs(total_ns) > MAX_NUDGE_NS:
        raise Refused("nudge_too_large", "The events can be moved by an hour at most.", "Calibrate the clock instead.")


def check_measured(sync: MeasuredSync | None) -> None:
    """Refuse a measured clock that cannot be one."""
    if sync is None:
        return
    finite = math.isfinite(sync.drift_ppm) and abs(sync.drift_ppm) <= MAX_DRIFT_PPM
    if not finite or abs(sync.offset_ns) > _INT64 // 2 or not 0 <= sync.sigma_ns <= MAX_NUDGE_NS:
        raise Refused("bad_sync", "A measured clock lies outside what a recorder's clock can be.")
    if sync.method not in schema.SYNC_METHODS:
        raise Refused("bad_sync", "A measured clock names a method that does not exist.")
    if any(p.code not in SEEN_IN_PICTURES or len(p.sentence) > MAX_SENTENCE for p in sync.problems):
        raise Refused("bad_sync", "A measured clock comes with a problem that no look at pictures finds.")


def _check_label(label: Label) -> None:
    check_id(label.id)
    _check_range(label.range)
    _check_line(label.name, "label_name", "A label's name")
    _check_line(label.schema, "label_schema", "A label's schema")
    _check_length(label.note)


def _check_episode(episode: Episode) -> None:
    check_id(episode.id)
    _check_range(episode.range)
    _check_length(episode.goal)
    if episode.evidence_t_ns is not None:
        _check_time(episode.evidence_t_ns)


def _check_cut(cut: Cut) -> None:
    check_id(cut.id)
    _check_range(cut.range)
    _check_length(cut.reason)


def _check_rect(mask: RectRedaction) -> None:
    _check_head(mask.id, mask.category)
    _check_range(mask.range)
    if not mask.keyframes:
        raise Refused("mask_without_keyframe", "A mask needs at least one keyframe.")
    for k in mask.keyframes:
        _check_time(k.t_ns)
        _check_box(k.rect)
    times = [k.t_ns for k in mask.keyframes]
    if any(b <= a for a, b in itertools.pairwise(times)):
        raise Refused("keyframes_out_of_order", "A mask's keyframes must follow each other in time.")


def _check_keys(redaction: KeysRedaction) -> None:
    _check_head(redaction.id, redaction.category)
    _check_range(redaction.range)
    _check_rows(redaction.rows, "keys")


def _check_text(redaction: TextRedaction) -> None:
    _check_head(redaction.id, redaction.category)
    _check_mac(redaction.value_mac)
    if redaction.length < 1 or not (redaction.locators or redaction.key_rows):
        raise Refused("redaction_hides_nothing", "A text redaction must name at least one place.")
    if redaction.key_rows:
        _check_rows(redaction.key_rows, "keys")
    for locator in redaction.locators:
        _check_locator(locator)


def _check_window(redaction: WindowRedaction) -> None:
    _check_head(redaction.id, redaction.category)
    _check_mac(redaction.pattern_mac)
    _check_rows(redaction.rows, "windows")


def _check_head(id_: str, category: str) -> None:
    check_id(id_)
    _check_line(category, "category", "A redaction's category")


def _check_rows(rows: tuple[SeqSpan, ...], table: str) -> None:
    if not rows:
        raise Refused("redaction_hides_nothing", "A redaction must name at least one row.")
    for span in rows:
        if span.table != table or not 0 <= span.first <= span.last < _INT64:
            raise Refused("bad_rows", f"This redaction names rows that cannot be rows of “{table}”.")


def _check_locator(locator: TextLocator) -> None:
    table = schema.TABLES.get(locator.table)
    columns = () if table is None else tuple(c.name for c in table.of_surface(schema.Surface.TEXT))
    if locator.column not in columns:
        raise Refused("bad_locator", "A text redaction names a column that holds no text.")
    if not (0 <= locator.seq < _INT64 and 0 <= locator.start < locator.end < _INT64):
        raise Refused("bad_locator", "A text redaction names characters that cannot exist.")


def _check_range(r: TimeRange) -> None:
    _check_time(r.start_ns)
    _check_time(r.end_ns)


def _check_time(t_ns: int) -> None:
    if not -_INT64 <= t_ns < _INT64:
        raise Refused("time_out_of_range", "That time is outside what a session can hold.")


def _check_box(rect: Rect) -> None:
    if not all(math.isfinite(v) for v in (rect.x, rect.y, rect.w, rect.h)) or rect.w <= 0 or rect.h <= 0:
        raise Refused("bad_rectangle", "A mask's rectangle needs a position and a size above zero.")


def _check_line(text: str, code: str, what: str) -> None:
    if not text.strip() or len(text) > MAX_NAME or not text.isprintable():
        raise Refused(f"bad_{code}", f"{what} is one line of 1 to {MAX_NAME} characters.")


def _check_length(text: str) -> None:
    if len(text) > MAX_TEXT:
        raise Refused("text_too_long", f"A note, goal or reason has at most {MAX_TEXT} characters.")


def _check_mac(mac: str) -> None:
    if not _MAC.fullmatch(mac):
        raise Refused("bad_mac", "A redaction's keyed hash must be 64 hexadecimal digits.")
