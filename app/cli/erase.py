"""`safelight erase`: destroy everything of a person, prove that it does not open, and give them a receipt."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import click
from rich.console import Console

from app.cli._exports import export_document, print_exports
from app.cli.options import LIBRARY, open_core
from app.cli.output import Output, pass_output
from curation.erasure import ErasedSubject, erase_subject
from replay.errors import Refused, storage_failed


def _document(erased: ErasedSubject, library: Path) -> dict[str, Any]:
    receipt = erased.receipt
    return {
        "subject": receipt.subject,
        "status": "erased",
        "sessions": list(receipt.sessions),
        "opens": receipt.keys_opened_after > 0,
        "keys_opened_before": receipt.keys_opened_before,
        "keys_tried_after": receipt.keys_tried_after,
        "receipt_sha256": hashlib.sha256(erased.signed_receipt).hexdigest(),
        "exports": [export_document(e, library) for e in erased.exports],
    }


def _print(document: dict[str, Any], console: Console) -> None:
    console.print(f"Erased {document['subject']}: {len(document['sessions'])} sessions.")
    console.print(
        f"Of {document['keys_tried_after']} keys tried none opens; {document['keys_opened_before']} did before."
    )
    console.print(f"Receipt {document['receipt_sha256']}")
    print_exports(document["exports"], console)


def _write(receipt: bytes, path: Path) -> None:
    try:
        with open(path, "xb") as file:
            file.write(receipt)
    except OSError as e:
        raise storage_failed(e, "receipt") from e


@click.command("erase", help="Destroy everything of a person for good; run again, it goes on where it was cut short.")
@LIBRARY
@click.argument("subject")
@click.option("--receipt", type=click.Path(path_type=Path, dir_okay=False), help="Write the signed receipt here.")
@pass_output
def command(out: Output, library: Path, subject: str, receipt: Path | None) -> int:
    if receipt is not None and receipt.exists():
        raise Refused("receipt_exists", "A file lies where the receipt belongs.", "Name another.")
    with open_core(library) as core, out.progress("Erasing") as report:
        erased = erase_subject(core.library, subject, report)
    if receipt is not None:
        _write(erased.signed_receipt, receipt)
    document = _document(erased, library)
    out.answer(document, lambda console: _print(document, console))
    return 0
