"""Sessions are found by the words that masked readers may read; who may not look is told into how many nobody did."""

from __future__ import annotations

import itertools
import shutil
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pytest

from app.core import Core
from curation import commands
from curation.edits import LabelAdded, RedactionAdded
from curation.intake.screen import ScreenJob
from curation.model import Label
from curation.search.library_search import LibrarySearch
from curation.search.library_words import LibraryWords
from curation.search.session_filter import parse_filter
from replay.errors import BadInput
from replay.store.catalogue import MOST_SEGMENTS, Catalogue
from replay.store.track_classes import SEARCH, class_of
from replay.timebase import TimeRange
from replay.vault.actions import Role
from replay.vault.administration import Administration, Terms
from replay.vault.classes import TrackClass
from replay.vault.identity import default_home, new_identity
from replay.vault.subjects import Subjects
from tests import export_sessions as capture

CARD = "4111111111111111"  # what the first pass hides by itself


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    library, session = capture.imported_library(tmp_path_factory.mktemp("made"), capture.Script(password=CARD))
    return library.path, session


@pytest.fixture(scope="module")
def library(made: tuple[Path, str]):
    """The library as it was made; only to be read."""
    with Core.open(made[0]) as opened:
        yield opened


@pytest.fixture
def core(made: tuple[Path, str], tmp_path: Path):
    """A copy of the library, in a home that never saw another."""
    home = tmp_path / "home"
    home.mkdir(mode=0o700)
    shutil.copy(default_home() / "identity.keys", home)
    with Core.open(Path(shutil.copytree(made[0], tmp_path / "library")), home) as opened:
        yield opened


def found(core: Core, where: str) -> tuple[int, dict[str, int]]:
    """(how many sessions fit, why not the others were looked into)."""
    *_, last = core.search(parse_filter(where).content, core.library.session_ids())
    assert last.looked + sum(last.not_looked.values()) == last.total
    return len(last.ids), dict(last.not_looked)


def test_words_are_a_masked_track_of_the_session(library: Core, made: tuple[Path, str]) -> None:
    assert library.store.manifest(made[1]).has(SEARCH)
    assert class_of(SEARCH) is TrackClass.MASKED
    with library.store.open_track(made[1], SEARCH) as file:
        words = LibraryWords.from_bytes(file.read())
    assert capture.KEPT_TITLE.casefold() in words.texts["title"]
    assert all(CARD not in text for text in words.texts.values())


@pytest.mark.parametrize(
    ("where", "fits"),
    [
        (f'title:"{capture.KEPT_TITLE}"', 1),
        ("title:QUARTERLY", 1),
        ("title:quarterly -title:nowhere", 1),
        ("-title:quarterly", 0),
        ("title:quarterly title:nowhere", 0),
        (f"typed:{capture.CUT_TYPED}", 1),
        (f"text:{capture.CUT_CHAT}", 1),
        ('element:"salary 918273645"', 1),
        (f"typed:{CARD}", 0),
        (f"title:{CARD}", 0),
        (f"text:{CARD}", 0),
    ],
)
def test_sessions_are_found_by_what_may_be_read_of_them(library: Core, where: str, fits: int) -> None:
    assert found(library, where) == (fits, {})


def test_what_was_redacted_since_the_first_pass_is_not_found(core: Core, made: tuple[Path, str]) -> None:
    session = made[1]
    editor = core.editor(session)
    hidden = commands.redact_text(editor.state, core.session(session), core.library.key, capture.CUT_CHAT)
    assert isinstance(hidden, commands.Edits)
    assert all(isinstance(e, RedactionAdded) for e in hidden.edits)
    assert found(core, f"text:{capture.CUT_CHAT}") == (1, {})
    editor.commit(hidden.edits, title="Hide")
    assert found(core, f"text:{capture.CUT_CHAT}") == (0, {})
    assert found(core, "title:quarterly") == (1, {})
    assert ScreenJob(core.library, lambda *_: None, lambda: False).run().failed == ()
    assert found(core, f"text:{capture.CUT_CHAT}") == (0, {})
    assert core.store.manifest(session).has(SEARCH)


def test_each_query_is_one_entry_of_counts_and_holds_no_word(core: Core) -> None:
    log = core.library.gate.log
    log.refresh()
    before = [e for e in log.entries() if e.act == "search"]
    found(core, "title:quarterly typed:quarterly")
    core.library.gate.log.refresh()
    entries = [e for e in log.entries() if e.act == "search"]
    assert len(entries) == len(before) + 1
    assert entries[-1].detail == {"sessions": 1, "fields": "title typed"}
    assert entries[-1].track_class == "masked"
    assert b"quarterly" not in entries[-1].to_bytes().lower()


