"""The AgentNet sample reduced, held against its published steps; every difference has its one reason."""

from __future__ import annotations

from pathlib import Path

import pytest

from curation.steps.model import ActionType
from tests.conftest import ROOT
from tests.golden.agentnet_golden import SAME_SCREEN, Comparison, approach_s, compared, numbers, page, why

POSITION_TOLERANCE = 0.0005  # of the picture's size; published coordinates are rounded to 0.0001


@pytest.fixture(scope="module")
def comparison(shared_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Comparison:
    return compared(shared_data / "sessions", tmp_path_factory.mktemp("golden") / "library")


def test_every_published_action_comes_out_in_order_and_in_place(comparison: Comparison) -> None:
    matched = [r for r in comparison.rows if r.published is not None]
    assert [r.published for r in matched] == list(range(14))
    for row in matched:
        published = comparison.published.codes[row.published or 0]
        assert numbers(row.code) == pytest.approx(numbers(published), abs=POSITION_TOLERANCE)
        assert row.code == published
    assert comparison.terminate == comparison.published.codes[14]


def test_what_was_not_published_was_deleted_by_its_annotator_or_netted_by_its_tool(comparison: Comparison) -> None:
    published = comparison.published
    deleted = sorted(set(published.ids) - set(published.kept_ids))
    assert deleted == [*range(11, 20), 23]
    ours = [r for r in comparison.rows if r.published is None]
    assert sorted({r.agentnet_id for r in ours}) == deleted
    begun = [r for r in ours if published.ids[r.agentnet_id] == r.step.raw[0].first]
    assert [r.agentnet_id for r in begun] == deleted
    netted = [r for r in ours if r not in begun]
    assert [(r.agentnet_id, r.step.action.type, r.step.action.scroll_dy) for r in netted] == [
        (19, ActionType.SCROLL, -4),
        (23, ActionType.SCROLL, 4),
    ]


def test_the_approach_begins_where_the_recorder_says(comparison: Comparison) -> None:
    session = comparison.session
    exact = 0
    floor = 0
    for row in comparison.rows:
        step = row.step
        source_s = comparison.published.premove_start_s.get(step.raw[0].first)
        if source_s is not None:
            recorded = session.sync.t_ns(round(source_s * 1e9))
            bound = max(recorded, floor, step.t_start_ns - 5_000_000_000)
            assert abs(step.anchor_ns - bound) < 1_000_000 or step.anchor_ns > bound > recorded
            exact += abs(step.anchor_ns - recorded) < 1_000
        floor = step.t_end_ns - 1
    assert exact >= 18


def test_no_observation_is_later_than_its_approach_less_the_clocks_sigma(comparison: Comparison) -> None:
    session = comparison.session
    assert session.frames is not None
    for row in comparison.rows:
        assert row.step.obs_index is not None
        assert session.frames.t_ns[row.step.obs_index] <= row.step.anchor_ns - session.sync.sigma_ns


def test_a_picture_differs_only_where_the_screen_changed_during_the_approach(comparison: Comparison) -> None:
    changed = [r for r in comparison.rows if r.differs is not None and r.differs > SAME_SCREEN]
    assert [r.published for r in changed] == [8, 9, 10, 12]
    assert all(approach_s(r) > 0.5 for r in changed), (
        "AgentNet looks half a second back, so only longer ones can differ"
    )


def test_the_stop_shortcut_is_no_step(comparison: Comparison) -> None:
    assert {s.table for r in comparison.rows for s in r.step.raw} == {"pointer"}
    assert len(comparison.session.events.keys.events) == 4


def test_the_page_tells_every_difference(comparison: Comparison) -> None:
    assert all(why(r, comparison) for r in comparison.rows)
    written = (ROOT / "docs" / "agentnet-golden.md").read_text(encoding="utf-8")
    assert written == page(comparison), (
        "write it again: python -m tests.golden.agentnet_golden > docs/agentnet-golden.md"
    )
