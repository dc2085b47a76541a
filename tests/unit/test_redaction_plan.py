"""One decision reaches every surface: pixels, keys, titles, elements, texts, goal and steps."""

from __future__ import annotations

from dataclasses import replace

import pytest

from curation import commands
from curation.export.source import SessionSource
from curation.model import CurationState, TextRedaction
from curation.placeholders import placeholder
from curation.redaction.apply import Applier
from curation.redaction.matcher import Matcher
from curation.redaction.plan import RedactionPlan, resolve
from curation.redaction.secrets import Secret
from curation.redaction.types import RedactedSession
from curation.reducer import fold
from curation.steps.reduce import reduce
from replay.errors import Refused
from replay.events import Timed
from replay.geometry import Geometry
from replay.session import Session
from replay.store.library import Library
from replay.timebase import TimeRange
from tests import export_sessions as capture

Captured = tuple[Library, SessionSource]


@pytest.fixture(scope="module")
def captured(tmp_path_factory: pytest.TempPathFactory) -> Captured:
    library, session = capture.imported_library(tmp_path_factory.mktemp("capture"))
    return library, capture.source_of(library, session)


def with_edits(found: object) -> CurationState:
    assert isinstance(found, commands.Edits), found
    return fold(found.edits)


def applied(captured: Captured, state: CurationState) -> tuple[RedactionPlan, RedactedSession]:
    library, source = captured
    plan = resolve(source.session, state, library.key)
    steps = reduce(source.session, removed=plan.cuts)
    return plan, Applier(plan, source.session, state, source.read_table, library.key).apply(steps)


def test_a_text_redaction_hides_the_keys_cells_pixels_and_steps_of_its_string(captured: Captured) -> None:
    library, source = captured
    state = with_edits(commands.redact_text(CurationState(), source.session, library.key, capture.PASSWORD))
    plan, redacted = applied(captured, state)
    assert set(range(2 * len(capture.PASSWORD))) <= set(plan.hidden_keys)
    said = repr([t.rows.to_pylist() for t in redacted.tables.values()])
    assert capture.PASSWORD.lower() not in said.lower()
    assert "[REDACTED:text]" in redacted.tables["session"].rows["task_goal"][0].as_py()
    for index in range(15, 54):
        assert any(b.x0 <= 200 and b.y0 <= 100 and b.x1 >= 360 and b.y1 >= 132 for b in plan.masks.at(index))
    typed = [s.action.text for e in redacted.episodes for s in e.steps if s.action.text]
    assert typed[0] == "[REDACTED:text]"
    assert "".join(t for t in typed if "REDACTED" not in t).endswith("hello world")


def test_a_half_typed_value_is_hidden_where_a_snapshot_shows_it(captured: Captured) -> None:
    _, source = captured
    state = with_edits(
        commands.redact_keys(CurationState(), source.session, TimeRange(capture.s(0.55), capture.s(1.3)))
    )
    _, redacted = applied(captured, state)
    values = [r["value"] for r in redacted.tables["elements"].rows.to_pylist() if r["role"] == "edit"]
    assert values == ["", "[REDACTED:typed]", "[REDACTED:typed]", capture.CUT_ELEMENT, "cleared"]


def test_a_window_redaction_hides_its_rows_pixels_and_keys_while_it_may_be_seen(captured: Captured) -> None:
    library, source = captured
    state = with_edits(commands.redact_window(CurationState(), source.session, library.key, "Payroll"))
    plan, redacted = applied(captured, state)
    assert capture.CUT_TITLE not in repr(redacted.tables["windows"].rows.to_pylist())
    frames = source.session.frames
    assert frames is not None
    for at in (1.9, 2.2, 2.5):
        assert plan.masks.at(frames.index_at(capture.s(at)))[0].area == capture.SIZE[0] * capture.SIZE[1]
    assert not plan.masks.at(10)
    typed_there = [e.seq for e in source.session.events.keys.in_range(TimeRange(capture.s(1.85), capture.s(2.2)))]
    assert set(typed_there) <= set(plan.hidden_keys)


def test_keys_of_a_password_field_are_hidden_without_anybody_deciding_it(captured: Captured) -> None:
    library, source = captured
    events = source.session.events
    secure = tuple(replace(e, secure=e.t_ns < capture.s(1.5)) for e in events.keys.events)
    session = replace(source.session, events=replace(events, keys=Timed(events.keys.t_ns, secure)))
    plan = resolve(session, CurationState(), library.key)
    assert {e.seq for e in secure if e.secure} <= set(plan.hidden_keys)
    assert capture.PASSWORD in [s.value for s in plan.secrets]
    assert plan.hidden_keys[0] == "secure"