def test_withdrawn_sessions_are_counted_and_not_looked_into(core: Core, made: tuple[Path, str]) -> None:
    assert found(core, "title:quarterly") == (1, {})
    Subjects(core.library.gate).withdraw(core.store.own_catalogue_row(made[1])["subject_id"])
    assert found(core, "title:quarterly") == (0, {"consent_withdrawn": 1})


def test_who_may_browse_and_not_read_finds_nothing_and_is_told(core: Core, tmp_path: Path) -> None:
    administration = Administration(core.library.gate)
    eve = new_identity(tmp_path / "eve", "Eve").card
    administration.add(eve)
    administration.grant(eve.id, Terms(Role.INGEST, ("import",)))
    with Core.open(core.library.path, tmp_path / "eve") as theirs:
        count, why = found(theirs, "title:quarterly")
    assert count == 0
    assert sum(why.values()) == 1


def test_what_was_opened_is_kept_within_its_budget(library: Core) -> None:
    search = LibrarySearch(library.store, kept_bytes=10)
    terms = parse_filter("title:quarterly").content
    for _ in range(2):
        *_, last = search.search(terms, library.library.session_ids(), lambda _: None)
        assert len(last.ids) == 1


@pytest.mark.parametrize("content", [b"", b"\x80", b"nonsense", LibraryWords(2, {}).to_bytes()])
def test_damaged_words_are_refused_with_a_code(content: bytes) -> None:
    with pytest.raises(BadInput) as refusal:
        LibraryWords.from_bytes(content)
    assert refusal.value.code == "search_damaged"


def test_a_session_whose_list_was_altered_is_named_and_hides_no_other(core: Core, made: tuple[Path, str]) -> None:
    session = made[1]
    label = Label("l1", TimeRange(0, 10), "milestone")
    core.editor(session).commit((LabelAdded(label),), title="Label")
    manifest = next((core.library.path / "objects" / session).glob("manifest.*.json"))
    content = bytearray(manifest.read_bytes())
    content[200] ^= 1
    manifest.write_bytes(content)
    home = core.library.path.parent / "home"
    with Core.open(core.library.path, home) as again:
        rows = again.sessions().to_pylist()
        assert [(r["id"], r["problems"][-1]) for r in rows] == [(session, "record_altered")]
        assert again.damaged == {session: "record_altered"}
    for segment in (core.library.path / "catalogue").iterdir():
        segment.unlink()
    with Core.open(core.library.path, home) as again:
        assert again.sessions().num_rows == 0
        assert again.damaged == {session: "content_altered"}


def test_many_segments_of_the_catalogue_become_few_and_say_the_same(core: Core, made: tuple[Path, str]) -> None:
    before = core.store.catalogue().to_pylist()
    row = core.store.drawn(core.store.catalogue())
    for size in range(MOST_SEGMENTS + 8):
        at = row.schema.get_field_index("size_bytes")
        Catalogue(core.library).append(row.set_column(at, row.schema.field(at), pa.array([size])))
    assert len(list(core.library.catalogue_dir.iterdir())) < MOST_SEGMENTS // 2
    (found,) = core.store.catalogue().to_pylist()
    assert found == before[0] | {"size_bytes": MOST_SEGMENTS + 7}
    Catalogue(core.library).forget(frozenset({made[1]}))
    assert list(core.library.catalogue_dir.iterdir()) == []


def test_searches_that_overlap_keep_the_account_of_what_they_keep(library: Core) -> None:
    words = LibraryWords(1, {"title": "quarterly"})
    search = LibrarySearch(library.store, kept_bytes=3 * words.size)
    terms = parse_filter("title:quarterly").content
    sessions = library.library.session_ids()

    def searched(head: int, make: Callable[[], LibraryWords]) -> LibraryWords:
        *_, last = search.search(terms, sessions, lambda _: (head, make))
        assert len(last.ids) == 1
        return words

    for head in range(6):
        # While the words are made, another thread makes the same.
        searched(head, lambda: searched(head, lambda: words))  # noqa: B023 (called at once)
    times = itertools.count(1)

    def counted() -> LibraryWords:
        assert next(times) == 1, "made anew, though there was room to keep them"
        return words

    for _ in range(2):
        searched(7, counted)
