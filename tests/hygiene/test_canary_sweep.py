"""The whole main job on a capture full of marks, in a watched home; afterwards nothing of it lies anywhere in plain.

Only what was asked for in plain may hold marks: the export and the picture that `frame -o` wrote, and there only what
was not redacted. Under `make soak` the job is longer and runs below strace, which names every file that was written and
removed again.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.cli import ROOT, command
from tests.export_sessions import (
    CUT_CHAT,
    CUT_ELEMENT,
    CUT_S,
    CUT_TITLE,
    CUT_TYPED,
    KEPT_TITLE,
    PASSWORD,
    write_capture,
)
from tests.hygiene.finder import Finder, Leak

FOLDER_NAME = "wallaby-quarry-recording"
HIDDEN = (PASSWORD, CUT_TITLE, CUT_CHAT, CUT_ELEMENT, CUT_TYPED, "918273645", FOLDER_NAME)
"""What may lie nowhere at all: redacted, cut, or the name of a file that was imported."""

KEPT = (KEPT_TITLE, "plain and harmless")
"""What a training set may hold, and nothing else."""

S = 1_000_000_000
_OPENED = re.compile(
    r'(?:openat\(AT_FDCWD, |open\(|creat\()"((?:[^"\\\n]|\\.)*)", ?([^)\n]*?)(?:\)\s+= \d+|<unfinished)'
)
_WRITES = re.compile(r"O_WRONLY|O_RDWR|O_CREAT|O_TRUNC|^0[0-7]+$")
_RENAMED = re.compile(r"set\.partial|\.library\.\w+\.making")
_PROBE = re.compile(r"[a-z0-9_]{8}|safelight-verify-\w+")
"""Python tries whether it can write there at all; the attackers' homes, and the sealed files that they attack."""
_NOT_FILES = ("/dev/", "/proc/", "/sys/")