@pytest.mark.parametrize(
    "change",
    [{"seq": 99}, {"start": 3, "end": 400}, {"column": "nothing"}, {"table": "pointer"}, {"start": 1, "end": 5}],
)
def test_a_redaction_that_cannot_be_reread_is_refused(captured: Captured, change: dict[str, object]) -> None:
    library, source = captured
    found = commands.redact_text(CurationState(), source.session, library.key, capture.CUT_CHAT)
    state = with_edits(found)
    (redaction,) = state.redactions.values()
    assert isinstance(redaction, TextRedaction)
    locator = replace(redaction.locators[0], **change)
    broken = replace(state, redactions={redaction.id: replace(redaction, locators=(locator,))})
    with pytest.raises(Refused) as caught:
        resolve(source.session, broken, library.key)
    assert caught.value.code == "redaction_unreadable"
    assert capture.CUT_CHAT not in caught.value.sentence


@pytest.mark.parametrize(
    "text",
    [
        "4111 1111 1111 1111",
        "4111-1111-1111-1111",
        "card 4111111111111111 ok",
        "4111%201111%201111%201111",
        "NDExMTExMTExMTExMTExMQ==",
        "34313131313131313131313131313131",
        "４１１１１１１１１１１１１１１１",
        "4 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1",
    ],
)
def test_a_strong_secret_is_found_in_every_writing(text: str) -> None:
    out = Matcher([Secret("4111111111111111", "card")]).scrub(text)
    assert "[REDACTED:card]" in out
    assert "411" not in out


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("pin 4711 ok", "pin [REDACTED:pin] ok"),
        ("order 47112", "order 47112"),
        ("x4711", "x4711"),
        ("4711", "[REDACTED:pin]"),
    ],
)
def test_a_weak_secret_is_found_as_a_whole_word_only(text: str, expected: str) -> None:
    assert Matcher([Secret("4711", "pin")]).scrub(text) == expected


def test_a_category_that_could_be_content_is_not_shown() -> None:
    assert placeholder("card") == "[REDACTED:card]"
    assert placeholder("Hunter2 secret") == "[REDACTED:other]"


def test_without_a_known_field_the_plan_says_that_typing_may_be_seen(captured: Captured) -> None:
    library, source = captured
    events = replace(source.session.events, elements=Timed(source.session.events.elements.t_ns[:0], ()))
    session: Session = replace(source.session, events=events)
    found = commands.redact_keys(CurationState(), session, TimeRange(capture.s(0.55), capture.s(1.3)))
    plan = resolve(session, with_edits(found), library.key)
    assert plan.unplaced["typing_without_field"] == 1


def test_where_nothing_was_decided_nothing_is_hidden(captured: Captured) -> None:
    library, source = captured
    plan = resolve(source.session, CurationState(), library.key)
    assert (len(plan.secrets), len(plan.hidden_keys), list(plan.masks.spans())) == (0, 0, [])


def test_where_nobody_told_what_the_video_shows_the_whole_frame_is_hidden(captured: Captured) -> None:
    library, source = captured
    known = source.session.geometry
    geometry = Geometry([replace(d, capture_rect=None) for d in known.displays], known.frame_size)
    session: Session = replace(source.session, geometry=geometry)
    state = with_edits(commands.redact_text(CurationState(), session, library.key, capture.PASSWORD))
    where_known = {
        i for first, stop, _ in resolve(source.session, state, library.key).masks.spans() for i in range(first, stop)
    }
    masks = resolve(session, state, library.key).masks
    assert where_known
    for index in where_known:
        assert max(b.area for b in masks.at(index)) == capture.SIZE[0] * capture.SIZE[1]


def test_a_release_after_a_cut_does_not_name_the_key_that_was_pressed_inside_it(captured: Captured) -> None:
    _library, source = captured
    keys = source.session.events.keys.events
    down = next(k for k in keys if k.kind == "down")
    up = next(k for k in keys if k.kind == "up" and k.code == down.code and k.t_ns > down.t_ns)
    margin = 3 * source.session.sync.sigma_ns
    cut = TimeRange(down.t_ns - 1_000_000, up.t_ns - margin - 1)
    assert cut.contains(down.t_ns)
    _, redacted = applied(captured, with_edits(commands.add_cut(CurationState(), cut)))
    _, whole = applied(captured, CurationState())

    def first_ups(found: RedactedSession) -> list[str]:
        return [r["code"] for r in found.tables["keys"].rows.to_pylist() if r["kind"] == "up"]

    pressed_inside = sum(1 for k in keys if k.kind == "down" and cut.contains(k.t_ns))
    assert pressed_inside >= 1
    assert len(first_ups(redacted)) == len(first_ups(whole)) - pressed_inside
