"""`safelight whoami`: this person's card, to hand to the custodian of a library, and what protects its keys."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click
from rich.console import Console

from app.cli.output import Output, pass_output
from replay.errors import StorageFailed
from replay.vault.identity import Identity, identity_of, new_identity
from replay.vault.key_protection import PROTECTION_SENTENCES, Protection


def _document(identity: Identity) -> dict[str, Any]:
    return {
        "id": identity.card.id,
        "name": identity.card.name,
        "protection": identity.protection.value,
        "protected": identity.protection is not Protection.DEVICE,
        "card": identity.card.to_dict(),
    }


def _print(identity: Identity, console: Console) -> None:
    console.print(f"{identity.card.id}  {identity.card.name}")
    console.print(f"keys      {PROTECTION_SENTENCES[identity.protection]}")
    console.print(f"card      {json.dumps(identity.card.to_dict())}")


def _write_card(identity: Identity, path: Path) -> None:
    try:
        path.write_text(json.dumps(identity.card.to_dict(), indent=1) + "\n", encoding="utf-8")
    except OSError as e:
        raise StorageFailed(
            "card_not_written", f"The card cannot be written ({e.strerror or 'unknown error'}).", "Name another file."
        ) from e


@click.command("whoami", help="This identity: its card for others, and what protects its keys.")
@click.option("--new", "name", help="Make a fresh identity of this name, in a home that holds none.")
@click.option("--card", "card_file", type=click.Path(path_type=Path), help="Write the card into a file too.")
@pass_output
def command(out: Output, name: str | None, card_file: Path | None) -> int:
    home: Path | None = click.get_current_context().find_root().meta.get("home")
    identity = identity_of(home) if name is None else new_identity(home, name)
    if card_file is not None:
        _write_card(identity, card_file)
    out.answer(_document(identity), lambda console: _print(identity, console))
    return 0
