"""What the real recordings in ../shared/data hold, row by row where it matters."""

from __future__ import annotations

import hashlib
from collections import Counter
from pathlib import Path

import pytest

from replay.importers.registry import find_sources, importer_named
from tests.importers_sink import MemorySink


def imported(path: Path, format: str = "auto") -> MemorySink:
    [source] = find_sources(path, format)
    sink = MemorySink()
    importer_named(source.format).read(source, sink)
    return sink


@pytest.fixture(scope="module")
def sessions(shared_data: Path) -> Path:
    return shared_data / "sessions"


@pytest.fixture(scope="module")
def agentnet(sessions: Path) -> MemorySink:
    return imported(sessions / "agentnet_raw")


def test_every_sample_is_recognised_once(sessions: Path) -> None:
    found = Counter(s.format for s in find_sources(sessions))
    assert found["agentnet"] == found["ducktrack"] == found["pctracker"] == 1
    assert found["owamcap"] >= 3


def test_agentnet_has_every_row_of_the_source(agentnet: MemorySink) -> None:
    kinds = Counter(agentnet.table("pointer")["kind"].to_pylist())
    assert kinds == {"move": 4034, "down": 21, "up": 21, "scroll": 19}
    assert agentnet.counts["keys"] == 4
    assert agentnet.counts["windows"] == 4
    assert agentnet.counts["elements"] == 8557
    assert agentnet.counts["raw"] == 4095 + 4 + 4 + 21 + 32


def test_agentnet_video_is_copied_unchanged(agentnet: MemorySink, sessions: Path) -> None:
    [video] = (sessions / "agentnet_raw").glob("*.mp4")
    assert agentnet.tracks["video"].kept == video.read_bytes()
    assert agentnet.ready["video"] == {
        "codec": "h264", "width": 1276, "height": 718, "time_base": "1/15360",
        "sha256": hashlib.sha256(video.read_bytes()).hexdigest(),
    }  # fmt: skip
    frames = agentnet.table("frames")
    assert frames.num_rows == 3678
    assert sum(frames["iframe"].to_pylist()) == 18
    assert frames["t_ns"][0].as_py() == 0


def test_agentnet_clock_holds_the_measured_truth_within_its_sigma(agentnet: MemorySink) -> None:
    assert agentnet.sync is not None
    assert agentnet.sync.method == "recorder_event"
    assert agentnet.sync.sigma_ns == pytest.approx(145.5e6, abs=1e5)
    measured_ns = 30_673_906_000_000
    assert abs(agentnet.sync.source_zero_ns - measured_ns) < agentnet.sync.sigma_ns


def test_agentnet_times_are_the_recorders(agentnet: MemorySink) -> None:
    source = agentnet.table("pointer")["t_src_ns"].to_pylist()
    assert source[0] == 30_679_828_030_200
    assert source[-1] == 30_793_871_840_300


def test_agentnet_scrolls_keep_their_sign(agentnet: MemorySink) -> None:
    scrolls = [r["dy"] for r in agentnet.list("pointer") if r["kind"] == "scroll"]
    assert Counter(scrolls) == {-1.0: 15, 1.0: 4}


def test_agentnet_stop_keys_are_named_though_pynput_gave_a_bare_number(agentnet: MemorySink) -> None:
    keys = [(r["kind"], r["code"], r["key"], r["text"], r["modifiers"]) for r in agentnet.list("keys")]
    assert keys == [
        ("down", "ControlLeft", "Control", None, ["Control"]),
        ("down", "AltLeft", "Alt", None, ["Control", "Alt"]),
        ("down", "KeyT", "t", None, ["Control", "Alt"]),
        ("up", "KeyT", "t", None, ["Control", "Alt"]),
    ]


