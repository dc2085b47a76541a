"""Commands: wishes as pure functions of the state, answering with `Edits` (one transaction) or a `Refusal`.

They read, decide and change nothing; `curation.editor.Editor.commit` does. Times are session nanoseconds, rectangles
frame px at their time. Titles name the act, never captured content.
"""

from curation.commands.cuts import add_cut, change_cut, remove_cut, trim
from curation.commands.episodes import change_episode, mark_episode, remove_episode
from curation.commands.labels import add_label, change_label, remove_label
from curation.commands.masks import change_category, move_mask, redact_rect, remove_keyframe, set_keyframe
from curation.commands.result import Edits, Refusal
from curation.commands.secrets import lift, redact_keys, redact_text, redact_window
from curation.commands.session import keep_seen, measure_sync, move_state, nudge_sync
from curation.commands.things import change_range, split

__all__ = [
    "Edits",
    "Refusal",
    "add_cut",
    "add_label",
    "change_category",
    "change_cut",
    "change_episode",
    "change_label",
    "change_range",
    "keep_seen",
    "lift",
    "mark_episode",
    "measure_sync",
    "move_mask",
    "move_state",
    "nudge_sync",
    "redact_keys",
    "redact_rect",
    "redact_text",
    "redact_window",
    "remove_cut",
    "remove_episode",
    "remove_keyframe",
    "remove_label",
    "set_keyframe",
    "split",
    "trim",
]
