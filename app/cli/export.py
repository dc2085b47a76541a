"""`safelight export`: plan, write, prove and publish a training set; nothing is published on any leak."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click
import msgspec
from rich.console import Console

from app.cli.options import LIBRARY, open_core
from app.cli.output import EXIT_REFUSED, Output, error_document, pass_output
from app.core import Core
from curation.catalogue_view import select_sessions
from curation.export.bundle import LeakFound, writer_names
from curation.export.job import ExportJob, ExportResult
from curation.export.manifest import NAME
from curation.export.plan import ExportPlan
from curation.export.recipe import Recipe, load_recipe, recipe_of
from replay.errors import NotFound


def chosen(recipe: Path | None, formats: str | None, sessions: tuple[str, ...], purpose: str | None) -> Recipe:
    """The recipe in the file, or the default one, with what the command line says on top."""
    base = recipe_of({}) if recipe is None else load_recipe(recipe)
    document = msgspec.to_builtins(base)
    if formats:
        document["formats"] = [f.strip() for f in formats.split(",") if f.strip()]
    if sessions:
        document["sessions"] = list(sessions)
    if purpose is not None:
        document["purpose"] = purpose
    return recipe_of(document)


def named_sessions(core: Core, given: tuple[str, ...]) -> tuple[str, ...]:
    """Ids (or beginnings of them) as given, and those that filters keep; raises NotFound where one keeps none."""
    named: list[str] = []
    for words in given:
        if ":" not in words:
            named += [w.strip() for w in words.split(",") if w.strip()]
            continue
        kept = select_sessions(core.queries, core.sessions(), words, "id")["id"].to_pylist()
        if not kept:
            raise NotFound(
                "no_such_session", "No session is kept by this filter.", "“safelight sessions LIB” lists them."
            )
        named += kept
    return tuple(named)


def planned(plan: ExportPlan) -> dict[str, Any]:
    """What a plan says, for scripts."""
    sessions = [
        {
            "session": s.id,
            "pseudonym": s.pseudonym,
            "episodes": s.episodes,
            "steps": s.steps,
            "frames": s.frames,
            "masked_frames": s.masked_frames,
            "cut_frames": s.cut_frames,
            "hidden_stretches": s.hidden_stretches,
            "warnings": list(s.warnings),
        }
        for s in plan.allowed
    ]
    return {"sessions": sessions, "refused": _refused(plan)}


def _refused(plan: ExportPlan) -> list[dict[str, str]]:
    return [{"session": s.id, "code": s.refusal.code, "reason": s.refusal.reason} for s in plan.refused if s.refusal]


def _document(result: ExportResult) -> dict[str, Any]:
    manifest, proof = result.manifest, result.manifest.proof
    return {
        "out": str(result.folder),
        "episodes": sum(s.episodes for s in manifest.sessions),
        "steps": sum(s.steps for s in manifest.sessions),
        "files": len(manifest.files),
        "refused": _refused(result.plan),
        "warnings": [{"session": s.id, "warning": w} for s in result.plan.allowed for w in s.warnings],
        # No linter is part of this version: none of its checks ran, so none found anything.
        "lint": {"errors": 0, "warnings": 0, "ran": False},
        "proof": {
            "ok": proof is not None and proof.ok,
            "checked": [] if proof is None else proof.checked,
            "not_looked": [] if proof is None else proof.not_looked,
        },
        "manifest": str(result.folder / NAME),
    }


def _human(document: dict[str, Any]) -> Any:
    def show(console: Console) -> None:
        console.print(
            f"Exported {document['episodes']} episodes, {document['steps']} steps, {document['files']} files."
        )
        for line in document["proof"]["checked"]:
            console.print(f"  proved: {line}")
        for line in document["proof"]["not_looked"]:
            console.print(f"  not looked at: {line}")
        for refusal in document["refused"]:
            console.print(f"  refused {refusal['session'][:8]}: {refusal['reason']}")
        console.print(f"Manifest: {document['manifest']}")

    return show


@click.command("export", help="Export sessions for training: redacted, proved, and published only when nothing leaks.")
@LIBRARY
@click.option("--format", "formats", help=f"One or more of {', '.join(writer_names())}, separated by commas.")
@click.option("--out", type=click.Path(path_type=Path), help="The new folder; never overwritten.")
@click.option("--recipe", type=click.Path(path_type=Path, dir_okay=False), help="TOML or JSON; see docs/export.md.")
@click.option(
    "--sessions", multiple=True, help="Ids or beginnings of them, separated by commas, or a filter; default all."
)
@click.option("--purpose", help="What the export is for; needed where a consent is limited to purposes.")
@click.option("--plan", "plan_only", is_flag=True, help="Say what would be exported and refused; write nothing.")
@pass_output
def command(
    out_: Output,
    library: Path,
    formats: str | None,
    out: Path | None,
    recipe: Path | None,
    sessions: tuple[str, ...],
    purpose: str | None,
    plan_only: bool,
) -> int:
    if out is None and not plan_only:
        raise click.UsageError("Say where to with --out.")
    with open_core(library) as core, out_.progress("Exporting") as report:
        wanted = chosen(recipe, formats, named_sessions(core, sessions), purpose)
        job = ExportJob(core.library, core.author, report, lambda: False)
        plan = job.plan(wanted)
        if plan_only or out is None:
            out_.answer(planned(plan))
            return 0
        try:
            result = job.run(plan, out)
        except LeakFound as e:
            return _leaked(out_, plan, e)
    document = _document(result)
    out_.answer(document, _human(document))
    return 0


def _leaked(out: Output, plan: ExportPlan, error: LeakFound) -> int:
    leaks = [{"file": x.file, "where": x.where, "what_hash": x.what_hash} for x in error.report.leaks]
    if out.as_json:
        out.answer({"error": error_document(error), "leaks": leaks, "refused": _refused(plan)})
    else:
        out.error(error)
        for leak in leaks:
            out.note(f"  {leak['file']}: {leak['where']}")
    return EXIT_REFUSED
