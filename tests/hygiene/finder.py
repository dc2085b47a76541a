"""Looks for marked content in files: as it is, in other writings, and inside whatever can be unpacked."""

from __future__ import annotations

import base64
import io
import zipfile
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import pyarrow as pa
import pyarrow.ipc
import pyarrow.parquet as pq
import zstandard

UNPACKED: Final = 64 << 20
"""Bytes that one packed stream may grow to; what is longer is cut there."""
DEEP: Final = 3
_ZLIB: Final = (b"\x78\x01", b"\x78\x5e", b"\x78\x9c", b"\x78\xda", b"\x1f\x8b\x08")
_ZSTD: Final = b"\x28\xb5\x2f\xfd"
PLAIN_STARTS: Final = {
    (0, b"\x89PNG"): "a picture",
    (0, b"\xff\xd8\xff"): "a picture",
    (0, b"GIF8"): "a picture",
    (0, b"RIFF"): "a picture or film",
    (0, b"\x1a\x45\xdf\xa3"): "a film",
    (4, b"ftyp"): "a film",
    (0, b"PAR1"): "a table",
    (0, b"ARROW1"): "a table",
    (0, b"\x7fELF"): "a memory image",
}
"""How files begin in which captured pictures or rows lie in plain."""


@dataclass(frozen=True, slots=True)
class Leak:
    path: Path
    what: str


def writings(mark: str) -> dict[str, bytes]:
    """The mark in every writing that is looked for, in lower case, by the writing's name."""
    plain = mark.encode()
    found = {
        "utf-8": plain,
        "utf-16 le": mark.encode("utf-16-le"),
        "utf-16 be": mark.encode("utf-16-be"),
        "hex": plain.hex().encode(),
    }
    for text in (plain, mark.lower().encode()):
        for phase in range(3):
            whole = base64.b64encode(b"x" * phase + text + b"xx")
            # Letters that hold bits of the neighbours on either side are left out.
            found[f"base64 {phase} of {text!r}"] = whole[-(-phase * 8 // 6) : (phase + len(text)) * 8 // 6]
    return {name: content.lower() for name, content in found.items()}


def unpacked(content: bytes) -> Iterator[bytes]:
    """Whatever streams can be read out of `content`, at any place in it."""
    if content[:2] == b"PK":
        yield from _zipped(content)
    if content[:4] == b"PAR1":
        yield repr(pq.read_table(pa.BufferReader(content)).to_pylist()).encode()
    if content[:6] == b"ARROW1":
        yield repr(pa.ipc.open_file(pa.BufferReader(content)).read_all().to_pylist()).encode()
    for start in _places(content, _ZLIB):
        stream = zlib.decompressobj(wbits=47)
        out = b""
        try:
            out = stream.decompress(content[start:], UNPACKED)
        except zlib.error:
            continue
        if len(out) > 8:
            yield out
    for start in _places(content, (_ZSTD,)):
        try:
            yield zstandard.ZstdDecompressor().decompressobj().decompress(content[start:])[:UNPACKED]
        except zstandard.ZstdError:
            continue


def _zipped(content: bytes) -> Iterator[bytes]:
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            yield from (archive.read(name) for name in archive.namelist())
    except zipfile.BadZipFile:
        return


def _places(content: bytes, heads: Iterable[bytes]) -> Iterator[int]:
    for head in heads:
        at = content.find(head)
        while at >= 0:
            yield at
            at = content.find(head, at + 1)


def contents(content: bytes, depth: int = DEEP) -> Iterator[bytes]:
    """`content`, and everything packed into it."""
    yield content
    if depth:
        for inner in unpacked(content):
            yield from contents(inner, depth - 1)


class Finder:
    """Looks for one set of marks in many files."""

    def __init__(self, marks: Iterable[str]) -> None:
        self._needles = [(m, name, needle) for m in marks for name, needle in writings(m).items()]

    def in_bytes(self, content: bytes) -> Iterator[str]:
        """Each mark found, with how it was written."""
        seen = set()
        for plain in contents(content):
            lower = plain.lower()
            seen |= {f"“{mark}” as {name}" for mark, name, needle in self._needles if needle in lower}
        yield from sorted(seen)

    def in_file(self, path: Path) -> Iterator[Leak]:
        """Marks in the file or its name, and what begins as plain pictures or rows do."""
        content = path.read_bytes()
        for what in (*self.in_bytes(content), *self.in_bytes(path.name.encode())):
            yield Leak(path, what)
        for (at, head), what in PLAIN_STARTS.items():
            if content[at : at + len(head)] == head:
                yield Leak(path, f"{what}, unsealed")

    def below(self, folders: Iterable[Path]) -> list[Leak]:
        files = (p for folder in folders for p in sorted(folder.rglob("*")) if p.is_file() and not p.is_symlink())
        return [leak for path in files for leak in self.in_file(path)]
