"""What may leave and what may not, with the reason; and recipes that are refused before anything is done."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from curation.edits import CutAdded
from curation.export.plan import plan_session
from curation.export.recipe import Recipe, load_recipe, recipe_of
from curation.export.source import SessionSource
from curation.model import CurationState, Cut, SessionState
from curation.reducer import fold
from replay.errors import BadInput
from replay.problems import Problem, Severity
from replay.session import Session
from replay.store.library import Library
from replay.sync import SyncModel
from replay.timebase import TimeRange
from tests import export_sessions as capture

Captured = tuple[Library, SessionSource]


@pytest.fixture(scope="module")
def captured(tmp_path_factory: pytest.TempPathFactory) -> Captured:
    library, session = capture.imported_library(tmp_path_factory.mktemp("capture"))
    return library, capture.source_of(library, session)


def refusal(captured: Captured, recipe: Recipe, session: Session | None = None) -> str | None:
    library, source = captured
    planned = plan_session(replace(source, session=session or source.session), recipe, library.key)
    return None if planned.refusal is None else planned.refusal.code


@pytest.mark.parametrize(
    ("status", "purposes", "purpose", "code"),
    [
        ("granted", (), None, None),
        ("unknown", (), None, "consent_unknown"),
        ("withdrawn", (), "training", "consent_withdrawn"),
        ("limited", ("training",), None, "consent_limited"),
        ("limited", ("training",), "marketing", "consent_limited"),
        ("limited", ("training",), "training", None),
    ],
)
def test_consent_decides_first(
    captured: Captured, status: str, purposes: tuple[str, ...], purpose: str | None, code: str | None
) -> None:
    session = captured[1].session
    info = replace(session.info, consent_status=status, consent_purposes=purposes)
    assert refusal(captured, Recipe(purpose=purpose), replace(session, info=info)) == code


@pytest.mark.parametrize(
    ("method", "sigma_ms", "most", "code"),
    [
        ("frame_table", 1, None, None),
        ("recorder_event", 250, None, None),
        ("recorder_event", 251, None, "sync_uncertain"),
        ("assumed", 0, None, "sync_assumed"),
        ("assumed", 400, 500, None),
        ("correlated", 20, 10, "sync_uncertain"),
    ],
)
def test_an_unsure_clock_keeps_a_session_home(
    captured: Captured, method: str, sigma_ms: int, most: float | None, code: str | None
) -> None:
    sync = SyncModel(sigma_ns=sigma_ms * 1_000_000, method=method)
    session = replace(captured[1].session, sync=sync)
    assert refusal(captured, Recipe(max_sigma_ms=most), session) == code


def test_a_clock_less_sure_than_a_frame_is_a_warning(captured: Captured) -> None:
    library, source = captured
    session = replace(source.session, sync=SyncModel(sigma_ns=100_000_000, method="recorder_event"))
    assert "more than one frame" in plan_session(replace(source, session=session), Recipe(), library.key).warnings[0]


def test_without_video_formats_that_need_pictures_are_refused(captured: Captured) -> None:
    session = replace(captured[1].session, frames=None)
    assert refusal(captured, Recipe(formats=("archive",)), session) is None
    assert refusal(captured, Recipe(formats=("archive", "agentnet")), session) == "no_video"


def test_an_unresolved_problem_is_refused_until_it_is_accepted_by_code(captured: Captured) -> None:
    session = replace(captured[1].session, problems=(Problem("clock_step", Severity.ERROR, "It jumps."),))
    assert refusal(captured, Recipe(), session) == "unresolved_problem"
    assert refusal(captured, Recipe(accept_problems=("clock_step",)), session) is None


def test_rejected_and_wholly_cut_sessions_are_refused(captured: Captured) -> None:
    library, source = captured
    rejected = replace(source, state=CurationState(state=SessionState.REJECTED))
    planned = plan_session(rejected, Recipe(), library.key)
    assert planned.refusal is not None
    assert planned.refusal.code == "session_rejected"
    cut = fold((CutAdded(Cut("c", TimeRange(-(10**12), 10**12))),))
    planned = plan_session(replace(source, state=cut), Recipe(), library.key)
    assert planned.refusal is not None
    assert planned.refusal.code == "all_cut"


def test_a_plan_counts_what_would_leave(captured: Captured) -> None:
    library, source = captured
    state = capture.decided(source.session, library.key)
    planned = plan_session(replace(source, state=state), Recipe(), library.key)
    assert (planned.frames, planned.cut_frames) == (102, 18)
    assert planned.masked_frames > 30
    assert planned.hidden_stretches == 1
    assert planned.pseudonym not in source.session.id.lower()


@pytest.mark.parametrize(
    "document",
    [
        {"formats": []},
        {"formats": ["archive", "archive"]},
        {"version": 2},
        {"video": {"crf": 51}},
        {"video": {"preset": "placebo"}},
        {"video": {"bitrate": 3}},
        {"unknown": 1},
        {"max_sigma_ms": -1},
        {"reduce": {"no_such": 1}},
        {"sessions": "ABC"},
    ],
)
def test_a_recipe_that_says_something_unknown_is_refused(document: dict[str, object]) -> None:
    with pytest.raises(BadInput):
        recipe_of(document)


def test_a_recipe_reads_the_same_from_toml_json_and_its_own_dump(tmp_path: Path) -> None:
    toml = tmp_path / "r.toml"
    toml.write_text('formats = ["archive", "hf"]\nseed = 7\n[video]\ncrf = 18\n[reduce]\nwait_s = 4.0\n')
    json = tmp_path / "r.json"
    json.write_text('{"formats": ["archive", "hf"], "seed": 7, "video": {"crf": 18}, "reduce": {"wait_s": 4.0}}')
    assert load_recipe(toml) == load_recipe(json)
    recipe = load_recipe(toml)
    assert recipe_of(recipe.as_dict()).as_dict() == recipe.as_dict()
    assert recipe.reduce_recipe().wait_s == 4.0
