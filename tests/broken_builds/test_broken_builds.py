"""`safelight verify` finds each hole that is planted in a copy of the product, by the attack made to find it."""

from __future__ import annotations

import json
import os
import random
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from app.attack.attacks import ATTACKS
from tests.broken_builds.holes import HOLES, Hole
from tests.cli import ROOT

PACKAGES = ("app", "replay", "curation", "resources")
CHECKED = {h.name for h in random.Random(3).sample(HOLES, 4)}

# Runs in the copy: a library made and attacked by the broken build itself.
ATTACK = """
import json, sys
from dataclasses import asdict
from pathlib import Path
import replay
from app.attack.runner import findings
from replay.store.library import Library
build, folder, *names = sys.argv[1:]
assert Path(replay.__file__).is_relative_to(build)
library = Library.create(Path(folder, "library"), Path(folder, "home"))
found = findings(library, names, lambda done, total, what: None)
library.gate.log.close()
print(json.dumps([asdict(f) for f in found]))
"""


def copied(build: Path) -> Path:
    for package in PACKAGES:
        shutil.copytree(ROOT / package, build / package)
    return build


def plant(hole: Hole, build: Path) -> None:
    for file, text, instead in hole.changes:
        source = (build / file).read_text(encoding="utf-8")
        assert source.count(text) == 1, f"“{hole.name}” does not fit the product any more"
        (build / file).write_text(source.replace(text, instead), encoding="utf-8")


def attacked(build: Path, folder: Path, *names: str) -> list[dict[str, object]]:
    folder.mkdir()
    environment = {**os.environ, "PYTHONPATH": str(build)}
    done = subprocess.run(
        [sys.executable, "-c", ATTACK, str(build), str(folder), *names],
        cwd=build,
        env=environment,
        capture_output=True,
        text=True,
        timeout=240,
    )
    assert done.returncode == 0, done.stderr
    found: list[dict[str, object]] = json.loads(done.stdout)
    return found


@pytest.mark.parametrize(
    "hole",
    [pytest.param(h, id=h.name, marks=() if h.name in CHECKED else pytest.mark.soak) for h in HOLES],
)
def test_a_planted_hole_is_found(hole: Hole, tmp_path: Path) -> None:
    build = copied(tmp_path / "build")
    plant(hole, build)
    for finding in attacked(build, tmp_path / "run", *hole.found_by):
        assert not (finding["denied"] and finding["logged"]), finding
        assert finding["control"], finding  # found by the attack, not by a build that does nothing right


def test_every_hole_is_to_be_found_by_an_attack_that_there_is() -> None:
    assert {name for h in HOLES for name in h.found_by} <= set(ATTACKS)


def test_every_hole_fits_the_product() -> None:
    changes = [
        (h.name, (ROOT / file).read_text(encoding="utf-8").count(text)) for h in HOLES for file, text, _ in h.changes
    ]
    assert [name for name, places in changes if places != 1] == []
