"""Pointer rows as a session keeps them, in whatever order and writing they were stored."""

from __future__ import annotations

import io

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from replay import schema
from replay.errors import BadInput
from replay.events import POINTER_COLUMNS, PointerTrack, pointer_from_arrow
from replay.store.parquet_tables import read_columns, read_table, write_table
from replay.sync import SyncModel

TABLE = schema.TABLES["pointer"]
ROWS = st.lists(
    st.tuples(
        st.integers(0, 50),
        st.sampled_from(schema.POINTER_KINDS),
        st.sampled_from([None, *schema.POINTER_BUTTONS]),
        st.floats(0, 4000) | st.none(),
    ),
    max_size=40,
)


def stored(rows: list) -> io.BytesIO:
    columns = {
        "session_id": ["A" * 26] * len(rows),
        "t_ns": [t for t, *_ in rows],
        "seq": list(range(len(rows))),
        "kind": [kind for _, kind, *_ in rows],
        "button": [button for _, _, button, _ in rows],
        "x_px": [x for *_, x in rows],
    }
    arrays = [
        pa.array(columns[f.name], f.type) if f.name in columns else pa.nulls(len(rows), f.type) for f in TABLE.arrow
    ]
    file = io.BytesIO()
    write_table(file, TABLE, pa.Table.from_arrays(arrays, schema=TABLE.arrow))
    file.seek(0)
    return file


def same(a: PointerTrack, b: PointerTrack) -> bool:
    floats = all(np.array_equal(getattr(a, f), getattr(b, f), equal_nan=True) for f in ("x_px", "y_px", "dx", "dy"))
    return floats and all(np.array_equal(getattr(a, f), getattr(b, f)) for f in ("t_ns", "seq", "kind", "button"))


@given(ROWS)
def test_they_are_sorted_and_their_words_are_coded_however_they_are_read(rows):
    whole = pointer_from_arrow(read_table(stored(rows), TABLE), SyncModel())
    used = pointer_from_arrow(read_columns(stored(rows), TABLE, POINTER_COLUMNS), SyncModel())
    assert same(whole, used)
    order = sorted(range(len(rows)), key=lambda i: (rows[i][0], i))
    assert used.seq.tolist() == order
    assert used.t_ns.tolist() == [rows[i][0] for i in order]
    assert [schema.POINTER_KINDS[k] for k in used.kind] == [rows[i][1] for i in order]
    buttons = [None if b < 0 else schema.POINTER_BUTTONS[b] for b in used.button]
    assert buttons == [rows[i][2] for i in order]


def test_a_table_without_a_column_that_is_kept_is_damaged():
    other = schema.TABLES["keys"]
    file = io.BytesIO()
    write_table(file, other, pa.Table.from_arrays([pa.nulls(0, f.type) for f in other.arrow], schema=other.arrow))
    file.seek(0)
    with pytest.raises(BadInput) as refused:
        read_columns(file, TABLE, POINTER_COLUMNS)
    assert refused.value.code == "track_damaged"
