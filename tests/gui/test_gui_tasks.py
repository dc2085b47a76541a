"""Short tasks of the window: what must be prompt does not wait for what takes long."""

from __future__ import annotations

import threading

import pytest

from app.bridge import Bridge
from app.jobs import Tasks


@pytest.fixture
def tasks(qapp):
    bridge = Bridge()
    made = Tasks(bridge)
    yield made
    made.close()
    bridge.close()


def test_whether_something_may_still_be_seen_is_asked_while_long_tasks_run(tasks, qtbot):
    go_on, found = threading.Event(), []
    try:
        for n in range(4):
            tasks.start(f"long{n}", go_on.wait, lambda _: found.append("long"), found.append)
        tasks.start("check", lambda: "checked", found.append, found.append, is_prompt=True)
        qtbot.waitUntil(lambda: found == ["checked"], timeout=10_000)
    finally:
        go_on.set()
    qtbot.waitUntil(lambda: tasks.idle, timeout=10_000)
    assert found == ["checked", *["long"] * 4]
