"""The first pass over an imported session: what must be hidden before a curator sees it, and which pictures that takes.

Pure. What it finds is what every later plan finds by itself, so an export hides at least as much.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np

from curation.model import CurationState
from curation.redaction.masks import FrameMasks
from curation.redaction.plan import RedactionPlan, resolve
from replay.session import Session
from replay.video.frame_table import FrameSpan, FrameTable

# By name and version, for whoever requires that certain detectors have looked at a session.
DETECTORS: Final = ("secure_fields/1", "credential_windows/1", "secret_patterns/1")


@dataclass(frozen=True, slots=True)
class FirstPass:
    """What the first pass found. `touched`: whole groups of pictures that hold a masked frame, disjoint, ascending.

    `counts` are numbers only: hidden key rows and cells, masked frames, touched frames, and secrets by category.
    """

    plan: RedactionPlan
    touched: tuple[FrameSpan, ...]
    counts: Mapping[str, int]
    detectors: tuple[str, ...] = DETECTORS


def first_pass(session: Session, state: CurationState, library_key: bytes) -> FirstPass:
    """The pass over `session` with everything that was decided about it so far; raises Refused as `resolve` does."""
    plan = resolve(session, state, library_key)
    touched = () if session.frames is None else touched_groups(session.frames, plan.masks)
    counts = Counter({f"secrets_{s.category}": 0 for s in plan.secrets})
    counts.update(f"secrets_{s.category}" for s in plan.secrets)
    counts["hidden_keys"] = len(plan.hidden_keys)
    counts["hidden_cells"] = sum(len(cells) for cells in plan.hidden_cells.values())
    counts["masked_frames"] = sum(last - first for first, last, _ in plan.masks.spans())
    counts["touched_frames"] = sum(last - first for first, last in touched)
    return FirstPass(plan, touched, dict(counts))


def touched_groups(frames: FrameTable, masks: FrameMasks) -> tuple[FrameSpan, ...]:
    """Whole groups, from one I-frame to before the next, of which at least one frame is masked; neighbours joined."""
    starts = sorted({0, *np.flatnonzero(frames.iframe).tolist()})
    ends = [*starts[1:], len(frames)]
    out: list[FrameSpan] = []
    for first, last, _ in masks.spans():
        a = int(np.searchsorted(starts, first, side="right")) - 1
        b = int(np.searchsorted(starts, last - 1, side="right")) - 1
        if out and starts[a] <= out[-1][1]:
            out[-1] = out[-1][0], max(out[-1][1], ends[b])
        else:
            out.append((starts[a], ends[b]))
    return tuple(out)
