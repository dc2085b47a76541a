"""A Problem is a data defect shown to the curator: the rest of the session stays usable."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Any


class Severity(StrEnum):
    INFO = "info"
    WARNING = "warning"
    ERROR = "error"


@dataclass(frozen=True, slots=True)
class Problem:
    """`code` is stable snake_case; `sentence` says what, where and what to do, and holds no captured content."""

    code: str
    severity: Severity
    sentence: str
    count: int = 1
    t_ns: int | None = None

    def as_row(self) -> dict[str, Any]:
        """Columns of a row of `problems`."""
        facts = {"code": self.code, "severity": self.severity.value, "sentence": self.sentence}
        return facts | {"count": self.count, "t_ns": self.t_ns}
