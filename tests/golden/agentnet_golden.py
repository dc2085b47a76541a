"""Holds our reduction of the AgentNet sample against the steps its authors published, and writes the comparison down.

`python -m tests.golden.agentnet_golden > docs/agentnet-golden.md` writes the page that the test holds against the data.
"""

from __future__ import annotations

import json
import re
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image

from curation.intake.job import ImportJob, ImportRequest
from curation.model import Episode, Outcome
from curation.steps.dialects.pyautogui import Unsayable, code_of
from curation.steps.model import Step
from curation.steps.reduce import reduce
from curation.steps.terminate import with_terminate
from replay.session import Session
from replay.store.library import Library
from replay.store.sessions import SessionStore, unmasked
from replay.video.decoder import GopDecoder

CHANGED = 24  # grey levels by which a channel must differ for a pixel to count as different
SAME_SCREEN = 0.01  # share of such pixels up to which two pictures show the same screen
PAGE = """# The AgentNet sample against its published steps

One recording of AgentNetTool exists both raw and as the trajectory its authors published. This page compares
`reduce@1` with its defaults, step by step, with that trajectory. It is written by
`python -m tests.golden.agentnet_golden` and held against the data by `tests/golden/test_steps_agentnet.py`.

{published} steps were published, {ours} come out here. Of the {matched} actions that both have, {same} carry the same
code, letter for letter. The last published step is said by the episode's outcome.

| here | published | code | observation: frame, share of other pixels | difference |
|---:|---:|---|---|---|
{table}
| outcome | {last} | `{terminate}` | | made from an episode marked as a success |

## What the differences teach

- **Deleted steps.** The annotator removed AgentNet's steps 11–19 and 23. That is a judgement about the task, not a
  reduction: here it is a cut or an episode's bounds.
- **Scrolls.** AgentNet merges all scrolling until other input, both directions into one sum: −6 and +4 notches
  became −2. Here a pause of more than a second and a reversal each begin another scroll.
- **Presses.** Clicks last 0.31–0.49 s in this recording, so none is a long press by either rule, and no two are near
  enough in time to be one: two clicks at the very same pixel, 2.2 s apart, stay two.
- **Keys.** The shortcut that stopped the recorder is the only use of the keyboard. Its modifiers are never released,
  and it is no step in either.
- **Observations.** Both know the moment the pointer set out; it agrees with the recorder's own to the microsecond
  wherever neither the five seconds nor the end of the action before bounds it. AgentNet then takes a picture from the
  last half second before the press; here the picture from before the approach counts. In {stale} of {matched} steps
  the screen changed in between, so the picture here is the older one. With pixels at hand such steps are flagged
  `obs_stale`; a later picture would show what hovering already gives away.
- **Places.** The desktop grew to 1680×1050 during the recording while the video kept its 1366×768 canvas. What was
  clicked beyond it is kept, flagged `off_frame`, and has no form in 0–1 coordinates; nothing is clamped.
"""


@dataclass(frozen=True, slots=True)
class Published:
    """What AgentNet's own tools made of the recording."""

    codes: list[str]
    pictures: list[Path]
    ids: dict[int, int]  # AgentNet's action id → the recorded event it begins with
    kept_ids: list[int]  # those its annotator left
    premove_start_s: dict[int, float]  # event → the recorder's clock when the approach began


@dataclass(frozen=True, slots=True)
class Row:
    """One of our steps, what AgentNet calls it, and how the two pictures of it differ."""

    step: Step
    code: str
    agentnet_id: int
    published: int | None
    differs: float | None


@dataclass(frozen=True, slots=True)
class Comparison:
    session: Session
    published: Published
    rows: list[Row]
    terminate: str


def _rows(path: Path) -> list[dict]:
    return [json.loads(row) for row in path.read_text(encoding="utf-8").splitlines()]


def published_from(sessions: Path) -> Published:
    processed = sessions / "agentnet_processed"
    (line,) = (processed / "raw_example.jsonl").read_text(encoding="utf-8").splitlines()
    steps = json.loads(line)["traj"]
    buffer = _rows(sessions / "agentnet_raw" / "event_buffer.jsonl")
    kept = [row["id"] for row in _rows(sessions / "agentnet_raw" / "reduced_events_complete.jsonl")]
    begins: list[int] = []
    for before, event in zip([{}, *buffer], buffer, strict=False):
        # AgentNet merges whatever scrolling follows upon scrolling, and gives releases no id.
        if event["action"] == "scroll" and before.get("action") == "scroll":
            continue
        if event["action"] == "scroll" or event["pressed"]:
            begins.append(event["event_idx"])
    return Published(
        codes=[s["value"]["code"] for s in steps],
        pictures=[processed / "images" / s["image"] for s in steps],
        ids=dict(enumerate(begins)),
        kept_ids=kept,
        premove_start_s={e["event_idx"]: e["pre_move"]["start_time"] for e in buffer if "pre_move" in e},
    )


