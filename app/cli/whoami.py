"""`safelight whoami`: this person's card, to hand to the custodian of a library, and what protects its keys."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click
from rich.console import Console

from app.cli.output import Output, pass_output
from replay.errors import StorageFailed
from replay.vault.identity import Identity, default_home, identity_of, new_identity
from replay.vault.key_protection import PROTECTION_SENTENCES, Protection
from replay.vault.recovery import recovery_keys_in


def _document(identity: Identity, recovery_keys: list[str]) -> dict[str, Any]:
    return {
        "id": identity.card.id,
        "name": identity.card.name,
        "protection": identity.protection.value,
        "protected": identity.protection is not Protection.DEVICE,
        "card": identity.card.to_dict(),
        "recovery_keys_in_home": recovery_keys,
    }


def _print(identity: Identity, recovery_keys: list[str], console: Console) -> None:
    console.print(f"{identity.card.id}  {identity.card.name}")
    console.print(f"keys      {PROTECTION_SENTENCES[identity.protection]}")
    for name in recovery_keys:
        console.print(f"recovery  {name} lies in this home: whoever reads it opens the library. Move it away.")
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
    recovery_keys = [p.name for p in recovery_keys_in(home or default_home())]
    document = _document(identity, recovery_keys)
    out.answer(document, lambda console: _print(identity, recovery_keys, console))
    return 0
