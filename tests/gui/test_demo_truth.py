"""The demo's ground truth is exact, proved by filming the same script twice with other secrets of the same shape."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pytest
from PySide6.QtGui import QGuiApplication, QImage

from app.demo.box import Box
from app.demo.fonts import load_fonts
from app.demo.identity import SecretBook, secret_book
from app.demo.library import SESSIONS
from app.demo.marked import Marked
from app.demo.scenes import PLANS
from app.demo.studio import Stage, play, sign_off, stage_for
from app.demo.truth import GlyphRow
from app.demo.window import AppWindow
from replay import schema
from replay.timebase import NS_PER_S

SECONDS, SEED, SLOW_TICKS = 45, 7, 22_500  # 4 frames a second
SIZE = (1280, 720)
Pixels = npt.NDArray[np.uint8]


@dataclass
class Shots:
    """A film that keeps its pictures as BGRA arrays."""

    pictures: list[Pixels] = field(default_factory=list)

    @property
    def count(self) -> int:
        return len(self.pictures)

    def show(self, pts: int, picture: QImage | None) -> None:
        if picture is None:
            self.pictures.append(self.pictures[-1])
            return
        self.pictures.append(np.frombuffer(picture.constBits(), np.uint8).reshape(SIZE[1], SIZE[0], 4).copy())


@dataclass
class Filmed:
    stage: Stage
    shots: Shots
    glyphs: list[tuple[GlyphRow, int, int]]

    def shown_on(self, index: int) -> list[Box]:
        return [row.shown for row, first, after in self.glyphs if first <= index < after]


def film(name: str, book: SecretBook, seed: int = SEED, seconds: float = SECONDS, typos: float | None = None) -> Filmed:
    shots = Shots()
    stage = stage_for(PLANS[name], book, seed, round(seconds * NS_PER_S), SIZE, shots, SLOW_TICKS)
    if typos is not None:
        stage.actor.typos = typos
    play(stage)
    sign_off(stage, None)
    return Filmed(stage, shots, stage.world.truth.glyphs.finished(shots.count))


@pytest.fixture(scope="module", autouse=True)
def fonts(qapp: QGuiApplication) -> Iterator[None]:
    load_fonts()
    with pytest.MonkeyPatch.context() as patch:
        # The caret stands beside what is typed, so it tells the width of a half-typed secret; it is no glyph of it.
        patch.setattr(AppWindow, "caret_visible", property(lambda _: False))
        yield


@pytest.fixture(scope="module")
def films(fonts: None) -> dict[str, Filmed]:
    return {name: film(name, secret_book(SEED, name)) for name in SESSIONS}


@pytest.fixture(params=SESSIONS)
def filmed(films: dict[str, Filmed], request: pytest.FixtureRequest) -> Filmed:
    return films[request.param]


def test_the_names_known_without_qt_are_those_of_the_plans() -> None:
    assert list(PLANS) == list(SESSIONS)


@pytest.mark.parametrize("name", SESSIONS)
def test_outside_the_truth_nothing_depends_on_a_secret_and_inside_it_does(name: str) -> None:
    # Without typing errors: a wrong character in a half-typed secret is none of its glyphs, but stands after some.
    book = secret_book(SEED, name)
    one, twin = film(name, book, typos=0), film(name, book.twin(), typos=0)
    assert twin.shots.count == one.shots.count
    differing = 0
    for index, (ours, theirs) in enumerate(zip(one.shots.pictures, twin.shots.pictures, strict=True)):
        different = (ours != theirs).any(axis=2)
        differing += bool(different.any())
        for box in [*one.shown_on(index), *twin.shown_on(index)]:
            different[box.y : box.bottom, box.x : box.right] = False
        where = np.argwhere(different)
        assert not len(where), f"{name}: frame {index} differs at {where[:3].tolist()}, outside every true rectangle"
    assert differing > one.shots.count // 2


def test_every_true_rectangle_holds_ink_on_all_its_frames(filmed: Filmed) -> None:
    for row, first, after in filmed.glyphs:
        box = row.shown
        if box.w < 4 or box.h < 4:
            continue  # a sliver beside another window may be blank
        for index in {first, (first + after - 1) // 2, after - 1}:
            area = filmed.shots.pictures[index][box.y : box.bottom, box.x : box.right, :3].astype(int)
            assert np.ptp(area.sum(axis=2)) > 20, (row, index)


def test_cells_hold_the_characters_that_the_truth_says_and_no_cell_holds_more(filmed: Filmed) -> None:
    recorder, book = filmed.stage.world.recorder, filmed.stage.book
    known: set[tuple[str, int, str, int]] = set()
    for cell in recorder.cells:
        text = recorder.rows[cell.table][cell.seq][cell.column]
        length = cell.end - cell.start
        assert text[cell.start : cell.end] == book[cell.secret].value[cell.offset : cell.offset + length]
        known |= {(cell.table, cell.seq, cell.column, i) for i in range(cell.start, cell.end)}
    for table in ("windows", "elements", "texts"):
        for column in schema.TABLES[table].of_surface(schema.Surface.TEXT):
            for seq, row in enumerate(recorder.rows[table]):
                for secret in book.all():
                    start = (row[column.name] or "").find(secret.value)
                    assert start < 0 or (table, seq, column.name, start) in known, (table, seq, column.name, secret.id)


def test_the_key_rows_of_a_secret_type_it(filmed: Filmed) -> None:
    recorder, book = filmed.stage.world.recorder, filmed.stage.book
    typed = 0
    for secret, seqs in recorder.typed.items():
        text, value = "", book[secret].value
        for seq in seqs:
            row = recorder.rows["keys"][seq]
            if row["kind"] == "down":
                text = text[:-1] if row["key"] == "Backspace" else text + (row["text"] or "")
        parts = [value, *value.split(" ")]
        assert any(text.startswith(p) for p in parts) or any(p.startswith(text) for p in parts), secret
        typed += len(text)
    assert typed > 8


def test_passwords_are_typed_into_secure_fields_and_never_shown(filmed: Filmed) -> None:
    recorder = filmed.stage.world.recorder
    rows = recorder.rows["keys"]
    secure = {seq for seq, row in enumerate(rows) if row["secure"] and row["text"]}
    assert secure <= set(recorder.typed.get("password0", []))
    assert not any(row.secret == "password0" for row, _, _ in filmed.glyphs)


def test_clicks_name_the_node_under_the_pointer(filmed: Filmed) -> None:
    clicks = filmed.stage.world.truth.clicks
    on_nodes = [c for c in clicks if c["target"] is not None]
    assert len(on_nodes) > 5
    for click in on_nodes:
        row = filmed.stage.world.recorder.rows["pointer"][click["seq"]]
        assert row["kind"] == "down"
        assert filmed.stage.world.recorder.clock.source(click["t_ns"]) == row["t_src_ns"]


def test_tables_keep_to_the_schema(filmed: Filmed) -> None:
    for name in schema.TABLES:
        table = filmed.stage.world.recorder.table(name)
        assert table.schema.equals(schema.TABLES[name].arrow)
        table.validate(full=True)


def test_the_sessions_are_worth_reviewing(films: dict[str, Filmed]) -> None:
    stages = [f.stage for f in films.values()]
    apps = {row["app"] for s in stages for row in s.world.recorder.rows["windows"]}
    assert len(apps) >= 10
    assert {s.plan.look.name for s in stages} == {"light", "dark"}
    office = next(s for s in stages if s.plan.name == "office").world
    shapes = {(d["bounds_px"]["w"], d["frame_rect"]["x"]) for d in office.recorder.rows["displays"]}
    assert shapes == {(1280.0, 0.0), (1024.0, 160.0)}
    assert office.recorder.clock.offset_ns == 120_000_000
    away = [r for r in _pointer(stages, "developer") if r["display_id"] == "display-2"]
    assert len(away) > 20
    assert all(r["x_px"] >= 1280 for r in away)
    assert len({r["channel"] for s in stages for r in s.world.recorder.rows["texts"]}) >= 2


def _pointer(stages: list[Stage], name: str) -> list[dict[str, object]]:
    rows: list[dict[str, object]] = next(s for s in stages if s.plan.name == name).world.recorder.rows["pointer"]
    return rows


@pytest.mark.parametrize("seed", [1, 99])
def test_the_script_plays_with_any_seed_and_only_the_seed_decides(seed: int) -> None:
    once, again = (film("support", secret_book(seed, "support"), seed, 12) for _ in range(2))
    assert [p.tobytes() for p in once.shots.pictures] == [p.tobytes() for p in again.shots.pictures]
    assert _tables(once) == _tables(again)
    other = film("support", secret_book(seed + 1, "support"), seed + 1, 12)
    assert _tables(once)["pointer"] != _tables(other)["pointer"]


def _tables(filmed: Filmed) -> dict[str, pa.Table]:
    return {name: filmed.stage.world.recorder.table(name) for name in schema.TABLES}


def test_a_twin_differs_in_every_secret_and_keeps_every_shape() -> None:
    book = secret_book(SEED, "support")
    for secret in book.all():
        twin = book.twin()[secret.id].value
        assert twin != secret.value
        assert [(c.isdigit(), c.isupper(), c.islower()) for c in twin] == [
            (c.isdigit(), c.isupper(), c.islower()) for c in secret.value
        ]


def test_parts_and_slices_remember_where_in_the_secret_they_come_from() -> None:
    book = secret_book(SEED, "support")
    text = book.mark("Dear «person1.last», call «phone1» today")
    last = book["person1"].value.split(" ")[1]
    assert text.text.startswith(f"Dear {last}, call ")
    for span in (text[3:] + "!" + text[:9]).spans:
        whole = (text[3:] + "!" + text[:9]).text[span.start : span.end]
        assert book[span.secret].value[span.offset : span.offset + len(whole)] == whole
    assert Marked("a") + "b" == Marked("ab")
