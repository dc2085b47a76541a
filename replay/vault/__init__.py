"""The vault: sealed objects, the keys to them, the one gate that releases keys, and the log that cannot lie.

It knows sessions by id and tracks by name, never what is in them. Start reading at `gate`: everything that opens goes
through it. `container` is how bytes lie on disk, `keys` how keys hang together, `roster` and `grants` who holds which,
`policy` who may do what, `log` what was done, `records` how a change becomes true.
"""
