"""`make setup` where it cannot succeed: one line that says what is missing and what to run, and nothing half-made."""

from __future__ import annotations

import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.architecture.tree import ROOT

# Answers like a Debian python3 whose venv package is not installed, which has no ensurepip.
WITHOUT_ENSUREPIP = f"""#!/bin/sh
case "$*" in *ensurepip*) exit 1 ;; esac
exec {shlex.quote(sys.executable)} "$@"
"""
NEEDED = ("sh", "dirname", "uname", "id", "env", "cat", "grep", "rm", "mktemp")


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A checkout with nothing made, and a PATH without Python, apt or sudo."""
    (tmp_path / "tools").mkdir()
    for tool in NEEDED:
        (tmp_path / "tools" / tool).symlink_to(shutil.which(tool) or pytest.fail(f"no {tool} on this machine"))
    for folder in (".ci", "requirements"):
        shutil.copytree(ROOT / folder, tmp_path / "checkout" / folder)
    shutil.copy(ROOT / "pyproject.toml", tmp_path / "checkout")
    return tmp_path / "checkout"


def setup(checkout: Path) -> subprocess.CompletedProcess[str]:
    path = {"PATH": str(checkout.parent / "tools")}
    command = [str(checkout.parent / "tools" / "sh"), str(checkout / ".ci" / "setup.sh")]
    return subprocess.run(command, env=path, capture_output=True, text=True, timeout=60, check=False)


def test_without_a_new_python_one_line_says_so(checkout: Path) -> None:
    (checkout.parent / "tools" / "python3").symlink_to(shutil.which("false") or "")
    done = setup(checkout)
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (1, "", 1)
    assert "Python 3.11 or newer is needed" in done.stderr
    assert not (checkout / ".venv").exists()


def test_without_ensurepip_one_line_names_the_package(checkout: Path) -> None:
    python = checkout.parent / "tools" / "python3"
    python.write_text(WITHOUT_ENSUREPIP)
    python.chmod(0o755)
    done = setup(checkout)
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (1, "", 1)
    assert done.stderr.endswith(f"sudo apt-get install python3.{sys.version_info.minor}-venv\n")
    assert not (checkout / ".venv").exists()
