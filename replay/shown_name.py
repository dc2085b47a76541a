"""Names of files and folders that somebody else chose, made fit for a sentence, a table or a log."""

from __future__ import annotations

import re
import unicodedata
from typing import Final

SHOWN_LENGTH: Final = 48
_E_MAIL: Final = re.compile(r"[\w.+-]+@[\w.-]+")


def shown_name(name: str) -> str:
    """`name` without control, direction and unknown characters, without an e-mail address, and not long."""
    visible = "".join(c if unicodedata.category(c)[0] in "LNPSM" or c == " " else "·" for c in name)
    visible = _E_MAIL.sub("…", visible)
    return visible if len(visible) <= SHOWN_LENGTH else visible[: SHOWN_LENGTH - 1] + "…"
