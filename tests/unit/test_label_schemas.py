"""Label schemas are data: shipped ones load, a team's own take their place, and a bad one says what is wrong."""

from __future__ import annotations

import pytest

from curation.labels.schemas import SHIPPED, AppliesTo, load_schemas, parse_schema
from curation.model import Outcome
from replay.errors import BadInput


def test_the_shipped_schemas_load_and_agree_with_the_model():
    schemas = load_schemas()
    assert schemas.ids == SHIPPED
    assert {s.applies_to for s in schemas.all} == set(AppliesTo)
    outcome = next(f for f in schemas.get("episode").fields if f.name == "outcome")
    assert outcome.choices == tuple(o.value for o in Outcome)
    assert schemas.get("span").allows("milestone")
    assert schemas.get("span").allows("a team's own word")
    assert not schemas.get("span").allows("  ")
    assert schemas.get("step").allows("exploratory")
    assert not schemas.get("step").allows("wonderful")


def test_a_teams_own_file_is_added_and_takes_the_place_of_a_shipped_one(tmp_path):
    (tmp_path / "span.toml").write_text(
        'id = "span"\nversion = 7\ntitle = "Ours"\napplies_to = "span"\n[[names]]\nname = "deal"\ntitle = "Deal"\n'
    )
    (tmp_path / "mood.toml").write_text(
        'id = "mood"\nversion = 1\ntitle = "Mood"\napplies_to = "span"\n[[names]]\nname = "calm"\ntitle = "Calm"\n'
    )
    schemas = load_schemas(tmp_path)
    assert schemas.get("span").version == 7
    assert not schemas.get("span").allows("milestone")
    assert schemas.get("mood").allows("calm")


HEAD = 'id = "x"\nversion = 1\ntitle = "X"\napplies_to = "span"\n'


@pytest.mark.parametrize(
    ("toml", "why"),
    [
        ("id = ", "cannot be used"),
        (HEAD, "no names"),
        (HEAD + 'colour = "red"', "colour"),
        (HEAD.replace("= 1", '= "one"') + "open = true", "version"),
        (HEAD.replace('"x"', '"../x"') + "open = true", "id"),
        (HEAD.replace('"span"', '"galaxy"') + "open = true", "applies_to"),
        (HEAD + '[[names]]\nname = "a"\ntitle = "A"\n[[names]]\nname = "a"\ntitle = "B"', "twice"),
        (HEAD + '[[fields]]\nname = "f"\ntitle = "F"\ntype = "choice"', "choices"),
        (HEAD + '[[fields]]\nname = "f"\ntitle = "F"\ntype = "integer"\nminimum = 3\nmaximum = 1', "minimum"),
    ],
)
def test_a_bad_schema_is_refused_with_the_reason(toml, why):
    with pytest.raises(BadInput) as refused:
        parse_schema(toml, "mine")
    assert refused.value.code == "bad_label_schema"
    assert "mine" in refused.value.sentence
    assert why in refused.value.sentence


def test_a_file_that_is_not_text_is_refused(tmp_path):
    (tmp_path / "bad.toml").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(BadInput):
        load_schemas(tmp_path)
