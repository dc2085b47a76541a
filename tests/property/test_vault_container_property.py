"""Sealed objects behave as the plain file does, whatever the order of writes, seeks and reads."""

from __future__ import annotations

import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from replay.vault.cobblestone import CHUNK
from replay.vault.container import (
    ContentAltered,
    MemoryTrack,
    SealedReader,
    SealedWriter,
    plain_size,
    seal,
    sealed_size,
    unseal,
)
from replay.vault.segmented import SegmentedReader, write_segmented
from replay.vault.segments import Segment
from tests.sealed_files import KeptFile

KEY, OTHER = bytes(range(32)), bytes(32)
CONTEXT = b"context"
PLAIN = bytes(n % 253 for n in range(6 * CHUNK))

sizes = st.one_of(
    st.integers(0, 5 * CHUNK), st.builds(lambda n, d: max(0, n * CHUNK + d), st.integers(0, 5), st.integers(-2, 2))
)
steps = st.lists(
    st.tuples(
        st.sampled_from(["start", "here", "end"]), st.integers(-6 * CHUNK, 6 * CHUNK), st.integers(-1, 3 * CHUNK)
    ),
    max_size=12,
)
WHENCE = {"start": io.SEEK_SET, "here": io.SEEK_CUR, "end": io.SEEK_END}


def same_as(plain: bytes, reader, moves) -> None:
    """Play `moves` on the reader and on a plain file; both must answer the same."""
    file = io.BytesIO(plain)
    for whence, offset, count in moves:
        origin = {"start": 0, "here": file.tell(), "end": len(plain)}[whence]
        if origin + offset >= 0:
            assert reader.seek(offset, WHENCE[whence]) == file.seek(origin + offset)
        assert reader.read(count) == file.read(count)
        assert reader.tell() == file.tell()


@given(sizes, steps)
def test_seeking_and_reading_a_sealed_object_is_seeking_and_reading_the_plain_one(size, moves):
    plain = PLAIN[:size]
    same_as(plain, SealedReader(io.BytesIO(seal(plain, KEY, CONTEXT)), KEY, CONTEXT), moves)


@given(st.lists(st.integers(1, 2 * CHUNK), min_size=1, max_size=8), st.data(), steps)
def test_a_segmented_object_reads_as_the_plain_one_with_zeros_for_what_one_has_no_key_to(lengths, data, moves):
    parts = data.draw(st.lists(st.sampled_from(["masked", "raw"]), min_size=len(lengths), max_size=len(lengths)))
    segments, at = [], 0
    for length, part in zip(lengths, parts, strict=True):
        segments.append(Segment(at, length, part))
        at += length
    plain = (PLAIN * 3)[:at]
    out = io.BytesIO()
    keys = {"masked": KEY, "raw": OTHER}
    write_segmented(io.BytesIO(plain), out, segments, keys, CONTEXT)
    held = {p: keys[p] for p in data.draw(st.sets(st.sampled_from(["masked", "raw"])))}
    seen = b"".join(plain[s.start : s.start + s.length] if s.part in held else bytes(s.length) for s in segments)
    same_as(seen, SegmentedReader(io.BytesIO(out.getvalue()), segments, held, CONTEXT), moves)


@given(st.lists(st.integers(0, 2 * CHUNK + 3), max_size=6))
def test_however_it_is_cut_into_writes_the_object_holds_all_of_it(lengths):
    out, at = KeptFile(), 0
    with SealedWriter(out, KEY, CONTEXT) as writer:
        for length in lengths:
            writer.write(PLAIN[at : at + length])
            at += len(PLAIN[at : at + length])
            assert writer.tell() == at
    assert unseal(out.content, KEY, CONTEXT) == PLAIN[:at]
    assert len(out.content) == sealed_size(at)


@given(st.lists(st.tuples(st.integers(0, 3 * CHUNK), st.integers(0, CHUNK + 5)), max_size=6))
def test_a_memory_track_seals_what_a_file_written_the_same_way_holds(writes):
    plain, out = io.BytesIO(), KeptFile()
    with MemoryTrack(out, KEY, CONTEXT) as track:
        for at, length in writes:
            for file in (plain, track):
                file.seek(at)
                file.write(PLAIN[:length])
    assert unseal(out.content, KEY, CONTEXT) == plain.getvalue()


@given(st.integers(0, 1 << 52))
def test_sizes_go_both_ways(size):
    assert plain_size(sealed_size(size)) == size


@given(sizes, st.data())
def test_no_altered_byte_is_ever_read(size, data):
    sealed = bytearray(seal(PLAIN[:size], KEY, CONTEXT))
    at = data.draw(st.integers(0, len(sealed) - 1))
    sealed[at] ^= data.draw(st.integers(1, 255))
    with pytest.raises(ContentAltered):
        unseal(bytes(sealed), KEY, CONTEXT)


@given(st.binary(max_size=3 * CHUNK))
def test_bytes_that_nobody_sealed_are_refused_in_words(untrusted):
    with pytest.raises(ContentAltered):
        unseal(untrusted, KEY, CONTEXT)
