"""The prover finds what a broken stage lets through, and names the file: every stage is broken here on purpose."""

from __future__ import annotations

import base64
import gzip
import io
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import av
import msgspec
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from PIL import Image, PngImagePlugin

from curation.edits import CutAdded
from curation.export.bundle import writer_named
from curation.export.manifest import Manifest, file_entries, session_entry
from curation.export.prove import ProofReport, prove
from curation.export.recipe import Recipe, VideoRecipe
from curation.export.search import hidden_of, search_for
from curation.export.session_export import OpenWriter, SessionExport
from curation.export.source import SessionSource
from curation.export.writers.archive import ArchiveWriter
from curation.model import Cut
from curation.redaction.masks import FrameMasks, MaskSpan, MaskTrack
from curation.redaction.plan import resolve
from curation.redaction.prove import SecretSearch
from curation.redaction.secrets import Secret
from curation.redaction.types import RedactedSession
from curation.reducer import fold
from replay.store.library import Library
from replay.timebase import TimeRange
from tests import export_sessions as capture

SECRET = capture.PASSWORD


@pytest.fixture(scope="module")
def captured(tmp_path_factory: pytest.TempPathFactory) -> tuple[Library, SessionSource]:
    library, session = capture.imported_library(tmp_path_factory.mktemp("capture"))
    source = capture.source_of(library, session)
    return library, replace(source, state=capture.decided(source.session, library.key))


@pytest.fixture(scope="module")
def clean(
    captured: tuple[Library, SessionSource], tmp_path_factory: pytest.TempPathFactory
) -> tuple[Path, Manifest, SecretSearch]:
    library, source = captured
    folder = tmp_path_factory.mktemp("clean") / "out"
    manifest, proof = capture.exported(folder, library, [source])
    assert proof.ok, proof.leaks
    plan = resolve(source.session, source.state, library.key)
    return folder, manifest, search_for([hidden_of(source, plan)], b"k" * 32)


@pytest.mark.parametrize("cut", [(-9.0, 0.5), (0.0, 0.5), (2.0, 99.0)])
def test_a_session_trimmed_at_its_start_or_end_is_exported(
    captured: tuple[Library, SessionSource], tmp_path: Path, cut: tuple[float, float]
) -> None:
    library, source = captured
    trimmed = fold((CutAdded(Cut("trim", TimeRange(*map(capture.s, cut)))),), source.state)
    _, proof = capture.exported(tmp_path / "out", library, [replace(source, state=trimmed)])
    assert proof.ok, proof.leaks


def leaks_after(
    clean: tuple[Path, Manifest, SecretSearch], tmp_path: Path, spoil: Callable[[Path], None]
) -> ProofReport:
    """The proof of a copy that `spoil` changed, its manifest agreeing with the changed bytes."""
    folder = tmp_path / "spoilt"
    shutil.copytree(clean[0], folder)
    spoil(folder)
    manifest = msgspec.structs.replace(clean[1], files=file_entries(folder), proof=None)
    return prove(folder, manifest, clean[2], lambda *_: None)


def files(report: ProofReport) -> set[str]:
    return {Path(leak.file).name for leak in report.leaks}


def rewritten(name: str, change: Callable[[pa.Table], pa.Table]) -> Callable[[Path], None]:
    def spoil(folder: Path) -> None:
        path = next(folder.glob(f"archive/*/{name}.parquet"))
        pq.write_table(change(pq.read_table(path)), path, compression="zstd")

    return spoil


def with_cell(column: str, value: object) -> Callable[[pa.Table], pa.Table]:
    def change(table: pa.Table) -> pa.Table:
        rows = table.to_pylist()
        rows[0][column] = value
        return pa.Table.from_pylist(rows, schema=table.schema)

    return change


@pytest.mark.parametrize(
    "written",
    [
        SECRET,
        SECRET.upper(),
        f"user {SECRET} logged in",
        "hunter2-Secret",
        "hunter2%53ecret",
        SECRET.encode().hex(),
        base64.b64encode(b"a:" + SECRET.encode()).decode(),
        base64.b64encode(SECRET.encode("utf-16-le")).decode(),
    ],
)
def test_a_secret_in_any_writing_in_a_compressed_cell_is_found(
    clean: tuple[Path, Manifest, SecretSearch], tmp_path: Path, written: str
) -> None:
    report = leaks_after(clean, tmp_path, rewritten("windows", with_cell("title", written)))
    assert files(report) == {"windows.parquet"}


@pytest.mark.parametrize("column", ["window_id", "app"])
def test_a_raw_id_or_app_is_found_where_it_holds_a_secret(
    clean: tuple[Path, Manifest, SecretSearch], tmp_path: Path, column: str
) -> None:
    report = leaks_after(clean, tmp_path, rewritten("windows", with_cell(column, f"win-{SECRET}")))
    assert files(report) == {"windows.parquet"}


