"""The AgentNet and Hugging Face writers: exact layouts, nothing lost in silence, memory bounded, bytes repeatable."""

from __future__ import annotations

import io
import json
from dataclasses import replace

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from jsonschema import Draft202012Validator
from PIL import Image

from curation.export.writers.agentnet import AgentNetWriter, agentnet_steps
from curation.export.writers.hf import HfWriter
from curation.export.writers.hf_features import hf_schema
from curation.export.writers.hf_rows import EVENTS
from curation.export.writers.parquet_shards import ParquetShards
from curation.model import Outcome
from curation.steps.dialects.check import check_code
from replay import schema
from replay.errors import SafelightError
from resources import read_text
from tests.step_exports import BUNDLE, an_episode, files_of, frame, lines_of, rows_of, written
from tests.steps_script import SIZE, Hand, ns


def test_a_trajectory_is_one_line_with_its_pictures_beside_it(tmp_path):
    episode = an_episode()
    folder = written(AgentNetWriter(), tmp_path / "agentnet", episode)
    (line,) = lines_of(folder / "agentnet.jsonl")
    assert (line["task_id"], line["instruction"], line["task_completed"]) == ("s1_episode1", "Say hello", True)
    assert line["natural_language_task"] == "Say hello"
    assert [s["index"] for s in line["traj"]] == list(range(len(line["traj"])))
    assert [s["value"]["code"] for s in line["traj"]] == [
        "pyautogui.click(x=0.212, y=0.69)",
        "pyautogui.write(message='hello')",
        "pyautogui.press(keys='enter')",
        "pyautogui.moveTo(x=0.1, y=0.2)\npyautogui.scroll(-2)",
        "pyautogui.moveTo(x=0.01, y=0.02)\npyautogui.dragTo(x=0.4, y=0.6, button='left')",
        "computer.terminate(status='success')",
    ]
    said, _ = agentnet_steps(episode)
    for (step, _), entry in zip(said, line["traj"], strict=True):
        with Image.open(folder / "images" / entry["image"]) as picture:
            assert (picture.size, picture.mode, picture.info) == (SIZE, "RGB", {})
            assert np.array_equal(np.asarray(picture), frame(step.obs_index).rgb())
    assert sorted(p.name for p in (folder / "images").iterdir()) == sorted({s["image"] for s in line["traj"]})


def test_every_line_keeps_to_the_schema_and_every_code_to_the_whitelist(tmp_path):
    folder = written(AgentNetWriter(), tmp_path / "agentnet", an_episode(), an_episode("episode2"))
    validator = Draft202012Validator(json.loads(read_text("export/agentnet.schema.json")))
    lines = lines_of(folder / "agentnet.jsonl")
    assert len(lines) == 2
    assert [e.message for line in lines for e in validator.iter_errors(line)] == []
    assert [c for line in lines for s in line["traj"] for c in check_code(s["value"]["code"])] == []


def test_the_schema_accepts_the_published_trajectories(shared_data):
    validator = Draft202012Validator(json.loads(read_text("export/agentnet.schema.json")))
    published = lines_of(shared_data / "sessions/agentnet_processed/raw_example.jsonl")
    assert [e.message for line in published for e in validator.iter_errors(line)] == []


@pytest.mark.parametrize(
    "broken",
    [{"traj": []}, {"task_id": "../x"}, {"instruction": 1}, {"extra": 1}, {"alignment_score": 11}],
)
def test_the_schema_refuses_what_is_no_trajectory(broken):
    validator = Draft202012Validator(json.loads(read_text("export/agentnet.schema.json")))
    step = {"index": 0, "image": "0.png", "value": {"code": "computer.wait()"}}
    good = {"task_id": "t", "instruction": "i", "traj": [step]}
    assert list(validator.iter_errors(good)) == []
    assert list(validator.iter_errors({**good, **broken}))


def test_steps_the_format_cannot_hold_are_listed_with_their_reason(tmp_path):
    folder = written(AgentNetWriter(), tmp_path / "agentnet", an_episode())
    assert lines_of(folder / "rejected.jsonl") == [
        {"task_id": "s1_episode1", "step": 4, "reason": "outside_frame"},
        {"task_id": "s1_episode1", "step": 5, "reason": "button_back"},
    ]


def test_an_episode_with_nothing_to_say_is_no_line_but_is_told_of(tmp_path):
    hand = Hand().click(3, 1200, 345)
    folder = written(AgentNetWriter(), tmp_path / "agentnet", an_episode(outcome=Outcome.UNKNOWN, hand=hand))
    assert lines_of(folder / "agentnet.jsonl") == []
    assert [r["reason"] for r in lines_of(folder / "rejected.jsonl")] == ["outside_frame"]


@pytest.mark.parametrize(
    ("outcome", "completed"), [(Outcome.FAILURE, False), (Outcome.PARTIAL, False), (Outcome.UNKNOWN, None)]
)
def test_task_completed_is_there_only_when_it_is_known(tmp_path, outcome, completed):
    folder = written(AgentNetWriter(), tmp_path / "agentnet", an_episode(outcome=outcome))
    (line,) = lines_of(folder / "agentnet.jsonl")
    assert line.get("task_completed") is completed
    assert line["traj"][-1]["value"]["code"].startswith("computer.terminate") is (outcome is Outcome.FAILURE)


