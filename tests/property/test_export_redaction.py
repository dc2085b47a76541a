"""Whatever is decided about a capture, no raw pixel, key, title or text of what was hidden is handed to a writer."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from curation import commands
from curation.edits import CutAdded, RedactionAdded
from curation.export.source import SessionSource
from curation.model import CurationState, Cut, MaskKeyframe, RectRedaction
from curation.redaction.apply import Applier, redacted_frame
from curation.redaction.plan import RedactionPlan, resolve
from curation.redaction.secrets import core
from curation.redaction.types import RawFrame, RedactedSession
from curation.reducer import fold
from curation.steps.reduce import reduce
from replay.geometry import Rect
from replay.store.library import Library
from replay.timebase import TimeRange
from replay.video.decoder import iter_pictures
from tests import export_sessions as capture

Captured = tuple[Library, SessionSource]
END = 4_000
moments = st.integers(-100, END)
ranges = st.tuples(moments, st.integers(1, 1_500)).map(lambda r: TimeRange(r[0] * 10**6, (r[0] + r[1]) * 10**6))
rects = st.builds(Rect, st.integers(-50, 640), st.integers(-50, 368), st.integers(1, 300), st.integers(1, 300))


@pytest.fixture(scope="module")
def captured(tmp_path_factory: pytest.TempPathFactory) -> Captured:
    library, session = capture.imported_library(tmp_path_factory.mktemp("capture"))
    return library, capture.source_of(library, session)


def masks(moving: tuple[TimeRange, Rect, Rect]) -> RectRedaction:
    r, a, b = moving
    return RectRedaction("mask", r, (MaskKeyframe(r.start_ns, a), MaskKeyframe(r.end_ns, b)))


def decided(
    captured: Captured, cuts: list[TimeRange], keys: list[TimeRange], texts: list[str], windows: list[str]
) -> CurationState:
    library, source = captured
    state = fold(CutAdded(Cut(f"cut{n}", r)) for n, r in enumerate(cuts))
    found = [commands.redact_keys(state, source.session, r) for r in keys]
    found += [commands.redact_text(state, source.session, library.key, t) for t in texts]
    found += [commands.redact_window(state, source.session, library.key, w) for w in windows]
    return fold((e for f in found if isinstance(f, commands.Edits) for e in f.edits), state)


def applied(captured: Captured, state: CurationState) -> tuple[RedactionPlan, RedactedSession]:
    library, source = captured
    plan = resolve(source.session, state, library.key)
    steps = reduce(source.session, removed=plan.cuts)
    applier = Applier(plan, source.session, state, source.read_table, library.key)
    return plan, applier.apply(steps)


def everything_said(redacted: RedactedSession) -> str:
    tables = [t.rows.to_pylist() for t in redacted.tables.values()]
    return repr([tables, [(e.steps, e.labels, e.episode, e.instruction) for e in redacted.episodes]])


@given(
    cuts=st.lists(ranges, max_size=3),
    keys=st.lists(ranges, max_size=2),
    texts=st.lists(st.sampled_from([capture.PASSWORD, capture.CUT_CHAT, "Quarterly notes", "hello world"]), max_size=2),
    windows=st.lists(st.sampled_from(["Payroll", "Quarterly", "example.org"]), max_size=1),
)
def test_no_secret_and_no_cut_row_is_handed_to_a_writer(
    captured: Captured, cuts: list[TimeRange], keys: list[TimeRange], texts: list[str], windows: list[str]
) -> None:
    state = decided(captured, cuts, keys, texts, windows)
    plan, redacted = applied(captured, state)
    said = everything_said(redacted)
    for secret in plan.secrets:
        if secret.strong:
            assert secret.value.casefold() not in said.casefold()
            assert secret.core not in core(said)
    for name in ("pointer", "keys", "windows", "elements"):
        times = redacted.tables[name].rows["t_ns"].to_pylist()
        assert not [t for t in times if plan.touches_cut(t, t)]
    for episode in redacted.episodes:
        frames = {s.obs_index for s in episode.steps} | {s.post_index for s in episode.steps}
        assert frames - {None} <= set(plan.kept_frames.tolist())
        assert not [s for s in episode.steps if plan.touches_cut(s.t_start_ns, s.t_start_ns)]


@given(keys=st.lists(ranges, min_size=1, max_size=3))
def test_no_hidden_key_leaves_and_the_others_all_do(captured: Captured, keys: list[TimeRange]) -> None:
    plan, redacted = applied(captured, decided(captured, [], keys, [], []))
    rows = redacted.tables["keys"].rows.to_pylist()
    shown = [e for e in captured[1].session.events.keys.events if e.seq not in plan.hidden_keys]
    assert [(r["t_ns"], r["key"]) for r in rows if "REDACTED" not in r["key"]] == [(e.t_ns, e.key) for e in shown]
    assert [r["seq"] for r in rows] == list(range(len(rows)))


@settings(max_examples=12)
@given(
    cuts=st.lists(ranges, max_size=2),
    moving=st.lists(st.tuples(ranges, rects, rects), min_size=1, max_size=1),
)
def test_every_frame_a_writer_gets_is_filled_where_a_mask_is(
    captured: Captured, cuts: list[TimeRange], moving: list[tuple[TimeRange, Rect, Rect]]
) -> None:
    source = captured[1]
    state = decided(captured, cuts, [], [], [])
    mask = masks(moving[0])
    plan = resolve(source.session, fold((RedactionAdded(mask),), state), captured[0].key)
    frames = source.session.frames
    assert frames is not None
    kept = set(plan.kept_frames.tolist())
    with source.open_video() as file:
        for index, picture in iter_pictures(file, frames):
            shown = TimeRange(int(frames.t_ns[index]), int(frames.t_ns[index] + frames.duration_ns[index]))
            assert (index in kept) == (not any(shown.overlaps(c) for c in plan.cuts))
            rgb = redacted_frame(plan, RawFrame(index, shown.start_ns, picture)).rgb()
            if shown.overlaps(mask.range):
                r = mask.rect_at(max(shown.start_ns, mask.range.start_ns))
                inside = rgb[max(0, int(r.y)) : max(0, int(r.bottom)), max(0, int(r.x)) : max(0, int(r.right))]
                assert inside.size == 0 or len(np.unique(inside.reshape(-1, 3), axis=0)) == 1


@pytest.mark.parametrize("other", ["ab9ZZtop", capture.OTHER_PASSWORD, "longer-Passphrase17"])
def test_two_secrets_of_any_length_give_the_same_export(captured: Captured, tmp_path: Path, other: str) -> None:
    """The same capture with another password at the same times: nothing tells which, nor how long it was."""
    script = capture.Script(password=other)
    library, session = capture.imported_library(tmp_path, script)
    second = capture.source_of(library, session)
    outcomes = []
    for source in (captured[1], second):
        found = commands.redact_keys(CurationState(), source.session, TimeRange(capture.s(0.55), capture.s(1.8)))
        assert isinstance(found, commands.Edits)
        # One library's key for both, so that pseudonyms do not differ for another reason.
        _, redacted = applied((captured[0], source), fold(found.edits))
        hidden = [dict(r) for r in redacted.tables["keys"].rows.to_pylist() if "REDACTED" in r["key"]]
        texts = [redacted.tables[t].rows.to_pylist() for t in ("windows", "elements", "texts", "session")]
        outcomes.append(repr([_anonymous(hidden), [_anonymous(rows) for rows in texts]]))
    assert outcomes[0] == outcomes[1]


def _anonymous(rows: list[dict]) -> list[dict]:
    return [{k: v for k, v in r.items() if k not in ("session_id", "subject_id")} for r in rows]
