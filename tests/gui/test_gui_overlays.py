"""Which overlays are shown, and captions with all keys: asked for, decided by the gate, logged, and gone again."""

from __future__ import annotations

import pytest

from app.composition import Desktop
from app.driver import Driver
from app.overlay_choices import AT_FIRST, KINDS, OverlayChoices, choices_of
from replay.key_caption import Caption
from tests.gui.building import seconds
from tests.gui.test_gui_access import entries, state_consent
from tests.gui.windows import window_of


def caption_keys(desktop: Desktop) -> tuple[str, ...]:
    overlay = desktop.workbench.canvas._overlay
    assert overlay is not None
    return () if overlay.caption is None else overlay.caption.keys


def go_to_typing(driver: Driver) -> None:
    """`hello world` is being typed."""
    driver.run_action("seek.goto", t_ns=seconds(3.3))
    driver.wait_idle()


def test_full_captions_need_a_purpose_and_are_written_down_with_what_was_read(workbench, driver):
    go_to_typing(driver)
    assert caption_keys(workbench) == ()
    driver.run_action("view.captions", mode="full", purpose="check the typing")
    driver.wait_idle()
    assert "hello" in "".join(caption_keys(workbench))
    driver.run_action("seek.goto", t_ns=seconds(3.6))
    driver.wait_idle()
    driver.run_action("view.captions", mode="shortcuts")
    driver.wait_idle()
    assert caption_keys(workbench) == ()
    asked, read = entries(workbench, "unmask")
    assert (asked.decision, asked.track_class, asked.purpose) == ("allowed", "masked", "check the typing")
    assert (read.track_class, read.purpose, read.detail["phase"]) == ("masked", "check the typing", "captions")
    assert read.range_ms[0] <= 3600 <= read.range_ms[1] + 40


def test_without_the_right_captions_stay_as_they_were_and_the_denial_is_logged(workbench, driver, library, tmp_path):
    state_consent(library, tmp_path / "home", workbench.library.open_session_id, "limited", "research")
    go_to_typing(driver)
    driver.run_action("view.captions", mode="full", purpose="check the typing")
    driver.wait_idle()
    assert workbench.stage.choices.caption is Caption.SHORTCUTS
    assert caption_keys(workbench) == ()
    assert workbench.window.toast.sentence
    assert [e.decision for e in entries(workbench, "unmask")] == ["denied"]


def test_whoever_says_no_purpose_gets_no_full_captions_and_no_entry(workbench, driver):
    workbench.session_access.captions._ask = lambda *_: None
    driver.run_action("view.captions", mode="full")
    driver.wait_idle()
    assert workbench.stage.choices.caption is Caption.SHORTCUTS
    assert entries(workbench, "unmask") == []


def test_full_captions_end_with_the_session(workbench, driver):
    driver.run_action("view.captions", mode="full", purpose="check the typing")
    driver.wait_idle()
    assert workbench.stage.choices.caption is Caption.FULL
    driver.run_action("session.open", session=workbench.library.open_session_id)
    driver.wait_idle()
    assert workbench.stage.choices.caption is Caption.SHORTCUTS
    assert [e.detail.get("phase") for e in entries(workbench, "unmask") if e.range_ms] == ["captions"]


def test_full_captions_end_when_consent_is_narrowed(workbench, driver, library, tmp_path):
    driver.run_action("view.captions", mode="full", purpose="check the typing")
    driver.wait_idle()
    state_consent(library, tmp_path / "home", workbench.library.open_session_id, "limited", "research")
    driver.wait_until(lambda: workbench.stage.choices.caption is Caption.SHORTCUTS, 30)
    assert workbench.stage.choices.caption is Caption.SHORTCUTS
    driver.wait_idle()


def test_keys_of_a_secure_field_are_in_no_caption(workbench, driver):
    driver.run_action("view.captions", mode="full", purpose="check the typing")
    driver.wait_idle()
    secure = [e for e in workbench.stage.session.events.keys.events if e.secure]
    for event in secure[:20]:
        driver.run_action("seek.goto", t_ns=event.t_ns)
        assert not any(event.key in word for word in caption_keys(workbench) if event.key and len(event.key) > 1)
    index = workbench.stage._overlays
    shown = {e.seq for e in index._key_presses.events}
    assert not shown & {e.seq for e in secure}


@pytest.mark.parametrize("kind", KINDS)
def test_each_overlay_is_shown_or_not_as_wished(workbench, driver, kind):
    before = kind in workbench.stage.choices.shown
    driver.run_action(f"view.show_{kind}")
    assert (kind in workbench.stage.choices.shown) is not before
    driver.run_action(f"view.show_{kind}", on=False)
    overlay = workbench.workbench.canvas._overlay
    assert overlay is not None
    parts = {
        "pointer": overlay.cursor, "clicks": overlay.clicks, "scroll": overlay.scroll, "window": overlay.window,
        "elements": overlay.elements,
    }  # fmt: skip
    assert not parts[kind]


def test_choices_are_remembered_but_full_captions_are_asked_for_anew(dressed, tmp_path):
    with window_of(dressed, tmp_path / "home") as first:
        first.stage.show_choices(OverlayChoices(Caption.FULL, ("clicks", "elements")))
    with window_of(dressed, tmp_path / "home") as second:
        assert second.stage.choices == OverlayChoices(Caption.SHORTCUTS, ("clicks", "elements"))
    assert choices_of("nonsense", ("nothing", "pointer")) == OverlayChoices(Caption.SHORTCUTS, ("pointer",))
    assert OverlayChoices().shown == AT_FIRST


def test_a_mask_lies_over_its_picture_until_another_is_on_screen(workbench: Desktop, driver: Driver):
    driver.run_action("redact.box", rect=(100, 100, 200, 100), start_ns=0, end_ns=seconds(1))
    driver.run_action("seek.goto", frame=10)
    driver.wait_idle()
    canvas = workbench.workbench.canvas
    masks = canvas._masks
    assert any(m.burned for m in masks)
    driver.run_action("seek.goto", frame=110)
    assert workbench.playback.shown_frame == 10, "the far frame was there at once"
    assert canvas._masks == masks
    driver.wait_idle()
    assert canvas._masks == ()
