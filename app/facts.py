"""What is true of the window at this moment, as the registry's facts."""

from __future__ import annotations

from app.actions.registry import Fact
from app.compare_controller import CompareController
from app.edit_controller import EditController
from app.library_controller import LibraryController
from app.playback_controller import PlaybackController


def facts_of(
    library: LibraryController, playback: PlaybackController, edits: EditController, compare: CompareController
) -> frozenset[Fact]:
    """Every fact that holds."""
    state = playback.state
    true = {
        Fact.LIBRARY: library.is_open,
        Fact.SESSION: edits.is_open,
        Fact.VIDEO: edits.is_open and state.frame is not None,
        Fact.WRITABLE: edits.writable,
        Fact.SELECTION: edits.selected_item is not None,
        Fact.UNDO: edits.undo_title is not None,
        Fact.REDO: edits.redo_title is not None,
        Fact.PICKED: bool(library.picked_ids),
        Fact.COMPARING: compare.is_on,
        Fact.OWN_PICTURE: not compare.replaces_picture,
        Fact.TWO_SESSIONS: compare.has_other,
    }
    return frozenset(f for f, holds in true.items() if holds)
