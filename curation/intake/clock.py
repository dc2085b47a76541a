"""The clock of a session in the making is measured before its first pass: masks lie where the events are."""

from __future__ import annotations

from typing import Final

from replay.calibration.result import Calibration, calibrated
from replay.calibration.scene import CLOCK_WAS_OFF
from replay.errors import Cancelled, SafelightError
from replay.session import Session
from replay.store.assemble import assembled, info_of
from replay.store.staging import StagedSession
from replay.video.composed import VideoSource

_GUESSED: Final = frozenset({"assumed", "recorder_event"})
"""Methods of declared clocks that pictures may know better; a table of frame times is the recorder's own word."""


def put_on_measured_clock(staged: StagedSession) -> None:
    """Measure the clock where it was only guessed, and put the session on it where the pictures know better.

    Where they cannot tell, the declared clock stays. What is wrong with the pictures becomes Problems of the session.
    Raises Cancelled; a video that cannot be read has Problems of its own and is passed over.
    """
    session = assembled(staged.read_table, info_of(staged.read_table))
    if session.frames is None or session.sync.method not in _GUESSED or not _can_move(staged):
        return
    try:
        with staged.open_media(session.frames.media) as video:
            found = _measured(session, video, staged)
    except Cancelled:
        raise
    except SafelightError:
        return
    knows_better = found.sync is not None and (
        session.sync.method == "assumed"
        or found.sync.sigma_ns < session.sync.sigma_ns
        or any(p.code == CLOCK_WAS_OFF for p in found.problems)  # sure of what the pictures refute
    )
    staged.measured(found.sync.over(session.sync) if found.sync is not None and knows_better else None, found.lasting)


def _can_move(staged: StagedSession) -> bool:
    """Whether the pointer's events carry the recorder's own time; others stay where they are, whatever is measured."""
    pointer = staged.read_table("pointer")
    return bool(pointer.num_rows) and pointer["t_src_ns"].null_count == 0


def _measured(session: Session, video: VideoSource, staged: StagedSession) -> Calibration:
    return calibrated(session, video, lambda done, total, _: staged.progress(done, total, "Measuring the clock"))
