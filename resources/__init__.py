"""Data the application ships (theme, icons, fonts, keymap, SQL, label schemas), read by name."""

from __future__ import annotations

from importlib.resources import files


def read_text(name: str) -> str:
    """The UTF-8 text of one resource, named by its POSIX path below this folder."""
    return files(__name__).joinpath(*name.split("/")).read_text(encoding="utf-8")


def read_bytes(name: str) -> bytes:
    """The bytes of one resource, named by its POSIX path below this folder."""
    return files(__name__).joinpath(*name.split("/")).read_bytes()
