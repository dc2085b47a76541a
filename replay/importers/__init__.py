"""One module per capture format; each turns foreign files into session tables, media and Problems.

Knows the formats and `replay.schema`; knows nothing of libraries, consent or session ids. Start at `contract`.
"""
