"""An erasure that is cut off anywhere leaves the person whole or gone, and run again it ends what it began."""

from __future__ import annotations

import contextlib
import gc
import os
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from curation.erasure import erase_subject
from replay.store.library import Library
from replay.vault.subjects import Subjects
from tests.people_sessions import ANN, ONE, OTHER, TWO, code_of, edit, open_masked, peopled
from tests.staged import silent

CHANGES = frozenset({"os.remove", "os.rmdir", "os.rename", "os.mkdir", "sqlite3.connect"})
WRITES = os.O_WRONLY | os.O_RDWR


class Cut(BaseException):
    """The process is gone: nothing runs after it that changes the disk."""


class Cutter:
    """Counts what this process changes on disk, and ends it at number `at`."""

    def __init__(self) -> None:
        self.is_armed = False
        self.at = -1
        self.count = 0
        sys.addaudithook(self._hook)  # cannot be taken away again: disarmed it does nothing

    def _hook(self, event: str, args: tuple[Any, ...]) -> None:
        if not self.is_armed or not (
            event in CHANGES or (event == "open" and isinstance(args[2], int) and args[2] & WRITES)
        ):
            return
        self.count += 1
        if 0 <= self.at < self.count:
            raise Cut

    @contextlib.contextmanager
    def cutting(self, at: int) -> Iterator[None]:
        gc.collect()  # what earlier libraries write when they are let go of is not this one's
        gc.disable()
        self.at, self.count, self.is_armed = at, 0, True
        try:
            yield
        except Cut:
            pass
        finally:
            self.is_armed = False
            gc.enable()


@pytest.fixture(scope="module")
def cutter() -> Cutter:
    return Cutter()


class Before:
    """A library with its home, to be had again and again."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        library = peopled(folder)
        edit(library, ONE)
        edit(library, OTHER)
        library.gate.log.close()

    def copy(self, name: str) -> Library:
        shutil.copytree(self._folder / "library", self._folder / name)
        shutil.copytree(os.environ["SAFELIGHT_HOME"], self._folder / f"home-{name}")
        return self.again(name)

    def again(self, name: str) -> Library:
        return Library.open(self._folder / name, self._folder / f"home-{name}")


@pytest.fixture
def before(tmp_path: Path) -> Before:
    return Before(tmp_path)


def operations(before: Before, cutter: Cutter) -> int:
    """How many there are when nothing is cut."""
    library = before.copy("whole")
    with cutter.cutting(-1):
        erase_subject(library, ANN, silent)
    assert cutter.count > 40
    return cutter.count


def left_of(library: Library, handle: str) -> list[str]:
    parts = (p.relative_to(library.path).parts for p in library.path.rglob("*"))
    return ["/".join(p) for p in parts if {ONE, TWO} & set(p) or p[-1].startswith(handle)]


def check_cut(before: Before, cutter: Cutter, at: int, handle: str) -> bool:
    """Cut one erasure at `at`, look, and finish it; whether the person was gone when it was cut."""
    name = f"cut-{at}"
    library = before.copy(name)
    with cutter.cutting(at):
        erase_subject(library, ANN, silent)
    found = before.again(name)
    opens = {s: code_of(lambda s=s: open_masked(found, s)) for s in (ONE, TWO, OTHER)}
    assert opens[OTHER] == ""
    assert opens[ONE] == opens[TWO]
    assert opens[ONE] in ("", "no_such_session")
    finished = erase_subject(before.again(name), ANN, silent)
    assert finished.receipt.sessions == (ONE, TWO)
    after = before.again(name)
    assert after.session_ids() == (OTHER,)
    assert left_of(after, handle) == []
    open_masked(after, OTHER)
    assert after.gate.log.verify().ok
    return opens[ONE] != ""


def check_cuts(before: Before, cutter: Cutter, step: int) -> None:
    handle = Subjects(before.copy("look").gate).handle(ANN)
    seen = {check_cut(before, cutter, at, handle) for at in range(0, operations(before, cutter) + 1, step)}
    assert seen == {False, True}, "the cuts fall before and after the person is gone"


def test_a_sample_of_cuts(before: Before, cutter: Cutter) -> None:
    check_cuts(before, cutter, step=9)


@pytest.mark.soak
def test_every_cut(before: Before, cutter: Cutter) -> None:
    check_cuts(before, cutter, step=1)
