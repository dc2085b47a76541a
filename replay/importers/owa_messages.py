"""The messages of OWAMcap in their three generations (projects/owa-msgs/owa/msgs/desktop in open-world-agents)."""

from __future__ import annotations

from typing import Final, Literal, TypeVar

import msgspec

from replay.geometry import Rect
from replay.importers.mcap_messages import Message

Kind = TypeVar("Kind", bound=msgspec.Struct)
_LARGEST_PX: Final = 1 << 24
_LONGEST_PTS_NS: Final = 1 << 60


class WindowInfo(msgspec.Struct, frozen=True):
    """`rect` is (left, top, right, bottom), px; the project's guide says otherwise and is wrong."""

    title: str = ""
    rect: tuple[int, int, int, int] | None = None
    handle: int | None = msgspec.field(name="hWnd", default=None)

    @property
    def rect_px(self) -> Rect | None:
        if self.rect is None or max(map(abs, self.rect)) > _LARGEST_PX:
            return None
        left, top, right, bottom = map(float, self.rect)
        return Rect(left, top, right - left, bottom - top) if left < right and top < bottom else None


class KeyboardEvent(msgspec.Struct, frozen=True):
    """`vk` is a Windows virtual-key code."""

    event_type: Literal["press", "release"]
    vk: int


class MouseEvent(msgspec.Struct, frozen=True):
    """Positions in px of the virtual desktop; scroll in notches, away from the user and right positive."""

    event_type: Literal["move", "click", "scroll"]
    x: float
    y: float
    button: str | None = None
    pressed: bool | None = None
    dx: float | None = None
    dy: float | None = None


class MediaRef(msgspec.Struct, frozen=True):
    uri: str
    pts_ns: int | None = None


class Screen(msgspec.Struct, frozen=True):
    """One captured frame; which file and PTS (ns) it has, by whichever generation's fields."""

    path: str | None = None
    pts: int | None = None
    original_shape: tuple[int, int] | None = None
    source_shape: tuple[int, int] | None = None
    own_shape: tuple[int, int] | None = msgspec.field(name="shape", default=None)
    media_ref: MediaRef | None = None

    @property
    def uri(self) -> str | None:
        return self.media_ref.uri if self.media_ref is not None else self.path

    @property
    def pts_ns(self) -> int | None:
        pts = self.media_ref.pts_ns if self.media_ref is not None else self.pts
        return pts if pts is not None and abs(pts) < _LONGEST_PTS_NS else None

    @property
    def size(self) -> tuple[int, int] | None:
        """(width, height) of what was captured, px."""
        return _sane(self.source_shape or self.original_shape)

    @property
    def shape(self) -> tuple[int, int] | None:
        """(width, height) of what the frame shows it as, px, before the video's padding."""
        return _sane(self.own_shape)


def _sane(size: tuple[int, int] | None) -> tuple[int, int] | None:
    return size if size is not None and all(0 < v <= _LARGEST_PX for v in size) else None


_KINDS: Final[dict[str, type[msgspec.Struct]]] = {
    "WindowInfo": WindowInfo,
    "KeyboardEvent": KeyboardEvent,
    "MouseEvent": MouseEvent,
    "ScreenEmitted": Screen,
    "ScreenCaptured": Screen,
}
_DECODERS: Final = {kind: msgspec.json.Decoder(kind) for kind in _KINDS.values()}


def kind_of(message: Message) -> type[msgspec.Struct] | None:
    """What a message is, by the last part of its schema's name, which all generations share; None: not imported."""
    return _KINDS.get(message.schema.replace("/", ".").rpartition(".")[2])


def decoded(message: Message, kind: type[Kind], name: str) -> Kind:
    """The message as `kind`. Raises BadInput (`malformed_row`) with its number in `name`."""
    try:
        value = _DECODERS[kind].decode(message.data)
    except msgspec.ValidationError:
        raise message.refusal(name, "has a missing or wrongly typed value") from None
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise message.refusal(name, "is not JSON") from None
    assert isinstance(value, kind)
    return value
