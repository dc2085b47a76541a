"""The audit log: what was done, by whom, under which grant, and which version of every record is in force.

One append-only file per identity, each a Merkle tree of its own (RFC 6962) whose every line is signed; the library's
log is their merge. It knows ids, ranges and hashes; it never holds anything captured. Start reading at `library_log`.
"""
