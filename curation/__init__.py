"""What people decide about a session: labels, cuts, steps, redactions, and the exports made from them.

Never imports Qt and never modifies the recording. Start at `model` (what has been decided), `edits` (the facts it is
folded from) and `editor` (the one way to add facts).
"""
