"""Segmented objects: what each holder of keys reads, and what altered bytes or a wrong list of segments do."""

from __future__ import annotations

import base64
import io

import pytest

from replay.errors import Refused
from replay.vault.cobblestone import CHUNK, SEALED_CHUNK
from replay.vault.container import ContentAltered, context_of, sealed_size
from replay.vault.segmented import SegmentedReader, write_segmented
from replay.vault.segments import PackedSegments, Segment, packed, unpacked

KEYS = {"masked": bytes(32), "raw": bytes([1]) * 32}
CONTEXT = context_of(library="l", session="s", track="video", version=2)
SEGMENTS = (
    Segment(0, 700, "masked"),
    Segment(700, 2 * CHUNK, "raw"),
    Segment(700 + 2 * CHUNK, 3 * CHUNK + 5, "masked"),
    Segment(705 + 5 * CHUNK, 1, "raw"),
)
SIZE = 706 + 5 * CHUNK
LENGTHS = {"masked": 705 + 3 * CHUNK, "raw": 2 * CHUNK + 1}
PLAIN = bytes(n % 251 + 1 for n in range(SIZE))


def written(segments=SEGMENTS, plain=PLAIN, keys=KEYS, context=CONTEXT) -> bytes:
    out = io.BytesIO()
    write_segmented(io.BytesIO(plain), out, segments, keys, context)
    return out.getvalue()


def reader_of(sealed, *, segments=SEGMENTS, keys=KEYS, context=CONTEXT, check=None) -> SegmentedReader:
    return SegmentedReader(io.BytesIO(sealed), segments, keys, context, check=check)


def is_refused(sealed, **more) -> bool:
    """Whether reading all of it fails, and goes on failing."""
    try:
        reader = reader_of(sealed, **more)
    except ContentAltered:
        return True
    for _ in range(2):
        reader.seek(0)
        try:
            reader.read()
        except ContentAltered:
            continue
        return False
    return True


def holed(part: str) -> bytes:
    """What is read without the key of `part`."""
    plain = bytearray(PLAIN)
    for s in SEGMENTS:
        if s.part == part:
            plain[s.start : s.start + s.length] = bytes(s.length)
    return bytes(plain)


def test_with_all_keys_everything_is_read():
    assert reader_of(written()).read() == PLAIN


@pytest.mark.parametrize("part", ["raw", "masked"])
def test_a_part_without_a_key_reads_as_zeros_and_the_rest_as_it_is(part):
    keys = {p: k for p, k in KEYS.items() if p != part}
    reader = reader_of(written(), keys=keys)
    assert reader.seek(0, io.SEEK_END) == SIZE
    reader.seek(0)
    assert reader.read() == holed(part)
    for at in (0, 690, 700, 700 + CHUNK, 699 + 2 * CHUNK, 704 + 5 * CHUNK):
        reader.seek(at)
        assert reader.read(30) == holed(part)[at : at + 30]


def test_the_sealed_bytes_hold_nothing_of_either_part():
    sealed = written()
    assert len(sealed) == sum(sealed_size(n) for n in LENGTHS.values())
    assert all(PLAIN[at : at + 8] not in sealed for at in range(0, SIZE - 8, 101))


def test_every_flipped_byte_of_a_small_object_is_noticed():
    segments = (Segment(0, 20, "masked"), Segment(20, 1, "raw"), Segment(21, 9, "masked"))
    sealed = written(segments, PLAIN[:30])
    for at in range(len(sealed)):
        altered = bytearray(sealed)
        altered[at] ^= 4
        assert is_refused(bytes(altered), segments=segments), at


def test_flipped_bytes_of_a_large_object_are_noticed_wherever_they_lie():
    sealed = written()
    begin = 0
    edges = set()
    for length in LENGTHS.values():
        begin += sealed_size(length)
        edges |= {begin - 17, begin - 16, begin - 1, *range(begin - sealed_size(length), begin, SEALED_CHUNK)}
    for at in {*edges, *range(0, len(sealed), 991)}:
        altered = bytearray(sealed)
        altered[at] ^= 0x10
        assert is_refused(bytes(altered)), at


def test_what_is_altered_where_one_has_no_key_does_not_stop_reading_the_rest():
    sealed = bytearray(written())
    sealed[sealed_size(LENGTHS["masked"]) + 300] ^= 1
    assert reader_of(bytes(sealed), keys={"masked": KEYS["masked"]}).read() == holed("raw")
    assert is_refused(bytes(sealed))


