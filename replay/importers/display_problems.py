"""What a recorder says of its displays that cannot be so, or not all at once."""

from __future__ import annotations

from collections.abc import Iterator

from replay.geometry import Display, Geometry, Rect, is_captured, turn_of
from replay.problems import Problem, Severity

_SLACK_PX = 1.0


def display_problems(geometry: Geometry) -> Iterator[Problem]:
    """The Problems of displays over time; of their places in the picture only where the video's size is known."""
    for display in geometry.displays:
        if display.rotation % 90 != 0:
            text = "A display is turned by no right angle; it is taken to be shown upright."
            yield Problem("display_rotation_odd", Severity.WARNING, text, t_ns=display.t_ns)
        if geometry.frame_size is not None and is_captured(display):
            yield from _of_place(geometry, display)
    if geometry.frame_size is not None:
        for t_ns in geometry.changes_ns:
            yield from _shared(geometry, t_ns)


def _of_place(geometry: Geometry, display: Display) -> Iterator[Problem]:
    place = geometry.frame_rect_of(display)
    if display.rotation % 180 == 90 and turn_of(display, place) == 0:
        text = "A display is said to be turned, but has the shape in the picture of one that is shown upright."
        yield Problem("display_shown_upright", Severity.INFO, text, t_ns=display.t_ns)
    width, height = geometry.frame_size or (0, 0)
    beyond = min(place.x, place.y, width - place.right, height - place.bottom)
    if beyond < -_SLACK_PX:
        text = "A display is said to be shown where the picture has ended already: is frame_width right?"
        yield Problem("display_beyond_picture", Severity.WARNING, text, t_ns=display.t_ns)


def _shared(geometry: Geometry, t_ns: int) -> Iterator[Problem]:
    """Two displays in one place of the picture: at most one of them can be there."""
    places: list[Rect] = []
    for display in geometry.displays_at(t_ns):
        if not is_captured(display):
            continue
        place = geometry.frame_rect_of(display)
        shared = (place.intersection(other) for other in places)
        if any(s is not None and min(s.w, s.h) > _SLACK_PX for s in shared):
            text = "Two displays are said to be shown in the same place of the picture; the main one is gone by."
            yield Problem("displays_share_picture", Severity.WARNING, text, t_ns=t_ns)
            return
        places.append(place)
