"""Keeps `None`, `True` and `False` alive where the Qt binding forgets to count its references to them.

PySide6 6.12 is built against headers in which these three are immortal (Python ≥ 3.12) and returns them without
taking a reference. On Python 3.11 each such call takes one away: after some thousand void Qt calls the interpreter
aborts with `none_dealloc: deallocating None`. Measured: −1 for `QPainter.fillRect`, `QRect.setX`, `QObject.parent`.
"""

from __future__ import annotations

import ctypes
import sys

_PLENTY = 1 << 40  # at ten million Qt calls a second this lasts for more than a day


def hold_singletons() -> None:
    """Gives the three singletons a stock of references; does nothing from Python 3.12 on or when done already."""
    if sys.version_info >= (3, 12):
        return
    for singleton in (None, True, False):
        count = ctypes.c_ssize_t.from_address(id(singleton))  # the first field of every object
        if count.value < _PLENTY:
            count.value += _PLENTY
