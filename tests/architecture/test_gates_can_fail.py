"""A gate that cannot fail is no gate: each is shown a planted violation, and the nearest thing that is allowed."""

from __future__ import annotations

import logging
import threading

import pytest

from tests.architecture import checkers
from tests.leaks import UnexpectedLogs, left_over_threads, left_over_widgets, threads_alive, widgets_alive

BODY = "    x = 1\n"


def found(violations: object) -> list[int]:
    return [v.line for v in violations]  # type: ignore[attr-defined]


def test_sizes_stop_long_files_functions_and_classes() -> None:
    assert found(checkers.sizes("a.py", "x = 1\n" * 600)) == []
    assert found(checkers.sizes("a.py", "x = 1\n" * 601)) == [1]
    assert found(checkers.sizes("app/main_window.py", "x = 1\n" * 251)) == [1]
    assert found(checkers.sizes("a.py", "def f():\n" + BODY * 79)) == []
    assert found(checkers.sizes("a.py", "\nasync def f():\n" + BODY * 80)) == [2]
    assert found(checkers.sizes("a.py", "class C:\n" + BODY * 300)) == [1]


@pytest.mark.parametrize(
    "line",
    [
        "seek_requested = Signal(int)",
        "moved = Signal(int, arguments=['t_ns'])",
        "bytes_written = QtCore.Signal(int)",
        "position_changed: Signal = Signal(str, int)",
        "size_changed = Signal((int,), (str,))",
    ],
)
def test_signals_of_times_and_bytes_may_not_be_int(line: str) -> None:
    assert found(checkers.narrow_signals("a.py", f"class W:\n    {line}\n")) == [2]


def test_signals_of_other_numbers_may_be_int_and_times_may_be_objects() -> None:
    allowed = "class W:\n    row_activated = Signal(int)\n    seek_requested = Signal(object)\n    total = Slot(int)\n"
    assert found(checkers.narrow_signals("a.py", allowed)) == []


@pytest.mark.parametrize("caught", ["", " Exception", " BaseException as e", " (ValueError, Exception)"])
def test_blind_excepts_are_found_unless_they_raise_on(caught: str) -> None:
    handler = f"try:\n    f()\nexcept{caught}:\n"
    assert found(checkers.blind_excepts("a.py", f"{handler}    pass\n")) == [3]
    assert found(checkers.blind_excepts("a.py", f"{handler}    if g():\n        raise\n")) == [3]
    assert found(checkers.blind_excepts("a.py", f"{handler}    tidy()\n    raise\n")) == []


def test_named_excepts_are_allowed() -> None:
    assert found(checkers.blind_excepts("a.py", "try:\n    f()\nexcept (OSError, ValueError):\n    pass\n")) == []


def test_widgets_reaching_up_are_found() -> None:
    source = "self.window().close()\nQApplication.instance()\nQtWidgets.qApp\nqApp.quit()\nself.palette().window()\n"
    assert sorted(found(checkers.reaching_up("widgets/a.py", source))) == [1, 2, 4]


@pytest.mark.parametrize("word", ["TO" + "DO", "FIX" + "ME"])
def test_notes_to_oneself_are_found(word: str) -> None:
    assert found(checkers.unfinished("a.py", f"x = 1\n# {word}: later\n")) == [2]
    assert found(checkers.unfinished("a.py", f"x = '{word}S_AND_MORE'\n")) == []


@pytest.mark.parametrize("folder", ["root", "work", "workspace"])
def test_paths_of_one_machine_are_found(folder: str) -> None:
    assert found(checkers.machine_paths("a.py", f'open("/{folder}/x.txt")\n')) == [1]
    assert found(checkers.machine_paths("a.py", f'open("../{folder}/x.txt")\nopen("/proc/self/maps")\n')) == []


@pytest.mark.parametrize("home", ["/home/ada/", "/Users/ada/", "C:\\Users\\ada\\", "C:\\\\Users\\\\ada"])
def test_folders_of_people_are_found(home: str) -> None:
    assert found(checkers.personal_paths("a.md", f"see `{home}notes`\n")) == [1]
    assert found(checkers.personal_paths("a.md", "see `~/notes` and `$HOME/home/ada`\n")) == []


@pytest.mark.parametrize("host", ["py" + "pi.org/simple", "files.python" + "hosted.org", "--index" + "-url x"])
def test_package_indexes_are_found(host: str) -> None:
    assert found(checkers.index_hosts("a.lock", f"x==1\n{host}\n")) == [2]


def test_six_equal_lines_in_two_files_are_found_once() -> None:
    block = "\n".join(f"value_{i} = compute({i})" for i in range(9))
    padded = "import os\n\n# a comment\n" + block.replace("\n", "\n\n    # why\n")
    copies = checkers.duplicates({"a.py": block, "b.py": padded})
    assert [(v.path, v.line) for v in copies] == [("b.py", 4)]


def test_five_equal_lines_imports_and_brackets_are_no_copy() -> None:
    imports = "from x import (\n    a,\n    b,\n    c,\n    d,\n)\nimport y\nimport z\n"
    brackets = "(\n    [\n        {\n        }\n    ]\n)\n" * 2
    five = "\n".join(f"value_{i} = compute({i})" for i in range(5))
    assert checkers.duplicates({"a.py": f"{imports}{five}\n{brackets}", "b.py": f"{imports}{brackets}{five}\n"}) == []


def test_a_thread_left_running_is_named() -> None:
    before, release = threads_alive(), threading.Event()
    thread = threading.Thread(target=release.wait, name="forgotten")
    thread.start()
    assert left_over_threads(before, grace_s=0.05) == ["forgotten"]
    release.set()
    thread.join()
    assert left_over_threads(before) == []


def test_a_widget_left_open_is_named(qapp: object) -> None:
    from PySide6.QtWidgets import QWidget

    before = widgets_alive()
    widget = QWidget()
    widget.setObjectName("forgotten")
    assert left_over_widgets(before) == ["QWidget('forgotten')"]
    widget.deleteLater()
    assert left_over_widgets(before) == []


def test_an_unannounced_warning_is_kept_and_an_announced_one_forgiven() -> None:
    # A logger of its own: the one every test is watched by must not hear this.
    logger = logging.Logger("replay.video.probe")
    with UnexpectedLogs(logger) as logs:
        with logs.expected("replay.video", "truncated"):
            logger.warning("the file is truncated")
        logger.info("opened")
        assert logs.sentences() == []
        logger.error("the index is missing")
        assert logs.sentences() == ["replay.video.probe ERROR: the index is missing"]
        with pytest.raises(AssertionError, match="logged nothing"), logs.expected("replay.video", "truncated"):
            logger.warning("black frames")
