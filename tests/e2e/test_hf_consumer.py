"""A trainer opens the `hf` export with the library it trains with."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
from pathlib import Path

import pytest

from curation.export.writers.hf import HfWriter
from tests.step_exports import an_episode, frame, rows_of, written


@pytest.mark.consumer
def test_datasets_opens_every_config_and_decodes_every_picture(tmp_path, consumer_python):
    episodes = (an_episode(), an_episode("episode2"))
    folder = written(HfWriter(), tmp_path / "hf", *episodes)
    script = Path(__file__).parent.parent / "hf_consumer.py"
    environment = {**os.environ, "HF_HOME": str(tmp_path / "home"), "HF_DATASETS_OFFLINE": "1", "HF_HUB_OFFLINE": "1"}
    run = subprocess.run(
        [consumer_python, script, folder], capture_output=True, text=True, timeout=240, check=False, env=environment
    )
    assert run.returncode == 0, run.stderr[-2000:]
    seen = json.loads(run.stdout)

    for config in ("steps", "trajectories", "events"):
        assert seen[config]["rows"] == len(rows_of(folder, config))
    steps = [s for e in episodes for s in e.steps]
    assert seen["steps"]["features"]["image"] == "Image"
    assert seen["steps"]["features"]["keys"] == "List"
    assert seen["trajectories"]["features"]["steps"] == "List"
    assert seen["streamed"] == seen["default"] == len(steps)
    expected = [hashlib.sha256(frame(s.obs_index).rgb().tobytes()).hexdigest() for s in steps]
    assert [p["sha256"] for p in seen["pictures"]] == expected
    assert seen["first"]["code"] == "pyautogui.click(x=0.212, y=0.69)"