def test_every_cut_and_extension_is_noticed_also_without_a_key():
    sealed = written()
    for keys in (KEYS, {"raw": KEYS["raw"]}, {}):
        for cut in (0, 1, 56, 700, len(sealed) // 2, len(sealed) - 1):
            assert is_refused(sealed[:cut], keys=keys)
        assert is_refused(sealed + b"\0", keys=keys)


def test_parts_that_changed_places_are_noticed():
    segments = (Segment(0, 50, "masked"), Segment(50, 50, "raw"))
    sealed = written(segments, PLAIN[:100])
    half = sealed_size(50)
    assert is_refused(sealed[half:] + sealed[:half], segments=segments)
    assert is_refused(sealed[:half] * 2, segments=segments)


def test_segments_that_are_said_to_lie_elsewhere_are_noticed():
    segments = (Segment(0, 50, "masked"), Segment(50, 20, "raw"), Segment(70, 30, "masked"))
    sealed = written(segments, PLAIN[:100])
    moved = (Segment(0, 30, "masked"), Segment(30, 20, "raw"), Segment(50, 50, "masked"))
    assert is_refused(sealed, segments=moved)


def test_many_small_segments_cost_no_more_than_their_bytes():
    segments = tuple(Segment(at, 10, "raw" if at % 30 == 20 else "masked") for at in range(0, 30_000, 10))
    sealed = written(segments, PLAIN[:30_000])
    assert len(sealed) == sealed_size(20_000) + sealed_size(10_000)
    assert reader_of(sealed, segments=segments).read() == PLAIN[:30_000]
    assert len(packed(segments).lengths) < 2 * len(segments)


@pytest.mark.parametrize("segments", [SEGMENTS, (), (Segment(0, 2**40, "raw"),)])
def test_a_packed_list_of_segments_is_the_list_again(segments):
    assert unpacked(packed(segments)) == segments


@pytest.mark.parametrize(
    "altered",
    [
        PackedSegments(("masked", "raw"), "gA=="),
        PackedSegments(("masked", "raw"), "AA=="),
        PackedSegments((), "AQ=="),
        PackedSegments(("masked",), "no base64"),
        PackedSegments(("masked",), base64.b64encode(b"\xff" * 20).decode()),
    ],
)
def test_a_packed_list_that_nobody_packed_is_refused(altered):
    with pytest.raises(ValueError, match=r".+"):
        unpacked(altered)


@pytest.mark.parametrize(
    "segments",
    [
        (Segment(0, 100, "raw"),),
        (Segment(0, 100, "masked"), Segment(100, 1, "masked")),
        (Segment(0, 50, "masked"), Segment(50, 50, "masked")),
        (Segment(0, 40, "masked"), Segment(50, 60, "masked")),
        (Segment(0, 60, "masked"), Segment(50, 40, "masked")),
        (Segment(1, 100, "masked"),),
        (Segment(0, 0, "raw"), Segment(0, 100, "masked")),
        (Segment(0, -5, "raw"), Segment(-5, 105, "masked")),
        (),
    ],
)
def test_a_list_of_segments_that_is_not_the_one_it_was_sealed_with_is_noticed(segments):
    sealed = written((Segment(0, 100, "masked"),), PLAIN[:100])
    assert is_refused(sealed, segments=segments)


def test_keys_that_changed_parts_and_another_context_are_noticed():
    sealed = written()
    assert is_refused(sealed, keys={"masked": KEYS["raw"], "raw": KEYS["masked"]})
    assert is_refused(sealed, context=context_of(library="l", session="s", track="video", version=3))


def test_a_part_cannot_be_read_under_the_name_of_another():
    sealed = written((Segment(0, 100, "raw"),), PLAIN[:100])
    assert is_refused(sealed, segments=(Segment(0, 100, "masked"),), keys={"masked": KEYS["raw"]})


def test_an_empty_file_has_no_segments():
    assert written((), b"") == b""
    assert reader_of(b"", segments=()).read() == b""


@pytest.mark.parametrize(
    ("segments", "keys", "told"),
    [
        (SEGMENTS[:-1], KEYS, "tile"),
        ((*SEGMENTS, Segment(SIZE, 1, "raw")), KEYS, "tile"),
        ((Segment(0, SIZE - 1, "raw"), Segment(SIZE, 1, "raw")), KEYS, "tile"),
        ((), KEYS, "tile"),
        (SEGMENTS, {"raw": KEYS["raw"]}, "no key"),
    ],
)
def test_segments_that_do_not_tile_the_file_or_lack_a_key_are_not_written(segments, keys, told):
    out = io.BytesIO()
    with pytest.raises(ValueError, match=told):
        write_segmented(io.BytesIO(PLAIN), out, segments, keys, CONTEXT)
    assert out.getvalue() == b""


def test_a_lease_that_ends_ends_reading():
    allowed = [True]

    def check() -> None:
        if not allowed:
            raise Refused("lease_ended", "The lease ended.")

    reader = reader_of(written(), check=check)
    assert reader.read(10) == PLAIN[:10]
    allowed.clear()
    reader.seek(3 * CHUNK)
    with pytest.raises(Refused):
        reader.read(1)


def test_the_reader_owns_its_file_also_where_it_cannot_be_opened(tmp_path):
    path = tmp_path / "object"
    path.write_bytes(written())
    file = path.open("rb")
    SegmentedReader(file, SEGMENTS, KEYS, CONTEXT).close()
    assert file.closed
    file = path.open("rb")
    with pytest.raises(ContentAltered):
        SegmentedReader(file, SEGMENTS[:-1], KEYS, CONTEXT)
    assert file.closed


def test_sealing_twice_gives_nothing_in_common():
    first, second = written(plain=bytes(SIZE)), written(plain=bytes(SIZE))
    assert all(first[n : n + 8] != second[n : n + 8] for n in range(0, len(first) - 8, 8))
