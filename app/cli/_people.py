"""What the commands about members and grants share."""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click
from rich.console import Console
from rich.table import Table

from app.cli.output import Output
from replay.errors import BadInput
from replay.store.rotation import Rotated
from replay.vault.card import Card
from replay.vault.grants import Grant
from replay.vault.roster import Member

CARD = click.argument("card", type=click.Path(path_type=Path))
PERSON = click.argument("person")


def read_card(path: Path) -> Card:
    """A card file, or the answer of `whoami --json`. Raises BadInput (card_unreadable), CardRefused."""
    try:
        content = path.read_bytes()
    except OSError as e:
        raise BadInput(
            "card_unreadable",
            f"The card cannot be read ({e.strerror or 'unknown error'}).",
            "Name the file that “safelight whoami --card FILE” wrote.",
        ) from e
    return Card.from_json(content)


def member_row(member: Member, grants: tuple[Grant, ...]) -> dict[str, Any]:
    """One member as scripts read it."""
    return {
        "id": member.card.id,
        "name": member.card.name,
        "roles": sorted({g.role.value for g in grants if g.person == member.card.id}),
        "custodian": member.is_custodian and not member.is_revoked,
        "recovery": member.is_recovery,
        "revoked": member.is_revoked,
    }


def grant_row(grant: Grant, names: dict[str, str]) -> dict[str, Any]:
    """One grant as scripts read it; times are UTC ms."""
    return {
        "id": grant.id,
        "person": grant.person,
        "name": names.get(grant.person, ""),
        "role": grant.role.value,
        "purposes": list(grant.purposes),
        "sessions": None if grant.sessions is None else list(grant.sessions),
        "not_before_ms": grant.not_before_ms,
        "not_after_ms": grant.not_after_ms,
        "issued_by": grant.issued_by,
    }


def rotation_row(rotated: Rotated, wall_s: float) -> dict[str, Any]:
    """What a rotation did, as scripts read it."""
    return {
        "sessions": rotated.sessions,
        "objects": rotated.objects,
        "bytes": rotated.size,
        "probed": rotated.probed,
        "wall_s": round(wall_s, 3),
        "left": [{"session": x.session, "code": x.code, "sentence": x.sentence} for x in rotated.left],
    }


def day(ms: int | None) -> str:
    """A date (UTC) of a grant's end."""
    return "no end" if ms is None else time.strftime("%Y-%m-%d", time.gmtime(ms / 1000))


def print_rows(console: Console, headings: tuple[str, ...], rows: Sequence[tuple[str, ...]], none: str) -> None:
    table = Table(box=None, pad_edge=False)
    for heading in headings:
        table.add_column(heading)
    for row in rows:
        table.add_row(*row)
    console.print(table if rows else none)


def note_left(out: Output, rotated: Rotated) -> None:
    """Say which sessions could not be sealed anew."""
    for left in rotated.left:
        out.note(f"{left.session[:10]}: {left.sentence} [{left.code}]")
