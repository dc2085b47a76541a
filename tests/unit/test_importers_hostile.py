"""Recordings that are damaged or meant to harm: one sentence naming file and row, nothing read outside the folder."""

from __future__ import annotations

import errno
import io
import json
import os
import struct
import time
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any, BinaryIO

import pytest

from replay.errors import BadInput, Cancelled, NotFound
from replay.importers.registry import OWN, find_sources, importer_named, importers
from replay.shown_name import SHOWN_LENGTH, shown_name
from tests.importers_fixtures import agentnet, imported, move, owa, pctracker, write_video
from tests.importers_sink import MemorySink

SECRET = "hunter2-is-my-password"


def refusal(path: Path, format: str = "auto") -> BadInput:
    with pytest.raises(BadInput) as e:
        imported(path, format)
    assert SECRET not in e.value.sentence + e.value.remedy
    assert str(path) not in e.value.sentence
    return e.value


@pytest.mark.parametrize(
    ("line", "why"),
    [
        (f'{{"time_stamp": 1, "action": "press", "name": "{SECRET}"', "is not JSON"),
        (f'{{"time_stamp": "{SECRET}", "action": "move"}}', "wrongly typed"),
        ('{"time_stamp": NaN, "action": "move", "x": 1, "y": 1}', "is not JSON"),
        ('{"time_stamp": 1e999, "action": "move", "x": 1, "y": 1}', "wrongly typed"),
        ('{"time_stamp": 1e300, "action": "move", "x": 1, "y": 1}', "no clock shows"),
        ('{"time_stamp": 1, "action": "move", "x": [], "y": 1}', "wrongly typed"),
        ('{"time_stamp": 1, "action": "move"}', "has no position"),
        ('{"time_stamp": 1, "action": "click", "x": 1, "y": 1}', "has no button"),
        ('{"time_stamp": 1, "action": "press"}', "has no key"),
        ("[" * 60_000, "not JSON|too deeply|wrongly typed"),
        ('{"time_stamp": 1, "action": "move", "z": ' + "[" * 60_000 + "}", "not JSON|too deeply"),
        ('{"a": "' + "x" * 70_000 + '"}', "longer than 64 KiB"),
        ("\x00\x01\x02", "is not JSON"),
    ],
)
def test_a_bad_row_is_named_by_file_and_number(tmp_path: Path, line: str, why: str) -> None:
    folder = agentnet(tmp_path / "s", [move(101)], video=False)
    with (folder / "events.jsonl").open("a") as f:
        f.write(line + "\n" + json.dumps(move(102)) + "\n")
    error = refusal(folder)
    assert error.code == "malformed_row"
    assert "events.jsonl, row 2," in error.sentence
    assert any(w in error.sentence for w in why.split("|"))


def test_a_row_cut_short_at_the_end_is_a_problem_and_the_rest_is_kept(tmp_path: Path) -> None:
    folder = agentnet(tmp_path / "s", [move(101), move(102)], video=False)
    with (folder / "events.jsonl").open("a") as f:
        f.write('{"time_stamp": 103, "act')
    sink = imported(folder)
    assert sink.counts["pointer"] == 2
    assert sink.problems["source_truncated"].count == 1


def test_a_line_of_a_gigabyte_is_refused_without_reading_it(tmp_path: Path) -> None:
    folder = agentnet(tmp_path / "s", [move(101)], video=False)
    with (folder / "events.jsonl").open("r+b") as f:
        f.truncate(1 << 30)  # sparse: NUL bytes without a line end
    started = time.monotonic()
    assert "row 2, is longer than" in refusal(folder).sentence
    assert time.monotonic() - started < 5


def test_empty_events_are_no_rows_and_no_crash(tmp_path: Path) -> None:
    assert "pointer" not in imported(agentnet(tmp_path / "s", [], video=False)).counts


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b'{"screen_width": "wide"}', b"[" * 200_000, b"\xff\xfe"])
def test_metadata_that_is_no_metadata_is_refused_by_name(tmp_path: Path, content: bytes) -> None:
    folder = agentnet(tmp_path / "s", [move(101)])
    (folder / "metadata.json").write_bytes(content)
    error = refusal(folder)
    assert error.code == "malformed_file"
    assert "metadata.json" in error.sentence