def compared(sessions: Path, library: Path) -> Comparison:
    published = published_from(sessions)
    opened = Library.open_or_create(library)
    request = ImportRequest((sessions / "agentnet_raw",), consent="granted", derive=False)
    (imported,) = ImportJob(opened, lambda *_: None, lambda: False).run(request).sessions
    store = SessionStore(opened, unmasked("golden"))
    session = store.load(imported.id)
    steps = reduce(session)
    with store.open_track(imported.id, "video") as file:
        assert session.frames is not None
        decoder = GopDecoder(file, session.frames)
        rows = [_row(step, session, published, decoder) for step in steps]
        decoder.close()
    episode = Episode("e", session.extent, "", Outcome.SUCCESS)
    last = with_terminate(steps, episode, session.frames)[-1]
    return Comparison(session, published, rows, _code(last, session))


def _code(step: Step, session: Session) -> str:
    code = code_of(step, session.geometry.frame_size)
    return f"no form: {code.reason}" if isinstance(code, Unsayable) else code.text


def _row(step: Step, session: Session, published: Published, decoder: GopDecoder) -> Row:
    first = step.raw[0].first  # in this recording a pointer row's number is its event's number
    agentnet_id = max(i for i, event in published.ids.items() if event <= first)
    begins = published.ids[agentnet_id] == first
    if not begins or agentnet_id not in published.kept_ids:
        return Row(step, _code(step, session), agentnet_id, None, None)
    index = published.kept_ids.index(agentnet_id)
    assert step.obs_index is not None
    ours = decoder.picture(step.obs_index).to_ndarray(format="rgb24").astype(np.int16)
    with Image.open(published.pictures[index]) as picture:
        theirs = np.asarray(picture.convert("RGB")).astype(np.int16)
    differs = float((np.abs(ours - theirs).max(axis=2) > CHANGED).mean())
    return Row(step, _code(step, session), agentnet_id, index, differs)


def approach_s(row: Row) -> float:
    """How long before the action its anchor lies."""
    return (row.step.t_start_ns - row.step.anchor_ns) / 1e9


def why(row: Row, comparison: Comparison) -> str:
    """The one reason for which a step of ours and AgentNet's differ."""
    if row.published is not None:
        if row.differs is not None and row.differs > SAME_SCREEN:
            return (
                f"same action; the screen changed during the approach of {approach_s(row):.2f} s, and AgentNet's "
                f"picture is from its last half second"
            )
        return "same action, same screen"
    begins = comparison.published.ids[row.agentnet_id] == row.step.raw[0].first
    reasons = [f"the annotator deleted AgentNet's step {row.agentnet_id}"]
    if not begins:
        siblings = [r for r in comparison.rows if r.agentnet_id == row.agentnet_id]
        reverses = siblings[0].step.action.scroll_dy * row.step.action.scroll_dy < 0
        pause = (row.step.t_start_ns - siblings[0].step.t_end_ns) / 1e9
        cause = "the direction turns" if reverses else f"{pause:.2f} s lie between"
        reasons.append(f"AgentNet nets it into the scroll before it; here {cause}")
    if "off_frame" in row.step.flags:
        reasons.append("it lies outside the recorded picture, where AgentNet would clamp it")
    return "; ".join(reasons)


def page(comparison: Comparison) -> str:
    """The page as Markdown."""
    matched = [r for r in comparison.rows if r.published is not None]
    stale = [r for r in matched if r.differs is not None and r.differs > SAME_SCREEN]
    facts = {
        "published": len(comparison.published.codes),
        "ours": len(comparison.rows),
        "matched": len(matched),
        "same": sum(r.code == comparison.published.codes[r.published or 0] for r in matched),
        "stale": len(stale),
        "table": "\n".join(_line(r, comparison) for r in comparison.rows),
        "terminate": comparison.terminate,
        "last": len(comparison.published.codes) - 1,
    }
    return PAGE.format(**facts)


def _line(row: Row, comparison: Comparison) -> str:
    there = "–" if row.published is None else str(row.published)
    code = "<br>".join(f"`{c}`" for c in row.code.split("\n"))
    differs = "" if row.differs is None else f", {row.differs:.0%}"
    return f"| {row.step.index} | {there} | {code} | {row.step.obs_index}{differs} | {why(row, comparison)} |"


def main() -> None:
    sessions = Path(__file__).resolve().parents[3] / "shared" / "data" / "sessions"
    with tempfile.TemporaryDirectory() as folder:
        sys.stdout.write(page(compared(sessions, Path(folder) / "library")))


def numbers(code: str) -> list[float]:
    """Every number in a step's code."""
    return [float(n) for n in re.findall(r"-?\d+(?:\.\d+)?", code)]


if __name__ == "__main__":
    main()
