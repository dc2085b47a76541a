"""The Qt-free half is run without Qt, and nothing installed takes the product's module names."""

from __future__ import annotations

import subprocess
import sys
from importlib.metadata import Distribution, distributions
from pathlib import Path

from tests.architecture.tree import PRODUCT, ROOT, sources

IMPORT_WITHOUT_QT = """
import importlib, sys
for name in ("PySide6", "shiboken6"):
    sys.modules[name] = None  # any import of it, direct or not, raises ImportError
for name in sys.argv[1:]:
    importlib.import_module(name)
"""


def run_without_qt(*names: str, path: Path = ROOT) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-W", "error", "-c", IMPORT_WITHOUT_QT, *names]
    return subprocess.run(command, cwd=path, capture_output=True, text=True, timeout=120, check=False)


def qt_free_modules() -> list[str]:
    names = [path.removesuffix(".py").removesuffix("/__init__").replace("/", ".") for path in sources(*PRODUCT)]
    free = [n for n in names if n.split(".")[0] in ("replay", "curation", "resources")]
    return sorted(free + [n for n in names if n == "app.core" or n.startswith("app.cli")])


def top_level_names(distribution: Distribution) -> set[str]:
    return {file.parts[0].removesuffix(".py") for file in distribution.files or ()}


def test_the_core_and_the_command_line_run_without_qt() -> None:
    modules = [name for name in qt_free_modules() if not name.endswith("__main__")]
    assert {"replay.timebase", "curation.edits", "app.cli.main"} <= set(modules)
    done = run_without_qt(*modules)
    assert done.returncode == 0, done.stderr


def test_running_without_qt_notices_qt(tmp_path: Path) -> None:
    (tmp_path / "planted.py").write_text("import json\nfrom PySide6.QtCore import QObject\n")
    done = run_without_qt("planted", path=tmp_path)
    assert done.returncode == 1
    assert "PySide6" in done.stderr


def test_no_installed_distribution_takes_our_top_level_names() -> None:
    others = [d for d in distributions() if d.name != "safelight"]
    assert len(others) > 20
    taken = {d.name: sorted(top_level_names(d) & {*PRODUCT, "tests"}) for d in others}
    assert {name: names for name, names in taken.items() if names} == {}


def test_a_distribution_that_takes_one_is_noticed(tmp_path: Path) -> None:
    info = tmp_path / "planted-1.0.dist-info"
    info.mkdir()
    (tmp_path / "widgets").mkdir()
    (tmp_path / "widgets" / "__init__.py").touch()
    (tmp_path / "replay.py").touch()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: planted\nVersion: 1.0\n")
    (info / "RECORD").write_text("planted-1.0.dist-info/METADATA,,\nwidgets/__init__.py,,\nreplay.py,,\n")
    (planted,) = distributions(path=[str(tmp_path)])
    assert top_level_names(planted) & set(PRODUCT) == {"widgets", "replay"}