@dataclass(frozen=True, slots=True)
class Watched:
    """Every place that a process of ours may write to without being told a path."""

    folder: Path
    trace: Path | None

    @property
    def library(self) -> Path:
        return self.folder / "library"

    @property
    def places(self) -> list[Path]:
        return [self.folder / name for name in ("home", "tmp", "xdg", "cwd", "library")]

    @property
    def deliberate(self) -> list[Path]:
        return [self.folder / name for name in ("set", "pictures")]

    def environment(self) -> dict[str, str]:
        own = {n: str(self.folder / "xdg" / n.lower()) for n in ("CONFIG", "DATA", "STATE", "CACHE", "RUNTIME")}
        return {
            **os.environ,
            **{f"XDG_{n}_{'DIR' if n == 'RUNTIME' else 'HOME'}": place for n, place in own.items()},
            "HOME": str(self.folder / "home"),
            "SAFELIGHT_HOME": str(self.folder / "home" / "safelight"),
            "TMPDIR": str(self.folder / "tmp"),
            "PYTHONPATH": str(ROOT),
            "PYTHONDONTWRITEBYTECODE": "1",
            "QT_QPA_PLATFORM": "offscreen",
        }

    def started(self, words: list[str], **pipes: Any) -> subprocess.Popen[str]:
        calls = "trace=openat,open,creat,rename,renameat,renameat2"
        below = ["strace", "-f", "-qq", "-s", "4096", "-e", calls, "-A", "-o", str(self.trace)] if self.trace else []
        return subprocess.Popen([*below, *words], cwd=self.folder / "cwd", env=self.environment(), text=True, **pipes)

    def run(self, *words: str | Path, refusal: bool = False) -> dict[str, Any]:
        process = self.started(command("--json", *words), stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        out, err = process.communicate(timeout=300)
        assert (process.returncode != 0) == refusal, (words[0], out, err)
        assert "Traceback" not in err
        for said in (err, *([out] if refusal else [])):
            assert not list(Finder(HIDDEN).in_bytes(said.encode())), words[0]
        document: dict[str, Any] = json.loads(out)
        return document

    def in_window(self, library: Path, *script: dict[str, Any]) -> None:
        """Play action ids in the real window, offscreen; every one must be carried out."""
        lines = [line for step in script for line in (json.dumps(step), '{"wait": "idle"}')]
        words = [sys.executable, "-m", "app.desktop", str(library), "--script", "-"]
        process = self.started(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        out, err = process.communicate("\n".join([*lines, '{"quit": true}']) + "\n", timeout=300)
        refused = [line for line in out.splitlines() if "error" in json.loads(line)]
        assert not refused, (refused, err)
        assert not list(Finder(HIDDEN).in_bytes(f"{out}{err}".encode()))


def make_watched(folder: Path, trace: Path | None = None) -> Watched:
    watched = Watched(folder, trace)
    for place in (*watched.places, *watched.deliberate):
        if place.name != "library":
            place.mkdir(parents=True)
    for name in ("config", "data", "state", "cache", "runtime"):
        (folder / "xdg" / name).mkdir(mode=0o700)
    (folder / "set").rmdir()  # an export makes its folder itself
    return watched


def act(action: str, **arguments: Any) -> dict[str, Any]:
    return {"run": action, "with": arguments}


def main_job(w: Watched, *, whole: bool) -> None:
    """Import, decide in the window, look, export; as a whole also prove and verify."""
    capture = write_capture(w.folder / "source" / FOLDER_NAME)
    (session,) = (s["id"] for s in w.run("import", capture, "--library", w.library, "--consent", "granted")["sessions"])
    w.in_window(
        w.library,
        act("session.open"),
        act("frame.next"),
        act("seek.goto", t_ns=S),
        act("play.toggle"),
        act("play.pause"),
        act("label.toggle_1"),
        act("cut.add", start_ns=round(CUT_S[0] * S), end_ns=round(CUT_S[1] * S)),
        act("redact.range", start_ns=int(0.55 * S), end_ns=int(1.3 * S)),
        act("view.masks"),
        act("view.steps"),
        act("page.library"),
    )
    w.run("query", w.library, "select text, count(*) from keys group by text")
    w.run("query", w.library, "select title, url from windows", "--raw", "--purpose", "sweep")
    w.run("query", w.library, f"select cast('{KEPT_TITLE}' as integer)", refusal=True)
    w.run("steps", w.library, session)
    w.run("show", w.library, session)
    w.run("frame", w.library, session, "--index", "30", "-o", w.folder / "pictures" / "frame.png")
    w.run("show", w.library, "NOTHERE", refusal=True)
    w.run("export", w.library, "--format", "archive,hf,agentnet", "--out", w.folder / "set")
    w.run("log", w.library, "--verify")
    if whole:
        w.run("prove", w.folder / "set", "--library", w.library)
        w.run("verify", w.library)


def where(leaks: list[Leak]) -> set[tuple[str, str]]:
    return {(leak.path.name, leak.what) for leak in leaks}


def swept(w: Watched) -> None:
    """Fails where anything is found that may not be there, or where the search would find nothing at all."""
    assert where(Finder((*HIDDEN, *KEPT)).below(w.places)) == set()
    assert [leak for leak in Finder(HIDDEN).below(w.deliberate) if "unsealed" not in leak.what] == []
    assert where(Finder(KEPT).below([w.folder / "set"]))
    planted = w.folder / "tmp" / "planted"
    planted.write_bytes(f"… {CUT_CHAT} …".encode("utf-16-le"))
    assert {leak.path for leak in Finder(HIDDEN).below(w.places)} == {planted}
    planted.unlink()


def test_the_main_job_leaves_nothing_in_plain(tmp_path: Path) -> None:
    watched = make_watched(tmp_path)
    main_job(watched, whole=False)
    swept(watched)


def written_files(trace: str, cwd: Path) -> set[Path]:
    """Absolute paths of every file that was opened for writing, by strace's lines."""
    found = set()
    for path, flags in _OPENED.findall(trace):
        if _WRITES.search(flags) and "O_DIRECTORY" not in flags and not path.startswith(_NOT_FILES):
            found.add(Path(os.path.normpath(cwd / path)))
    return found


def test_strace_lines_are_understood() -> None:
    trace = (
        '7 openat(AT_FDCWD, "/tmp/a", O_WRONLY|O_CREAT|O_EXCL, 0600) = 3\n'
        '7 openat(AT_FDCWD, "b", O_RDWR|O_CREAT, 0600) = 3\n'
        '7 openat(AT_FDCWD, "/etc/passwd", O_RDONLY|O_CLOEXEC) = 3\n'
        '7 openat(AT_FDCWD, "/gone", O_WRONLY) = -1 ENOENT (No such file)\n'
        '7 creat("/c", 0600) = 4\n'
        '7 openat(AT_FDCWD, "/read", O_RDONLY <unfinished ...>\n'
        '8 openat(AT_FDCWD, "/d", O_WRONLY|O_CREAT, 0600 <unfinished ...>\n'
    )
    assert written_files(trace, Path("/cwd")) == {Path("/tmp/a"), Path("/cwd/b"), Path("/c"), Path("/d")}


@pytest.mark.soak
def test_no_file_is_written_anywhere_else_not_even_for_a_moment(tmp_path: Path) -> None:
    if shutil.which("strace") is None:
        pytest.skip("not looked: this machine has no strace")
    watched = make_watched(tmp_path / "watched", tmp_path / "trace")
    main_job(watched, whole=True)
    swept(watched)
    written = written_files((tmp_path / "trace").read_text(errors="replace"), watched.folder / "cwd")
    assert len(written) > 50
    assert {p for p in written if not _is_accounted_for(p, watched)} == set()
    # What lay for a moment where temporary files lie is gone and cannot be searched, so there may be nothing.
    temporary = {p.relative_to(watched.folder / "tmp") for p in written if p.is_relative_to(watched.folder / "tmp")}
    assert {p for p in temporary if not _PROBE.fullmatch(p.parts[0])} == set()


def _is_accounted_for(path: Path, watched: Watched) -> bool:
    """Searched afterwards, or renamed into what is."""
    places = (*watched.places, *watched.deliberate, watched.folder / "source")
    first = path.relative_to(watched.folder).parts[0] if path.is_relative_to(watched.folder) else ""
    return any(path.is_relative_to(p) for p in places) or bool(_RENAMED.fullmatch(first))
