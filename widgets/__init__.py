"""Qt views: they paint what they are given and emit what was asked for.

They know frozen values of `replay` and `curation.model`; they may not edit, export or open a library.
"""
