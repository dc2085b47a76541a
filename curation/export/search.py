"""What the proof of one export seeks, out of the plans of all its sessions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from curation.export.source import SessionSource
from curation.redaction.cut_texts import CutTexts, cut_texts, texts_of_cuts
from curation.redaction.plan import RedactionPlan
from curation.redaction.prove import SecretSearch
from curation.redaction.secrets import Secret


@dataclass(frozen=True, slots=True)
class Hidden:
    """What one session must not show."""

    plan: RedactionPlan
    texts: CutTexts


def hidden_of(source: SessionSource, plan: RedactionPlan) -> Hidden:
    return Hidden(plan, cut_texts(source.session, plan))


def search_for(hidden: Sequence[Hidden], library_key: bytes) -> SecretSearch:
    """Strong secrets of any session are sought in all of them; short words only where every session hides them.

    A short word that one session hides may stand in another by right ("yes"), and nothing tells the two apart.
    """
    secrets = list(dict.fromkeys(s for h in hidden for s in h.plan.secrets))
    everywhere = [{x.value.casefold() for x in h.plan.secrets} for h in hidden]
    sought: list[Secret] = []
    for secret in secrets:
        if secret.strong or all(secret.value.casefold() in mine for mine in everywhere):
            sought.append(secret)
    cut_cells = texts_of_cuts(h.texts for h in hidden)
    return SecretSearch(sought, library_key, cut_cells, unsought=len(secrets) - len(sought))
