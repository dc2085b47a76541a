"""A library with several people who may do different things in it, each with a home of their own."""

from __future__ import annotations

import dataclasses
import shutil
from dataclasses import dataclass
from pathlib import Path

from app.core import Core
from curation.edit_log import Intent
from curation.edits import LabelAdded
from curation.model import Label
from replay.importers.contract import SourceInfo
from replay.store.library import Library
from replay.store.sessions import SessionStore
from replay.store.staging import StagedSession
from replay.sync import SyncModel
from replay.timebase import TimeRange
from replay.vault.actions import Role
from replay.vault.administration import Administration, Terms
from replay.vault.identity import Identity, identity_of, new_identity
from replay.vault.log.entry import Entry
from tests.staged import ADMISSION, stage

ONE, TWO = "A" * 26, "B" * 26
MAKER = "Maker"
TITLE = "private letter"


def write(sink: StagedSession) -> None:
    sink.info(SourceInfo(recorder="test", task_goal="write a letter"))
    sink.clock(SyncModel(source_zero_ns=1_000, sigma_ns=7, method="frame_table"))
    sink.media("video").write(b"film" * 20_000)
    sink.rows("windows", [{"t_src_ns": 1_100, "app": "mail", "title": TITLE, "focused": True}])


@dataclass(frozen=True, slots=True)
class Team:
    """`folder` holds the library and everybody's homes, so that a copy of it is a whole world."""

    folder: Path

    @classmethod
    def founded(cls, folder: Path) -> Team:
        """Two sessions, one of which was edited; the maker holds every role."""
        team = cls(folder)
        new_identity(team.home(MAKER), MAKER)
        library = Library.create(team.path, team.home(MAKER))
        for session in (ONE, TWO):
            admission = dataclasses.replace(ADMISSION, session_id=session)
            stage(library, write, admission, f"s-{session}").publish(library)
        with team.core() as core:
            label = LabelAdded(Label(id="l1", schema="s", name="n", range=TimeRange(0, 10)))
            core.edit_log.append(Intent(ONE, core.author, 0, "A telling title", (label,)), at_head=0)
        return team

    @property
    def path(self) -> Path:
        return self.folder / "library"

    def home(self, name: str) -> Path:
        return self.folder / f"home-{name}"

    def identity(self, name: str) -> Identity:
        return identity_of(self.home(name))

    def library(self, name: str = MAKER) -> Library:
        """As a fresh process of that person finds it."""
        library = Library.open(self.path, self.home(name))
        library.gate.log.refresh()
        return library

    def core(self, name: str = MAKER) -> Core:
        return Core.open(self.path, self.home(name))

    def admin(self, name: str = MAKER) -> Administration:
        return Administration(self.library(name).gate)

    def join(self, name: str, *roles: Role, sessions: tuple[str, ...] | None = None) -> str:
        """A further member with these roles, for every purpose; answers their id."""
        card = new_identity(self.home(name), name).card
        admin = self.admin()
        admin.add(card)
        for role in roles:
            admin.grant(card.id, Terms(role, ("*",), sessions))
        return card.id

    def copied(self, folder: Path) -> Team:
        """The same world in another place."""
        shutil.copytree(self.folder, folder)
        return Team(folder)

    def entries(self) -> list[Entry]:
        """The whole audit log, as the maker reads it."""
        log = self.library().gate.log
        log.refresh()
        return list(log.entries())

    def titles(self, name: str = MAKER) -> dict[str, str]:
        """What somebody reads in each session's masked windows, by session."""
        library = self.library(name)
        store = SessionStore(library)
        found = {s: store.read_table(s, "windows")["title"][0].as_py() for s in (ONE, TWO)}
        library.gate.log.close()  # what they saw is remembered, as at the end of a process
        return found

    def edit_titles(self, name: str = MAKER) -> list[str]:
        with self.core(name) as core:
            return [t.title for t in core.edit_log.read(ONE)]
