"""Named views of a library's sessions: a filter, a sorting and the columns shown, kept for one person.

A filter may hold captured words, so views are sealed to the person's own card and never lie among the settings.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import msgspec

from curation.search.session_filter import parse_filter
from replay.errors import BadInput, NotFound
from replay.vault.personal import PersonalFile

USE: Final = "views"
LONGEST_NAME: Final = 60
MOST: Final = 200
_FORMAT: Final = 1


class SavedView(msgspec.Struct, frozen=True):
    """`sort` is a column of the catalogue view, empty for the time of import; `hidden` are titles of columns."""

    name: str
    filter: str = ""
    sort: str = ""
    descending: bool = False
    hidden: tuple[str, ...] = ()


class _Document(msgspec.Struct):
    format: int
    views: list[SavedView]


class SavedViews:
    """One person's views of one library, by name; every change is written at once."""

    def __init__(self, file: PersonalFile) -> None:
        self._file = file

    def all(self) -> tuple[SavedView, ...]:
        """By name. Raises BadInput, StorageFailed."""
        content = self._file.read()
        if content is None:
            return ()
        try:
            document = msgspec.json.decode(content, type=_Document)
        except (msgspec.DecodeError, UnicodeDecodeError) as e:
            raise _damaged() from e
        if document.format != _FORMAT:
            raise _damaged()
        return tuple(sorted(document.views, key=lambda v: v.name.casefold()))

    def named(self, name: str) -> SavedView:
        """Raises NotFound."""
        for view in self.all():
            if view.name.casefold() == name.strip().casefold():
                return view
        raise NotFound("no_such_view", "There is no saved view of that name.", "Save one on the Library page.")

    def save(self, view: SavedView) -> None:
        """Keep a view, in place of one of the same name. Raises BadInput (bad_view_name, bad_filter), StorageFailed."""
        checked = msgspec.structs.replace(view, name=_name(view.name))
        parse_filter(checked.filter)
        self._change(lambda kept: [*_without(kept, checked.name), checked])

    def rename(self, name: str, to: str) -> None:
        """Raises NotFound, BadInput (bad_view_name), StorageFailed."""
        view, new = self.named(name), _name(to)
        renamed = msgspec.structs.replace(view, name=new)
        self._change(lambda kept: [*_without(_without(kept, view.name), new), renamed])

    def remove(self, name: str) -> None:
        """Raises NotFound, StorageFailed."""
        view = self.named(name)
        self._change(lambda kept: _without(kept, view.name))

    def _change(self, change: Callable[[list[SavedView]], list[SavedView]]) -> None:
        views = change(list(self.all()))
        if len(views) > MOST:
            raise BadInput("too_many_views", f"More than {MOST} views are not kept.", "Delete some.")
        self._file.write(msgspec.json.encode(_Document(_FORMAT, views)))


def _without(views: list[SavedView], name: str) -> list[SavedView]:
    return [v for v in views if v.name.casefold() != name.casefold()]


def _name(text: str) -> str:
    name = text.strip()
    if not 0 < len(name) <= LONGEST_NAME or not name.isprintable():
        raise BadInput(
            "bad_view_name", f"A view's name has 1 to {LONGEST_NAME} visible characters.", "Choose another name."
        )
    return name


def _damaged() -> BadInput:
    return BadInput(
        "views_damaged", "The saved views cannot be read.", "Remove the home's folder “views” to begin anew."
    )
