"""The search finds a mark in every writing it claims to know; else a sweep that finds nothing would say nothing."""

from __future__ import annotations

import base64
import gzip
import io
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import zstandard

from tests.hygiene.finder import Finder

MARK = "Quagmire-7731-Typed"


def zipped(plain: bytes) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("inner.txt", plain)
    return out.getvalue()


def parquet(plain: bytes) -> bytes:
    out = io.BytesIO()
    pq.write_table(pa.table({"text": ["x", plain.decode()]}), out, compression="zstd")
    return out.getvalue()


WRITTEN: dict[str, Callable[[bytes], bytes]] = {
    "as it is": lambda p: p,
    "upper case": bytes.upper,
    "utf-16 le": lambda p: p.decode().encode("utf-16-le"),
    "utf-16 be": lambda p: p.decode().encode("utf-16-be"),
    "hex": lambda p: p.hex().encode(),
    "base64": base64.b64encode,
    "base64 shifted by one": lambda p: base64.b64encode(b"a" + p),
    "base64 shifted by two": lambda p: base64.b64encode(b"ab" + p),
    "zlib": zlib.compress,
    "zlib of little effort": lambda p: zlib.compress(p, 1),
    "gzip": gzip.compress,
    "zstd": zstandard.ZstdCompressor().compress,
    "zip": zipped,
    "parquet": parquet,
    "zstd in zlib": lambda p: zlib.compress(zstandard.ZstdCompressor().compress(p)),
}


@pytest.mark.parametrize("how", WRITTEN)
def test_a_mark_is_found(how: str, tmp_path: Path) -> None:
    around = b"" if how in ("zip", "parquet") else b"noise " * 7
    (tmp_path / "file").write_bytes(around + WRITTEN[how](f"before {MARK} after".encode()))
    assert [leak.path.name for leak in Finder([MARK]).below([tmp_path])][:1] == ["file"]


def test_a_mark_in_a_name_and_a_plain_film_are_found(tmp_path: Path) -> None:
    (tmp_path / f"{MARK}.txt").write_bytes(b"")
    (tmp_path / "film").write_bytes(b"\x00\x00\x00\x20ftypisom")
    assert len(Finder([MARK]).below([tmp_path])) == 2


def test_what_holds_no_mark_is_not_found(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(zlib.compress(b"Quagmire-7732-Typed") + bytes(range(256)) * 64)
    assert Finder([MARK]).below([tmp_path]) == []
