"""What somebody may want to do with a library: the words that requests, policies and the log share."""

from __future__ import annotations

from enum import StrEnum


class Action(StrEnum):
    """`SCREEN` is the first pass, which reads raw tracks in a worker that shows them to nobody."""

    BROWSE = "browse"
    OPEN = "open"
    EDIT = "edit"
    UNMASK = "unmask"
    SCREEN = "screen"
    REVIEW = "review"
    EXPORT = "export"
    IMPORT = "import"
    ADMINISTER = "administer"
    CONSENT = "consent"
    WITHDRAW = "withdraw"
    ERASE = "erase"
    REVOKE = "revoke"
    RECOVER = "recover"
    READ_LOG = "read_log"
    VERIFY = "verify"
    REPORT = "report"


class Role(StrEnum):
    """What a grant makes of a person."""

    CURATOR = "curator"
    UNMASKER = "unmasker"
    REVIEWER = "reviewer"
    EXPORTER = "exporter"
    INGEST = "ingest"
    CUSTODIAN = "custodian"
    AUDITOR = "auditor"
    SUBJECT = "subject"
