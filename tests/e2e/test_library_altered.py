"""Whatever is done to a library's files, an answer is the right one or a refusal with its reason; never anything else.

Bytes flipped, files cut short, removed, swapped, put back from an earlier day: each on a copy of one small library.
"""

from __future__ import annotations

import contextlib
import io
import json
import random
import shutil
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from app.cli.main import main
from replay.store.track_classes import DERIVED
from tests.export_sessions import OTHER_PASSWORD, Script, write_capture

Document = dict[str, Any]
SAMPLE = 3
"""Bytes flipped in each file where the whole is not asked for."""


@dataclass(frozen=True, slots=True)
class Made:
    """A library of two sessions, the home that made it, and both as they were after the first import alone."""

    library: Path
    home: Path
    earlier: Path
    sessions: tuple[str, str]


def told(home: Path, *words: str | Path) -> tuple[int, Document]:
    """Exit code and answer of one command, in this process."""
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err), pytest.raises(SystemExit) as ended:
        main(["--json", "--home", str(home), *map(str, words)])
    assert "Traceback" not in err.getvalue()
    document: Document = json.loads(out.getvalue()) if out.getvalue() else {}
    return int(ended.value.code or 0), document


def done(home: Path, *words: str | Path) -> Document:
    code, document = told(home, *words)
    assert code == 0, document
    return document


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Made:
    folder = tmp_path_factory.mktemp("altered")
    library, home = folder / "library", folder / "home"
    sessions = []
    for name, script in (("one", Script()), ("two", Script(password=OTHER_PASSWORD))):
        capture = write_capture(folder / name, script)
        answer = done(home, "import", capture, "--library", library, "--consent", "granted")
        sessions.append(answer["sessions"][0]["id"])
        done(home, "label", "add", library, sessions[-1], "--name", "milestone", "--from", "0.5", "--to", "1.5")
        if name == "one":
            shutil.copytree(library, folder / "earlier")
    done(home, "redact", "add", library, sessions[0], "--keys", "--from", "0.55", "--to", "1.3")
    answers(library, home, tuple(sessions), folder / "frame.png")
    return Made(library, home, folder / "earlier", (sessions[0], sessions[1]))


def answers(library: Path, home: Path, sessions: tuple[str, ...], picture: Path) -> dict[str, tuple[int, Document]]:
    """What the library says about itself, by command."""
    texts = "select 'k', count(*), sum(hash(key)) from keys union select 'f', count(*), sum(hash(pts)) from frames"
    asked: dict[str, tuple[str | Path, ...]] = {
        "sessions": ("sessions", library),
        "search": ("sessions", library, "--where", "title:quarterly typed:hello"),
        "query": ("query", library, f"{texts} order by 1"),
        "log": ("log", library, "--verify"),
    }
    for n, session in enumerate(sessions):
        asked[f"show {n}"] = ("show", library, session)
        asked[f"history {n}"] = ("history", library, session)
        asked[f"frame {n}"] = ("frame", library, session, "--index", "70", "-o", picture)
    found = {}
    for name, words in asked.items():
        code, document = told(home, *words)
        if name == "log" and "error" not in document:  # it grows with every look
            document = {"ok": document["ok"]}
        found[name] = code, document
    return found


@dataclass(frozen=True, slots=True)
class Trial:
    """A fresh copy of the library to be altered, and what it is compared with."""

    made: Made
    folder: Path
    right: dict[str, tuple[int, Document]]

    def altered(self, alter: Callable[[Path], None]) -> set[str]:
        """The codes with which commands refused; fails where an answer is neither right nor a refusal."""
        # Folders of its own: what an earlier trial still wants to remember must not be written into this one's home.
        with tempfile.TemporaryDirectory(dir=self.folder) as scratch:
            library, home = Path(scratch, "library"), Path(scratch, "home")
            shutil.copytree(self.made.library, library)
            shutil.copytree(self.made.home, home)
            alter(library)
            found = answers(library, home, self.made.sessions, Path(scratch, "f.png"))
        codes = set()
        for name, (code, document) in found.items():
            if (code, document) == self.right[name]:
                continue
            assert code == 1, (name, document)
            if name == "log" and "error" not in document:
                assert document == {"ok": False}
                codes.add("log_not_ok")
                continue
            assert document["error"]["code"] != "unexpected", (name, document)
            assert document["error"]["sentence"]
            codes.add(document["error"]["code"])
        return codes


@pytest.fixture
def trial(made: Made, tmp_path: Path) -> Trial:
    home, library = tmp_path / "right-home", tmp_path / "right"
    shutil.copytree(made.home, home)
    shutil.copytree(made.library, library)
    return Trial(made, tmp_path, answers(library, home, made.sessions, tmp_path / "f.png"))


