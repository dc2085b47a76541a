"""The application: `core` composes the Qt-free half, `composition` adds Qt, `cli` is the command line.

`cli` and `core` never import Qt; commands that need it run `python -m app.desktop` as a child.
"""
