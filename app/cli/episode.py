"""`safelight episode`: slices of a session with a goal and an outcome."""

from __future__ import annotations

from typing import Any

import click

from app.cli._editing import TIME, Answer, commit, edges, listing, on_session, range_in, resolve_thing, seconds
from app.core import Core
from curation import commands
from curation.editor import Editor
from curation.model import Episode, Outcome
from replay.timebase import TimeNs


@click.group("episode", help="Episodes: add, list, remove.")
def command() -> None:
    pass


@command.command("add", help="Mark an episode; without --from and --to it is the whole session.")
@on_session
@click.option("--goal", required=True, help="What the person wanted to do, in a sentence.")
@click.option("--from", "from_ns", type=TIME, help="Seconds from session zero.")
@click.option("--to", "to_ns", type=TIME)
@click.option("--outcome", type=click.Choice([o.value for o in Outcome]), default="unknown", show_default=True)
@click.option("--evidence", "evidence_ns", type=TIME, help="The moment that shows the outcome.")
def add(
    core: Core,
    editor: Editor,
    *,
    goal: str,
    from_ns: TimeNs | None,
    to_ns: TimeNs | None,
    outcome: str,
    evidence_ns: TimeNs | None,
) -> Answer:
    span = range_in(core.session(editor.session_id), from_ns, to_ns)
    said = Outcome(outcome)
    return commit(editor, commands.mark_episode(editor.state, span, goal, outcome=said, evidence_t_ns=evidence_ns))


@command.command("list", help="Every episode, by time.")
@on_session
def list_(core: Core, editor: Editor) -> Answer:
    rows = [_row(x) for x in sorted(editor.state.episodes.values(), key=lambda x: (x.range, x.id))]
    lines = [f"{r['id']}  {r['start_s']:.3f}–{r['end_s']:.3f} s  {r['outcome']}  {r['goal']}" for r in rows]
    return listing(editor, "episodes", rows, lines)


@command.command("remove", help="Remove an episode by its id; the recording stays.")
@on_session
@click.argument("episode_id")
def remove(core: Core, editor: Editor, *, episode_id: str) -> Answer:
    found = resolve_thing(editor, editor.state.episodes, episode_id, "episode")
    return commit(editor, commands.remove_episode(editor.state, found))


def _row(episode: Episode) -> dict[str, Any]:
    evidence = episode.evidence_t_ns
    return {
        "id": episode.id,
        "goal": episode.goal,
        "outcome": episode.outcome.value,
        "evidence_s": None if evidence is None else seconds(evidence),
        **edges(episode.range),
    }
