"""What to tell a person about an exception nobody foresaw: its type and place in the source, never its words."""

from __future__ import annotations

import traceback
from pathlib import Path

from replay.errors import SafelightError


def unexpected(error: BaseException) -> SafelightError:
    """The error as one of ours, code `unexpected`. An exception's own text may quote what was captured."""
    frames = traceback.extract_tb(error.__traceback__)
    place = f" at {Path(frames[-1].filename).name}:{frames[-1].lineno}" if frames else ""
    return SafelightError(
        "unexpected",
        f"Something unexpected went wrong ({type(error).__name__}{place}).",
        "Please report this with what you did.",
    )
