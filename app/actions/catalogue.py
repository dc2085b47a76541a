"""The list of all actions. Keys are those of the design's key table; what it does not name has none or a free one."""

from __future__ import annotations

from typing import Final

from app.actions.registry import Fact, Scope, UiAction

_LIB, _SES, _VID, _WRITE = Fact.LIBRARY, Fact.SESSION, Fact.VIDEO, Fact.WRITABLE
_OPEN = frozenset({_SES})
_OWN = frozenset({_SES, Fact.OWN_PICTURE})
_FILM = frozenset({_SES, _VID})
_EDIT = frozenset({_SES, _WRITE})
_EDIT_ITEM = frozenset({_SES, _WRITE, Fact.SELECTION})
_WORK, _STAGE = Scope.WORKBENCH, Scope.STAGE

FILE: Final = (
    UiAction("library.open", "Open library…", "File", ("Ctrl+O",), icon="folder-open"),
    UiAction("library.demo", "Open the demo", "File", icon="flask-conical"),
    UiAction("session.import", "Import…", "File", ("Ctrl+I",), icon="folder-input"),
    UiAction("session.open", "Open session", "File", (), Scope.LIBRARY, frozenset({_LIB, Fact.PICKED}), "film"),
    UiAction("session.next", "Next session", "File", ("Ctrl+PgDown",), enabled=_OPEN),
    UiAction("session.previous", "Previous session", "File", ("Ctrl+PgUp",), enabled=_OPEN),
    UiAction("session.screen", "Run the first pass over the session", "File", enabled=_OPEN, icon="scan"),
    UiAction("session.prepare", "Prepare fast pictures of the session", "File", enabled=_FILM),
    UiAction("library.prepare", "Prepare fast pictures of the library", "File", enabled=frozenset({_LIB})),
    UiAction("library.filter", "Filter sessions", "File", ("Ctrl+F",), Scope.LIBRARY, frozenset({_LIB}), "search"),
    UiAction("views.open", "Saved views", "File", ("Ctrl+Shift+V",), Scope.LIBRARY, frozenset({_LIB}), "panel-left"),
    UiAction("views.save", "Save this view…", "File", ("Ctrl+S",), Scope.LIBRARY, frozenset({_LIB})),
    UiAction("views.apply", "Apply a saved view", "File", (), Scope.LIBRARY, frozenset({_LIB}), listed=False),
    UiAction("views.rename", "Rename a saved view", "File", (), Scope.LIBRARY, frozenset({_LIB}), listed=False),
    UiAction("views.remove", "Delete a saved view", "File", (), Scope.LIBRARY, frozenset({_LIB}), listed=False),
    UiAction(
        "export.start", "Start the export", "File", ("Ctrl+Return",), Scope.EXPORT, frozenset({_LIB}), "package-open"
    ),
    UiAction("app.quit", "Quit", "File", ("Ctrl+Q",)),
)

PAGES: Final = (
    UiAction("page.library", "Library", "Go", ("Ctrl+1",), icon="library"),
    UiAction("page.workbench", "Workbench", "Go", ("Ctrl+2",), icon="film"),
    UiAction("page.export", "Export", "Go", ("Ctrl+3",), icon="package-open"),
    UiAction("page.access", "Access", "Go", ("Ctrl+4",), icon="shield"),
    UiAction("palette.open", "Command palette", "Go", ("Ctrl+K",), icon="command"),
)

ACCESS: Final = (
    UiAction("access.prove", "Verify the library", "Access", enabled=frozenset({_LIB}), icon="shield"),
    UiAction("access.verify_log", "Verify the log", "Access", enabled=frozenset({_LIB}), icon="circle-check"),
    UiAction("access.copy_card", "Copy my card", "Access", icon="user"),
)

