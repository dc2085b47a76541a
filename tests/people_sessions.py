"""A library with two people in it, and the things that somebody may try to do with their sessions."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from pathlib import Path

from app.core import Core
from curation.edit_log import Intent
from curation.edits import LabelAdded
from curation.model import Label
from replay.errors import SafelightError
from replay.importers.contract import SourceInfo
from replay.store.library import Library
from replay.store.sessions import SessionStore, unmasked
from replay.store.staging import StagedSession
from replay.sync import SyncModel
from replay.timebase import TimeRange
from tests.staged import ADMISSION, stage

ONE, TWO, OTHER = "A" * 26, "B" * 26, "C" * 26
ANN, BOB = "subject-ann", "subject-bob"
VIDEO_BYTES = 1 << 22


def write(sink: StagedSession) -> None:
    sink.info(SourceInfo(recorder="test", task_goal="write a letter"))
    sink.clock(SyncModel(source_zero_ns=1_000, sigma_ns=7, method="frame_table"))
    sink.media("video").write(b"film" + bytes(VIDEO_BYTES - 4))
    sink.rows("windows", [{"t_src_ns": 1_100, "app": "mail", "title": "private", "focused": True}])


def add(library: Library, session: str, subject: str, consent: str = "granted") -> None:
    admission = dataclasses.replace(ADMISSION, session_id=session, subject_id=subject, consent_status=consent)
    stage(library, write, admission, f"s-{session}").publish(library)


def peopled(folder: Path) -> Library:
    """Ann has two sessions, Bob one."""
    made = Library.create(folder / "library")
    for session, subject in ((ONE, ANN), (TWO, ANN), (OTHER, BOB)):
        add(made, session, subject)
    return made


def again(library: Library) -> Library:
    """The same library as another process finds it."""
    return Library.open(library.path)


def code_of(act: Callable[[], object]) -> str:
    """The stable code of what an act is refused with; "" where it is not."""
    try:
        act()
    except SafelightError as e:
        return e.code
    return ""


def open_masked(library: Library, session: str) -> None:
    SessionStore(library).load(session)


def unmask(library: Library, session: str, purpose: str = "care") -> None:
    SessionStore(library, unmasked(purpose)).load(session)


def edit(library: Library, session: str) -> None:
    with Core(again(library)) as core:
        label = LabelAdded(Label(id="l1", schema="s", name="n", range=TimeRange(0, 10)))
        core.edit_log.append(Intent(session, core.author, 0, "Label", (label,)), at_head=0)
