"""Which importers there are, and which of them a path belongs to.

The product's own importers are listed here, in the order in which they are asked, because installed metadata can be
older than the code. Others register under the entry-point group `safelight.importers` and are asked afterwards.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from importlib import import_module
from importlib.metadata import entry_points
from pathlib import Path
from typing import Final, cast

from replay.errors import BadInput, NotFound
from replay.importers.contract import Importer, SourceSession
from replay.importers.untrusted_files import is_plain_file, is_plain_folder
from replay.shown_name import shown_name

GROUP: Final = "safelight.importers"
OWN: Final = {
    "parquet": "replay.importers.parquet:ParquetImporter",
    "agentnet": "replay.importers.agentnet:AgentNetImporter",
    "owamcap": "replay.importers.owamcap:OwaMcapImporter",
    "ducktrack": "replay.importers.ducktrack:DuckTrackImporter",
    "pctracker": "replay.importers.pctracker:PcTrackerImporter",
}


@cache
def importers() -> tuple[Importer, ...]:
    """Every importer, the product's own first; of two with the same name the first one counts."""
    found: dict[str, Importer] = {}
    for name, where in OWN.items():
        module, _, attribute = where.partition(":")
        found[name] = cast(Callable[[], Importer], getattr(import_module(module), attribute))()
    for entry in sorted(entry_points(group=GROUP), key=lambda e: e.name):
        if entry.name not in found:
            found[entry.name] = cast(Callable[[], Importer], entry.load())()
    return tuple(found.values())


def importer_named(name: str) -> Importer:
    """Raises NotFound where no importer has this name."""
    for importer in importers():
        if importer.name == name:
            return importer
    known = ", ".join(i.name for i in importers())
    raise NotFound("no_such_format", "There is no importer of that name.", f"Known formats: auto, {known}.")


def find_sources(path: Path, format: str = "auto") -> list[SourceSession]:
    """The sessions at `path` (one file, one session's folder, or a folder of sessions), in order of their paths.

    Raises NotFound where there is nothing at `path`, BadInput where nothing there is a session of `format`.
    """
    asked = importers() if format == "auto" else (importer_named(format),)
    if not is_plain_file(path) and not is_plain_folder(path):
        path = _followed(path)
    found = [source for importer in asked for source in importer.find(path)]
    if not found:
        raise _not_a_session(path, format, [i.name for i in asked])
    return sorted(_once(found), key=lambda s: (s.root, s.files[0].relative))


def _followed(path: Path) -> Path:
    """The file or folder behind a link that a person named; links further inside are not followed."""
    try:
        target = path.resolve(strict=True)
    except (OSError, ValueError):
        raise NotFound(
            "no_such_path", f"There is nothing at “{shown_name(path.name)}”.", "Check the path and try again."
        ) from None
    if is_plain_file(target) or is_plain_folder(target):
        return target
    raise BadInput(
        "source_not_a_file",
        f"“{shown_name(path.name)}” is neither a file nor a folder.",
        "Name the recording's folder, or its file.",
    )


def _once(found: list[SourceSession]) -> list[SourceSession]:
    """Without sources whose files an earlier importer has claimed already."""
    taken: set[Path] = set()
    kept = []
    for source in found:
        paths = {f.path for f in source.files}
        if not paths & taken:
            kept.append(source)
            taken |= paths
    return kept


def _not_a_session(path: Path, format: str, asked: list[str]) -> BadInput:
    what = "a session" if format == "auto" else f"a session of format {format}"
    return BadInput(
        "not_a_session",
        f"“{shown_name(path.name)}” is not {what} and holds none (looked for: {', '.join(asked)}).",
        "Name the folder that the recorder wrote, or say --format.",
    )
