"""Finding things: in one session by what was on screen, typed or decided, and sessions by the words in them.

Nothing here reads the store or knows Qt. What may be found is what may be read: every text passes the veil before it
is told. Start at `terms.py`, which says what a query is; then `session_search.py` and `library_search.py`.
"""
