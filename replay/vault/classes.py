"""Classes of tracks: who holds the key of a class can read that class, of every session that the grant covers."""

from __future__ import annotations

from enum import StrEnum


class TrackClass(StrEnum):
    """`MASKED` is what a curator works with; `RAW` is as captured; `LABELS` is what people decided."""

    CATALOGUE = "catalogue"
    MASKED = "masked"
    RAW = "raw"
    LABELS = "labels"
