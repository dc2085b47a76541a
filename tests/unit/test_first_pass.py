"""The first pass and the masked twins of tables: nothing hidden is left in them, and every row keeps its name."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pyarrow as pa
import pytest
from PIL import Image

from curation import commands
from curation.export.source import SessionSource
from curation.intake.first_pass import FirstPass, first_pass, touched_groups
from curation.intake.masked_tables import MASKED_TABLES, masked_tables, placeholder_tables
from curation.model import CurationState
from curation.placeholders import hidden_as
from curation.redaction.masks import Box, FrameMasks, MaskSpan, MaskTrack
from curation.redaction.plan import resolve
from curation.reducer import fold
from curation.steps.reduce import reduce
from curation.veil import Veil
from replay import schema
from replay.events import (
    elements_from_arrow,
    keys_from_arrow,
    texts_from_arrow,
    windows_from_arrow,
)
from replay.schema import Surface
from replay.session import Session
from replay.store.library import Library
from replay.store.sessions import SessionStore
from replay.timebase import TimeRange
from replay.video.composed import open_pictures
from replay.video.frame import rgb24
from replay.video.frame_table import FrameTable
from tests import export_sessions as capture

CARD = "4111111111111111"
Captured = tuple[Library, SessionSource]


@pytest.fixture(scope="module")
def captured(tmp_path_factory: pytest.TempPathFactory) -> Captured:
    script = capture.Script(password=CARD)
    library, session = capture.imported_library(tmp_path_factory.mktemp("capture"), script)
    return library, capture.source_of(library, session)


def masked_session(source: SessionSource, tables: dict[str, pa.Table]) -> Session:
    """The session as somebody loads it who has the masked twins only."""
    sync = source.session.sync
    events = replace(
        source.session.events,
        keys=keys_from_arrow(tables["keys"], sync),
        windows=windows_from_arrow(tables["windows"], sync),
        elements=elements_from_arrow(tables["elements"], sync),
        texts=texts_from_arrow(tables["texts"], sync),
    )
    goal = tables["session"]["task_goal"][0].as_py()
    return replace(source.session, info=replace(source.session.info, task_goal=goal), events=events)


def found_in(captured: Captured) -> tuple[FirstPass, dict[str, pa.Table], Session]:
    library, source = captured
    found = first_pass(source.session, CurationState(), library.key)
    tables = masked_tables(found.plan, source.read_table)
    return found, tables, masked_session(source, tables)


def test_the_masked_twins_hold_every_row_under_its_number_and_nothing_hidden(captured: Captured) -> None:
    _, source = captured
    _, tables, _ = found_in(captured)
    assert set(tables) == set(MASKED_TABLES)
    for name, twin in tables.items():
        raw = source.read_table(name)
        assert twin.schema.equals(schema.TABLES[name].arrow)
        assert twin.num_rows == raw.num_rows
        for column in schema.TABLES[name].of_surface(Surface.TIME, Surface.NUMBER):
            assert twin[column.name].to_pylist() == raw[column.name].to_pylist()
        said = repr(twin.to_pylist()).lower()
        assert CARD not in said
        assert "handle-0x" not in said
    typed = "".join(r["key"] for r in tables["keys"].to_pylist() if r["kind"] == "down" and hidden_as(r["key"]) is None)
    assert typed == capture.CUT_TYPED + "hello world"
    assert capture.KEPT_TITLE in tables["windows"]["title"].to_pylist()


def test_what_was_half_typed_is_masked_where_a_snapshot_shows_it(captured: Captured) -> None:
    _, tables, _ = found_in(captured)
    values = [r["value"] for r in tables["elements"].to_pylist() if r["role"] == "edit"]
    assert [hidden_as(v) for v in values] == [None, "card", "card", None, None]


def test_the_first_pass_counts_what_it_hid(captured: Captured) -> None:
    found, _, _ = found_in(captured)
    assert found.counts["hidden_keys"] == 2 * len(CARD)
    assert found.counts["secrets_card"] >= 1
    assert 0 < found.counts["masked_frames"] <= found.counts["touched_frames"]
    assert len(found.detectors) == 3


def test_the_session_made_of_masked_twins_says_the_same_things_are_hidden_and_no_others(captured: Captured) -> None:
    library, source = captured
    found, _, masked = found_in(captured)
    plan = resolve(masked, CurationState(), library.key)
    assert set(plan.hidden_keys) == set(found.plan.hidden_keys)
    assert plan.secrets == ()
    veil = Veil(plan)
    for step, hidden in zip(reduce(masked), reduce(source.session), strict=True):
        assert veil.step(step).action == Veil(found.plan).step(hidden).action


def test_a_redaction_of_a_text_that_is_masked_hides_nothing_else(captured: Captured) -> None:
    library, source = captured
    _, _, masked = found_in(captured)
    before = resolve(masked, CurationState(), library.key)
    for secret in (CARD, "user: " + CARD):
        edits = commands.redact_text(CurationState(), source.session, library.key, secret)
        assert isinstance(edits, commands.Edits)
        after = resolve(masked, fold(edits.edits), library.key)
        assert after.secrets == ()
        assert after.hidden_cells == before.hidden_cells
        assert list(after.masks.spans()) == list(before.masks.spans())


def test_a_redaction_made_on_masked_cells_hides_the_same_text_in_the_raw_ones(captured: Captured) -> None:
    library, source = captured
    _, _, masked = found_in(captured)
    edits = commands.redact_text(CurationState(), masked, library.key, "then save")
    assert isinstance(edits, commands.Edits)
    plan = resolve(source.session, fold(edits.edits), library.key)
    goal = source.session.info.task_goal or ""
    assert "then save" in goal
    assert "then save" not in plan.matcher.scrub(goal)


@pytest.mark.parametrize("sought", ["REDACTED", "card", "[REDACTED:card]", "dacted:ca"])
def test_placeholders_cannot_be_found_as_text(captured: Captured, sought: str) -> None:
    library, _ = captured
    _, _, masked = found_in(captured)
    assert isinstance(commands.redact_text(CurationState(), masked, library.key, sought), commands.Refusal)


def test_keys_that_are_hidden_twice_make_no_secret_of_their_placeholder(captured: Captured) -> None:
    library, _ = captured
    _, _, masked = found_in(captured)
    edits = commands.redact_keys(CurationState(), masked, TimeRange(capture.s(0.55), capture.s(1.5)))
    assert isinstance(edits, commands.Edits)
    plan = resolve(masked, fold(edits.edits), library.key)
    assert plan.secrets == ()


def test_the_masked_twins_tell_no_hash_of_what_is_hidden(captured: Captured) -> None:
    _, source = captured
    assert all(f["sha256"] for f in source.read_table("session")["media"][0].as_py())
    for tables in (found_in(captured)[1], placeholder_tables(source.read_table)):
        (media,) = tables["session"]["media"].to_pylist()
        assert [f["name"] for f in media] == ["video"]
        assert [f["sha256"] for f in media] == [None]
        assert tables["session"]["source_sha256"].null_count == 1


def test_an_unscreened_session_tells_no_text_and_no_key(captured: Captured) -> None:
    library, source = captured
    tables = placeholder_tables(source.read_table)
    for name, twin in tables.items():
        raw = source.read_table(name)
        assert twin.schema.equals(schema.TABLES[name].arrow)
        assert twin.num_rows == raw.num_rows
        for column in schema.TABLES[name].of_surface(Surface.TEXT):
            assert {hidden_as(v) for v in twin[column.name].to_pylist() if v is not None} <= {"unscreened"}
            assert twin[column.name].null_count == raw[column.name].null_count
    assert {r["key"] for r in tables["keys"].to_pylist()} == {"[REDACTED:unscreened]"}
    assert not any(r["modifiers"] for r in tables["keys"].to_pylist())
    masked = masked_session(source, tables)
    plan = resolve(masked, CurationState(), library.key)
    assert set(plan.hidden_keys) == {e.seq for e in masked.events.keys.events}
    assert plan.secrets == ()


def test_after_an_import_the_masked_pictures_and_the_thumbnail_show_nothing_hidden(captured: Captured) -> None:
    library, source = captured
    frames = source.session.frames
    assert frames is not None
    store = SessionStore(library)
    with store.open_video(source.session.id) as video:
        decoder = open_pictures(video, frames)
        shown = rgb24(decoder.picture(30))
        decoder.close()
    assert np.ptp(shown[100:132, 200:360].astype(int)) <= 6
    assert store.manifest(source.session.id).has("video_twin")
    with store.open_track(source.session.id, "thumbnail") as file:
        small = np.asarray(Image.open(file).convert("RGB")).astype(int)
    scale = small.shape[1] / capture.SIZE[0]
    box = small[int(102 * scale) : int(130 * scale), int(204 * scale) : int(356 * scale)]
    assert np.ptp(box) <= 12


def masks_on(*spans: tuple[int, int]) -> FrameMasks:
    return FrameMasks([MaskTrack((MaskSpan(a, b, Box(0, 0, 16, 16)),)) for a, b in spans])


@pytest.mark.parametrize(
    ("masked", "touched"),
    [
        ((), ()),
        (((0, 1),), ((0, 10),)),
        (((9, 11),), ((0, 20),)),
        (((12, 13), (15, 18)), ((10, 20),)),
        (((5, 6), (15, 16)), ((0, 20),)),
        (((5, 6), (25, 35)), ((0, 10), (20, 35))),
        (((10, 20),), ((10, 20),)),
    ],
)
def test_touched_groups_are_whole_and_only_those_with_a_mask(
    masked: tuple[tuple[int, int], ...], touched: tuple[tuple[int, int], ...]
) -> None:
    index = np.arange(35, dtype=np.int64)
    frames = FrameTable("video", index, index * 1000, np.full(35, 1000, np.int64), index % 10 == 0)
    assert touched_groups(frames, masks_on(*masked)) == touched
