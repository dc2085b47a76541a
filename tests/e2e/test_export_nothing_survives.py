"""After a cut and redactions nothing of what was removed is in any file of an export, looked at without our prover."""

from __future__ import annotations

import base64
import io
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest
from PIL import Image

from tests import export_sessions as capture
from tests.cli import imported, run

GONE = (
    capture.CUT_TITLE,
    capture.CUT_CHAT,
    capture.CUT_ELEMENT,
    capture.PASSWORD,
    "918273645",
    "Quill",
    "handle-0x",
    "DISPLAY-OF",
    "snap-",
    "box-1",
)
CUT_FRAMES = range(54, 72)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path, str]:
    """(export, library, session id), made by the commands a person would use."""
    folder = tmp_path_factory.mktemp("export")
    library = folder / "library"
    (session,) = imported(library, capture.write_capture(folder / "capture"))
    cut = [str(v) for v in capture.CUT_S]
    assert run("cut", "add", library, session, "--from", cut[0], "--to", cut[1]).code == 0
    assert run("redact", "add", library, session, "--keys", "--from", "0.55", "--to", "1.3").code == 0
    mask = ("--rect", "40,200,100,60", "--keyframe", "1.0:200,220,100,60", "--from", "0.4", "--to", "1.2")
    assert run("redact", "add", library, session, *mask).code == 0
    # Named, because what was asked for is told in the manifest, and the session's own id must not be.
    answer = run("export", library, "--sessions", session, "--format", "archive,hf,agentnet", "--out", folder / "out")
    assert answer.code == 0, answer
    assert answer.json["proof"]["ok"]
    return folder / "out", library, session


def written(folder: Path) -> bytes:
    return b"\n".join(content for _, content in capture.everything_written(folder))


@pytest.mark.parametrize("secret", GONE)
def test_no_file_holds_a_removed_text_in_any_writing(made: tuple[Path, Path, str], secret: str) -> None:
    content = written(made[0])
    plain = secret.encode()
    for raw in (plain, secret.encode("utf-16-le"), secret.encode("utf-16-be"), plain.hex().encode()):
        assert raw.lower() not in content
    for phase in range(3):
        whole = base64.b64encode(b"x" * phase + plain + b"xx")
        assert whole[-(-phase * 8 // 6) : (phase + len(plain)) * 8 // 6].lower() not in content


def test_no_name_of_the_source_library_or_person_is_in_any_file(made: tuple[Path, Path, str]) -> None:
    out, library, session = made
    content = written(out)
    for name in (session, str(library.parent), library.parent.name):
        assert name.lower().encode() not in content


def test_the_video_shows_exactly_the_kept_frames_with_and_without_edit_lists(made: tuple[Path, Path, str]) -> None:
    kept = [i for i in range(capture.FRAMES) if i not in CUT_FRAMES]
    video = capture.video_of(made[0])
    for options in ({}, {"ignore_editlist": "1"}, {"advanced_editlist": "0"}):
        assert [capture.number_of(p) for p in capture.pictures(video, **options)] == kept


def test_the_password_field_is_flat_on_every_frame_that_showed_it(made: tuple[Path, Path, str]) -> None:
    shown = [p for p in capture.pictures(capture.video_of(made[0])) if 15 <= capture.number_of(p) < 54]
    assert len(shown) == 39
    for picture in shown:
        field = picture[100:132, 200:360].astype(int)
        assert field.max() - field.min() <= 4
        assert field.max() < 50


def test_the_field_leaves_no_ghost_of_the_password(made: tuple[Path, Path, str]) -> None:
    secret = capture.noise(capture.PASSWORD, 32, 160).astype(float).mean(axis=2)
    for picture in capture.pictures(capture.video_of(made[0])):
        field = picture[100:132, 200:360].astype(float).mean(axis=2)
        if 15 <= capture.number_of(picture) < 54 and field.std() > 0:
            assert abs(np.corrcoef(field.ravel(), secret.ravel())[0, 1]) < 0.1


def test_pictures_of_the_training_formats_are_masked_to_the_pixel(made: tuple[Path, Path, str]) -> None:
    rows = pq.read_table(next(made[0].glob("hf/data/steps/*.parquet"))).to_pylist()
    pictures = {r["frame_index"]: Image.open(io.BytesIO(r["image"]["bytes"])) for r in rows if r["image"]}
    assert any(15 <= i < 54 for i in pictures)
    for index, picture in pictures.items():
        assert index not in CUT_FRAMES
        assert capture.number_of(np.asarray(picture)) == index
        if 15 <= index < 54:
            field = np.asarray(picture)[100:132, 200:360].reshape(-1, 3)
            assert len(np.unique(field, axis=0)) == 1
    for path in made[0].glob("agentnet/images/*.png"):
        assert capture.number_of(np.asarray(Image.open(path))) == int(path.stem.rsplit("_", 1)[1])


def test_no_row_of_any_table_lies_inside_the_cut(made: tuple[Path, Path, str]) -> None:
    start, end = (capture.s(v) for v in capture.CUT_S)
    for path in made[0].rglob("*.parquet"):
        table = pq.read_table(path)
        for column in ("t_ns", "t_start_ns"):
            if column in table.column_names and path.stem not in ("episodes", "labels"):
                times = [t for t in table[column].to_pylist() if t is not None]
                assert not [t for t in times if start <= t < end], (path.name, column)


def test_keys_before_and_after_are_still_there(made: tuple[Path, Path, str]) -> None:
    keys = pq.read_table(next(made[0].glob("archive/*/keys.parquet"))).to_pylist()
    typed = "".join(r["text"] for r in keys if r["kind"] == "down" and len(r["text"]) == 1)
    assert typed == "hello world"
    assert [r["key"] for r in keys].count("[REDACTED:typed]") == 2


def test_the_archive_is_imported_again_by_the_ordinary_importer(made: tuple[Path, Path, str], tmp_path: Path) -> None:
    (session,) = imported(tmp_path / "again", made[0] / "archive")
    shown = run("show", tmp_path / "again", session).json
    assert shown["frames"] == capture.FRAMES - len(CUT_FRAMES)
    assert not [p for p in shown["problems"] if p["severity"] == "error"]


def test_prove_says_the_same_with_the_library_and_less_without(made: tuple[Path, Path, str]) -> None:
    out, library, _ = made
    with_library, without = run("prove", out, "--library", library), run("prove", out)
    assert (with_library.code, without.code) == (0, 0)
    assert with_library.json["leaks"] == without.json["leaks"] == []
    assert any("reread with the library" in line for line in without.json["not_looked"])
    assert not any("reread with the library" in line for line in with_library.json["not_looked"])


def test_the_library_knows_which_export_holds_the_session(made: tuple[Path, Path, str]) -> None:
    from curation.export.lineage import Lineage

    (export,) = Lineage(made[1]).all()
    assert export.formats == ("archive", "hf", "agentnet")
    assert export.sessions[0][0] == made[2]
    assert export.sessions[0][1] in {p.name for p in (made[0] / "archive").iterdir()}
