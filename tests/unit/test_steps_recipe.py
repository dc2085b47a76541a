"""A reduction recipe: documented defaults, files that round-trip, and refusals that name what is wrong."""

from __future__ import annotations

from dataclasses import fields

import pytest

from curation.steps.recipe import DEFAULT, ReduceRecipe, dump_recipe, load_recipe, recipe_from
from replay.errors import BadInput


@pytest.mark.parametrize("suffix", ["toml", "json"])
def test_a_recipe_survives_its_file(tmp_path, suffix):
    recipe = ReduceRecipe(click_max_travel_px=9.5, multi_click_max=2, newline_policy="fold", recorder_apps=("a “b”",))
    path = tmp_path / f"recipe.{suffix}"
    dump_recipe(recipe, path)
    assert load_recipe(path) == recipe


def test_a_recipe_says_only_what_differs_from_the_defaults(tmp_path):
    path = tmp_path / "recipe.toml"
    path.write_text("scroll_gap_s = 2\n")
    assert load_recipe(path) == ReduceRecipe(scroll_gap_s=2.0)
    path.write_text("[reduce]\nscroll_gap_s = 2.0\n[video]\ncrf = 20\n")
    assert load_recipe(path) == ReduceRecipe(scroll_gap_s=2.0)


def test_every_parameter_can_be_written_and_read():
    assert recipe_from(DEFAULT.as_dict()) == DEFAULT
    assert set(DEFAULT.as_dict()) == {f.name for f in fields(ReduceRecipe)}


@pytest.mark.parametrize(
    ("parameters", "named"),
    [
        ({"click_max_travel": 6}, "click_max_travel"),
        ({"click_max_travel_px": "6"}, "click_max_travel_px"),
        ({"click_max_travel_px": True}, "click_max_travel_px"),
        ({"click_max_travel_px": -1}, "click_max_travel_px"),
        ({"click_max_travel_px": float("nan")}, "click_max_travel_px"),
        ({"multi_click_max": 0}, "multi_click_max"),
        ({"multi_click_max": 2.5}, "multi_click_max"),
        ({"newline_policy": "keep"}, "newline_policy"),
        ({"recorder_apps": "obs"}, "recorder_apps"),
        ({"recorder_apps": [1]}, "recorder_apps"),
        ({"strip_recorder": 1}, "strip_recorder"),
        ({"version": "reduce@2"}, "reduce@1"),
    ],
)
def test_a_wrong_parameter_is_refused_by_name(parameters, named):
    with pytest.raises(BadInput) as refusal:
        recipe_from(parameters)
    assert named in refusal.value.sentence
    assert refusal.value.code == "bad_reduce_recipe"


@pytest.mark.parametrize(("name", "text"), [("r.toml", "a = "), ("r.json", "{"), ("r.json", "[1]")])
def test_a_file_that_is_no_table_is_refused(tmp_path, name, text):
    (tmp_path / name).write_text(text)
    with pytest.raises(BadInput):
        load_recipe(tmp_path / name)


def test_a_recipe_that_is_not_there_is_refused_without_its_path(tmp_path):
    with pytest.raises(BadInput) as refusal:
        load_recipe(tmp_path / "none.toml")
    assert str(tmp_path) not in refusal.value.sentence
