"""Sealed objects: the published vectors, what altered bytes do, and how writers end."""

from __future__ import annotations

import hashlib
import io
import json
import os
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import av
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from replay.errors import BadInput, Refused
from replay.vault.cobblestone import CHUNK, HEADER_SIZE, MOST_CHUNKS, SALT_SIZE, SEALED_CHUNK, ChunkCipher
from replay.vault.container import (
    MOST_AHEAD,
    ContentAltered,
    MemoryTrack,
    PatchableTrack,
    SealedReader,
    SealedWriter,
    context_of,
    plain_size,
    seal,
    sealed_size,
    unseal,
)
from tests.sealed_files import KeptFile
from tests.videos import Clip, encode

KEY = bytes(range(32))
CONTEXT = context_of(library="l", session="s", track="video", version=1)


class FullDisk(io.RawIOBase):
    """A file on a disk that has room for `room` bytes."""

    def __init__(self, room: int) -> None:
        self.kept = bytearray()
        self._room = room

    def writable(self) -> bool:
        return True

    def write(self, data: Any) -> int:
        if len(self.kept) + len(data) > self._room:
            raise OSError(28, "No space left on device")
        self.kept += data
        return len(data)


@dataclass(frozen=True)
class Vector:
    number: int
    key: bytes
    context: bytes
    sealed: bytes
    message_length: int
    message_sha512: str
    is_valid: bool
    flags: frozenset[str]


@pytest.fixture(scope="session")
def vectors(shared_data) -> list[Vector]:
    """Wycheproof's Cobblestone-256; the AES-128 file beside it is another suite, which nothing here uses."""
    path = shared_data / "vectors" / "wycheproof" / "c2sp_chunked_encryption_aes_256_gcm_test.json"
    if not path.is_file():
        pytest.skip("the published vectors are not on this machine")
    tests = [t for group in json.loads(path.read_text("utf-8"))["testGroups"] for t in group["tests"]]
    return [
        Vector(
            t["tcId"],
            bytes.fromhex(t["key"]),
            bytes.fromhex(t["ctx"]),
            zlib.decompress(bytes.fromhex(t["ct"])),
            t.get("msgLength", 0),
            t.get("msgSha512", hashlib.sha512(b"").hexdigest()),
            t["result"] == "valid",
            frozenset(t["flags"]),
        )
        for t in tests
    ]


def sha512(content: bytes) -> str:
    return hashlib.sha512(content).hexdigest()


def reader_of(sealed: bytes, key: bytes = KEY, context: bytes = CONTEXT, **more: Any) -> SealedReader:
    return SealedReader(io.BytesIO(sealed), key, context, **more)


def is_refused(sealed: bytes, key: bytes = KEY, context: bytes = CONTEXT) -> bool:
    """Whether reading all of it fails, and goes on failing."""
    try:
        reader = reader_of(sealed, key, context)
    except ContentAltered:
        return True
    for _ in range(2):
        try:
            reader.seek(0)
            reader.read()
        except ContentAltered:
            continue
        return False
    return True


def test_every_published_vector_is_there(vectors):
    assert len(vectors) == 35
    assert {v.is_valid for v in vectors} == {True, False}


def test_valid_vectors_open_to_their_message(vectors):
    for v in (v for v in vectors if v.is_valid):
        message = unseal(v.sealed, v.key, v.context)
        assert (len(message), sha512(message)) == (v.message_length, v.message_sha512), v.number
        assert plain_size(len(v.sealed)) == v.message_length
        assert sealed_size(v.message_length) == len(v.sealed)


def test_valid_vectors_are_what_the_writer_makes_of_their_message_and_salt(vectors, monkeypatch):
    for v in (v for v in vectors if v.is_valid):
        message = unseal(v.sealed, v.key, v.context)
        with monkeypatch.context() as patch:
            patch.setattr(os, "urandom", lambda n, salt=v.sealed[:SALT_SIZE]: salt)
            assert seal(message, v.key, v.context) == v.sealed, v.number


