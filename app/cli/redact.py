"""`safelight redact`: what must be hidden in pixels, keys, texts and windows. Lists never show a secret."""

from __future__ import annotations

import sys
from typing import Any

import click

from app.cli._editing import (
    KEYFRAME,
    RECT,
    TIME,
    Answer,
    commit,
    edges,
    listing,
    on_session,
    range_in,
    resolve_thing,
    seconds,
)
from app.core import Core
from curation import commands
from curation.commands import Edits, Refusal
from curation.editor import Editor
from curation.model import (
    CurationState,
    KeysRedaction,
    MaskKeyframe,
    RectRedaction,
    Redaction,
    SeqSpan,
    TextRedaction,
    WindowRedaction,
)
from replay.geometry import Rect
from replay.session import Session
from replay.timebase import TimeNs

_MAX_STDIN = 100_000


@click.group("redact", help="Redactions: add, list, remove.")
def command() -> None:
    pass


@command.command(
    "add",
    help="Hide a rectangle (--rect, moving with --keyframe), the keys typed in a range (--keys), a text wherever it "
    "occurs (--text), or every window that matches (--window).",
)
@on_session
@click.option("--rect", type=RECT, help="X,Y,W,H in frame pixels, from --from on.")
@click.option("--keyframe", "keyframes", type=KEYFRAME, multiple=True, help="T:X,Y,W,H; repeat for a moving mask.")
@click.option("--keys", is_flag=True, help="The keys pressed from --from to --to.")
@click.option("--text", help="The text to hide everywhere; “-” reads it from standard input.")
@click.option("--window", metavar="MATCH", help="Windows whose app, title or URL contains this.")
@click.option("--from", "from_ns", type=TIME, help="Seconds from session zero.")
@click.option("--to", "to_ns", type=TIME)
@click.option("--category", help="What is hidden, such as password or person.")
def add(
    core: Core,
    editor: Editor,
    *,
    rect: Rect | None,
    keyframes: tuple[tuple[TimeNs, Rect], ...],
    keys: bool,
    text: str | None,
    window: str | None,
    from_ns: TimeNs | None,
    to_ns: TimeNs | None,
    category: str | None,
) -> Answer:
    is_mask = rect is not None or bool(keyframes)
    if is_mask + keys + (text is not None) + (window is not None) != 1:
        raise click.UsageError("Give exactly one of --rect, --keys, --text and --window.")
    if (is_mask or keys) and (from_ns is None or to_ns is None):
        raise click.UsageError("Give --from and --to in seconds from session zero.")
    session, state = core.session(editor.session_id), editor.state
    if is_mask:
        return commit(editor, _mask(state, session, rect, keyframes, (from_ns, to_ns), category))
    if keys:
        span = range_in(session, from_ns, to_ns)
        return commit(editor, commands.redact_keys(state, session, span, category=category or "typed"))
    return commit(editor, _string(core, state, session, text, window, category))


@command.command("list", help="Every redaction: what it is and where, never what it hides.")
@on_session
def list_(core: Core, editor: Editor) -> Answer:
    rows = [_row(r) for r in editor.state.redactions.values()]
    return listing(editor, "redactions", rows, [_line(r) for r in rows])


@command.command("remove", help="Lift a redaction by its id.")
@on_session
@click.argument("redaction_id")
@click.option("--reason", default="", help="Needed once another person or an export has read the redaction.")
def remove(core: Core, editor: Editor, *, redaction_id: str, reason: str) -> Answer:
    found = resolve_thing(editor, editor.state.redactions, redaction_id, "redaction")
    return commit(editor, commands.lift(editor.state, found, reason=reason))


def _mask(
    state: CurationState,
    session: Session,
    rect: Rect | None,
    keyframes: tuple[tuple[TimeNs, Rect], ...],
    limits: tuple[TimeNs | None, TimeNs | None],
    category: str | None,
) -> Edits | Refusal:
    span = range_in(session, *limits)
    places = {} if rect is None else {span.start_ns: rect}
    places.update(keyframes)
    video = session.video
    return commands.redact_rect(
        state,
        span,
        [MaskKeyframe(t, place) for t, place in sorted(places.items())],
        category=category or "other",
        frame_size=None if video is None else (video.width, video.height),
    )


def _string(
    core: Core, state: CurationState, session: Session, text: str | None, window: str | None, category: str | None
) -> Edits | Refusal:
    key = core.library.key
    if window is not None:
        return commands.redact_window(state, session, key, window, category=category or "window")
    secret = _from_stdin() if text == "-" else text or ""
    return commands.redact_text(state, session, key, secret, category=category or "text")


def _from_stdin() -> str:
    text = sys.stdin.read(_MAX_STDIN)
    return text.removesuffix("\n").removesuffix("\r")


def _row(redaction: Redaction) -> dict[str, Any]:
    row: dict[str, Any] = {"id": redaction.id, "kind": _KINDS[type(redaction)], "category": redaction.category}
    if isinstance(redaction, RectRedaction):
        frames = [{"t_s": seconds(k.t_ns), "rect": k.rect.as_row()} for k in redaction.keyframes]
        return row | edges(redaction.range) | {"keyframes": frames}
    if isinstance(redaction, TextRedaction):
        places = sorted({(x.table, x.column) for x in redaction.locators})
        surfaces = [{"table": t, "column": c} for t, c in places]
        return row | {"places": len(redaction.locators), "surfaces": surfaces, "key_rows": _count(redaction.key_rows)}
    if isinstance(redaction, KeysRedaction):
        return row | edges(redaction.range) | {"key_rows": _count(redaction.rows)}
    return row | {"window_rows": _count(redaction.rows)}


_KINDS = {RectRedaction: "rect", KeysRedaction: "keys", TextRedaction: "text", WindowRedaction: "window"}


def _count(spans: tuple[SeqSpan, ...]) -> int:
    return sum(s.last - s.first + 1 for s in spans)


def _line(row: dict[str, Any]) -> str:
    span = f"{row['start_s']:.3f}–{row['end_s']:.3f} s  " if "start_s" in row else ""
    counts = [f"{row[k]} {k.replace('_', ' ')}" for k in ("places", "key_rows", "window_rows") if row.get(k)]
    return f"{row['id']}  {row['kind']}  {span}{row['category']}  {', '.join(counts)}".rstrip()
