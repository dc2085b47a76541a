"""Which class each track of a session belongs to, and which masked twin stands in for a raw one.

A track that is not named here is raw: media and whatever a later importer writes are as captured until proved harmless.
"""

from __future__ import annotations

from typing import Final

from replay.vault.classes import TrackClass

CATALOGUE: Final = "catalogue"
THUMBNAIL: Final = "thumbnail"
VIDEO_TWIN: Final = "video_twin"
TWIN_FRAMES: Final = "video_twin_frames"
SEARCH: Final = "search"
SKIM: Final = "skim"
SKIM_FRAMES: Final = "skim_frames"
MEZZANINE: Final = "mezzanine"
MEZZANINE_FRAMES: Final = "mezzanine_frames"
CHECKPOINTS: Final = "checkpoints"
_TWIN: Final = "_masked"

TWINNED: Final = frozenset({"session", "keys", "windows", "elements", "texts"})
"""Raw-class tables that have a masked twin; `raw` has none, it is for nobody's eyes without a purpose."""

DERIVED: Final = frozenset({SKIM, SKIM_FRAMES, MEZZANINE, MEZZANINE_FRAMES, CHECKPOINTS})
"""Fast pictures, made from what a masked reader sees; a session is whole without them."""

_MASKED: Final = frozenset(
    {"frames", "sync", "displays", "pointer", "gaps", "problems", THUMBNAIL, VIDEO_TWIN, TWIN_FRAMES, SEARCH, *DERIVED}
)


def twin_of(table: str) -> str:
    """The track that holds the masked rows of a raw-class table."""
    return f"{table}{_TWIN}"


def class_of(track: str) -> TrackClass:
    """The class of a whole track; a segmented video holds parts of both classes and counts as raw."""
    if track == CATALOGUE:
        return TrackClass.CATALOGUE
    if track in _MASKED or (track.removesuffix(_TWIN) in TWINNED and track.endswith(_TWIN)):
        return TrackClass.MASKED
    return TrackClass.RAW
