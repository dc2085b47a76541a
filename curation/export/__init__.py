"""Plan → worker → redacted frames and rows → `.partial/` → prove → manifest → rename.

Writers see redacted types only. Start at `plan` (what will leave, pure), then `job` and `contract` (what a writer is).
"""
