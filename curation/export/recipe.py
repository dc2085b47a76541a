"""A recipe: everything an export depends on besides sessions and edits, kept in a file and in the manifest."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path
from typing import Any, Final, Literal

import msgspec

from curation.steps.recipe import ReduceRecipe, recipe_from
from replay.errors import BadInput

RECIPE_VERSION: Final = 1
# Solid fill stays within 2 steps of luma up to about this quality; beyond it the proof would fail.
MAX_CRF: Final = 32
_PRESETS = Literal["superfast", "veryfast", "faster", "fast", "medium", "slow", "slower"]


TRAINING: Final = "training"


class VideoRecipe(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How pictures are encoded: x264's own preset and crf; `threads` 0 means one per processor."""

    preset: _PRESETS = "medium"
    crf: int = 20
    threads: int = 0


class Recipe(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What to export and how.

    `sessions` are ids or unique beginnings of them, empty for all. `purpose` is needed for sessions whose consent is
    limited to purposes. `max_sigma_ms` lets sessions through whose clock is less sure than 250 ms, or only assumed.
    `accept_problems` are codes of problems of severity error that do not keep a session out.
    """

    version: int = RECIPE_VERSION
    formats: tuple[str, ...] = ("archive",)
    sessions: tuple[str, ...] = ()
    purpose: str | None = None
    max_sigma_ms: float | None = None
    accept_problems: tuple[str, ...] = ()
    seed: int = 0
    reduce: dict[str, Any] = {}
    video: VideoRecipe = VideoRecipe()

    @property
    def stated_purpose(self) -> str:
        """What the gate is told and the log keeps; exports are made for training unless the recipe says otherwise."""
        return self.purpose or TRAINING

    def reduce_recipe(self) -> ReduceRecipe:
        return recipe_from(self.reduce)

    def as_dict(self) -> dict[str, Any]:
        """Every parameter by name, as JSON types; `recipe_of` reads it back."""
        document: dict[str, Any] = msgspec.to_builtins(self)
        return document | {"reduce": self.reduce_recipe().as_dict()}

    def told(self) -> dict[str, Any]:
        """`as_dict` as an export tells it: without `sessions`, whose ids would tie pseudonyms to the library."""
        return {name: value for name, value in self.as_dict().items() if name != "sessions"}


def recipe_of(document: dict[str, Any]) -> Recipe:
    """A recipe from parsed TOML or JSON, with defaults for what is not said; raises BadInput naming what is wrong."""
    try:
        recipe = msgspec.convert(document, Recipe)
    except msgspec.ValidationError as e:
        raise BadInput("bad_recipe", f"The export recipe is not valid: {_place(e)}.", _REMEDY) from None
    problem = _problem(recipe)
    if problem:
        raise BadInput("bad_recipe", f"The export recipe is not valid: {problem}.", _REMEDY)
    recipe.reduce_recipe()
    return recipe


def load_recipe(path: Path) -> Recipe:
    """The recipe in a TOML or JSON file, by suffix."""
    try:
        text = path.read_text(encoding="utf-8")
        document = json.loads(text) if path.suffix.lower() == ".json" else tomllib.loads(text)
    except OSError as e:
        raise BadInput("recipe_unreadable", f"The recipe could not be read ({e.strerror}).") from None
    except ValueError:
        language = "JSON" if path.suffix.lower() == ".json" else "TOML"
        raise BadInput("bad_recipe", f"The recipe is not valid {language}.", _REMEDY) from None
    if not isinstance(document, dict):
        raise BadInput("bad_recipe", "A recipe is a table of parameters.", _REMEDY)
    return recipe_of(document)


_REMEDY: Final = "See docs/export.md for the parameters and their defaults."


def _problem(recipe: Recipe) -> str | None:
    checks = (
        (recipe.version == RECIPE_VERSION, f"this version reads recipes of version {RECIPE_VERSION}"),
        (bool(recipe.formats), "it names no format"),
        (len(set(recipe.formats)) == len(recipe.formats), "it names a format twice"),
        (0 <= recipe.video.crf <= MAX_CRF, f"“crf” must be from 0 to {MAX_CRF}"),
        (0 <= recipe.video.threads <= 64, "“threads” must be from 0 to 64"),
        (recipe.max_sigma_ms is None or 0 <= recipe.max_sigma_ms <= 3.6e6, "“max_sigma_ms” must be from 0 to an hour"),
    )
    return next((sentence for ok, sentence in checks if not ok), None)


def _place(error: msgspec.ValidationError) -> str:
    """What msgspec says, without the values it quotes."""
    return str(error).split(", got")[0][:120].rstrip(".")
