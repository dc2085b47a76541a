"""`check_code`: proves that a step's code is nothing but whitelisted calls with literal arguments in range.

The code is parsed, never run. Complaints name the call and the argument, never a value: values may be captured text.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Mapping
from typing import Final

from curation.steps.keynames import KEY_NAMES

Check = Callable[[object], bool]
_MAX_SECONDS: Final = 3600


def _unit(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value <= 1


def _whole(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value != 0


def _count(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 1


def _seconds(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and 0 < value <= _MAX_SECONDS


def _button(value: object) -> bool:
    return value in ("left", "right", "middle")


def _key(value: object) -> bool:
    return isinstance(value, str) and value in KEY_NAMES


def _keys(value: object) -> bool:
    return isinstance(value, list) and len(value) > 0 and all(_key(k) for k in value)


def _one_or_more_keys(value: object) -> bool:
    return _key(value) or _keys(value)


def _text(value: object) -> bool:
    return isinstance(value, str) and value != ""


def _status(value: object) -> bool:
    return value in ("success", "failure")


_AT: Final[dict[str, Check]] = {"x": _unit, "y": _unit}
_AT_BUTTON: Final[dict[str, Check]] = {**_AT, "button": _button}
# Call → (positional arguments, required keywords, optional keywords).
_Signature = tuple[tuple[Check, ...], Mapping[str, Check], Mapping[str, Check]]
CALLS: Final[dict[str, _Signature]] = {
    **{f"pyautogui.{c}": ((), _AT, {}) for c in ("click", "doubleClick", "tripleClick", "rightClick", "middleClick")},
    "pyautogui.moveTo": ((), _AT, {}),
    "pyautogui.dragTo": ((), _AT_BUTTON, {}),
    "pyautogui.mouseDown": ((), _AT_BUTTON, {}),
    "pyautogui.mouseUp": ((), _AT_BUTTON, {}),
    "pyautogui.scroll": ((_whole,), {}, {}),
    "pyautogui.hscroll": ((_whole,), {}, {}),
    "pyautogui.sleep": ((_seconds,), {}, {}),
    "pyautogui.keyDown": ((_key,), {}, {}),
    "pyautogui.keyUp": ((_key,), {}, {}),
    "pyautogui.write": ((), {"message": _text}, {}),
    "pyautogui.press": ((), {"keys": _one_or_more_keys}, {"presses": _count}),
    "pyautogui.hotkey": ((), {"keys": _keys}, {}),
    "computer.tripleClick": ((), _AT, {}),
    "computer.wait": ((), {}, {}),
    "computer.terminate": ((), {"status": _status}, {}),
}


def check_code(code: str) -> list[str]:
    """What is wrong with `code`, one sentence each; empty where nothing is."""
    try:
        tree = ast.parse(code)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return ["The code is not Python."]
    if not tree.body:
        return ["The code is empty."]
    return [complaint for statement in tree.body for complaint in _statement(statement)]


def _statement(statement: ast.stmt) -> list[str]:
    if not isinstance(statement, ast.Expr) or not isinstance(statement.value, ast.Call):
        return [f"Line {statement.lineno} is not a call."]
    call = statement.value
    function = call.func
    if not isinstance(function, ast.Attribute) or not isinstance(function.value, ast.Name):
        return [f"Line {statement.lineno} calls something that is not on the list."]
    name = f"{function.value.id}.{function.attr}"
    signature = CALLS.get(name)
    if signature is None:
        return [f"Line {statement.lineno} calls something that is not on the list."]
    return [f"{name}: {complaint}" for complaint in _arguments(call, signature)]


def _arguments(call: ast.Call, signature: _Signature) -> list[str]:
    positional, required, optional = signature
    complaints = []
    if len(call.args) != len(positional):
        complaints.append(f"{len(call.args)} positional arguments instead of {len(positional)}.")
    for i, (check, node) in enumerate(zip(positional, call.args, strict=False)):
        if not _literal_passes(check, node):
            complaints.append(f"argument {i + 1} is out of range.")
    names = [k.arg for k in call.keywords]
    missing = [name for name in required if name not in names]
    complaints += [f"“{name}” is missing." for name in missing]
    if len(set(names)) != len(names):
        complaints.append("an argument is given twice.")
    for keyword in call.keywords:
        argument = {**required, **optional}.get(keyword.arg or "")
        if argument is None:
            complaints.append("an argument is not on the list.")
        elif not _literal_passes(argument, keyword.value):
            complaints.append(f"“{keyword.arg}” is out of range.")
    return complaints


def _literal_passes(check: Check, node: ast.expr) -> bool:
    try:
        return check(ast.literal_eval(node))
    except (ValueError, TypeError, RecursionError, MemoryError):
        return False
