"""One module per capture format; each turns foreign files into session tables, media and Problems.

Knows the formats and `replay.schema`; knows nothing of libraries, consent or session ids. Start at `contract`, then
`registry`. `untrusted_files` and `jsonl` are the only ways a foreign byte gets in.
"""
