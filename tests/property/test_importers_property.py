"""Whatever a recording holds, an importer gives rows or refuses: it never fails otherwise and never leaks content."""

from __future__ import annotations

import json
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from replay.errors import BadInput, SafelightError
from replay.importers.keys.pynput_names import key_of_pynput
from replay.importers.keys.windows_vk import key_of_vk
from replay.importers.png_video import png_size
from replay.importers.registry import importer_named
from replay.importers.untrusted_files import referenced
from replay.shown_name import SHOWN_LENGTH, shown_name
from tests.importers_fixtures import agentnet, imported, move, owa, pctracker
from tests.importers_sink import MemorySink

MARK = "S3CR3T"
scalars = st.none() | st.booleans() | st.integers() | st.floats() | st.just(MARK) | st.text(max_size=8)
values = st.recursive(scalars, lambda v: st.lists(v, max_size=3) | st.dictionaries(st.text(max_size=4), v, max_size=3))
actions = st.sampled_from(["move", "click", "scroll", "press", "release", "pause", "resume", "", MARK])
finite = st.floats(-1e12, 1e12)
times = st.floats(-1e9, 4e9)
buttons = st.sampled_from(["left", "x2", "strange"])
spelled_keys = st.sampled_from(["<84>", "Key.esc", "'\\x03'", "'a'", "<99999999999>"])
rows = st.fixed_dictionaries(
    {"time_stamp": finite | values, "action": actions | values},
    optional={
        "x": finite | values,
        "y": finite | values,
        "dx": finite | values,
        "dy": values,
        "pressed": st.booleans() | values,
        "button": buttons | values,
        "name": st.text(max_size=3) | values,
        "pynput_key": spelled_keys | values,
    },
)
names = st.text(min_size=1, max_size=3)
plausible = st.one_of(
    st.builds(move, times, finite, finite),
    st.builds(
        lambda t, n, a: {"time_stamp": t, "name": n, "action": a}, times, names, st.sampled_from(["press", "release"])
    ),
    st.builds(lambda t, a: {"time_stamp": t, "action": a}, times, st.sampled_from(["pause", "resume"])),
)


def read_or_refused(folder: Path, format: str) -> MemorySink | None:
    sink = MemorySink()
    refused: BadInput | None = None
    try:
        for source in importer_named(format).find(folder):
            importer_named(format).read(source, sink)
    except BadInput as e:
        refused = e
    if refused is not None:
        assert MARK not in refused.sentence + refused.remedy + refused.code
        assert refused.sentence.endswith(".")
        return None
    assert not [p for p in sink.problems.values() if MARK in p.sentence]
    return sink


@given(st.lists(rows | plausible, max_size=6))
def test_any_json_rows_are_read_or_refused(events: list[dict[str, Any]]) -> None:
    with TemporaryDirectory() as d:
        folder = agentnet(Path(d) / "s", [move(1)], video=False)
        (folder / "events.jsonl").write_text("".join(json.dumps(e) + "\n" for e in events), encoding="utf-8")
        read_or_refused(folder, "agentnet")


@given(st.lists(plausible, min_size=1, max_size=30))
def test_every_row_a_recorder_can_write_is_kept(events: list[dict[str, Any]]) -> None:
    with TemporaryDirectory() as d:
        sink = imported(agentnet(Path(d) / "s", events, video=False), "agentnet")
    counts = sink.counts
    kept = [e for e in events if e["action"] not in ("pause", "resume")]
    assert counts.get("pointer", 0) + counts.get("keys", 0) == counts.get("raw", 0) == len(kept)
    kept_times = sink.table("pointer")["t_src_ns"].to_pylist()
    assert kept_times == [round(e["time_stamp"] * 1e9) for e in kept if e["action"] == "move"]


@given(st.binary(max_size=300), st.sampled_from(["events.jsonl", "a11y.jsonl", "top_window.jsonl", "metadata.json"]))
def test_any_bytes_in_any_file_are_read_or_refused(content: bytes, name: str) -> None:
    with TemporaryDirectory() as d:
        folder = agentnet(Path(d) / "s", [move(1)], video=False)
        (folder / name).write_bytes(content)
        read_or_refused(folder, "agentnet")


@given(st.data())
def test_any_bytes_changed_in_an_mcap_file_are_read_or_refused(data: st.DataObject) -> None:
    with TemporaryDirectory() as d:
        click = {"event_type": "click", "x": 1, "y": 2, "button": MARK, "pressed": True}
        path = owa(Path(d) / "e.mcap", [("mouse", "desktop/MouseEvent", n, click) for n in range(4)])
        content = bytearray(path.read_bytes())
        for _ in range(data.draw(st.integers(1, 4))):
            content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
        path.write_bytes(content[: data.draw(st.integers(0, len(content)))])
        read_or_refused(Path(d), "owamcap")


odd_actions = st.sampled_from(["click (1, 2)", "hotkey (,)", "type text:", "scroll (9999999, 1)"])


@given(st.lists(st.text(max_size=20) | odd_actions, max_size=4))
def test_any_action_line_is_read(lines: list[str]) -> None:
    with TemporaryDirectory() as d:
        rows = [{"timestamp": "2026-01-02_03:04:05", "action": a, "screenshot": None} for a in lines]
        sink = read_or_refused(pctracker(Path(d), rows), "pctracker")
    assert sink is not None


@given(st.text(max_size=40))
def test_a_reference_never_leads_out_of_the_folder(reference: str) -> None:
    with TemporaryDirectory() as d:
        inside = Path(d) / "in"
        inside.mkdir()
        (inside / "a").write_bytes(b"")
        (Path(d) / "b").write_bytes(b"")
        try:
            found = referenced(inside, reference)
        except SafelightError:
            return
        assert found is None or found.resolve().is_relative_to(inside.resolve())


@given(st.text(max_size=400))
def test_a_shown_name_is_short_and_visible(name: str) -> None:
    shown = shown_name(name)
    assert len(shown) <= SHOWN_LENGTH
    assert shown.isprintable() or not shown.strip("·")
    assert "@" not in shown or "…" in shown or shown.count("@") <= name.count("@")


@given(st.binary(max_size=200))
def test_any_bytes_are_a_png_or_none(content: bytes) -> None:
    assert png_size(content) is None
    assert png_size(b"\x89PNG\r\n\x1a\n" + content) is None


@given(st.text(max_size=4), st.text(max_size=6) | st.none(), st.sampled_from(["Windows", "Darwin", "Linux", None]))
def test_any_key_name_has_an_answer(name: str, spelled: str | None, os: str | None) -> None:
    key = key_of_pynput(name or "x", spelled, os=os)
    assert key.text is None or key.text.isprintable()


@given(st.integers())
def test_any_virtual_key_has_an_answer(vk: int) -> None:
    assert key_of_vk(vk).text is None
