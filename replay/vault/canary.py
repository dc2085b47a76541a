"""Canary sessions: made-up recordings that a library keeps for the attacks of `safelight verify`, and shows nobody.

Their ids begin with a word. Rejected: a flag in the object list, because listing 100 000 sessions would then read as
many lists. An imported session's id is a hash in base 32 and begins so once in 32^15 times.
"""

from __future__ import annotations

import base64
import os
from typing import Final

_WORD: Final = "SAFELIGHTCANARY"
_ID_LENGTH: Final = 26


def is_canary(session: str) -> bool:
    return session.startswith(_WORD)


def new_canary_id() -> str:
    return (_WORD + base64.b32encode(os.urandom(10)).decode())[:_ID_LENGTH]
