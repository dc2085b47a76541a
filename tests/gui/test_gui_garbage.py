"""What a session holds is not looked through again and again while it is open, and is let go of with it."""

from __future__ import annotations

import gc


def test_what_an_open_session_holds_is_set_aside_until_another_is_opened(workbench, driver):
    driver.wait_until(lambda: gc.get_freeze_count() > 0, 20)
    driver.run_action("session.open", session=workbench.library.open_session_id)
    assert gc.get_freeze_count() == 0
    driver.wait_until(lambda: gc.get_freeze_count() > 0, 20)


def test_after_the_window_nothing_is_set_aside(workbench, driver):
    driver.wait_until(lambda: gc.get_freeze_count() > 0, 20)
    workbench.close()
    assert gc.get_freeze_count() == 0
