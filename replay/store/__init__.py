"""Where a library's bytes lie and the only doors to them.

`tracks.open_track` and `tracks.create_track` are the only code that touches a session's bytes; the vault's gate goes
there. `library` knows the folder, `staging` publishes a session in one rename, `sessions` reads one into memory,
`catalogue` lists them all, `queries` runs DuckDB on one thread over Arrow tables only.
"""