def files_of(library: Path) -> list[str]:
    return sorted(str(p.relative_to(library)) for p in library.rglob("*") if p.is_file() and p.stat().st_size)


def flipped(name: str, at: int) -> Callable[[Path], None]:
    def alter(library: Path) -> None:
        content = bytearray((library / name).read_bytes())
        content[at % len(content)] ^= 0x40
        (library / name).write_bytes(content)

    return alter


@dataclass(frozen=True, slots=True)
class Alteration:
    """`how` a file is altered; refused unless no command here reads it."""

    how: str
    name: str
    alter: Callable[[Path], None]


def alterations(made: Made, rng: random.Random) -> Iterator[Alteration]:
    """Every file flipped, cut, emptied, removed and exchanged with its neighbour and its twin of the other session."""
    names = files_of(made.library)
    for n, name in enumerate(names):
        for _ in range(SAMPLE):
            yield Alteration("flipped", name, flipped(name, rng.randrange(1 << 30)))
        yield Alteration("cut", name, lambda lib, f=name: (lib / f).write_bytes((lib / f).read_bytes()[:-1]))
        yield Alteration("emptied", name, lambda lib, f=name: (lib / f).write_bytes(b""))
        yield Alteration("removed", name, lambda lib, f=name: (lib / f).unlink())
        yield Alteration("swapped", name, swapped(name, names[n - 1]))
        yield Alteration("renamed", name, lambda lib, f=name: (lib / f).rename((lib / f).with_suffix(".7")))
        one, two = made.sessions
        if one in name:
            yield Alteration("swapped", name, swapped(name, name.replace(one, two)))


def swapped(name: str, other: str) -> Callable[[Path], None]:
    def alter(library: Path) -> None:
        first, second = (library / name).read_bytes(), (library / other).read_bytes()
        (library / name).write_bytes(second)
        (library / other).write_bytes(first)

    return alter


def may_go_unnoticed(a: Alteration) -> bool:
    """Files that none of the commands opens, or whose loss another file makes good."""
    track = Path(a.name).name.split(".")[0]
    return (
        a.name.startswith(("catalogue/", "log/.lock", "proofs/"))  # the sessions' own rows stand in for a segment
        or track in ("card", "thumbnail", "raw", "session", "keys", "windows", "elements", "texts", *DERIVED)
        or (a.name == "edits.sqlite" and a.how != "cut")
    )


def looked_at(trial: Trial, chosen: list[Alteration]) -> None:
    for a in chosen:
        assert trial.altered(a.alter) or may_go_unnoticed(a) or a.how == "swapped", (a.how, a.name)


def test_a_sample_of_alterations_is_refused_with_a_reason(trial: Trial) -> None:
    rng = random.Random(7)
    chosen = [a for a in alterations(trial.made, rng) if a.name != "edits.sqlite"]
    looked_at(trial, rng.sample(chosen, 8))


@pytest.mark.soak
def test_every_alteration_is_refused_with_a_reason(trial: Trial) -> None:
    looked_at(trial, [a for a in alterations(trial.made, random.Random(8)) if a.name != "edits.sqlite"])


def put_back(trial: Trial, name: str) -> Callable[[Path], None]:
    return lambda library: shutil.copyfile(trial.made.earlier / name, library / name) and None


def test_an_earlier_log_is_refused(trial: Trial) -> None:
    (name,) = (n for n in files_of(trial.made.library) if n.endswith("entries.log"))
    assert trial.altered(put_back(trial, name)) >= {"log_rolled_back"}


def test_the_whole_library_as_it_was_earlier_is_refused(trial: Trial) -> None:
    def alter(library: Path) -> None:
        shutil.rmtree(library)
        shutil.copytree(trial.made.earlier, library)

    assert trial.altered(alter) >= {"log_rolled_back"}


def test_earlier_decisions_are_refused(trial: Trial) -> None:
    """A redaction that is gone would be exported."""
    trial.altered(put_back(trial, "edits.sqlite"))


def test_sessions_do_not_vanish_from_the_list_with_their_rows(trial: Trial) -> None:
    """A log that was put back is no damaged catalogue: the list is refused, not shortened."""

    def alter(library: Path) -> None:
        for segment in (library / "catalogue").iterdir():
            segment.write_bytes(b"")
        put_back(trial, next(n for n in files_of(library) if n.endswith("entries.log")))(library)

    assert trial.altered(alter) == {"log_rolled_back", "log_not_ok"}


def test_an_altered_row_of_a_session_is_called_that(trial: Trial) -> None:
    name = f"objects/{trial.made.sessions[0]}/catalogue.1"
    assert trial.altered(flipped(name, 700)) == {"content_altered"}
