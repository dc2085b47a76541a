"""The real recordings' clocks: what is found where the truth is known, and silence where nothing can be told."""

from __future__ import annotations

import itertools
from pathlib import Path

import numpy as np
import pytest

from bench._calibration_trials import Recording, drifting, imported, recording, stepping, strangers
from bench.calibrate import TRUTH_S, false_answers
from replay.calibration.measure import Measured, pointer_path
from replay.calibration.result import Calibration, calibrated
from replay.calibration.scene import scene_problems
from replay.calibration.values import PointerPath
from replay.calibration.verdict import Answer, judged
from replay.session import Session
from replay.store.library import Library
from replay.store.sessions import SessionStore

SEEDED = 12
SOAK = 240


@pytest.fixture(scope="module")
def store(shared_data: Path, tmp_path_factory: pytest.TempPathFactory) -> SessionStore:
    library = Library.open_or_create(tmp_path_factory.mktemp("calibrate") / "library")
    names = ("agentnet_raw", "ducktrack_example", "owamcap")
    return imported(library, *(shared_data / "sessions" / name for name in names))


@pytest.fixture(scope="module")
def sessions(store: SessionStore) -> list[Session]:
    return [store.load(session_id) for session_id in store.library.session_ids()]


@pytest.fixture(scope="module")
def agentnet(sessions: list[Session]) -> Session:
    return next(s for s in sessions if s.info.importer == "agentnet")


@pytest.fixture(scope="module")
def found(store: SessionStore, agentnet: Session) -> Calibration:
    with store.open_video(agentnet.id) as video:
        return calibrated(agentnet, video)


@pytest.fixture(scope="module")
def known(store: SessionStore, agentnet: Session) -> Recording:
    return recording(store, agentnet)


@pytest.fixture(scope="module")
def others(sessions: list[Session]) -> list[PointerPath]:
    return [pointer_path(s.events.pointer) for s in sessions if s.info.importer == "ducktrack"]


def test_agentnets_clock_is_found_from_sampled_windows(agentnet: Session, found: Calibration) -> None:
    verdict = found.measured.verdict
    assert isinstance(verdict, Answer), verdict
    assert agentnet.info.source_zero_ns / 1e9 + verdict.clock.lag_s == pytest.approx(TRUTH_S, abs=0.017)
    assert found.sync is not None
    assert found.sync.sigma_ns <= 10_000_000
    assert found.confidence > 0.5
    assert agentnet.frames is not None
    assert found.measured.pictures < len(agentnet.frames) / 2
    assert verdict.fit.mapping.sx == pytest.approx(1276 / 1366, rel=0.005)
    assert found.problems == ()


def test_agentnets_scale_is_found_to_half_a_percent(known: Recording) -> None:
    verdict = judged(known.seen, known.path, known.width, known.frame_s)
    assert isinstance(verdict, Answer)
    assert verdict.fit.mapping.sx == pytest.approx(1276 / 1366, rel=0.005)


@pytest.mark.parametrize("ppm", [-500.0, 500.0])
def test_a_drift_is_found_in_two_minutes(known: Recording, ppm: float) -> None:
    verdict = judged(known.seen, drifting(known.path, ppm), known.width, known.frame_s)
    assert isinstance(verdict, Answer)
    assert verdict.clock.drift_ppm == pytest.approx(ppm, abs=200)


@pytest.mark.parametrize("ppm", [-200.0, 200.0])
def test_a_drift_of_two_hundred_ppm_is_found_in_two_minutes_where_every_picture_is_looked_at(
    known: Recording, ppm: float
) -> None:
    verdict = judged(known.seen, drifting(known.path, ppm), known.width, known.frame_s)
    assert isinstance(verdict, Answer)
    assert verdict.clock.drift_ppm == pytest.approx(ppm, abs=100)


@pytest.mark.parametrize("step_s", [-0.05, 0.05, 0.1])
def test_a_step_of_fifty_ms_is_found(known: Recording, step_s: float) -> None:
    verdict = judged(known.seen, stepping(known.path, step_s, 60.0), known.width, known.frame_s)
    assert isinstance(verdict, Answer)
    assert verdict.clock.step_s == pytest.approx(step_s, abs=0.01)
    assert verdict.clock.step_at_s == pytest.approx(60, abs=2)
    told = {p.code: p.t_ns for p in scene_problems(known.session, Measured(verdict))}
    assert told == {"clock_steps": round((verdict.clock.step_at_s or 0) * 1e9)}


def test_too_short_a_recording_tells_nothing(store: SessionStore, sessions: list[Session]) -> None:
    [short] = [s for s in sessions if s.info.recorder_version == "0.5.1" and s.frames is not None]
    with store.open_video(short.id) as video:
        assert calibrated(short, video).sync is None


def test_events_of_another_session_get_no_answer(known: Recording, others: list[PointerPath]) -> None:
    assert false_answers(known, others, SEEDED) == 0


@pytest.mark.soak
def test_events_of_another_session_get_no_answer_in_many_trials(known: Recording, others: list[PointerPath]) -> None:
    assert false_answers(known, others, SOAK) == 0


def test_strangers_events_are_not_the_sessions_own(known: Recording, others: list[PointerPath]) -> None:
    for _, path in itertools.islice(strangers(known.path, others, 3), 6):
        assert not np.array_equal(path.x, known.path.x) or not np.array_equal(path.y, known.path.y)
