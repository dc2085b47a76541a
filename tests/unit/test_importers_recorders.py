"""How recorders' clocks, pauses, keys and geometry become session tables."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from replay.errors import BadInput
from replay.importers.keys.names import KeyName
from replay.importers.keys.pynput_names import key_of_pynput
from replay.importers.keys.windows_vk import key_of_vk
from replay.importers.ui_trees import DEEPEST, Node, flattened, is_cut
from tests.importers_fixtures import agentnet, ducktrack, imported, move, owa, pctracker, press, write_video


@pytest.mark.parametrize(
    ("name", "spelled", "os", "expected"),
    [
        ("a", None, None, KeyName("KeyA", "a", "a")),
        ("A", "'A'", "Windows", KeyName("KeyA", "A", "A")),
        ("!", None, None, KeyName("Digit1", "!", "!")),
        ("space", "Key.space", None, KeyName("Space", " ", " ")),
        ("ctrl_l", "Key.ctrl_l", None, KeyName("ControlLeft", "Control")),
        ("alt_gr", None, None, KeyName("AltRight", "AltGraph")),
        ("T", "<84>", "Windows", KeyName("KeyT", "t")),
        ("numpad_1", "<97>", "Windows", KeyName("Numpad1", "1")),
        ("x", "<8>", "Darwin", KeyName("KeyC", "c")),
        ("\x03", None, None, KeyName("KeyC", "c")),
        ("я", None, None, KeyName(None, "я", "я")),
        ("'", '"\'"', None, KeyName("Quote", "'", "'")),
        ("no_such_key", None, None, KeyName(None, None)),
    ],
)
def test_pynput_names_become_w3c_keys(name: str, spelled: str | None, os: str | None, expected: KeyName) -> None:
    assert key_of_pynput(name, spelled, os=os) == expected


@pytest.mark.parametrize(
    ("vk", "shifted", "expected"),
    [
        (0x41, False, KeyName("KeyA", "a")),
        (0x31, True, KeyName("Digit1", "!")),
        (0xA0, False, KeyName("ShiftLeft", "Shift")),
        (0x0D, False, KeyName("Enter", "Enter")),
        (0x6B, False, KeyName("NumpadAdd", "+")),
        (0xB3, False, KeyName("MediaPlayPause", "MediaPlayPause")),
        (0xE5, False, KeyName(None, "Process")),
        (0xFF, False, KeyName(None, None)),
    ],
)
def test_virtual_keys_become_w3c_keys_and_never_text(vk: int, shifted: bool, expected: KeyName) -> None:
    assert key_of_vk(vk, shifted=shifted) == expected
    assert key_of_vk(vk, shifted=shifted).text is None


def test_held_modifiers_repeats_and_commands_are_told_apart(tmp_path: Path) -> None:
    events = [
        press(101, "shift"), press(101.1, "A"), press(101.2, "A"), press(101.3, "a", "release"),
        press(101.4, "shift", "release"), press(101.5, "ctrl_l"), press(101.6, "v"),
    ]  # fmt: skip
    rows = imported(agentnet(tmp_path / "s", events)).list("keys")
    assert [r["modifiers"] for r in rows] == [["Shift"], ["Shift"], ["Shift"], ["Shift"], [], ["Control"], ["Control"]]
    assert [r["repeat"] for r in rows] == [False, False, True, False, False, False, False]
    assert [r["text"] for r in rows] == [None, "A", "A", None, None, None, None]


def test_keys_left_down_and_let_go_unpressed_are_counted(tmp_path: Path) -> None:
    events = [
        press(101, "a"),
        press(101.1, "b", "release"),
        {**move(101.2), "action": "click", "button": "left", "pressed": True},
    ]
    problems = imported(agentnet(tmp_path / "s", events)).problems
    assert problems["unmatched_press"].count == 2
    assert problems["unmatched_release"].count == 1


def test_one_fact_about_the_clock_is_an_assumption(tmp_path: Path) -> None:
    sink = imported(agentnet(tmp_path / "s", [move(101)], video_start_timestamp=None))
    assert sink.sync is not None
    assert (sink.sync.source_zero_ns, sink.sync.sigma_ns, sink.sync.method) == (100_100_000_000, 500_000_000, "assumed")


def test_no_fact_about_the_clock_is_a_wide_assumption(tmp_path: Path) -> None:
    folder = agentnet(tmp_path / "s", [move(101)], video_start_timestamp=None, obs_record_state_timings={})
    sync = imported(folder).sync
    assert sync is not None
    assert (sync.source_zero_ns, sync.method) == (101_000_000_000, "assumed")
    assert sync.sigma_ns >= 10_000_000_000


def test_without_a_video_the_first_event_is_zero(tmp_path: Path) -> None:
    sink = imported(agentnet(tmp_path / "s", [move(101), move(102)], video=False))
    assert sink.table("pointer")["t_ns"].to_pylist() == [0, 1_000_000_000]
    assert sink.problems["missing_media"].count == 1
    assert sink.list("displays")[0]["capture_rect"] is None


def test_a_pause_takes_no_time_where_the_video_pauses_too(tmp_path: Path) -> None:
    pause, resume = {"time_stamp": 102, "action": "pause"}, {"time_stamp": 112, "action": "resume"}
    sink = imported(agentnet(tmp_path / "s", [move(101), pause, resume, move(112.5)]))
    assert sink.table("pointer")["t_ns"].to_pylist() == [1_000_000_000, 2_500_000_000]
    [gap] = sink.list("gaps")
    assert (gap["t_start_ns"], gap["reason"]) == (2_000_000_000, "paused")
    assert "112.5" in sink.list("raw")[-1]["raw"]


def test_a_pause_without_video_is_a_gap_as_long_as_it_was(tmp_path: Path) -> None:
    pause, resume = {"time_stamp": 102, "action": "pause"}, {"time_stamp": 112, "action": "resume"}
    [gap] = imported(agentnet(tmp_path / "s", [move(101), pause, resume, move(113)], video=False)).list("gaps")
    assert (gap["t_start_ns"], gap["t_end_ns"]) == (1_000_000_000, 11_000_000_000)


def test_events_out_of_order_keep_their_row_numbers(tmp_path: Path) -> None:
    sink = imported(agentnet(tmp_path / "s", [move(101.2), move(101.1), move(90)]))
    assert sink.table("pointer")["seq"].to_pylist() == [0, 1, 2]
    assert sink.problems["events_out_of_order"].count == 2
    assert sink.problems["clock_step"].count == 1


def test_events_after_the_video_are_reported(tmp_path: Path) -> None:
    sink = imported(agentnet(tmp_path / "s", [move(101), move(140), move(141)]))
    assert sink.problems["video_shorter_than_events"].count == 2
    assert sink.counts["pointer"] == 3


def test_machine_names_reach_no_table(tmp_path: Path) -> None:
    sink = imported(agentnet(tmp_path / "20260102_jane.doe@example.com_x", [move(101)]))
    everything = str([sink.table(t).to_pylist() for t in sink.batches]) + str(sink.source_info) + str(sink.problems)
    assert "jane" not in everything.lower()


def test_mac_trees_are_read_in_pixels(tmp_path: Path) -> None:
    tree = {"AXRole": "AXButton", "AXTitle": "Send", "AXFrame": {"x": 10, "y": 20, "w": 30, "h": 40}, "AXChildren": [
        {"AXRole": "AXStaticText", "AXValue": "hello", "AXChildren": []}, "AXMenu"]}  # fmt: skip
    folder = agentnet(tmp_path / "s", [move(101)], system="Darwin")
    (folder / "element.jsonl").write_text(json.dumps({"time_stamp": 101, "a11y_tree": tree}) + "\n")
    button, text = imported(folder).list("elements")
    assert (button["role"], button["name"], button["source"]) == ("Button", "Send", "ax")
    assert button["rect_px"] == {"x": 20.0, "y": 40.0, "w": 60.0, "h": 80.0}
    assert (text["value"], text["parent_id"]) == ("hello", "0")


def test_a_tree_deeper_than_any_is_cut_and_said_to_be() -> None:
    node = Node()
    for _ in range(DEEPEST + 50):
        node = Node(children=[node])
    assert is_cut(node)
    assert len(list(flattened(node))) == DEEPEST + 1
    assert not is_cut(Node(children=[Node()]))


def test_ducktrack_is_not_taken_for_agentnet(tmp_path: Path) -> None:
    ducktrack(tmp_path / "d", [move(5), press(6, "a")])
    assert imported(tmp_path).counts["pointer"] == 1
    with pytest.raises(BadInput, match="is not a session of format agentnet"):
        imported(tmp_path, "agentnet")


def _screen(generation: str, uri: str, pts_ns: int) -> tuple[str, dict[str, object]]:
    if generation == "0.3.2":
        return "owa.env.gst.msg.ScreenEmitted", {"path": uri, "pts": pts_ns, "utc_ns": 1}
    sized = {"utc_ns": 1, "shape": [64, 48]}
    if generation == "0.4.2":
        return "desktop/ScreenCaptured", {**sized, "original_shape": [64, 48], "path": uri, "pts": pts_ns}
    media = {"uri": uri, "pts_ns": pts_ns}
    return "desktop/ScreenCaptured", {**sized, "source_shape": [64, 48], "media_ref": media}


def _owa(folder: Path, generation: str, uri: str = "take.mkv") -> Path:
    folder.mkdir(exist_ok=True)
    write_video(folder / "take.mkv")
    prefix = "owa.env.desktop.msg." if generation == "0.3.2" else "desktop/"
    start = 1_700_000_000_000_000_000
    messages = [("window", f"{prefix}WindowInfo", start, {"title": "T", "rect": [100, 50, 180, 106], "hWnd": 7})]
    for n in range(3):
        schema, message = _screen(generation, uri, n * 100_000_000)
        messages.append(("screen", schema, start + 5_000_000 + n * 100_000_000, message))
    click = {"event_type": "click", "x": 120, "y": 60, "button": "x1", "pressed": True}
    messages.append(("mouse", f"{prefix}MouseEvent", start + 150_000_000, click))
    messages.append(("keyboard", f"{prefix}KeyboardEvent", start + 160_000_000, {"event_type": "press", "vk": 16}))
    messages.append(("keyboard", f"{prefix}KeyboardEvent", start + 170_000_000, {"event_type": "press", "vk": 65}))
    messages.append(("window", f"{prefix}WindowInfo", start + 200_000_000, {"title": "T", "rect": [200, 50, 280, 106]}))
    return owa(folder / "events.mcap", messages, generation)


@pytest.mark.parametrize("generation", ["0.3.2", "0.4.2", "0.5.1"])
def test_owa_generations_give_the_same_session(tmp_path: Path, generation: str) -> None:
    sink = imported(_owa(tmp_path, generation))
    assert sink.sync is not None
    assert sink.sync.source_zero_ns == 1_700_000_000_005_000_000
    [down] = sink.list("pointer")
    assert (down["t_ns"], down["x_px"], down["button"]) == (145_000_000, 120, "back")
    assert [(r["code"], r["key"]) for r in sink.list("keys")] == [("ShiftLeft", "Shift"), ("KeyA", "A")]
    first, moved = sink.list("displays")
    assert first["capture_rect"] == {"x": 108.0, "y": 50.0, "w": 64.0, "h": 48.0}
    assert (moved["t_ns"], moved["capture_rect"]["x"]) == (195_000_000, 208.0)


def test_owa_capture_that_fits_no_window_is_said_to_be_assumed(tmp_path: Path) -> None:
    write_video(tmp_path / "take.mkv")
    schema, message = _screen("0.5.1", "take.mkv", 0)
    sink = imported(owa(tmp_path / "e.mcap", [("screen", schema, 1_000_000_000, message)]))
    assert "capture_area_assumed" in sink.problems
    assert sink.list("displays")[0]["capture_rect"] == {"x": 0.0, "y": 0.0, "w": 64.0, "h": 48.0}


@pytest.mark.parametrize("uri", ["../take.mkv", "/etc/passwd", "C:\\take.mkv", "a/../../take.mkv", "file:///x", "a\0b"])
def test_owa_that_names_a_file_outside_is_refused(tmp_path: Path, uri: str) -> None:
    with pytest.raises(BadInput) as e:
        imported(_owa(tmp_path, "0.5.1", uri))
    assert e.value.code == "path_traversal"
    assert uri not in e.value.sentence


def test_owa_pictures_kept_inside_the_messages_are_missing_media(tmp_path: Path) -> None:
    path = _owa(tmp_path, "0.5.1", "data:image/png;base64,AAAA")
    (tmp_path / "take.mkv").unlink()
    assert "missing_media" in imported(path).problems


def test_owa_cut_short_keeps_what_was_written(tmp_path: Path) -> None:
    path = _owa(tmp_path, "0.5.1")
    path.write_bytes(path.read_bytes()[:-60])
    sink = imported(path)
    assert sink.counts["pointer"] == 1
    assert "source_truncated" in sink.problems


def test_pctracker_spells_out_every_action(tmp_path: Path) -> None:
    actions = [
        "double click (1, 2)", "right click (3, 4)", "press (5, 6)", "drag to (7, 8)", "scroll (0, -3)",
        "press key: enter", "hotkey (ctrl, c)", "type text: é\n", "wait", "dance",
    ]  # fmt: skip
    rows = [{"timestamp": f"2026-01-02_03:04:{n:02}", "action": a} for n, a in enumerate(actions)]
    sink = imported(pctracker(tmp_path, rows))
    pointer = [(r["kind"], r["button"], r["x_px"]) for r in sink.list("pointer")]
    assert pointer == [
        ("down", "left", 1), ("up", "left", 1), ("down", "left", 1), ("up", "left", 1),
        ("down", "right", 3), ("up", "right", 3), ("down", "left", 5), ("move", None, 7), ("up", "left", 7),
        ("scroll", None, None),
    ]  # fmt: skip
    keys = [(r["kind"], r["key"], r["text"]) for r in sink.list("keys")]
    assert keys == [
        ("down", "Enter", None), ("up", "Enter", None),
        ("down", "Control", None), ("down", "c", None), ("up", "c", None), ("up", "Control", None),
        ("down", "é", "é"), ("up", "é", None), ("down", "Enter", None), ("up", "Enter", None),
    ]  # fmt: skip
    assert sink.problems["rows_not_imported"].count == 1
    assert "unmatched_press" not in sink.problems


def test_pctracker_rows_of_one_second_stay_in_order(tmp_path: Path) -> None:
    rows = [{"timestamp": "2026-01-02_03:04:05", "action": "click (1, 2)"} for _ in range(4)]
    sink = imported(pctracker(tmp_path, rows))
    assert sink.table("frames")["t_ns"].to_pylist() == [0, 200_000_000, 400_000_000, 600_000_000]
    downs = [r["t_ns"] for r in sink.list("pointer") if r["kind"] == "down"]
    assert downs == [100_000_000, 300_000_000, 500_000_000, 700_000_000]


def test_pctracker_screenshots_that_cannot_be_frames_are_left_out(tmp_path: Path) -> None:
    rows = [{"timestamp": f"2026-01-02_03:04:{n:02}", "action": "wait"} for n in range(4)]
    path = pctracker(tmp_path, rows)
    shots = tmp_path / "screenshot"
    (shots / "0.png").write_bytes(b"")
    (shots / "2.png").write_bytes((shots / "2.png").read_bytes()[:-20])
    (shots / "3.png").unlink()
    sink = imported(path)
    assert sink.counts["frames"] == 1
    assert sink.problems["screenshots_unusable"].count == 2
    assert sink.problems["missing_media"].count == 1
    assert sink.list("texts")[0]["t_start_ns"] == -900_000_000
