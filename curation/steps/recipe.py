"""The recipe of a reduction: every threshold that turns raw events into steps, named, versioned and kept in a file.

The number of steps is an artefact of these thresholds, so a recipe travels with every export made by it.
"""

from __future__ import annotations

import json
import tomllib
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any, Final

from replay.errors import BadInput
from replay.timebase import NS_PER_S

REDUCE_VERSION: Final = "reduce@1"
_NEWLINE_POLICIES: Final = ("separate", "fold")
_RECORDERS: Final = (
    "agentnet-annotator",
    "agentnet tool",
    "obs",
    "obs64",
    "ducktrack",
    "pctracker",
    "openadapt",
    "ocap",
)


@dataclass(frozen=True, slots=True)
class ReduceRecipe:
    """Thresholds of `reduce@1`. Times in the unit of the name; distances in logical px (capture px / display scale).

    A threshold is inclusive where the rule says "at most" or "at least": travel of exactly `click_max_travel_px` is
    still a click, a second press exactly `multi_click_interval_s` later still the same multi-click.
    """

    version: str = REDUCE_VERSION
    sync_uncertain_ms: float = 100.0  # a larger sigma flags every step `sync_uncertain`
    strip_recorder: bool = True  # the recorder's own window at the head, its stop shortcut at the tail
    recorder_apps: tuple[str, ...] = _RECORDERS
    click_max_travel_px: float = 6.0  # farther is a drag
    multi_click_interval_s: float = 0.5  # press to press
    multi_click_max_travel_px: float = 4.0
    multi_click_max: int = 3
    long_press_s: float = 1.0
    drag_path_tolerance_px: float = 1.0  # how far the kept path may lie from the recorded one
    missing_release_s: float = 0.5  # how long a press lasts whose release was lost
    scroll_gap_s: float = 1.0
    typing_gap_s: float = 2.0
    newline_policy: str = "separate"  # "fold": Enter and Tab are characters of the text
    lone_modifier_tap_s: float = 0.5  # a shorter tap of Alt or Meta alone is a key step
    repeat_gap_s: float = 1.0  # longer between auto-repeats: the release was lost
    ime_layouts: tuple[str, ...] = ("zh", "ja", "ko")  # keyboard layouts whose keys are not the text
    wait_s: float = 6.0  # without input while the screen changes
    wait_static_s: float = 10.0  # without input on a still screen; needs pixels to tell
    premove_max_s: float = 5.0  # how far before the press the pointer's approach may begin
    sparse_frame_s: float = 1.0  # pictures farther apart are screenshots: "one frame" is then no measure of time
    obs_settle_s: float = 0.45  # an observation sooner after the previous action is flagged `obs_unsettled`
    changed_fraction: float = 0.01  # share of pixels that must differ for the screen to count as changing
    settle_samples: int = 3
    settle_interval_s: float = 0.15
    settle_cap_s: float = 2.0  # the latest moment of a post frame after the action's end
    cut_guard_sigmas: float = 3.0  # an event is cut when its time ± this many sigma touches the cut

    def __post_init__(self) -> None:
        for field in fields(self):
            _check(field.name, getattr(self, field.name))

    def ns(self, name: str) -> int:
        """The threshold `name` (a field ending in `_s` or `_ms`) in nanoseconds."""
        scale = NS_PER_S // 1000 if name.endswith("_ms") else NS_PER_S
        return round(float(getattr(self, name)) * scale)

    def as_dict(self) -> dict[str, Any]:
        """Every parameter by name, as JSON types; `recipe_from` reads it back."""
        return {k: list(v) if isinstance(v, tuple) else v for k, v in asdict(self).items()}


def _refusal(sentence: str) -> BadInput:
    return BadInput("bad_reduce_recipe", sentence, "See docs/steps.md for the parameters and their defaults.")


def _check(name: str, value: object) -> None:
    if name == "version" and value != REDUCE_VERSION:
        raise _refusal(f"This version makes steps by “{REDUCE_VERSION}” only; the recipe asks for another.")
    if name == "newline_policy" and value not in _NEWLINE_POLICIES:
        raise _refusal(f"“newline_policy” must be one of {', '.join(_NEWLINE_POLICIES)}.")
    if isinstance(value, bool | str | tuple):
        return
    assert isinstance(value, int | float)
    # NaN compares false with everything, so it is refused here too.
    if not 0 <= value < 1e6:
        raise _refusal(f"“{name}” must be a number from 0 to a million.")
    if isinstance(value, int) and value < 1:
        raise _refusal(f"“{name}” must be at least 1.")


DEFAULT: Final = ReduceRecipe()


def _typed(name: str, default: object, value: object) -> object:
    """`value` as the type of the parameter's default; raises BadInput where it is of another."""
    if isinstance(default, tuple):
        if isinstance(value, list | tuple) and all(isinstance(v, str) for v in value):
            return tuple(value)
        raise _refusal(f"“{name}” must be a list of strings.")
    if isinstance(default, bool) or isinstance(value, bool):
        if isinstance(default, bool) and isinstance(value, bool):
            return value
        raise _refusal(f"“{name}” must be {'true or false' if isinstance(default, bool) else 'a number'}.")
    if isinstance(default, float) and isinstance(value, int | float):
        return float(value)
    if type(value) is not type(default):
        kind = {int: "a whole number", float: "a number", str: "a string"}[type(default)]
        raise _refusal(f"“{name}” must be {kind}.")
    return value


def recipe_from(parameters: Mapping[str, object]) -> ReduceRecipe:
    """A recipe of the documented defaults with `parameters` in their place; raises BadInput naming what is wrong."""
    known = {f.name: f.default for f in fields(ReduceRecipe)}
    unknown = sorted(set(parameters) - set(known))
    if unknown:
        raise _refusal(f"A reduction has no parameter “{unknown[0][:40]}”.")
    values: dict[str, Any] = {name: _typed(name, known[name], value) for name, value in parameters.items()}
    return ReduceRecipe(**values)


def load_recipe(path: Path) -> ReduceRecipe:
    """The recipe in a TOML or JSON file (by suffix; a table `reduce` in it, where there is one, is the recipe)."""
    try:
        text = path.read_text(encoding="utf-8")
        document = json.loads(text) if path.suffix.lower() == ".json" else tomllib.loads(text)
    except OSError as e:
        raise BadInput("recipe_unreadable", f"The recipe could not be read ({e.strerror}).") from None
    except ValueError as e:
        language = "JSON" if path.suffix.lower() == ".json" else "TOML"
        raise _refusal(f"The recipe is not valid {language}.") from e
    inner = document.get("reduce", document) if isinstance(document, dict) else document
    if not isinstance(inner, dict):
        raise _refusal("A recipe is a table of parameters.")
    return recipe_from(inner)


def dump_recipe(recipe: ReduceRecipe, path: Path) -> None:
    """Write every parameter to `path`, as JSON or TOML by suffix."""
    values = recipe.as_dict()
    if path.suffix.lower() == ".json":
        text = json.dumps(values, indent=2)
    else:
        # JSON's strings, numbers, booleans and arrays of strings are TOML's too.
        text = "\n".join(f"{name} = {json.dumps(value)}" for name, value in values.items())
    path.write_text(text + "\n", encoding="utf-8")
