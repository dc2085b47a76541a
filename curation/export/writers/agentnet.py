"""AgentNet JSONL (OpenCUA): `agentnet.jsonl`, one trajectory a line, and a flat folder `images/`.

A step that the dialect cannot say, or that no picture can stand for, is left out of its trajectory and listed with the
reason in `rejected.jsonl`; nothing is dropped in silence.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from jsonschema import Draft202012Validator

from curation.export.contract import Bundle, EncodedVideo
from curation.export.writers.pictures import png_bytes
from curation.model import Outcome
from curation.redaction.types import RedactedEpisode, RedactedFrame
from curation.steps.dialects.check import check_code
from curation.steps.dialects.pyautogui import Unsayable, code_of
from curation.steps.model import Step
from replay.errors import Refused, SafelightError
from resources import read_text

_TRAJECTORIES: Final = "agentnet.jsonl"
_REJECTED: Final = "rejected.jsonl"
_IMAGES: Final = "images"
_COMPLETED: Final = {
    Outcome.SUCCESS: True,
    Outcome.PARTIAL: False,
    Outcome.FAILURE: False,
    Outcome.ABANDONED: False,
}


@dataclass(frozen=True, slots=True)
class RejectedStep:
    """A step this format cannot hold; `index` is its index in the episode, `reason` a stable code."""

    index: int
    reason: str


@dataclass(slots=True)
class _Trajectory:
    """One episode while its pictures arrive."""

    line: dict[str, Any]
    images: dict[int, str] = field(default_factory=dict)  # frame index → image not yet written


def agentnet_steps(episode: RedactedEpisode) -> tuple[list[tuple[Step, str]], list[RejectedStep]]:
    """Steps with their code, and those the format has no form for; what a plan counts before anything is written."""
    said: list[tuple[Step, str]] = []
    rejected: list[RejectedStep] = []
    for step in episode.steps:
        code = code_of(step, episode.frame_size)
        if isinstance(code, Unsayable):
            rejected.append(RejectedStep(step.index, code.reason))
        elif step.obs_index is None:
            rejected.append(RejectedStep(step.index, "obs_missing"))
        else:
            said.append((step, code.text))
    return said, rejected


class AgentNetWriter:
    """Writes trajectories as they come: memory holds one episode's text and one picture."""

    name = "agentnet"
    wants_video = False

    def __init__(self) -> None:
        self._validator = Draft202012Validator(json.loads(read_text("export/agentnet.schema.json")))
        self._folder = Path()
        self._open: _Trajectory | None = None

    def begin(self, folder: Path, bundle: Bundle) -> None:
        self._folder = folder
        (folder / _IMAGES).mkdir()
        for name in (_TRAJECTORIES, _REJECTED):
            (folder / name).touch(exist_ok=False)

    def session_video(self, session: str, video: EncodedVideo) -> None:
        """This format has no video."""

    def wanted_frames(self, episode: RedactedEpisode) -> frozenset[int]:
        said, _ = agentnet_steps(episode)
        return frozenset(s.obs_index for s, _ in said if s.obs_index is not None)

    def begin_episode(self, episode: RedactedEpisode) -> None:
        said, rejected = agentnet_steps(episode)
        task_id = f"{episode.session}_{episode.episode.id}"
        for step in rejected:
            self._write(_REJECTED, {"task_id": task_id, "step": step.index, "reason": step.reason})
        images = {s.obs_index: f"{task_id}_{s.obs_index:06d}.png" for s, _ in said if s.obs_index is not None}
        steps = [
            {"index": n, "image": images[step.obs_index or 0], "value": {"code": code}}
            for n, (step, code) in enumerate(said)
        ]
        line: dict[str, Any] = {"task_id": task_id, "instruction": episode.instruction}
        line["natural_language_task"] = episode.instruction
        completed = _COMPLETED.get(episode.episode.outcome)
        if completed is not None:
            line["task_completed"] = completed
        self._open = _Trajectory({**line, "traj": steps}, images)
        self._prove(self._open.line)

    def frame(self, frame: RedactedFrame) -> None:
        assert self._open is not None
        name = self._open.images.pop(frame.index, None)
        if name is not None:
            with open(self._folder / _IMAGES / name, "xb") as file:
                file.write(png_bytes(frame))

    def end_episode(self) -> None:
        assert self._open is not None
        if self._open.images:
            raise SafelightError("frame_missing", f"{len(self._open.images)} pictures of an episode never arrived.")
        if self._open.line["traj"]:
            self._write(_TRAJECTORIES, self._open.line)
        self._open = None

    def finish(self) -> None:
        """Every line is already on disk."""

    def _prove(self, line: dict[str, Any]) -> None:
        """Hold the line against the schema and its code against the whitelist; complaints never quote the line."""
        complaints = [c for step in line["traj"] for c in check_code(step["value"]["code"])]
        if line["traj"]:
            paths = (e.absolute_path for e in self._validator.iter_errors(line))
            complaints += [f"“{re.sub(r'^$', 'line', '.'.join(map(str, p)))}” breaks the schema." for p in paths]
        if complaints:
            raise Refused("agentnet_invalid", f"A trajectory would not be valid AgentNet: {complaints[0]}")

    def _write(self, name: str, line: dict[str, Any]) -> None:
        with open(self._folder / name, "a", encoding="utf-8", newline="\n") as file:
            file.write(json.dumps(line, ensure_ascii=False, allow_nan=False) + "\n")
