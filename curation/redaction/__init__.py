"""Decide → apply → prove: what a session's redactions and cuts hide, how, and the proof that an output hides it.

`plan` resolves decisions into masks, hidden rows and secrets; `apply` makes redacted frames and tables, the only
types a writer accepts; `prove` opens an output and looks for leaks. Detectors never live here.
"""