def test_agentnet_display_is_the_declared_one_and_nothing_is_clamped(agentnet: MemorySink) -> None:
    [display] = agentnet.list("displays")
    screen = {"x": 0.0, "y": 0.0, "w": 1366.0, "h": 768.0}
    assert display["bounds_px"] == display["capture_rect"] == screen
    assert (display["frame_rect"], display["frame_width"], display["frame_height"]) == (None, 1276, 718)
    assert agentnet.problems["events_outside_displays"].count == 1450
    assert min(agentnet.table("pointer")["x_px"].to_pylist()) == -64
    assert max(agentnet.table("pointer")["y_px"].to_pylist()) == 1592


def test_agentnet_problems_are_exactly_these(agentnet: MemorySink) -> None:
    assert {c: p.count for c, p in agentnet.problems.items()} == {
        "streams_not_played": 1,
        "unmatched_press": 2,
        "events_outside_displays": 1450,
        "element_rects_scaled": 5,
    }


def test_agentnet_trees_keep_their_shape(agentnet: MemorySink) -> None:
    rows = agentnet.list("elements")
    for snapshot in {r["snapshot_id"] for r in rows}:
        nodes = [r for r in rows if r["snapshot_id"] == snapshot]
        ids = [r["element_id"] for r in nodes]
        assert len(set(ids)) == len(ids)
        assert [r["element_id"] for r in nodes if r["parent_id"] is None] == ["0"]
        assert {r["parent_id"] for r in nodes} - {None} <= set(ids)
    slider = next(r for r in rows if r["role"] == "Slider")
    assert slider["rect_px"] == {"x": 344.0, "y": 183.0, "w": 280.0, "h": 32.0}


def test_agentnet_files_made_by_the_annotation_tool_do_not_identify_the_session(sessions: Path) -> None:
    [source] = find_sources(sessions / "agentnet_raw")
    names = {f.relative for f in source.files}
    assert not {n for n in names if n.startswith(("reduced_", "event_buffer", "PROVENANCE"))}


def test_ducktrack_points_become_pixels(sessions: Path) -> None:
    sink = imported(sessions / "ducktrack_example")
    kinds = Counter(sink.table("pointer")["kind"].to_pylist())
    assert kinds == {"move": 13_163, "scroll": 140, "down": 22, "up": 22}
    assert Counter(sink.table("keys")["kind"].to_pylist()) == {"down": 27, "up": 27}
    first = sink.list("pointer")[0]
    assert (first["t_ns"], first["x_px"], first["y_px"]) == (0, 1175.421875 * 2, 50.421875 * 2)
    [display] = sink.list("displays")
    assert display["bounds_px"]["w"] == 3024
    assert display["bounds_pt"]["w"] == 1512
    assert set(sink.problems) == {"missing_media", "scale_assumed"}
    assert sink.sync is not None
    assert (sink.sync.method, sink.sync.sigma_ns) == ("recorder_event", 0)


def test_ducktrack_knows_nothing_of_the_machine(sessions: Path) -> None:
    sink = imported(sessions / "ducktrack_example")
    everything = str([sink.table(t).to_pylist() for t in sink.batches if t != "raw"]) + str(sink.source_info)
    assert "REMOVED-BY-SURVEY" not in everything
    assert "13939574105829" not in everything


@pytest.mark.parametrize(
    ("name", "frames", "pointer", "keys", "windows"), [("0.3.2", 49, 578, 24, 6), ("0.5.1", 18, 218, 20, 4)]
)
def test_owa_recordings_have_every_event(
    sessions: Path, name: str, frames: int, pointer: int, keys: int, windows: int
) -> None:
    sink = imported(sessions / "owamcap" / f"{name}.mcap")
    counted = {t: sink.counts[t] for t in ("frames", "pointer", "keys", "windows")}
    assert counted == {"frames": frames, "pointer": pointer, "keys": keys, "windows": windows}
    assert sink.source_info is not None
    assert sink.source_info.recorder_version == name
    assert sink.sync is not None
    assert sink.sync.method == "frame_table"
    assert sink.sync.sigma_ns < 250_000_000
    assert [r["code"] for r in sink.list("keys")[:2]] == ["KeyT", "KeyE"]
    assert {r["text"] for r in sink.list("keys")} == {None}