def test_a_secret_in_the_metadata_of_a_table_is_found(
    clean: tuple[Path, Manifest, SecretSearch], tmp_path: Path
) -> None:
    def change(table: pa.Table) -> pa.Table:
        extra = {b"safelight.table": b"keys", b"safelight.version": base64.b64encode(SECRET.encode())}
        return table.replace_schema_metadata(extra)

    assert files(leaks_after(clean, tmp_path, rewritten("keys", change))) == {"keys.parquet"}


def test_an_undeclared_column_is_found(clean: tuple[Path, Manifest, SecretSearch], tmp_path: Path) -> None:
    def change(table: pa.Table) -> pa.Table:
        return table.append_column("raw", pa.array(["{}"] * table.num_rows))

    assert files(leaks_after(clean, tmp_path, rewritten("pointer", change))) == {"pointer.parquet"}


def test_a_row_inside_the_cut_is_found(clean: tuple[Path, Manifest, SecretSearch], tmp_path: Path) -> None:
    report = leaks_after(clean, tmp_path, rewritten("pointer", with_cell("t_ns", capture.s(2.0))))
    assert any("inside a cut" in leak.where for leak in report.leaks)


def test_a_title_that_stood_in_the_cut_alone_is_found(
    clean: tuple[Path, Manifest, SecretSearch], tmp_path: Path
) -> None:
    report = leaks_after(clean, tmp_path, rewritten("windows", with_cell("title", f" {capture.CUT_TITLE.upper()}")))
    assert files(report) == {"windows.parquet"}
    assert "cut" in report.leaks[0].where


def test_a_row_too_many_is_found(clean: tuple[Path, Manifest, SecretSearch], tmp_path: Path) -> None:
    def change(table: pa.Table) -> pa.Table:
        return pa.concat_tables([table, table.slice(0, 1)])

    assert any("rows instead of" in x.where for x in leaks_after(clean, tmp_path, rewritten("texts", change)).leaks)


def test_a_secret_in_a_file_name_is_found(clean: tuple[Path, Manifest, SecretSearch], tmp_path: Path) -> None:
    def spoil(folder: Path) -> None:
        (folder / "agentnet" / f"{SECRET.lower()}.json").write_text("{}")

    report = leaks_after(clean, tmp_path, spoil)
    assert any(leak.where.startswith("name") for leak in report.leaks)
    assert not any(SECRET.lower() in leak.file for leak in report.leaks if leak.where.startswith("name"))


@pytest.mark.parametrize("name", ["extra.gz", "extra.bin", "notes.txt"])
def test_a_file_that_cannot_be_looked_into_fails_the_proof(
    clean: tuple[Path, Manifest, SecretSearch], tmp_path: Path, name: str
) -> None:
    def spoil(folder: Path) -> None:
        (folder / "hf" / name).write_bytes(gzip.compress(SECRET.encode()))

    assert files(leaks_after(clean, tmp_path, spoil)) == {name}


def test_changed_missing_and_added_bytes_are_found(clean: tuple[Path, Manifest, SecretSearch], tmp_path: Path) -> None:
    folder = tmp_path / "spoilt"
    shutil.copytree(clean[0], folder)
    (folder / "hf" / "README.md").write_text("other")
    (folder / "agentnet" / "rejected.jsonl").unlink()
    (folder / "agentnet" / "more.jsonl").write_text("")
    report = prove(folder, clean[1], clean[2], lambda *_: None)
    assert files(report) == {"README.md", "rejected.jsonl", "more.jsonl"}


def video_remuxed(folder: Path, options: dict[str, str], metadata: dict[str, str]) -> None:
    path = capture.video_of(folder)
    old = path.with_suffix(".old")
    path.rename(old)
    with av.open(str(old)) as source, av.open(str(path), "w", options=options) as target:
        target.metadata.update(metadata)
        stream = target.add_stream_from_template(source.streams.video[0])
        for packet in source.demux(video=0):
            if packet.size:
                packet.stream = stream
                target.mux(packet)
    old.unlink()


@pytest.mark.parametrize(
    ("options", "metadata"),
    [
        ({"use_editlist": "1"}, {}),
        ({"use_editlist": "0", "movflags": "negative_cts_offsets"}, {"title": base64.b64encode(b"x").decode()}),
        ({"movflags": "frag_keyframe+empty_moov"}, {}),
    ],
)
def test_an_edit_list_metadata_or_fragments_in_the_container_are_found(
    clean: tuple[Path, Manifest, SecretSearch], tmp_path: Path, options: dict[str, str], metadata: dict[str, str]
) -> None:
    report = leaks_after(clean, tmp_path, lambda folder: video_remuxed(folder, options, metadata))
    assert files(report) == {"video.mp4"}