def test_invalid_vectors_are_refused_and_stay_refused(vectors):
    for v in (v for v in vectors if not v.is_valid):
        if "InvalidKeySize" in v.flags:
            with pytest.raises(ValueError, match="32 bytes"):
                reader_of(v.sealed, v.key, v.context)
        else:
            assert is_refused(v.sealed, v.key, v.context), v.number


def test_invalid_vectors_whose_end_is_not_proven_are_refused_when_opened(vectors):
    for v in (v for v in vectors if not v.is_valid and not v.flags & {"ValidFinalChunk", "InvalidKeySize"}):
        with pytest.raises(ContentAltered):
            reader_of(v.sealed, v.key, v.context)


def test_reading_an_invalid_vector_in_order_never_gives_more_than_its_valid_beginning(vectors):
    for v in (v for v in vectors if "ValidFinalChunk" in v.flags):
        reader = reader_of(v.sealed, v.key, v.context)
        got = in_order(reader)
        # Reads of a thousand bytes stop where the chunk that fails begins, or a little before.
        assert v.message_length - 1000 < got <= v.message_length, v.number
        with pytest.raises(ContentAltered):
            reader.read(1)
        reader.seek(0)
        with pytest.raises(ContentAltered):  # also where the bytes themselves are sound
            reader.read(1)


def in_order(reader: SealedReader) -> int:
    """How many bytes come before the reader fails, which it must."""
    while True:
        try:
            assert reader.read(1000), "the altered object came to an end"
        except ContentAltered:
            return reader.tell()


def test_flipping_any_byte_of_a_small_object_is_noticed():
    for size in (0, 1, 100):
        sealed = seal(os.urandom(size), KEY, CONTEXT)
        for at in range(len(sealed)):
            altered = bytearray(sealed)
            altered[at] ^= 1 << at % 8
            with pytest.raises(ContentAltered):
                unseal(bytes(altered), KEY, CONTEXT)


def test_flipping_bytes_of_a_large_object_is_noticed_wherever_they_lie():
    sealed = seal(os.urandom(5 * CHUNK), KEY, CONTEXT)
    edges = [HEADER_SIZE + n * SEALED_CHUNK + d for n in range(6) for d in (-17, -16, -1, 0, 1, 15)]
    for at in {*edges, *range(0, len(sealed), 997), len(sealed) - 1}:
        altered = bytearray(sealed)
        altered[at] ^= 0x80
        assert is_refused(bytes(altered)), at


def test_every_cut_and_every_extension_is_noticed():
    for size in (0, 30, CHUNK - 1, CHUNK, CHUNK + 1):
        sealed = seal(bytes(size), KEY, CONTEXT)
        cuts = {*range(0, min(len(sealed), 400)), *range(max(0, len(sealed) - 400), len(sealed))}
        assert all(is_refused(sealed[:cut]) for cut in cuts)
        assert all(is_refused(sealed + bytes(n)) for n in (1, 15, 16, 17, SEALED_CHUNK))
        assert is_refused(sealed + sealed[HEADER_SIZE:])


def test_swapped_repeated_and_missing_chunks_are_noticed():
    sealed = seal(os.urandom(4 * CHUNK + 5), KEY, CONTEXT)
    head, body = sealed[:HEADER_SIZE], sealed[HEADER_SIZE:]
    chunks = [body[n * SEALED_CHUNK : (n + 1) * SEALED_CHUNK] for n in range(5)]
    for order in ([1, 0, 2, 3, 4], [0, 0, 2, 3, 4], [0, 2, 3, 4], [0, 1, 2, 3, 3, 4], [0, 1, 2, 3], [3, 1, 2, 0, 4]):
        assert is_refused(head + b"".join(chunks[n] for n in order)), order


