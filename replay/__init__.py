"""Everything that reads a captured session: time, tables, video, events, clock and store.

Knows nothing of labels, redactions or windows on a screen, and never imports Qt.
Start at `replay.session` (what a session is) and `replay.store` (where its bytes lie).
"""
