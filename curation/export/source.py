"""What an export reads of one session: the session, its decisions, and the doors to its tables and video."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import BinaryIO

import pyarrow as pa

from curation.model import CurationState
from replay.session import Session


@dataclass(frozen=True, slots=True)
class SessionSource:
    """One session at one head of its edit log. `open_video` gives a new seekable file each time; the caller closes."""

    session: Session
    state: CurationState
    head: int
    read_table: Callable[[str], pa.Table]
    open_video: Callable[[], BinaryIO]