PLAYBACK: Final = (
    UiAction("play.toggle", "Play or pause", "Playback", ("Space",), _WORK, _OPEN, "play"),
    UiAction("play.backward", "Shuttle backward", "Playback", ("J",), _WORK, _OPEN),
    UiAction("play.pause", "Pause", "Playback", ("K",), _WORK, _OPEN, "pause"),
    UiAction("play.forward", "Shuttle forward", "Playback", ("L",), _WORK, _OPEN),
    UiAction("play.loop", "Loop between in and out", "Playback", ("Ctrl+L",), _WORK, _OPEN, "repeat"),
    UiAction("play.skip_idle", "Skip idle stretches", "Playback", ("Shift+L",), _WORK, _OPEN, "fast-forward"),
    UiAction("play.rate", "Set the speed", "Playback", (), _WORK, _OPEN, listed=False),
    UiAction("frame.next", "Next frame", "Playback", ("Right",), _WORK, _OPEN, "chevron-right"),
    UiAction("frame.previous", "Previous frame", "Playback", ("Left",), _WORK, _OPEN, "chevron-left"),
    UiAction("seek.forward", "1 s forward", "Playback", ("Shift+Right",), _WORK, _OPEN),
    UiAction("seek.back", "1 s back", "Playback", ("Shift+Left",), _WORK, _OPEN),
    UiAction("event.next", "Next event", "Playback", ("Ctrl+Right",), _WORK, _OPEN),
    UiAction("event.previous", "Previous event", "Playback", ("Ctrl+Left",), _WORK, _OPEN),
    UiAction("iframe.next", "Next I-frame", "Playback", ("Alt+Right",), _WORK, _FILM),
    UiAction("iframe.previous", "Previous I-frame", "Playback", ("Alt+Left",), _WORK, _FILM),
    UiAction("label.next", "Next label", "Playback", ("PgDown",), _STAGE, _OPEN),
    UiAction("label.previous", "Previous label", "Playback", ("PgUp",), _STAGE, _OPEN),
    UiAction("problem.next", "Next problem", "Playback", ("Shift+PgDown",), _STAGE, _OPEN),
    UiAction("problem.previous", "Previous problem", "Playback", ("Shift+PgUp",), _STAGE, _OPEN),
    UiAction("seek.start", "To the start", "Playback", ("Home",), _STAGE, _OPEN, "skip-back"),
    UiAction("seek.end", "To the end", "Playback", ("End",), _STAGE, _OPEN, "skip-forward"),
    UiAction("seek.goto", "Go to time, frame or event…", "Playback", ("Ctrl+G",), _WORK, _OPEN),
)

MARKS: Final = (
    UiAction("mark.in", "Set the in point", "Mark", ("I",), _WORK, _OPEN),
    UiAction("mark.out", "Set the out point", "Mark", ("O",), _WORK, _OPEN),
    UiAction("mark.goto_in", "Go to the in point", "Mark", ("Shift+I",), _WORK, _OPEN),
    UiAction("mark.goto_out", "Go to the out point", "Mark", ("Shift+O",), _WORK, _OPEN),
    UiAction("mark.clear", "Clear in and out", "Mark", (), _WORK, _OPEN),
)

EDIT: Final = (
    UiAction("edit.undo", "Undo", "Edit", ("Ctrl+Z",), enabled=_EDIT | {Fact.UNDO}, icon="undo-2"),
    UiAction("edit.redo", "Redo", "Edit", ("Ctrl+Shift+Z",), enabled=_EDIT | {Fact.REDO}, icon="redo-2"),
    UiAction("edit.delete", "Delete", "Edit", ("Delete",), _WORK, _EDIT_ITEM, "trash-2"),
    UiAction("item.next", "Next item", "Edit", ("Tab",), _STAGE, _OPEN),
    UiAction("item.previous", "Previous item", "Edit", ("Shift+Tab",), _STAGE, _OPEN),
    UiAction("lane.up", "Lane above", "Edit", ("Up",), _STAGE, _OPEN),
    UiAction("lane.down", "Lane below", "Edit", ("Down",), _STAGE, _OPEN),
    UiAction("item.edit", "Edit the item", "Edit", ("Return",), _STAGE, _EDIT_ITEM, "square-pen"),
    UiAction("item.split", "Split at the playhead", "Edit", ("B",), _WORK, _EDIT_ITEM),
    UiAction("item.start_earlier", "Start of the item one frame earlier", "Edit", (",",), _WORK, _EDIT_ITEM),
    UiAction("item.start_later", "Start of the item one frame later", "Edit", (".",), _WORK, _EDIT_ITEM),
    UiAction("item.end_earlier", "End of the item one frame earlier", "Edit", ("Ctrl+,",), _WORK, _EDIT_ITEM),
    UiAction("item.end_later", "End of the item one frame later", "Edit", ("Ctrl+.",), _WORK, _EDIT_ITEM),
    UiAction("episode.add", "Mark in–out as an episode", "Edit", ("E",), _WORK, _EDIT, "flag"),
    UiAction("label.add", "Label in–out", "Edit", (), _WORK, _EDIT, "tag"),
    UiAction("cut.add", "Cut in–out from every track", "Edit", ("X",), _WORK, _EDIT, "scissors"),
    UiAction("state.set", "Move the session's state", "Edit", (), _WORK, _EDIT, listed=False),
    UiAction("sync.earlier", "Events one frame earlier", "Edit", ("Alt+,",), _WORK, _EDIT),
    UiAction("sync.later", "Events one frame later", "Edit", ("Alt+.",), _WORK, _EDIT),
    UiAction("sync.measure", "Measure the clock from the pictures", "Edit", (), _WORK, _EDIT | {_VID}, "timer"),
    UiAction("sync.apply", "Put the events on the measured clock", "Edit", (), _WORK, _EDIT | {_VID}),
)

LABELS: Final = tuple(
    UiAction(f"label.toggle_{digit}", f"Start or end live label {digit}", "Label", (str(digit),), _WORK, _EDIT)
    for digit in range(1, 10)
)