@pytest.mark.parametrize("where", ["after", "free", "mdat"])
def test_bytes_hidden_in_the_container_are_found(
    clean: tuple[Path, Manifest, SecretSearch], tmp_path: Path, where: str
) -> None:
    hidden = b"\x01\x02\x03\x04" * 16

    def spoil(folder: Path) -> None:
        path = capture.video_of(folder)
        data = path.read_bytes()
        box = (len(hidden) + 8).to_bytes(4, "big") + b"free" + hidden
        if where == "mdat":
            at = data.index(b"mdat") - 4
            size = int.from_bytes(data[at : at + 4], "big")
            data = data[:at] + (size + 64).to_bytes(4, "big") + data[at + 4 : at + size] + hidden + data[at + size :]
        path.write_bytes(data + {"after": hidden, "free": box, "mdat": b""}[where])

    assert files(leaks_after(clean, tmp_path, spoil)) == {"video.mp4"}


def test_metadata_or_a_tail_in_a_picture_is_found(clean: tuple[Path, Manifest, SecretSearch], tmp_path: Path) -> None:
    def spoil(folder: Path) -> None:
        first, second = sorted(folder.glob("agentnet/images/*.png"))[:2]
        info = PngImagePlugin.PngInfo()
        info.add_text("Comment", "made somewhere")
        Image.open(first).copy().save(first, pnginfo=info)
        second.write_bytes(second.read_bytes() + b"tail")

    assert len(files(leaks_after(clean, tmp_path, spoil))) == 2


def test_one_pixel_under_a_mask_of_a_picture_is_found(
    clean: tuple[Path, Manifest, SecretSearch], tmp_path: Path
) -> None:
    def spoil(folder: Path) -> None:
        path = next(p for p in sorted(folder.glob("agentnet/images/*.png")) if 15 <= int(p.stem[-6:]) < 54)
        pixels = np.asarray(Image.open(path)).copy()
        pixels[116, 280] = (255, 255, 255)
        out = io.BytesIO()
        Image.fromarray(pixels).save(out, "PNG")
        path.write_bytes(out.getvalue())

    report = leaks_after(clean, tmp_path, spoil)
    assert len(report.leaks) == 1
    assert "does not hide" in report.leaks[0].where


def spoilt_video(captured: tuple[Library, SessionSource], folder: Path, shift: int = 0, keep: int = 0) -> ProofReport:
    """An archive whose encoder was given masks `shift` frames late, or frames `keep` beyond the cut's start."""
    library, source = captured
    recipe = Recipe(video=VideoRecipe(preset="veryfast"))
    (folder / "archive").mkdir(parents=True)
    export = SessionExport(source, recipe, library.key, lambda *_: None)
    plan = export.plan
    tracks = [
        MaskTrack(tuple(MaskSpan(x.first + shift, x.last + shift, x.box) for x in t.spans)) for t in plan.masks.tracks
    ]
    frames = np.array([i for i in range(capture.FRAMES) if i in set(plan.kept_frames.tolist()) or 54 <= i < 54 + keep])
    export.plan = replace(plan, masks=FrameMasks(tracks), kept_frames=frames)
    writer = ArchiveWriter()
    made = export.write([OpenWriter(writer, folder / "archive")] if not writer.begin(folder / "archive", None) else [])
    entry = session_entry(source, plan, made)
    manifest = Manifest("safelight-export", 1, "x", "", "", {}, "", [entry], [], file_entries(folder))
    return prove(folder, manifest, None, lambda *_: None)


def test_masks_one_frame_late_are_found(captured: tuple[Library, SessionSource], tmp_path: Path) -> None:
    assert spoilt_video(captured, tmp_path / "right").ok
    report = spoilt_video(captured, tmp_path / "late", shift=1)
    assert any("does not hide" in leak.where for leak in report.leaks)


def test_one_frame_of_the_cut_is_found(captured: tuple[Library, SessionSource], tmp_path: Path) -> None:
    report = spoilt_video(captured, tmp_path / "one", keep=1)
    assert "video.mp4" in files(report)


class LeakyArchive(ArchiveWriter):
    """A writer with a bug: it puts a title it was never given into a table of its own."""

    def session(self, session: RedactedSession, video: object) -> None:
        super().session(session, video)  # type: ignore[arg-type]
        rows = pa.table({"session_id": [session.session], "caption": [f"about {SECRET}"]})
        pq.write_table(rows, self._folder / session.session / "captions.parquet")


def test_a_leaking_writer_fails_the_whole_export(captured: tuple[Library, SessionSource], tmp_path: Path) -> None:
    library, source = captured
    leaky = {"archive": LeakyArchive}
    _, proof = capture.exported(
        tmp_path / "out", library, [source], ("archive",), lambda n: leaky[n]() if n in leaky else writer_named(n)
    )
    assert not proof.ok
    assert files(proof) == {"captions.parquet"}


def test_reports_never_quote_what_leaked(clean: tuple[Path, Manifest, SecretSearch], tmp_path: Path) -> None:
    report = leaks_after(clean, tmp_path, rewritten("windows", with_cell("title", SECRET)))
    assert SECRET.lower() not in repr(report).lower()
    assert SECRET not in repr(clean[2])
    assert SECRET not in repr(Secret(SECRET, "typed"))