def test_metadata_of_absurd_size_is_refused(tmp_path: Path) -> None:
    folder = agentnet(tmp_path / "s", [move(101)])
    with (folder / "metadata.json").open("wb") as f:
        f.truncate(1 << 30)
    assert refusal(folder).code == "source_too_large"


@pytest.mark.parametrize("content", [b"", b"not a video at all" * 100])
def test_a_video_that_is_none_leaves_the_events_usable(tmp_path: Path, content: bytes) -> None:
    folder = agentnet(tmp_path / "s", [move(101), move(102)])
    (folder / "2026-01-02 03-04-05.mp4").write_bytes(content)
    sink = imported(folder)
    assert sink.problems["video_unreadable"].count == 1
    assert sink.table("pointer")["t_ns"].to_pylist() == [0, 1_000_000_000]
    assert not sink.tracks
    assert not sink.ready


def test_a_video_cut_short_shows_what_is_left(tmp_path: Path) -> None:
    folder = agentnet(tmp_path / "s", [move(101), move(102.5)], video=False)
    write_video(folder / "v.mkv", frames=30, size=(320, 240))
    whole = (folder / "v.mkv").read_bytes()
    (folder / "v.mkv").write_bytes(whole[: len(whole) * 2 // 3])
    sink = imported(folder)
    assert 0 < sink.counts["frames"] < 30
    assert sink.counts["pointer"] == 2


def _png_video_saying(tmp_path: Path, width: int, height: int, *, in_picture: bool) -> Path:
    """A recording with 64 × 48 pictures in a QuickTime file that says otherwise, as its PNG headers may too."""
    png = imported(pctracker(tmp_path / "p", [{"timestamp": "2026-01-02_03:04:05", "action": "wait"}]))
    content = bytearray(png.tracks["video"].kept)
    at = content.index(b"png ", content.index(b"stsd")) + 4 + 24  # VisualSampleEntry: width and height after 24 bytes
    assert struct.unpack_from(">HH", content, at) == (64, 48)
    struct.pack_into(">HH", content, at, width, height)
    if in_picture:
        header = content.index(b"IHDR")
        struct.pack_into(">II", content, header + 4, width, height)
        struct.pack_into(">I", content, header + 17, zlib.crc32(content[header : header + 17]))
    folder = agentnet(tmp_path / "s", [move(101)], video=False)
    (folder / "v.mov").write_bytes(content)
    return folder


def test_the_size_a_videos_container_claims_is_not_believed(tmp_path: Path) -> None:
    ready = imported(_png_video_saying(tmp_path, 65_000, 65_000, in_picture=False)).ready["video"]
    assert (ready["width"], ready["height"]) == (64, 48)


def test_a_video_whose_pictures_claim_an_absurd_size_is_refused(tmp_path: Path) -> None:
    assert refusal(_png_video_saying(tmp_path, 60_000, 60_000, in_picture=True)).code == "video_dimensions"


def test_two_videos_are_not_guessed_between(tmp_path: Path) -> None:
    folder = agentnet(tmp_path / "s", [move(101)])
    (folder / "other.mp4").write_bytes((folder / "2026-01-02 03-04-05.mp4").read_bytes())
    assert refusal(folder).code == "ambiguous_video"


def _link_out(folder: Path, name: str) -> None:
    (folder / name).unlink(missing_ok=True)
    (folder / name).symlink_to("/etc/passwd")


def _pipe(folder: Path, name: str) -> None:
    (folder / name).unlink(missing_ok=True)
    os.mkfifo(folder / name)


def _folder(folder: Path, name: str) -> None:
    (folder / name).unlink(missing_ok=True)
    (folder / name).mkdir()


@pytest.mark.parametrize("name", ["events.jsonl", "metadata.json", "a11y.jsonl", "2026-01-02 03-04-05.mp4"])
@pytest.mark.parametrize("replace", [_link_out, _pipe, _folder])
def test_links_pipes_and_folders_in_place_of_files_are_refused_and_never_opened(
    tmp_path: Path, name: str, replace: Callable[[Path, str], None]
) -> None:
    folder = agentnet(tmp_path / "s", [move(101)])
    replace(folder, name)
    error = refusal(folder)
    assert error.code in ("source_is_link", "source_not_a_file")
    assert name in error.sentence


def test_links_are_not_followed_into_other_folders(tmp_path: Path) -> None:
    agentnet(tmp_path / "elsewhere", [move(101)], video=False)
    (tmp_path / "picked").mkdir()
    (tmp_path / "picked" / "link").symlink_to(tmp_path / "elsewhere")
    assert refusal(tmp_path / "picked").code == "not_a_session"


def test_a_link_that_the_person_named_is_followed(tmp_path: Path) -> None:
    agentnet(tmp_path / "s", [move(101)], video=False)
    (tmp_path / "link").symlink_to(tmp_path / "s")
    assert imported(tmp_path / "link").counts["pointer"] == 1


def test_what_is_no_session_says_what_was_looked_for(tmp_path: Path) -> None:
    (tmp_path / "holiday").mkdir()
    (tmp_path / "holiday" / "notes.txt").write_text(SECRET)
    error = refusal(tmp_path / "holiday")
    assert error.code == "not_a_session"
    assert "“holiday”" in error.sentence
    assert all(name in error.sentence for name in OWN)
    assert error.remedy


def test_what_is_not_there_is_not_found(tmp_path: Path) -> None:
    with pytest.raises(NotFound) as e:
        find_sources(tmp_path / "nowhere")
    assert e.value.code == "no_such_path"
    with pytest.raises(NotFound):
        importer_named("betamax")
    with pytest.raises(BadInput):
        find_sources(Path("/dev/null"))


def test_the_package_registers_the_importers_that_are_built_in() -> None:
    import tomllib

    root = Path(__file__).resolve().parents[2]
    declared = tomllib.loads((root / "pyproject.toml").read_text())["project"]["entry-points"]["safelight.importers"]
    assert declared == OWN
    assert [i.name for i in importers()][: len(OWN)] == list(OWN)


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("plain.mp4", "plain.mp4"),
        ("2026_jane.doe@example.com_x.mp4", "…"),
        ("a\x00b\x1b[31m\n", "a·b·[31m·"),
        ("\u202egpj.exe", "·gpj.exe"),
        ("../../etc", "../../etc"),
        ("\udcff", "·"),
        ("x" * 300, "x" * (SHOWN_LENGTH - 1) + "…"),
    ],
)
def test_names_are_shown_without_what_could_harm(name: str, shown: str) -> None:
    assert shown_name(name) == shown