def test_another_key_another_context_and_another_objects_header_are_noticed():
    sealed, other = seal(b"abc", KEY, CONTEXT), seal(b"abc", KEY, CONTEXT)
    assert is_refused(sealed, key=bytes(32))
    assert is_refused(sealed, context=context_of(library="l", session="s", track="video", version=2))
    assert is_refused(sealed, context=b"")
    assert is_refused(other[:HEADER_SIZE] + sealed[HEADER_SIZE:])
    assert unseal(sealed, KEY, CONTEXT) == b"abc"


def test_sealing_twice_gives_nothing_in_common():
    first, second = seal(bytes(1000), KEY, CONTEXT), seal(bytes(1000), KEY, CONTEXT)
    assert all(first[n : n + 8] not in second for n in range(0, len(first) - 8))


def test_a_key_of_another_size_is_a_mistake_of_the_program():
    for size in (0, 16, 31, 33):
        with pytest.raises(ValueError, match="32 bytes"):
            seal(b"", bytes(size), CONTEXT)


def test_a_stream_ends_before_its_numbers_repeat():
    cipher = ChunkCipher.fresh(KEY, CONTEXT)
    cipher.seal(MOST_CHUNKS - 1, b"")
    with pytest.raises(ValueError, match="2³⁸"):
        cipher.seal(MOST_CHUNKS, b"")
    with pytest.raises(ContentAltered):
        plain_size(HEADER_SIZE + MOST_CHUNKS * SEALED_CHUNK + 16)


def test_a_context_says_the_same_whatever_the_order_of_its_parts():
    assert context_of(b=1, a="ü") == context_of(a="ü", b=1) == '{"a":"ü","b":1}'.encode()


def test_a_file_that_shrinks_while_it_is_read_is_noticed(tmp_path):
    path = tmp_path / "object"
    path.write_bytes(seal(bytes(10 * CHUNK), KEY, CONTEXT))
    with SealedReader(path.open("rb", buffering=0), KEY, CONTEXT) as reader:
        assert reader.read(10) == bytes(10)
        os.truncate(path, 3 * CHUNK)
        reader.seek(8 * CHUNK)
        with pytest.raises(ContentAltered):
            reader.read(10)


def test_a_reader_that_cannot_be_opened_closes_its_file():
    for sealed in (b"", bytes(500)):
        file = io.BytesIO(sealed)
        with pytest.raises(ContentAltered):
            SealedReader(file, KEY, CONTEXT)
        assert file.closed


def test_a_reader_answers_like_a_file_and_owns_the_one_below():
    file = io.BytesIO(seal(b"0123456789", KEY, CONTEXT))
    reader = SealedReader(file, KEY, CONTEXT)
    assert (reader.readable(), reader.seekable(), reader.writable()) == (True, True, False)
    assert (reader.seek(-3, io.SEEK_END), reader.read(), reader.read(), reader.tell()) == (7, b"789", b"", 10)
    assert (reader.seek(2), reader.seek(3, io.SEEK_CUR), reader.read(2)) == (2, 5, b"56")
    assert (reader.seek(400), reader.read(5)) == (400, b"")
    buffer = bytearray(4)
    assert (reader.seek(8), reader.readinto(buffer), buffer) == (8, 2, b"89\0\0")
    with pytest.raises(ValueError, match="before its beginning"):
        reader.seek(-1)
    reader.close()
    assert file.closed
    for use in (lambda: reader.read(1), lambda: reader.seek(0)):
        with pytest.raises(ValueError, match="closed"):
            use()


def test_the_check_is_asked_before_anything_is_decrypted_and_what_it_raises_gets_out():
    allowed = True

    def check() -> None:
        if not allowed:
            raise Refused("lease_ended", "The lease ended.")

    sealed = seal(os.urandom(100 * CHUNK), KEY, CONTEXT)
    reader = reader_of(sealed, check=check)
    before = reader.read(10)
    allowed = False
    with pytest.raises(Refused):
        reader.seek(50 * CHUNK) and reader.read(1)
    reader.seek(0)
    with pytest.raises(Refused):  # what lay ready went with the lease
        reader.read(10)
    with pytest.raises(Refused):
        reader_of(sealed, check=check)
    allowed = True
    assert reader.read(10) == before


