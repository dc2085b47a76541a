"""Hugging Face Parquet: configs `steps` (pictures embedded), `trajectories` and `events`, opened by `load_dataset`."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any, Final

from curation.export.contract import Bundle, EncodedVideo
from curation.export.writers.hf_features import hf_schema
from curation.export.writers.hf_rows import (
    EVENTS,
    STEPS,
    TRAJECTORIES,
    episode_columns,
    event_table,
    step_row,
    trajectory_row,
)
from curation.export.writers.parquet_shards import ParquetShards
from curation.export.writers.pictures import png_bytes
from curation.redaction.types import RedactedEpisode, RedactedFrame
from replay import schema
from replay.errors import SafelightError

_CONFIGS: Final = {"steps": STEPS, "trajectories": TRAJECTORIES, "events": EVENTS}
_ROW_BYTES: Final = 512  # about what a step's row weighs without its picture


class HfWriter:
    """Writes rows as pictures arrive: memory holds one row group, never an episode's pictures."""

    name = "hf"
    wants_video = False

    def __init__(self) -> None:
        self._folder = Path()
        self._shards: dict[str, ParquetShards] = {}
        self._episode: RedactedEpisode | None = None
        self._next = 0
        self._pictures: dict[int, bytes] = {}
        self._uses: Counter[int | None] = Counter()

    def begin(self, folder: Path, bundle: Bundle) -> None:
        self._folder = folder
        for config, columns in _CONFIGS.items():
            self._shards[config] = ParquetShards(folder / "data" / config, hf_schema(columns))

    def session_video(self, session: str, video: EncodedVideo) -> None:
        """This format has no video."""

    def wanted_frames(self, episode: RedactedEpisode) -> frozenset[int]:
        return frozenset(s.obs_index for s in episode.steps if s.obs_index is not None)

    def begin_episode(self, episode: RedactedEpisode) -> None:
        self._episode, self._next, self._pictures = episode, 0, {}
        self._uses = Counter(s.obs_index for s in episode.steps)
        row = trajectory_row(episode)
        self._shards["trajectories"].add(row, _ROW_BYTES * (1 + len(episode.steps)))
        arrow = hf_schema(EVENTS)
        for name in schema.EVENT_TABLES:
            if name in episode.tables and episode.tables[name].rows.num_rows:
                self._shards["events"].add_table(event_table(episode, name, arrow))

    def frame(self, frame: RedactedFrame) -> None:
        self._pictures[frame.index] = png_bytes(frame)
        self._write_steps()

    def end_episode(self) -> None:
        self._write_steps()
        assert self._episode is not None
        if self._next < len(self._episode.steps):
            missing = len(self._episode.steps) - self._next
            raise SafelightError("frame_missing", f"The pictures of {missing} steps of an episode never arrived.")
        self._episode = None

    def finish(self) -> None:
        for shards in self._shards.values():
            shards.finish()
        rows = {config: shards.rows for config, shards in self._shards.items() if shards.rows}
        (self._folder / "README.md").write_text(_readme(rows), encoding="utf-8")

    def _write_steps(self) -> None:
        """Every step in order whose picture is here; a picture goes when no later step shows it."""
        assert self._episode is not None
        steps = self._episode.steps
        while self._next < len(steps):
            index = steps[self._next].obs_index
            if index is not None and index not in self._pictures:
                return
            self._add_step(self._episode, self._next)
            self._next += 1
            self._uses[index] -= 1
            if index is not None and not self._uses[index]:
                del self._pictures[index]

    def _add_step(self, episode: RedactedEpisode, n: int) -> None:
        step = episode.steps[n]
        png = None if step.obs_index is None else self._pictures[step.obs_index]
        width, height = (None, None) if png is None or episode.frame_size is None else episode.frame_size
        image: dict[str, Any] | None = None
        if png is not None:
            image = {"bytes": png, "path": f"{episode.session}_{episode.episode.id}_{step.obs_index:06d}.png"}
        row = {
            **episode_columns(episode),
            "image": image,
            "image_width": width,
            "image_height": height,
            **step_row(step, episode),
        }
        self._shards["steps"].add(row, _ROW_BYTES + len(png or b""))


def _readme(rows: dict[str, int]) -> str:
    """The card `datasets` reads the configs from; the dataset's own card lies beside this folder."""
    configs = "".join(
        f"- config_name: {config}\n"
        + ("  default: true\n" if config == "steps" else "")
        + f"  data_files:\n  - split: train\n    path: data/{config}/train-*.parquet\n"
        for config in rows
    )
    counts = "".join(f"| `{config}` | {n} |\n" for config, n in rows.items())
    return f"""---
configs:{" []" if not rows else ""}
{configs}---

# Computer-use trajectories

```python
from datasets import load_dataset

steps = load_dataset("path/to/this/folder", "steps", split="train")
```

| config | rows |
|---|---|
{counts}
`steps` has one row a step with the picture the action was taken on: the latest frame at or before
`anchor_ns` − max(clock sigma, one frame). `trajectories` has one row an episode, without pictures. `events` has the
events as they were recorded. All three are redacted.

Coordinates: `x`, `y`, `end_x`, `end_y` and `path` are shares of the picture's size, unclamped; `x_px`, `y_px` are its
pixels. `scroll_dy` is in wheel notches, positive away from the user. Times are nanoseconds of session time. `code` is
the step in pyautogui's dialect; where it has no form, `code_refusal` says why.
"""