@pytest.mark.parametrize("name", ["\u202etxt.evil", "a" * 240, "sp ace'\"$(x)", "line\nbreak", "[glob]*?"])
def test_a_folder_may_have_any_name(tmp_path: Path, name: str) -> None:
    folder = agentnet(tmp_path / name, [move(101)])
    assert imported(folder).counts["pointer"] == 1


@pytest.mark.parametrize("reference", ["../outside.png", "/etc/passwd", "a\0b.png", "x/../../y.png", "n" * 2000, ""])
def test_pctracker_that_names_a_picture_outside_is_refused(tmp_path: Path, reference: str) -> None:
    path = pctracker(tmp_path, [{"timestamp": "2026-01-02_03:04:05", "action": "wait", "screenshot": reference}])
    assert refusal(path).code == "path_traversal"


def test_pctracker_pictures_behind_a_linked_folder_are_refused(tmp_path: Path) -> None:
    inside = tmp_path / "in"
    path = pctracker(inside, [{"timestamp": "2026-01-02_03:04:05", "action": "wait"}])
    (inside / "screenshot").rename(tmp_path / "out")
    (inside / "screenshot").symlink_to(tmp_path / "out")
    assert refusal(path).code == "path_traversal"


def test_pctracker_screenshots_years_apart_are_refused(tmp_path: Path) -> None:
    rows = [{"timestamp": f"{year}-01-02_03:04:05", "action": "wait"} for year in (1990, 2026)]
    assert refusal(pctracker(tmp_path, rows)).code == "video_duration"


