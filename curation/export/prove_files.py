"""What the checks of single files share: the shape of a finding, and secrets in many texts at once."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from curation.export.manifest import SessionEntry
from curation.redaction.cut_texts import cell_key
from curation.redaction.prove import SecretSearch
from curation.redaction.secrets import Secret

SessionOf = Callable[[str], SessionEntry | None]


@dataclass(frozen=True, slots=True)
class Found:
    """Something wrong in a file; `where` quotes nothing of it. `secret` where a hidden text was found."""

    where: str
    secret: Secret | None = field(default=None, repr=False)


FileCheck = Callable[[Path, str, SessionOf, SecretSearch], Iterator[Found]]


def secrets_in(texts: Sequence[str], where: str, search: SecretSearch) -> Iterator[Found]:
    """Secrets in any of `texts`, which are looked at one by one only where all of them together hold one."""
    if search.cut_cells:
        for text in dict.fromkeys(texts):
            if cell_key(text) in search.cut_cells:
                yield Found(f"{where}, a text from a cut", Secret(text, "cut"))
    if not len(search) or not any(True for _ in search.in_text("\n\0\n".join(texts))):
        return
    for text in dict.fromkeys(texts):
        for secret, form in search.in_text(text):
            yield Found(f"{where}, {form}", secret)
