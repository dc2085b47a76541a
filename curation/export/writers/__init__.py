"""One module a format. A writer sees redacted types only; `curation.export.contract` says what it is called with."""
