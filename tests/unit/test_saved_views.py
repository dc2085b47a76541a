"""Saved views come back as they were saved, for their person alone, and no word of them lies in plain."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pytest

from curation.catalogue_view import SORTS, select_positions, sort_of, with_positions
from curation.search.saved_views import MOST, USE, SavedView, SavedViews
from curation.search.session_filter import parse_filter
from replay.errors import BadInput, NotFound
from replay.store.queries import QueryThread
from replay.vault.identity import SealRefused, identity_of, new_identity
from replay.vault.personal import PersonalFile
from tests.unit.test_session_filter import ROWS

LIBRARY = "0" * 32
VIEW = SavedView("Invoices", 'typed:"private invoice"', "duration_ns", True, ("Cuts",))


@pytest.fixture
def home(tmp_path: Path) -> Path:
    new_identity(tmp_path, "Ann")
    return tmp_path


def views_of(home: Path, library: str = LIBRARY) -> SavedViews:
    return SavedViews(PersonalFile(home, identity_of(home), library, USE))


def test_a_view_comes_back_as_it_was_saved(home: Path) -> None:
    assert views_of(home).all() == ()
    views_of(home).save(VIEW)
    assert views_of(home).all() == (VIEW,)
    assert views_of(home).named("invoices ") == VIEW


def test_saving_under_a_name_that_is_there_replaces_it(home: Path) -> None:
    views = views_of(home)
    views.save(VIEW)
    views.save(SavedView("INVOICES", "state:new"))
    assert [(v.name, v.filter) for v in views.all()] == [("INVOICES", "state:new")]


def test_renaming_and_deleting(home: Path) -> None:
    views = views_of(home)
    views.save(VIEW)
    views.rename("Invoices", "Bills")
    assert [v.name for v in views.all()] == ["Bills"]
    views.remove("Bills")
    assert views.all() == ()
    for act in (lambda: views.remove("Bills"), lambda: views.rename("Bills", "x"), lambda: views.named("Bills")):
        with pytest.raises(NotFound):
            act()


@pytest.mark.parametrize("name", ["", "   ", "x" * 61, "a\nb", "a\x00"])
def test_a_name_that_cannot_be_shown_is_refused(home: Path, name: str) -> None:
    with pytest.raises(BadInput) as refusal:
        views_of(home).save(SavedView(name))
    assert refusal.value.code == "bad_view_name"


def test_a_filter_that_is_not_understood_is_not_saved(home: Path) -> None:
    with pytest.raises(BadInput) as refusal:
        views_of(home).save(SavedView("x", "nope:1"))
    assert refusal.value.code == "bad_filter"
    assert views_of(home).all() == ()


def test_there_is_a_bound(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("curation.search.saved_views.MOST", 2)
    views = views_of(home)
    for name in ("a", "b"):
        views.save(SavedView(name))
    with pytest.raises(BadInput):
        views.save(SavedView("c"))
    assert MOST > 2


def test_no_word_of_a_view_lies_in_plain(home: Path) -> None:
    views_of(home).save(VIEW)
    for file in home.rglob("*"):
        if file.is_file():
            assert b"invoice" not in file.read_bytes().lower(), file.name


def test_nobody_else_and_no_other_library_opens_them(home: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    views_of(home).save(VIEW)
    other = tmp_path_factory.mktemp("other")
    new_identity(other, "Bob")
    (other / USE).mkdir()
    content = (home / USE / f"{LIBRARY}.sealed").read_bytes()
    (other / USE / f"{LIBRARY}.sealed").write_bytes(content)
    (home / USE / f"{'1' * 32}.sealed").write_bytes(content)
    for views in (views_of(other), views_of(home, "1" * 32)):
        with pytest.raises(SealRefused):
            views.all()


@pytest.mark.parametrize("at", [0, 5, 1200, -1])
def test_an_altered_file_is_refused(home: Path, at: int) -> None:
    views_of(home).save(VIEW)
    path = home / USE / f"{LIBRARY}.sealed"
    content = bytearray(path.read_bytes())
    content[at] ^= 1
    path.write_bytes(content)
    with pytest.raises(BadInput):
        views_of(home).all()


@pytest.mark.parametrize("column", ["duration_ns", "apps", "state", "no_such_column; DROP TABLE sessions"])
def test_a_view_sorts_by_its_column(queries: QueryThread, column: str) -> None:
    rows = with_positions(ROWS)
    order = sort_of(column, descending=True)
    found = select_positions(queries, rows, parse_filter("").catalogue, order)
    assert isinstance(rows.take(pa.array(found)), pa.Table)
    if column == "duration_ns":
        assert found.tolist() == [1, 0]
    elif "DROP" in column:
        assert order == SORTS["imported"]
