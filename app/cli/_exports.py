"""How commands tell of exports: which hold whom, which are stale, and how to make them again."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from rich.console import Console

from curation.export.stale import MadeExport


def export_document(export: MadeExport, library: Path) -> dict[str, Any]:
    return {
        "name": export.name,
        "manifest_sha256": export.manifest_sha256,
        "created_utc": export.created_utc,
        "formats": list(export.formats),
        "purpose": export.purpose,
        "sessions": list(export.sessions),
        "stale": bool(export.stale),
        "stale_sessions": [{"session": s, "reason": why} for s, why in sorted(export.stale.items())],
        "rebuild": export.rebuild(str(library)),
        "logged": export.is_logged,
    }


def print_exports(exports: Iterable[dict[str, Any]], console: Console) -> None:
    for export in exports:
        state = "stale" if export["stale"] else "current"
        name = export["name"] or export["manifest_sha256"][:12]
        console.print(f"{state:8} {name}  {export['created_utc']}  {len(export['sessions'])} sessions")
        for gone in export["stale_sessions"]:
            console.print(f"         {gone['session'][:10]} {gone['reason']}")
        if export["rebuild"]:
            console.print(f"         delete it, then: {export['rebuild']}")
        elif export["stale"]:
            console.print("         delete it: nothing that it held may be used any more")
