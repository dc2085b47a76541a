"""The three places that name dependencies agree: pyproject.toml, requirements/*.in, requirements/*.lock."""

from __future__ import annotations

import tomllib

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.architecture.tree import texts

REMEDY = "recompile with: make lock"


def wanted(text: str) -> list[Requirement]:
    return [Requirement(line) for line in text.splitlines() if line.strip() and not line.startswith(("#", "-r"))]


def pinned(lock: str) -> dict[str, set[str]]:
    """Name → versions; one name may have several, for several Pythons."""
    found: dict[str, set[str]] = {}
    for line in lock.splitlines():
        if "==" in line and not line.startswith(" "):
            name, _, version = line.partition(";")[0].rstrip(" \\").partition("==")
            found.setdefault(canonicalize_name(name), set()).add(version.strip())
    return found


def unmet(requirements: list[Requirement], lock: str) -> list[str]:
    versions = pinned(lock)
    return [
        str(r)
        for r in requirements
        if not (have := versions.get(canonicalize_name(r.name))) or not all(r.specifier.contains(v) for v in have)
    ]


@pytest.mark.parametrize(
    ("names", "lock"), [("runtime", "runtime"), ("runtime", "dev"), ("dev", "dev"), ("consumers", "consumers")]
)
def test_a_lock_fixes_all_that_is_wanted(names: str, lock: str) -> None:
    assert unmet(wanted(texts()[f"requirements/{names}.in"]), texts()[f"requirements/{lock}.lock"]) == [], REMEDY


def test_developers_run_the_versions_that_users_run() -> None:
    runtime, dev = (pinned(texts()[f"requirements/{name}.lock"]) for name in ("runtime", "dev"))
    assert {name: versions for name, versions in runtime.items() if dev.get(name) != versions} == {}, REMEDY


def test_the_project_declares_what_the_runtime_list_wants() -> None:
    project = [Requirement(d) for d in tomllib.loads(texts()["pyproject.toml"])["project"]["dependencies"]]
    runtime = texts()["requirements/runtime.in"]
    assert sorted(r.name for r in project) == sorted(r.name for r in wanted(runtime))
    assert unmet(project, texts()["requirements/runtime.lock"]) == [], REMEDY


def test_a_lock_that_lags_behind_is_noticed() -> None:
    lock = "click==8.5.1 \\\n    --hash=sha256:00\nnumpy==2.4.6 ; python_full_version < '3.12' \\\nnumpy==2.5.5 \\\n"
    assert unmet(wanted("# note\nclick>=8\nnumpy==2.4.*\nrich\n"), lock) == ["numpy==2.4.*", "rich"]
