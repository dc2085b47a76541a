"""Each clause of docs/privacy.md is enforced by statements of the policy, or by a test alone, and tested either way.

Nothing may be an orphan: no clause without a test, no statement or test without a clause, and the table of the page
names exactly the statements that name the clause.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import cedarpy

from replay.vault.actions import Action, Role
from replay.vault.classes import TrackClass
from replay.vault.policy import MEMBER, POLICY_FILES, SCHEMA_FILE
from resources import read_text
from tests.architecture.tree import ROOT, texts

ROW = re.compile(r"^\| (P-\d\d) \| (.+?) \| (.+?) \|$", re.MULTILINE)
MARK = re.compile(r"@pytest\.mark\.clause\(\"([^\"]+)\"\)")


@dataclass(frozen=True, slots=True)
class Statement:
    """One statement of the policy, as its annotations name it."""

    name: str
    effect: str
    clauses: tuple[str, ...]


def statements_of(text: str) -> list[Statement]:
    parsed = json.loads(cedarpy.policies_to_json_str(text))["staticPolicies"].values()
    told = [(p["effect"], p.get("annotations", {})) for p in parsed]
    return [Statement(a.get("id", ""), effect, tuple(a.get("clause", "").split())) for effect, a in told]


def clauses_of(page: str) -> dict[str, frozenset[str]]:
    """Clause → the statements that the page names for it."""
    return {clause: frozenset(re.findall(r"`([\w-]+)`", names)) for clause, _, names in ROW.findall(page)}


def marks_of(tests: Mapping[str, str]) -> set[str]:
    return {clause for text in tests.values() for clause in MARK.findall(text)}


def orphans(clauses: Mapping[str, frozenset[str]], statements: Iterable[Statement], marks: set[str]) -> list[str]:
    """What is held by nothing, or holds nothing, in words."""
    found = [f"{clause} has no test" for clause in clauses if clause not in marks]
    found += [f"a test names {mark}, which is no clause" for mark in sorted(marks - set(clauses))]
    held: dict[str, set[str]] = {clause: set() for clause in clauses}
    for statement in statements:
        if not statement.clauses:
            found.append(f"{statement.name or 'a statement'} names no clause")
        for clause in statement.clauses:
            if clause in held:
                held[clause].add(statement.name)
            else:
                found.append(f"{statement.name} names {clause}, which is no clause")
    for clause, named in clauses.items():
        found += [f"{clause} names {name}, which does not hold it" for name in sorted(named - held[clause])]
        found += [f"{clause} does not name {name}, which holds it" for name in sorted(held[clause] - named)]
    return found


def shipped() -> list[Statement]:
    return statements_of("\n".join(read_text(name) for name in POLICY_FILES))


def page() -> str:
    return (ROOT / "docs" / "privacy.md").read_text(encoding="utf-8")


def other_tests() -> dict[str, str]:
    here = "tests/architecture/test_privacy_clauses.py"
    return {name: text for name, text in texts().items() if re.match(r"tests/.*test_\w+\.py", name) and name != here}


def test_no_clause_statement_or_test_is_an_orphan() -> None:
    clauses = clauses_of(page())
    assert len(clauses) == page().count("| P-"), "a row of the table cannot be read"
    assert list(clauses) == [f"P-{n:02}" for n in range(1, len(clauses) + 1)], "clauses are numbered without gaps"
    assert orphans(clauses, shipped(), marks_of(other_tests())) == []


def test_every_statement_has_a_name_of_its_own() -> None:
    names = [statement.name for statement in shipped()]
    assert all(names)
    assert len(set(names)) == len(names)


def test_every_policy_file_is_loaded() -> None:
    files = {name.removeprefix("resources/") for name in texts() if name.startswith("resources/policy/")}
    assert files == {*POLICY_FILES, SCHEMA_FILE}


def test_only_the_belts_forbid() -> None:
    by_file = {name: {s.effect for s in statements_of(read_text(name))} for name in POLICY_FILES}
    assert {name for name, effects in by_file.items() if "forbid" in effects} == {"policy/belts.cedar"}
    assert by_file["policy/belts.cedar"] == {"forbid"}


def test_the_schema_knows_exactly_the_words_of_the_vault() -> None:
    schema = read_text(SCHEMA_FILE)
    assert words(schema, r"entity Role enum \[(.*?)\]") == {*Role, MEMBER}
    assert words(schema, r"entity TrackClass enum \[(.*?)\]") == set(TrackClass)
    assert words(schema, r"^action\n(.*?)^appliesTo") == set(Action)


def words(schema: str, around: str) -> set[str]:
    [inside] = re.findall(around, schema, re.DOTALL | re.MULTILINE)
    return set(re.findall(r"\"(\w+)\"", inside))


def test_orphans_on_every_side_are_noticed() -> None:
    clauses = clauses_of("| P-01 | a | `one` `gone` |\n| P-02 | b | — |\n| P-03 | c | — |\n")
    text = (
        '@id("one") @clause("P-01 P-09") permit (principal, action, resource);'
        '@id("two") @clause("P-02") permit (principal, action, resource);'
        '@id("three") permit (principal, action, resource);'
    )
    assert orphans(clauses, statements_of(text), marks_of({"t": '@pytest.mark.clause("P-01")', "u": "P-02"})) == [
        "P-02 has no test",
        "P-03 has no test",
        "one names P-09, which is no clause",
        "three names no clause",
        "P-01 names gone, which does not hold it",
        "P-02 does not name two, which holds it",
    ]
    assert orphans({}, [], {"P-77"}) == ["a test names P-77, which is no clause"]
