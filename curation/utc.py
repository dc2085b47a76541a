"""Moments as text: UTC, to the second, as manifests and reports write them."""

from __future__ import annotations

from datetime import UTC, datetime


def utc_text(ms: int) -> str:
    """`ms` since the Unix epoch as 2031-05-06T07:08:09Z."""
    return datetime.fromtimestamp(ms / 1000, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
