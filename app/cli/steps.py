"""`safelight steps`: what an agent would have done and seen, reduced from the raw events by a recipe."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click
from rich.console import Console

from app.cli.options import LIBRARY, SESSION, open_core
from app.cli.output import Output, pass_output
from app.core import Core
from curation.redaction.plan import resolve
from curation.redaction.step_rules import shown
from curation.steps.model import Action, Point, Step
from curation.steps.recipe import DEFAULT, ReduceRecipe, load_recipe
from curation.steps.reduce import reduce
from replay.timebase import format_t


def _steps(core: Core, session_id: str, recipe: ReduceRecipe) -> tuple[Step, ...]:
    """Steps as they may be shown: nothing from a cut, and no text or key that a redaction hides."""
    session, state = core.session(session_id), core.state(session_id)
    plan = resolve(session, state, core.library.key)
    return tuple(shown(step, plan) for step in reduce(session, recipe, plan.cuts))


def _point(p: Point | None) -> dict[str, float | None] | None:
    return None if p is None else {"x_px": p.x_px, "y_px": p.y_px, "frame_x": p.frame_x, "frame_y": p.frame_y}


def _action(a: Action) -> dict[str, Any]:
    """The fields that say something; those at their defaults are left out, `type` is always there."""
    defaults = Action(type=a.type)
    document: dict[str, Any] = {"type": a.type.value}
    for name in ("button", "count", "scroll_dx", "scroll_dy", "repeat", "text", "duration_ns", "status"):
        if getattr(a, name) != getattr(defaults, name):
            document[name] = getattr(a, name)
    for name in ("modifiers", "keys"):
        if getattr(a, name):
            document[name] = list(getattr(a, name))
    if a.type in ("click", "long_press", "drag"):
        document["count"] = a.count
    if a.point is not None:
        document["point"] = _point(a.point)
    if a.end_point is not None:
        document["end_point"] = _point(a.end_point)
        document["path"] = [{"t_ns": t, **(_point(p) or {})} for t, p in a.path]
    return document


def _document(step: Step) -> dict[str, Any]:
    return {
        "index": step.index,
        "action": _action(step.action),
        "t_start_ns": step.t_start_ns,
        "t_end_ns": step.t_end_ns,
        "anchor_ns": step.anchor_ns,
        "obs": {"index": step.obs_index},
        "post": {"index": step.post_index},
        "raw": [{"table": s.table, "first": s.first, "last": s.last} for s in step.raw],
        "flags": list(step.flags),
    }


def sentence(a: Action) -> str:
    """One line for people: `click left at 120, 80`."""
    words = [*a.modifiers] if a.type != "key" else []
    words.append(a.type.value.replace("_", " "))
    if a.count > 1:
        words.append(f"×{a.count}")
    if a.button:
        words.append(a.button)
    if a.point is not None:
        words.append(f"at {a.point.x_px:g}, {a.point.y_px:g}")
    if a.end_point is not None:
        words.append(f"to {a.end_point.x_px:g}, {a.end_point.y_px:g}")
    if a.scroll_dx or a.scroll_dy:
        words.append(f"by {a.scroll_dx:g}, {a.scroll_dy:g}")
    if a.keys:
        words.append("+".join(a.keys) + (f" ×{a.repeat}" if a.repeat > 1 else ""))
    if a.text is not None:
        words.append(f"“{a.text}”")
    if a.type == "wait":
        words.append(f"{a.duration_ns / 1e9:.1f} s")
    return " ".join(words)


def _print(steps: tuple[Step, ...], console: Console) -> None:
    for step in steps:
        frames = " → ".join("–" if i is None else str(i) for i in (step.obs_index, step.post_index))
        flags = f"  {' '.join(step.flags)}" if step.flags else ""
        console.print(f"{step.index:>4}  {format_t(step.t_start_ns)}  {sentence(step.action)}  frames {frames}{flags}")
    console.print(f"{len(steps)} steps")


@click.command("steps", help="The session's steps: raw events reduced by a recipe, each with its observation.")
@LIBRARY
@SESSION
@click.option("--recipe", type=click.Path(path_type=Path), help="A TOML or JSON file of thresholds; else the defaults.")
@pass_output
def command(out: Output, library: Path, session: str, recipe: Path | None) -> int:
    thresholds = DEFAULT if recipe is None else load_recipe(recipe)
    with open_core(library) as core:
        session_id = core.store.resolve(session)
        steps = _steps(core, session_id, thresholds)
    document = {
        "session": session_id,
        "recipe": thresholds.as_dict(),
        "steps": [_document(s) for s in steps],
    }
    out.answer(document, lambda console: _print(steps, console))
    return 0