def test_reading_in_order_fetches_ever_more_and_a_jump_only_what_it_needs():
    class Counted(io.BytesIO):
        fetched: list[int]

        def read(self, size: int | None = -1, /) -> bytes:
            self.fetched.append(size or 0)
            return super().read(size)

    file = Counted(seal(bytes(300 * CHUNK), KEY, CONTEXT))
    file.fetched = []
    reader = SealedReader(file, KEY, CONTEXT)
    file.fetched.clear()
    while reader.read(32 * 1024):
        pass
    assert max(file.fetched) == MOST_AHEAD // CHUNK * SEALED_CHUNK
    assert len(file.fetched) < 30
    file.fetched.clear()
    for at in (200, 10, 90):
        reader.seek(at * CHUNK + 5)
        reader.read(100)
    assert file.fetched == [SEALED_CHUNK] * 3


def test_a_writer_seals_pieces_of_any_size_and_closes_its_file():
    content = os.urandom(3 * CHUNK + 77)
    for step in (1000, CHUNK, CHUNK + 1, len(content)):
        out = KeptFile()
        with SealedWriter(out, KEY, CONTEXT) as writer:
            assert (writer.writable(), writer.readable(), writer.seekable()) == (True, False, False)
            for at in range(0, len(content), step):
                assert writer.tell() == at
                writer.write(content[at : at + step])
        assert out.closed
        assert unseal(out.content, KEY, CONTEXT) == content
        with pytest.raises(ValueError, match="closed"):
            writer.write(b"x")


def test_a_writer_takes_buffers_of_numbers_as_bytes():
    out = KeptFile()
    numbers = np.arange(10_000, dtype=np.int64)
    with SealedWriter(out, KEY, CONTEXT) as writer:
        assert writer.write(numbers.data) == numbers.nbytes
    assert unseal(out.content, KEY, CONTEXT) == numbers.tobytes()


def half_written(make: Callable[[KeptFile], Any], end: Callable[[Any], None]) -> bytes:
    out = KeptFile()
    track = make(out)
    track.write(bytes(3 * CHUNK))
    end(track)
    del track
    assert out.closed
    return out.content


def fail_inside(track: Any) -> None:
    with pytest.raises(KeyError), track:
        raise KeyError


@pytest.mark.parametrize("kind", [SealedWriter, MemoryTrack, PatchableTrack])
@pytest.mark.parametrize("end", [lambda t: t.abandon(), fail_inside, lambda t: None])
def test_what_was_abandoned_failed_or_forgotten_is_never_taken_for_whole(kind, end):
    assert is_refused(half_written(lambda out: kind(out, KEY, CONTEXT), end))


@pytest.mark.parametrize("kind", [SealedWriter, MemoryTrack])
def test_a_full_disk_is_told_and_what_it_took_is_never_taken_for_whole(kind):
    whole = sealed_size(4 * CHUNK + 9)
    for room in (HEADER_SIZE, HEADER_SIZE + SEALED_CHUNK, whole - 1):
        disk = FullDisk(room)
        track = kind(disk, KEY, CONTEXT)
        with pytest.raises(OSError, match="No space"):
            _ = track.write(bytes(4 * CHUNK + 9)), track.close()
        assert track.closed
        assert disk.closed
        track.close()
        assert is_refused(bytes(disk.kept))


def test_a_memory_track_can_be_written_out_of_order_and_read_back_before_it_is_sealed():
    out = KeptFile()
    with MemoryTrack(out, KEY, CONTEXT) as track:
        track.write(b"????-body")
        track.seek(0)
        track.write(b"head")
        track.seek(0)
        assert track.read() == b"head-body"
        assert len(out.getvalue()) == HEADER_SIZE
    assert unseal(out.content, KEY, CONTEXT) == b"head-body"