@pytest.mark.parametrize("make", [AgentNetWriter, HfWriter])
def test_a_picture_that_never_arrives_fails_the_export(tmp_path, make):
    writer, episode = make(), an_episode()
    writer.begin(tmp_path, BUNDLE)
    writer.begin_episode(episode)
    writer.frame(frame(min(writer.wanted_frames(episode))))
    with pytest.raises(SafelightError, match="never arrived"):
        writer.end_episode()


@pytest.mark.parametrize("make", [AgentNetWriter, HfWriter])
def test_the_same_episodes_give_the_same_bytes(tmp_path, make):
    episodes = (an_episode(), an_episode("episode2"))
    first = files_of(written(make(), tmp_path / "a", *episodes))
    assert first == files_of(written(make(), tmp_path / "b", *episodes))
    assert first


def test_a_step_is_a_row_with_its_picture(tmp_path):
    episode = an_episode()
    rows = rows_of(written(HfWriter(), tmp_path / "hf", episode), "steps")
    assert [r["index"] for r in rows] == [s.index for s in episode.steps]
    for row, step in zip(rows, episode.steps, strict=True):
        assert row["frame_index"] == step.obs_index
        with Image.open(io.BytesIO(row["image"]["bytes"])) as picture:
            assert np.array_equal(np.asarray(picture), frame(step.obs_index).rgb())
        assert row["image"]["path"].endswith(".png")
        assert "/" not in row["image"]["path"]
    assert (rows[0]["x"], rows[0]["y"], rows[0]["x_px"], rows[0]["code_refusal"]) == (0.212, 0.69, 212, None)
    assert "target_masked" in rows[0]["flags"]
    assert (rows[4]["x"], rows[4]["code"], rows[4]["code_refusal"]) == (1.2, None, "outside_frame")
    assert rows[-1]["status"] == "success"


def test_a_trajectory_and_its_events_are_rows_too(tmp_path):
    episode = an_episode()
    folder = written(HfWriter(), tmp_path / "hf", episode)
    (trajectory,) = rows_of(folder, "trajectories")
    assert (trajectory["n_steps"], len(trajectory["steps"])) == (len(episode.steps),) * 2
    assert trajectory["labels"] == [{"schema": "span", "name": "typing", "t_start_ns": ns(1), "t_end_ns": ns(2)}]
    events = rows_of(folder, "events")
    assert len(events) == sum(t.rows.num_rows for t in episode.tables.values())
    assert {e["table"] for e in events} == {"keys", "pointer"}
    assert {e["session"] for e in events} == {"s1"}
    assert "t_src_ns" not in events[0], "the recorder's clock stays behind"


def test_columns_of_events_are_those_the_session_schema_declares():
    declared = {c.name for t in schema.EVENT_TABLES for c in schema.TABLES[t].columns}
    assert set(EVENTS) - declared == {"session", "episode", "table"}


def test_a_step_without_observation_keeps_its_row_without_a_picture(tmp_path):
    episode = an_episode()
    blind = replace(episode, steps=tuple(replace(s, obs_index=None) for s in episode.steps))
    rows = rows_of(written(HfWriter(), tmp_path / "hf", blind), "steps")
    assert len(rows) == len(blind.steps)
    assert all(r["image"] is None and r["image_width"] is None for r in rows)


def test_observations_out_of_order_or_shared_still_land_in_their_rows(tmp_path):
    episode = an_episode()
    wanted = [40, 20, 20, 60, 40, 10, 60, 60]
    steps = tuple(replace(s, obs_index=i) for s, i in zip(episode.steps, wanted, strict=True))
    rows = rows_of(written(HfWriter(), tmp_path / "hf", replace(episode, steps=steps)), "steps")
    assert [r["frame_index"] for r in rows] == wanted
    for row in rows:
        with Image.open(io.BytesIO(row["image"]["bytes"])) as picture:
            assert np.array_equal(np.asarray(picture), frame(row["frame_index"]).rgb())


def test_row_groups_and_files_stay_within_their_bounds(tmp_path):
    arrow = hf_schema({"n": pa.int64(), "blob": pa.string()})
    shards = ParquetShards(tmp_path / "data", arrow, row_group_bytes=1000, shard_bytes=2500)
    for n in range(40):
        shards.add({"n": n, "blob": "x" * 300}, 300)
    shards.finish()
    files = sorted((tmp_path / "data").iterdir())
    assert [f.name for f in files] == [f"train-{i:05d}-of-{len(files):05d}.parquet" for i in range(len(files))]
    assert len(files) > 3
    metadata = [pq.ParquetFile(f).metadata for f in files]
    groups = [m.row_group(g).num_rows for m in metadata for g in range(m.num_row_groups)]
    assert max(groups) == 3
    assert [r["n"] for f in files for r in pq.read_table(f).to_pylist()] == list(range(40))


def test_a_config_without_rows_is_left_out_because_its_loader_refuses_it(tmp_path):
    folder = written(HfWriter(), tmp_path / "hf", replace(an_episode(), tables={}))
    assert sorted(p.name for p in (folder / "data").iterdir()) == ["steps", "trajectories"]
    assert "config_name: events" not in (folder / "README.md").read_text()
