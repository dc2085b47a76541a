"""A process that dies leaves no memory image behind: keys and captured pictures would lie in it in plain."""

from __future__ import annotations

import sys
from typing import Final

_LINUX_REFUSES: Final = 1
"""Bytes. Linux ignores a limit of 0 where a program collects the images (core_pattern with “|”) and hands it the whole
image all the same; at 1 it makes none, neither for a program nor as a file (fs/coredump.c)."""


def leave_no_core() -> None:
    """Called first by every process of ours; children inherit it. No effect on a system without such limits."""
    try:
        import resource
    except ImportError:
        return
    limit = _LINUX_REFUSES if sys.platform == "linux" else 0
    _, hard = resource.getrlimit(resource.RLIMIT_CORE)
    # A hard limit may only be lowered; one below ours leaves no image either.
    limit = limit if hard == resource.RLIM_INFINITY else min(limit, hard)
    resource.setrlimit(resource.RLIMIT_CORE, (limit, limit))