def _mcap(path: Path) -> bytes:
    message = {"event_type": "move", "x": 1, "y": 2}
    owa(path, [("mouse", "desktop/MouseEvent", 1_000_000_000, message)])
    return path.read_bytes()


def test_an_mcap_message_of_the_wrong_shape_is_named_by_number(tmp_path: Path) -> None:
    good = ("mouse", "desktop/MouseEvent", 1, {"event_type": "move", "x": 1, "y": 2})
    bad = ("mouse", "desktop/MouseEvent", 2, {"event_type": SECRET, "x": 1, "y": 2})
    error = refusal(owa(tmp_path / "e.mcap", [good, bad]))
    assert error.code == "malformed_row"
    assert "message 2" in error.sentence


def test_an_mcap_chunk_that_claims_gigabytes_is_refused_before_it_is_unpacked(tmp_path: Path) -> None:
    content = bytearray(_mcap(tmp_path / "e.mcap"))
    at = content.index(b"\x06", 60)  # the chunk record: opcode, length, start, end, then its unpacked size
    struct.pack_into("<Q", content, at + 1 + 8 + 16, 1 << 40)
    (tmp_path / "e.mcap").write_bytes(content)
    assert refusal(tmp_path / "e.mcap").code == "mcap_damaged"


def test_an_mcap_record_that_claims_gigabytes_is_refused(tmp_path: Path) -> None:
    content = bytearray(_mcap(tmp_path / "e.mcap"))
    at = content.index(b"\x06", 60)
    struct.pack_into("<Q", content, at + 1, 1 << 40)
    (tmp_path / "e.mcap").write_bytes(content)
    assert refusal(tmp_path / "e.mcap").code == "mcap_damaged"


def test_roles_and_versions_that_hold_text_are_not_taken_for_enumerations(tmp_path: Path) -> None:
    folder = agentnet(tmp_path / "s", [move(101)], system=SECRET, release=f"{SECRET}\n")
    node = {"Name": "n", "ControlType": f"{SECRET} Control", "BoundingRectangle": None, "Children": []}
    (folder / "a11y.jsonl").write_text(json.dumps({"time_stamp": 101, "axtree": node}) + "\n")
    sink = imported(folder)
    assert sink.list("elements")[0]["role"] is None
    assert SECRET not in str(sink.source_info)


class _FullDisk(io.BytesIO):
    def write(self, data: Any) -> int:
        raise OSError(errno.ENOSPC, "No space left on device")


class _SinkOnFullDisk(MemorySink):
    def media(self, track: str) -> BinaryIO:
        return _FullDisk()

    media_in_memory = media


class _CancellingSink(MemorySink):
    def progress(self, done: int, total: int, what: str) -> None:
        raise Cancelled("The import")


def _screens(tmp_path: Path) -> Path:
    return pctracker(tmp_path / "p", [{"timestamp": "2026-01-02_03:04:05", "action": "wait"}])


def _video(tmp_path: Path) -> Path:
    return agentnet(tmp_path / "s", [move(101)])


@pytest.mark.parametrize("recording", [_screens, _video])
def test_a_full_disk_is_what_the_caller_hears_of(tmp_path: Path, recording: Callable[[Path], Path]) -> None:
    [source] = find_sources(recording(tmp_path))
    with pytest.raises(OSError, match="No space left") as e:
        importer_named(source.format).read(source, _SinkOnFullDisk())
    assert e.value.errno == errno.ENOSPC


@pytest.mark.parametrize("recording", [_screens, _video])
def test_a_cancelled_import_stops_at_the_next_report(tmp_path: Path, recording: Callable[[Path], Path]) -> None:
    [source] = find_sources(recording(tmp_path))
    with pytest.raises(Cancelled):
        importer_named(source.format).read(source, _CancellingSink())
