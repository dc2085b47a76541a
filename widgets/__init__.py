"""Qt views: they paint what they are given and emit what was asked for.

No I/O, no threads, no queries, no edits. A widget takes its data through its constructor or a `show_…` call, and says
what a person wants through signals: facts in the past tense, wishes ending in `_requested`. Start with `frame_canvas`
and `timeline.view`.
"""

from widgets.interpreter import hold_singletons

hold_singletons()