def test_owa_first_screen_message_is_its_frames_time(sessions: Path) -> None:
    sink = imported(sessions / "owamcap" / "0.3.2.mcap")
    assert sink.sync is not None
    # The first message says PTS 10 ms, which is the first frame's, so its log_time is session zero.
    assert sink.sync.source_zero_ns == 1_750_427_723_477_388_400
    window = sink.list("windows")[0]
    assert window["rect_px"] == {"x": 1280.0, "y": 0.0, "w": 1280.0, "h": 1392.0}


def test_owa_capture_is_placed_inside_its_window_and_padding_is_not_shown(sessions: Path) -> None:
    [display] = imported(sessions / "owamcap" / "0.5.1.mcap").list("displays")
    assert display["capture_rect"] == {"x": 825.0, "y": 263.0, "w": 1025.0, "h": 1017.0}
    assert display["frame_rect"] == {"x": 0.0, "y": 0.0, "w": 1025.0, "h": 1017.0}
    assert (display["frame_width"], display["frame_height"]) == (1026, 1018)


def test_owa_without_its_video_keeps_its_events(sessions: Path) -> None:
    sink = imported(sessions / "owamcap" / "example.mcap")
    assert (sink.counts["pointer"], sink.counts["keys"], sink.counts["windows"]) == (209, 32, 11)
    assert "missing_media" in sink.problems
    assert "video" not in sink.tracks
    assert min(sink.table("windows")["t_ns"].to_pylist()) == 0


@pytest.fixture(scope="module")
def pctracker(sessions: Path) -> MemorySink:
    return imported(sessions / "pctracker")


def test_pctracker_screenshots_become_frames_byte_for_byte(pctracker: MemorySink, sessions: Path) -> None:
    screenshots = sorted(p for p in (sessions / "pctracker" / "screenshot").glob("*.png") if "marked" not in p.name)
    assert pctracker.table("frames")["iframe"].to_pylist() == [True] * 8
    assert [t // 1_000_000_000 for t in pctracker.table("frames")["t_ns"].to_pylist()] == [0, 2, 5, 7, 9, 17, 19, 21]
    stored = pctracker.tracks["video"].kept
    assert all(p.read_bytes() in stored for p in screenshots)
    assert pctracker.ready["video"]["sha256"] == hashlib.sha256(stored).hexdigest()


def test_pctracker_actions_follow_their_frame_by_a_tenth_of_a_second(pctracker: MemorySink) -> None:
    downs = [r for r in pctracker.list("pointer") if r["kind"] == "down"]
    assert [(r["t_ns"], r["x_px"], r["y_px"]) for r in downs[:2]] == [
        (10**8, 828, 1075),
        (2 * 10**9 + 10**8, 1111, 334),
    ]
    assert pctracker.sync is not None
    assert (pctracker.sync.method, pctracker.sync.sigma_ns) == ("frame_table", 50_000_000)


def test_pctracker_text_is_typed_within_its_frame(pctracker: MemorySink) -> None:
    keys = pctracker.list("keys")
    assert "".join(r["text"] for r in keys if r["text"]) == "Hello, world"
    assert {r["t_ns"] // 10**9 for r in keys} == {9}
    assert [r["text"] for r in pctracker.list("texts")] == ["finish"]


def test_pctracker_elements_may_lie_off_screen(pctracker: MemorySink) -> None:
    rects = [r["rect_px"] for r in pctracker.list("elements")]
    assert {"x": -9.0, "y": 184.0, "w": 1938.0, "h": 818.0} in rects
    assert pctracker.source_info is not None
    assert pctracker.source_info.task_goal == 'create a new blank slide with title "Hello, world" on desktop.'
