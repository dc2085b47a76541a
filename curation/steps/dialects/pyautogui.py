"""The AgentNet / OpenCUA dialect: pyautogui source code with coordinates 0–1, rounded to 4 decimals.

Grammar: research on OpenCUA's processed trajectories. Held modifiers and long presses have no form of their own there;
they are spelled out with keyDown/keyUp and mouseDown/mouseUp. What cannot be spelled out is `Unsayable`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from curation.steps.keynames import KEY_NAMES, UNKNOWN_KEY
from curation.steps.model import Action, ActionType, Point, Step
from replay.timebase import NS_PER_S

DECIMALS: Final = 4
_CLICKS: Final = {
    ("left", 1): ("click",), ("left", 2): ("doubleClick",), ("left", 3): ("tripleClick",),
    ("right", 1): ("rightClick",), ("right", 2): ("rightClick",) * 2, ("right", 3): ("rightClick",) * 3,
    ("middle", 1): ("middleClick",), ("middle", 2): ("middleClick",) * 2, ("middle", 3): ("middleClick",) * 3,
}  # fmt: skip
_BUTTONS: Final = frozenset({"left", "right", "middle"})


@dataclass(frozen=True, slots=True)
class Code:
    """One step's code; several lines where the dialect needs several calls."""

    text: str


@dataclass(frozen=True, slots=True)
class Unsayable:
    """Why the dialect has no form for an action; `reason` is a stable code without captured content."""

    reason: str


class _Unsayable(Exception):
    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def code_of(step: Step, frame_size: tuple[int, int] | None) -> Code | Unsayable:
    """The code of `step`; `frame_size` is (width, height) of the exported frame, whose px the step's points are in."""
    if "text_uncertain" in step.flags and "text_redacted" not in step.flags:
        return Unsayable("text_uncertain")
    try:
        return Code("\n".join(_WRITERS[step.action.type](step.action, frame_size)))
    except _Unsayable as e:
        return Unsayable(e.reason)


def _xy(point: Point | None, frame_size: tuple[int, int] | None) -> str:
    if point is None:
        raise _Unsayable("no_position")
    if frame_size is None or point.frame_x is None or point.frame_y is None:
        raise _Unsayable("not_in_video")
    x, y = point.frame_x / frame_size[0], point.frame_y / frame_size[1]
    # Clamping would point at something else, so what lies outside the picture is refused.
    if not (0 <= x <= 1 and 0 <= y <= 1):
        raise _Unsayable("outside_frame")
    return f"x={_number(x)}, y={_number(y)}"


def _number(value: float) -> str:
    # Adding 0.0 turns -0.0 into 0.0.
    return repr(round(value, DECIMALS) + 0.0)


def _with_modifiers(action: Action, lines: list[str]) -> list[str]:
    down = [f"pyautogui.keyDown({m!r})" for m in action.modifiers]
    up = [f"pyautogui.keyUp({m!r})" for m in reversed(action.modifiers)]
    return [*down, *lines, *up]


def _click(action: Action, size: tuple[int, int] | None) -> list[str]:
    calls = _CLICKS.get((action.button or "", action.count))
    if calls is None:
        raise _Unsayable(f"button_{action.button or 'unknown'}")
    return _with_modifiers(action, [f"pyautogui.{call}({_xy(action.point, size)})" for call in calls])


def _button(action: Action) -> str:
    if action.button not in _BUTTONS:
        raise _Unsayable(f"button_{action.button or 'unknown'}")
    return repr(action.button)


def _long_press(action: Action, size: tuple[int, int] | None) -> list[str]:
    at, button = _xy(action.point, size), _button(action)
    seconds = round(action.duration_ns / NS_PER_S, 1)
    lines = [
        f"pyautogui.mouseDown({at}, button={button})",
        f"pyautogui.sleep({seconds!r})",
        f"pyautogui.mouseUp({at}, button={button})",
    ]
    return _with_modifiers(action, lines)


def _drag(action: Action, size: tuple[int, int] | None) -> list[str]:
    lines = [
        f"pyautogui.moveTo({_xy(action.point, size)})",
        f"pyautogui.dragTo({_xy(action.end_point, size)}, button={_button(action)})",
    ]
    return _with_modifiers(action, lines)


def _scroll(action: Action, size: tuple[int, int] | None) -> list[str]:
    notches = {"scroll": _notches(action.scroll_dy), "hscroll": _notches(action.scroll_dx)}
    calls = [f"pyautogui.{call}({n})" for call, n in notches.items() if n]
    if not calls:
        raise _Unsayable("scroll_below_one_notch")
    return _with_modifiers(action, [f"pyautogui.moveTo({_xy(action.point, size)})", *calls])


def _notches(amount: float) -> int:
    """Whole notches, halves away from zero."""
    return int(abs(amount) + 0.5) * (1 if amount > 0 else -1)


def _type(action: Action, size: tuple[int, int] | None) -> list[str]:
    if not action.text:
        raise _Unsayable("no_text")
    return [f"pyautogui.write(message={action.text!r})"]


def _key(action: Action, size: tuple[int, int] | None) -> list[str]:
    if not action.keys or UNKNOWN_KEY in action.keys:
        raise _Unsayable("unknown_key")
    if not KEY_NAMES.issuperset(action.keys):
        raise _Unsayable("hidden_key")  # a placeholder stands where a redaction hid the key
    if len(action.keys) > 1:
        return [f"pyautogui.hotkey(keys={list(action.keys)!r})"] * action.repeat
    presses = f", presses={action.repeat}" if action.repeat > 1 else ""
    return [f"pyautogui.press(keys={action.keys[0]!r}{presses})"]


def _hover(action: Action, size: tuple[int, int] | None) -> list[str]:
    return _with_modifiers(action, [f"pyautogui.moveTo({_xy(action.point, size)})"])


def _wait(action: Action, size: tuple[int, int] | None) -> list[str]:
    return ["computer.wait()"]


def _terminate(action: Action, size: tuple[int, int] | None) -> list[str]:
    if action.status not in ("success", "failure"):
        raise _Unsayable("unknown_status")
    return [f"computer.terminate(status={action.status!r})"]


_WRITERS: Final[dict[ActionType, Callable[[Action, tuple[int, int] | None], list[str]]]] = {
    ActionType.CLICK: _click,
    ActionType.LONG_PRESS: _long_press,
    ActionType.DRAG: _drag,
    ActionType.SCROLL: _scroll,
    ActionType.TYPE: _type,
    ActionType.KEY: _key,
    ActionType.HOVER: _hover,
    ActionType.WAIT: _wait,
    ActionType.TERMINATE: _terminate,
}
