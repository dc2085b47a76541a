"""What the editing commands share: times and rectangles from the command line, committing, and ids from prefixes."""

from __future__ import annotations

import functools
from collections.abc import Callable, Collection, Mapping
from fractions import Fraction
from pathlib import Path
from typing import Any, Final

import click

from app.cli.options import LIBRARY, SESSION, open_core
from app.cli.output import Output, pass_output
from curation.commands import Edits, Refusal
from curation.edit_log import Transaction
from curation.editor import Editor
from curation.touches import touch_of
from replay.errors import NotFound, Refused
from replay.geometry import Rect
from replay.session import Session
from replay.timebase import NS_PER_S, TimeNs, TimeRange, parse_t

# What an editing command answers with: its JSON document, and what people read instead.
Answer = tuple[dict[str, Any], str]


def on_session(function: Callable[..., Answer]) -> Callable[..., None]:
    """A command on one session: `function(core, editor, **options)` after the arguments LIBRARY and SESSION."""

    @pass_output
    def run(out: Output, /, library: Path, session: str, **options: Any) -> None:
        with open_core(library) as core:
            document, text = function(core, core.editor(core.store.resolve(session)), **options)
        out.answer(document, lambda console: console.print(text))

    # Options already put on `function` come along with its attributes.
    decorated: Callable[..., None] = LIBRARY(SESSION(functools.update_wrapper(run, function)))
    return decorated


class TimeType(click.ParamType[TimeNs]):
    """Seconds from session zero, or with a unit: `12.5`, `1500ms`, `2min`, `00:01:30.250`."""

    name = "time"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> TimeNs:
        if isinstance(value, int):
            return value
        t_ns = parse_t(str(value))
        if t_ns is None:
            self.fail("Give seconds such as 12.5, or with a unit: 1500ms, 2min, 00:01:30.", param, ctx)
        return t_ns


class RectType(click.ParamType[Rect]):
    """`X,Y,W,H` in frame pixels."""

    name = "x,y,w,h"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Rect:
        if isinstance(value, Rect):
            return value
        rect = parsed_rect(str(value))
        if rect is None:
            self.fail("Give X,Y,W,H in frame pixels, with a width and a height above zero.", param, ctx)
        return rect


class KeyframeType(click.ParamType[tuple[TimeNs, Rect]]):
    """`T:X,Y,W,H`: where a mask is at a time."""

    name = "t:x,y,w,h"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> tuple[TimeNs, Rect]:
        if isinstance(value, tuple):
            return value
        time, _, place = str(value).rpartition(":")
        t_ns, rect = parse_t(time), parsed_rect(place)
        if t_ns is None or rect is None:
            self.fail("Give T:X,Y,W,H: a time and a rectangle in frame pixels.", param, ctx)
        return t_ns, rect


TIME: Final = TimeType()
RECT: Final = RectType()
KEYFRAME: Final = KeyframeType()


def parsed_rect(text: str) -> Rect | None:
    """A rectangle from `X,Y,W,H`; None where it is not one."""
    try:
        x, y, w, h = (float(Fraction(part.strip())) for part in text.split(","))
    except (ValueError, ZeroDivisionError, OverflowError):
        return None
    return Rect(x, y, w, h) if w > 0 and h > 0 else None


def range_in(session: Session, from_ns: TimeNs | None, to_ns: TimeNs | None) -> TimeRange:
    """[from, to), each defaulting to the session's own edge. Raises Refused where it is empty or misses the session."""
    extent = session.extent
    start = extent.start_ns if from_ns is None else from_ns
    end = extent.end_ns if to_ns is None else to_ns
    if end <= start:
        raise Refused("empty_range", "The end must come after the start.", "Give --from and --to in seconds.")
    found = TimeRange(start, end)
    if not found.overlaps(extent):
        edges = f"{extent.start_ns / NS_PER_S:.3f} to {extent.end_ns / NS_PER_S:.3f} s"
        raise Refused("outside_session", f"This range lies outside the session, which runs from {edges}.")
    return found


def commit(editor: Editor, wish: Edits | Refusal) -> Answer:
    """Commit what a command answered and describe it. Raises Refused where the command or the editor does."""
    if isinstance(wish, Refusal):
        raise wish.error()
    transaction = editor.commit(wish.edits, title=wish.title, origin="cli")
    document = described(editor, transaction) | {"ids": list(wish.ids)}
    return document, sentence(document)


def listing(editor: Editor, name: str, rows: list[dict[str, Any]], lines: Collection[str]) -> Answer:
    """A list as an answer, with the head it was read at."""
    return {"session": editor.session_id, "head": editor.head, name: rows}, "\n".join(lines) or f"No {name}."


def described(editor: Editor, transaction: Transaction) -> dict[str, Any]:
    """What every edit answers with in JSON."""
    ids = list(dict.fromkeys(t.id for e in transaction.edits if (t := touch_of(e)).id))
    return {
        "session": editor.session_id,
        "transaction": transaction.id,
        "title": transaction.title,
        "head": transaction.head,
        "edit_ids": list(transaction.edit_ids),
        "ids": ids,
    }


def described_with_next(editor: Editor, transaction: Transaction) -> Answer:
    """An undo or redo as an answer: what it did, and what could be undone and redone next."""
    intent = transaction.intent
    document = described(editor, transaction) | {
        "undoes": intent.undoes,
        "redoes": intent.redoes,
        "next_undo": editor.undo_title,
        "next_redo": editor.redo_title,
    }
    return document, f"{'Undone' if intent.undoes else 'Redone'}: {sentence(document)}"


def sentence(document: Mapping[str, Any]) -> str:
    """One line for people about a committed transaction."""
    ids = " ".join(document["ids"])
    return f"{document['title']}{f': {ids}' if ids else ''} (head {document['head']})"


def resolve_thing(editor: Editor, known: Collection[str], prefix: str, kind: str) -> str:
    """An id from a unique prefix of it, or from the id of an edit that touched it. Raises NotFound."""
    if prefix in known:
        return prefix
    for transaction in editor.history:
        for edit_id, edit in zip(transaction.edit_ids, transaction.edits, strict=True):
            if edit_id == prefix and touch_of(edit).id in known:
                return touch_of(edit).id
    found = [i for i in known if prefix and i.startswith(prefix)]
    if len(found) == 1:
        return found[0]
    if found:
        raise NotFound(f"ambiguous_{kind}", f"{len(found)} ids start with these letters.", "Give more of the id.")
    raise NotFound(f"no_such_{kind}", f"This session has no {kind} with this id.", "“list” shows the ids.")


def seconds(t_ns: TimeNs) -> float:
    """Session time for JSON."""
    return t_ns / NS_PER_S


def edges(r: TimeRange) -> dict[str, float]:
    return {"start_s": seconds(r.start_ns), "end_s": seconds(r.end_ns)}