@pytest.mark.parametrize("size", [0, 9, CHUNK - 1, CHUNK, CHUNK + 1, 2 * CHUNK, 5 * CHUNK + 77])
def test_a_patchable_track_is_the_object_that_its_bytes_make_with_the_head_written_over(size):
    plain, out = io.BytesIO(), KeptFile()
    with PatchableTrack(out, KEY, CONTEXT) as track:
        for file in (plain, track):
            for piece in range(0, size, 5000):
                file.write(bytes(range(250)) * 20 if piece + 5000 <= size else b"x" * (size - piece))
            for at, patch in ((3, b"patched"), (CHUNK - 4, b"end!")):
                if at + len(patch) <= size:
                    file.seek(at)
                    file.write(patch)
            file.seek(0, io.SEEK_END)
            file.write(b"tail")
    assert unseal(out.content, KEY, CONTEXT) == plain.getvalue()
    assert len(out.content) == sealed_size(size + 4)


def test_a_patchable_track_refuses_what_it_cannot_seal_once():
    with PatchableTrack(KeptFile(), KEY, CONTEXT) as track:
        track.write(bytes(3 * CHUNK))
        for at in (CHUNK - 1, 2 * CHUNK, 4 * CHUNK):
            track.seek(at)
            with pytest.raises(ValueError, match="first chunk"):
                track.write(b"xy")


def test_an_empty_track_is_whole():
    for kind in (SealedWriter, MemoryTrack, PatchableTrack):
        out = KeptFile()
        kind(out, KEY, CONTEXT).close()
        assert unseal(out.content, KEY, CONTEXT) == b""


def sealed_video(tmp_path) -> tuple[bytes, bytes]:
    plain = encode(tmp_path / "clip.mp4", Clip(frames=200, gop=20, options={"crf": "1"})).read_bytes()
    return plain, seal(plain, KEY, CONTEXT)


def pictures(file: Any) -> list[str]:
    with av.open(file) as container:
        return [hashlib.sha256(f.to_ndarray().tobytes()).hexdigest() for f in container.decode(video=0)]


def test_a_sealed_video_decodes_to_the_same_pictures(tmp_path):
    plain, sealed = sealed_video(tmp_path)
    assert pictures(reader_of(sealed)) == pictures(io.BytesIO(plain))


def test_an_altered_video_is_told_as_altered_through_the_decoder(tmp_path):
    _, sealed = sealed_video(tmp_path)
    chunks = len(sealed) // SEALED_CHUNK
    assert chunks > 20
    for chunk in range(0, chunks, 3):
        altered = bytearray(sealed)
        altered[HEADER_SIZE + chunk * SEALED_CHUNK + 50] ^= 1
        with pytest.raises(ContentAltered):
            pictures(reader_of(bytes(altered)))


def sealed_table() -> tuple[pa.Table, bytes]:
    table = pa.table({"a": np.arange(60_000), "b": np.random.default_rng(1).random(60_000)})
    out = KeptFile()
    with SealedWriter(out, KEY, CONTEXT) as writer, pq.ParquetWriter(writer, table.schema) as parquet:
        parquet.write_table(table, row_group_size=20_000)
    return table, out.content


def test_a_sealed_table_is_written_and_read_by_arrow():
    table, sealed = sealed_table()
    assert pq.read_table(reader_of(sealed)).equals(table)


@pytest.mark.parametrize("use_threads", [False, True])
def test_an_altered_table_is_told_as_altered_through_arrow(use_threads):
    _, sealed = sealed_table()
    for chunk in range(0, len(sealed) // SEALED_CHUNK, 4):
        altered = bytearray(sealed)
        altered[HEADER_SIZE + chunk * SEALED_CHUNK + 50] ^= 1
        with pytest.raises(ContentAltered):
            pq.read_table(reader_of(bytes(altered)), use_threads=use_threads)


def test_the_error_is_bad_input_with_a_code_and_a_remedy():
    error = ContentAltered()
    assert isinstance(error, BadInput)
    assert error.code == "content_altered"
    assert error.remedy
