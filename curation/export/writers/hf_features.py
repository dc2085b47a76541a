"""Arrow schemas that Hugging Face `datasets` opens with the right feature types.

`datasets` reads the schema metadata key `huggingface`; without it pictures would come back as plain structs. Both
fields of the picture struct carry a type: an all-null `path` would be of type null and not load.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Final

import pyarrow as pa

IMAGE: Final = pa.struct([pa.field("bytes", pa.binary()), pa.field("path", pa.string())])


def hf_schema(columns: Mapping[str, pa.DataType]) -> pa.Schema:
    """An Arrow schema of nullable `columns` with its `datasets` features in the metadata."""
    features = {name: _feature(type_) for name, type_ in columns.items()}
    metadata = {"huggingface": json.dumps({"info": {"features": features}})}
    return pa.schema([pa.field(name, type_) for name, type_ in columns.items()], metadata=metadata)


def _feature(type_: pa.DataType) -> Any:
    if type_ == IMAGE:
        return {"_type": "Image"}
    if pa.types.is_struct(type_):
        return {f.name: _feature(f.type) for f in type_}
    if pa.types.is_list(type_):
        return {"feature": _feature(type_.value_type), "_type": "List"}
    return {"dtype": _DTYPES[type_], "_type": "Value"}


_DTYPES: Final = {
    pa.string(): "string",
    pa.bool_(): "bool",
    pa.int32(): "int32",
    pa.int64(): "int64",
    pa.float64(): "float64",
}