REDACT: Final = (
    UiAction("redact.box", "Draw a mask", "Redact", ("R",), _WORK, _EDIT | {_VID, Fact.OWN_PICTURE}, "square-dashed"),
    UiAction("redact.range", "Redact keys between in and out", "Redact", ("Shift+R",), _WORK, _EDIT, "keyboard"),
    UiAction("redact.text", "Redact a text everywhere…", "Redact", (), _WORK, _EDIT, "text-cursor-input"),
    UiAction("redact.window", "Redact the focused window everywhere", "Redact", (), _WORK, _EDIT, "app-window"),
    UiAction("redact.keyframe", "Move the mask at the playhead", "Redact", (), _WORK, _EDIT_ITEM, listed=False),
)

VIEW: Final = (
    UiAction("view.masks", "Masks: original, outline, final", "View", ("V",), _WORK, _OPEN, "eye"),
    UiAction(
        "view.reveal",
        "Show the original while held",
        "View",
        ("H",),
        _WORK,
        _OPEN | {Fact.OWN_PICTURE},
        "eye",
        hold=True,
    ),
    UiAction("view.magnify", "Magnify the pixels at the pointer while held", "View", ("Z",), _WORK, _FILM, hold=True),
    UiAction("view.captions", "Keystroke captions: off, shortcuts, full", "View", (), _WORK, _OPEN, "keyboard"),
    UiAction("view.show_pointer", "Overlay: the pointer, its path and drags", "View", (), _WORK, _OPEN),
    UiAction("view.show_clicks", "Overlay: clicks", "View", (), _WORK, _OPEN),
    UiAction("view.show_scroll", "Overlay: scrolling", "View", (), _WORK, _OPEN),
    UiAction("view.show_window", "Overlay: the focused window", "View", (), _WORK, _OPEN),
    UiAction("view.show_elements", "Overlay: elements of the interface", "View", (), _WORK, _OPEN),
    UiAction("view.fit", "Fit the frame", "View", ("Ctrl+0",), _WORK, _FILM, "maximize"),
    UiAction("view.one_to_one", "Frame at 1:1", "View", ("Ctrl+Shift+0",), _WORK, _FILM),
    UiAction("view.zoom_in", "Zoom the frame in", "View", ("Ctrl+=",), _WORK, _FILM, "zoom-in"),
    UiAction("view.zoom_out", "Zoom the frame out", "View", ("Ctrl+-",), _WORK, _FILM, "zoom-out"),
    UiAction("timeline.zoom_in", "Zoom the timeline in", "View", ("=",), _WORK, _OPEN),
    UiAction("timeline.zoom_out", "Zoom the timeline out", "View", ("-",), _WORK, _OPEN),
    UiAction("timeline.whole", "Whole timeline", "View", ("\\",), _WORK, _OPEN),
    UiAction("view.events", "Show events", "View", (), _WORK, _OPEN, "list"),
    UiAction("view.steps", "Show steps", "View", (), _WORK, _OPEN, "list-ordered"),
    UiAction("search.open", "Search the session", "View", ("Ctrl+F",), _WORK, _OPEN, "search"),
    UiAction("search.next", "Next hit", "View", ("F3",), _WORK, _OPEN),
    UiAction("search.previous", "Previous hit", "View", ("Shift+F3",), _WORK, _OPEN),
    UiAction("view.other_list", "From an event to its step, or back", "View", ("T",), _WORK, _OPEN),
    UiAction("view.next_panel", "Next panel", "View", ("F6",), _WORK),
    UiAction("view.previous_panel", "Previous panel", "View", ("Shift+F6",), _WORK),
    UiAction("view.reset_panels", "Reset the panels", "View", (), icon="panel-left"),
    UiAction("help.keys", "Keys valid here", "Help", ("F1",), icon="circle-help"),
)

_BOTH = frozenset({_SES, Fact.COMPARING})
_ALIGN = frozenset({_SES, Fact.TWO_SESSIONS})
COMPARE: Final = (
    UiAction("compare.open", "Compare side by side…", "Compare", ("C",), _WORK, _OPEN, "panel-left"),
    UiAction("compare.close", "End the comparison", "Compare", ("Shift+C",), _WORK, _BOTH),
    UiAction("compare.earlier", "The other session one frame earlier", "Compare", ("[",), _WORK, _ALIGN),
    UiAction("compare.later", "The other session one frame later", "Compare", ("]",), _WORK, _ALIGN),
    UiAction("compare.hold", "Hold the other session, or go on together", "Compare", ("Alt+C",), _WORK, _ALIGN),
    UiAction("compare.align_starts", "Align both sessions at their starts", "Compare", (), _WORK, _ALIGN),
    UiAction("compare.offset", "Set the other session's offset", "Compare", (), _WORK, _ALIGN, listed=False),
    UiAction("compare.link", "Zoom and pan both sides together", "Compare", (), _WORK, _BOTH, "link"),
)

ACTIONS: Final[tuple[UiAction, ...]] = (
    *FILE,
    *PAGES,
    *ACCESS,
    *PLAYBACK,
    *MARKS,
    *EDIT,
    *LABELS,
    *REDACT,
    *VIEW,
    *COMPARE,
)
