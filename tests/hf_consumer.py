"""Run by the trainers' own interpreter, never by ours: opens an `hf` folder, tells what it saw.

Usage: python hf_consumer.py FOLDER; prints one JSON document. Imports nothing of the product.
"""

import hashlib
import json
import sys
import tempfile

import datasets


def main(folder: str) -> None:
    seen: dict[str, object] = {}
    with tempfile.TemporaryDirectory() as cache:
        for config in ("steps", "trajectories", "events"):
            rows = datasets.load_dataset(folder, config, split="train", cache_dir=cache)
            seen[config] = {"rows": len(rows), "features": {n: type(f).__name__ for n, f in rows.features.items()}}
            if config == "steps":
                seen["pictures"] = [picture_of(row) for row in rows]
                seen["first"] = {k: v for k, v in rows[0].items() if k != "image"}
        streamed = datasets.load_dataset(folder, "steps", split="train", streaming=True, cache_dir=cache)
        seen["streamed"] = sum(1 for _ in streamed)
        seen["default"] = len(datasets.load_dataset(folder, split="train", cache_dir=cache))
    json.dump(seen, sys.stdout)


def picture_of(row: dict) -> dict[str, object] | None:
    """Size and the hash of the packed RGB24 of a step's decoded picture."""
    image = row["image"]
    if image is None:
        return None
    return {"size": list(image.size), "sha256": hashlib.sha256(image.convert("RGB").tobytes()).hexdigest()}


if __name__ == "__main__":
    main(sys.argv[1])
