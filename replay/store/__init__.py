"""Where a library's bytes lie and the only doors to them.

`tracks.open_track` and `tracks.StagedTracks` are the only code that reads and writes a session's plain bytes, with
leases and minted keys of the vault. `library` knows the folder; `staging` and `restage` fill a folder, which `publish`
and `republish` bring into force; `rotation` seals anew; `sessions` reads one session into memory, `catalogue` lists
them all, `queries` runs DuckDB on one thread over Arrow tables only.
"""
