"""Makes what may leave: the only maker of `RedactedFrame`, `RedactedTable` and `RedactedEpisode`.

Tables are built from `replay.schema` alone. The raw track, hashes of the source files and absolute clocks stay behind;
ids become pseudonyms; what is cut is gone from every table; what is hidden is a placeholder.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from curation.model import CurationState, Episode, Label
from curation.redaction.cells import Cells, in_time_order, rows_where, with_column
from curation.redaction.key_rows import SeqMap, collapsed
from curation.redaction.paint import painted, planar
from curation.redaction.plan import Int64s, RedactionPlan
from curation.redaction.pseudonyms import pseudonym
from curation.redaction.releases import releases_of_cut_presses
from curation.redaction.step_rules import StepRules
from curation.redaction.types import RawFrame, RedactedEpisode, RedactedFrame, RedactedSession, RedactedTable
from curation.steps.model import Step
from curation.steps.terminate import with_terminate
from replay import schema
from replay.errors import Refused
from replay.session import Session
from replay.timebase import TimeRange, complement

ReadTable = Callable[[str], pa.Table]
_POINT_TABLES: Final = ("pointer", "keys", "windows", "elements")


def redacted_frame(plan: RedactionPlan, raw: RawFrame) -> RedactedFrame:
    """`raw` with every mask of its frame painted. Refuses a picture that is not of the size the masks speak of."""
    if (raw.picture.width, raw.picture.height) != plan.frame_size:
        raise Refused(
            "frame_size_changed",
            f"Frame {raw.index} of the video has another size than the first, so masks would miss what they hide.",
            "Cut that part, or import the video in one size.",
        )
    masks = plan.masks.at(raw.index)
    return RedactedFrame(raw.index, raw.t_ns, painted(planar(raw.picture), masks), masks)


@dataclass(frozen=True, slots=True)
class Applier:
    """Applies one plan to one session. `read_table` gives the session's tables as stored."""

    plan: RedactionPlan
    session: Session
    state: CurationState
    read_table: ReadTable
    library_key: bytes

    @property
    def pseudonym(self) -> str:
        return pseudonym(self.library_key, "session", self.session.id)

    def apply(self, steps: Sequence[Step]) -> RedactedSession:
        """The redacted tables and episodes; `steps` as reduced with the plan's cuts removed."""
        cells = Cells(self.plan, self.pseudonym, lambda column, v: pseudonym(self.library_key, column, v))
        tables: dict[str, RedactedTable] = {"session": self._session_table(cells)}
        maps: dict[str, SeqMap] = {}
        for name in _POINT_TABLES:
            tables[name], maps[name] = self._event_table(cells, name)
        tables["texts"], maps["texts"] = self._text_table(cells)
        tables |= {"displays": self._displays(cells), "gaps": self._gaps(cells), "sync": self._sync(cells)}
        tables["problems"] = self._problems(cells)
        rules = StepRules(self.plan, self.session, maps, cells.text)
        kept = [s for step in steps if (s := rules.redacted(step)) is not None]
        episodes = tuple(self._episodes(cells, tables, kept))
        return RedactedSession(self.pseudonym, tables, episodes, tuple(self.plan.kept_frames.tolist()))

    def _session_table(self, cells: Cells) -> RedactedTable:
        rows = cells.redacted(schema.SESSION, self.read_table("session"))
        duration = pa.array([self._kept_ns()] * rows.num_rows, pa.int64())
        at = rows.column_names.index("duration_ns")
        return RedactedTable("session", rows.set_column(at, rows.schema.field(at), duration))

    def _kept_ns(self) -> int:
        return sum(r.duration_ns for r in complement(self.session.extent, self.plan.cuts))

    def _event_table(self, cells: Cells, name: str) -> tuple[RedactedTable, SeqMap]:
        rows = self._on_session_clock(name)
        times = rows["t_ns"].to_numpy()
        orphans = releases_of_cut_presses(self.plan, self.session, name)
        gone = self.plan.cut_mask(times) | np.isin(rows["seq"].to_numpy(), list(orphans))
        rows = in_time_order(rows_where(rows, ~gone))
        if name == "keys":
            rows, seq_map = collapsed(self.plan, self.session, rows)
            return RedactedTable(name, cells.redacted(schema.KEYS, rows)), seq_map
        out = cells.redacted(schema.TABLES[name], rows)
        return _renumbered(name, out)

    def _text_table(self, cells: Cells) -> tuple[RedactedTable, SeqMap]:
        rows = self._on_session_clock("texts", "t_start_ns", "t_end_ns")
        starts, ends = rows["t_start_ns"].to_numpy(), rows["t_end_ns"].to_numpy()
        rows = in_time_order(rows_where(rows, ~self.plan.cut_mask(starts, ends)), "t_start_ns")
        return _renumbered("texts", cells.redacted(schema.TEXTS, rows))

    def _on_session_clock(self, name: str, time: str = "t_ns", end: str | None = None) -> pa.Table:
        """Stored rows with the times of the clock in force, by row number as the session has them."""
        rows = self.read_table(name)
        numbers, times = self._clock(name)
        order = np.argsort(numbers, kind="stable")
        at = np.searchsorted(numbers[order], rows["seq"].to_numpy())
        moved = times[order][at] if len(at) else times
        if end is not None:
            lengths = rows[end].to_numpy() - rows[time].to_numpy()
            rows = with_column(rows, end, moved + lengths)
        return with_column(rows, time, moved)

    def _clock(self, name: str) -> tuple[Int64s, Int64s]:
        events = self.session.events
        if name == "pointer":
            return events.pointer.seq, events.pointer.t_ns
        if name == "texts":
            texts = events.texts.events
            return np.array([t.seq for t in texts], np.int64), np.array([t.t_start_ns for t in texts], np.int64)
        if name == "keys":
            return np.array([e.seq for e in events.keys.events], np.int64), events.keys.t_ns
        if name == "windows":
            return np.array([e.seq for e in events.windows.events], np.int64), events.windows.t_ns
        return np.array([e.seq for e in events.elements.events], np.int64), events.elements.t_ns

    def _displays(self, cells: Cells) -> RedactedTable:
        """Geometry holds until it changes, so what changed inside a cut holds from the cut's end; the rest is gone."""
        rows = cells.redacted(schema.DISPLAYS, self.read_table("displays"))
        latest: dict[tuple[str, int], dict[str, Any]] = {}
        for row, display in zip(rows.sort_by("t_ns").to_pylist(), self.session.geometry.displays, strict=True):
            t_ns = display.t_ns  # by the clock in force
            row["t_ns"] = next((c.end_ns for c in self.plan.cuts if c.contains(t_ns)), t_ns)
            latest[row["display_id"], row["t_ns"]] = row
        return RedactedTable("displays", pa.Table.from_pylist(list(latest.values()), schema=schema.DISPLAYS.arrow))

    def _gaps(self, cells: Cells) -> RedactedTable:
        rows = cells.redacted(schema.GAPS, self.read_table("gaps")).to_pylist()
        left = []
        for row, gap in zip(rows, self.session.events.gaps, strict=True):
            if gap.t_end_ns > gap.t_start_ns:
                whole = TimeRange(gap.t_start_ns, gap.t_end_ns)
                kept = complement(whole, self.plan.cuts)
                left += [row | {"t_start_ns": r.start_ns, "t_end_ns": r.end_ns} for r in kept]
        return RedactedTable("gaps", pa.Table.from_pylist(left, schema=schema.GAPS.arrow))

    def _sync(self, cells: Cells) -> RedactedTable:
        """The clock has been applied to every row, so what is left to tell is how sure it was."""
        sync = self.session.sync
        kept = complement(self.session.extent, self.plan.cuts)
        row = {
            "session_id": self.pseudonym,
            # Where zero is cut, the clock is told of from the first kept moment after it.
            "t_ns": next((max(0, r.start_ns) for r in kept if r.end_ns > 0), kept[-1].start_ns if kept else 0),
            "offset_ns": 0,
            "drift_ppm": 0.0,
            "sigma_ns": sync.sigma_ns,
            "method": sync.method,
        }
        return RedactedTable("sync", pa.Table.from_pylist([row], schema=schema.SYNC.arrow))

    def _problems(self, cells: Cells) -> RedactedTable:
        rows = cells.redacted(schema.PROBLEMS, self.read_table("problems"))
        times = rows["t_ns"].fill_null(-(2**62)).to_numpy()
        return RedactedTable("problems", rows_where(rows, ~self.plan.cut_mask(times)))

    def _episodes(
        self, cells: Cells, tables: Mapping[str, RedactedTable], steps: Sequence[tuple[Step, tuple[str, ...]]]
    ) -> list[RedactedEpisode]:
        out: list[RedactedEpisode] = []
        for episode in self._wanted_episodes():
            kept = complement(episode.range, self.plan.cuts)
            if not kept:
                continue
            whole = TimeRange(kept[0].start_ns, kept[-1].end_ns)
            acted = [s for s, _ in steps if whole.contains(s.t_start_ns)]
            ended = with_terminate(acted, episode, self.session.frames, self.plan.cuts)
            mine = tuple(replace(s, index=i) for i, s in enumerate(ended))
            goal = cells.text(episode.goal)
            evidence = episode.evidence_t_ns
            if evidence is not None and self.plan.touches_cut(evidence, evidence):
                evidence = None
            out.append(
                RedactedEpisode(
                    session=self.pseudonym,
                    episode=Episode(f"episode{len(out) + 1}", whole, goal, episode.outcome, evidence),
                    kept=kept,
                    labels=self._labels(cells, whole),
                    steps=mine,
                    tables={n: _sliced(t, whole) for n, t in tables.items()},
                    frame_size=self.plan.frame_size,
                    sync_method=self.session.sync.method,
                    sync_sigma_ns=self.session.sync.sigma_ns,
                    step_flags={s.index: s.flags for s in mine},
                    instruction=goal or cells.text(self.session.info.task_goal or ""),
                )
            )
        return out

    def _wanted_episodes(self) -> list[Episode]:
        marked = sorted(self.state.episodes.values(), key=lambda e: (e.range, e.id))
        whole = Episode("session", self.session.extent, self.session.info.task_goal or "")
        return marked or [whole]

    def _labels(self, cells: Cells, whole: TimeRange) -> tuple[Label, ...]:
        out: list[Label] = []
        for label in sorted(self.state.labels.values(), key=lambda m: (m.range, m.id)):
            inside = label.range.intersection(whole)
            kept = () if inside is None else complement(inside, self.plan.cuts)
            if kept:
                left = TimeRange(kept[0].start_ns, kept[-1].end_ns)
                name, kind, note = (cells.text(t) for t in (label.name, label.schema, label.note))
                out.append(Label(f"label{len(out) + 1}", left, name, kind, note))
        return tuple(out)


def frames_table(session: str, media: str, frames: Sequence[tuple[int, int, int, bool]]) -> RedactedTable:
    """The `frames` rows of an encoded video: (pts, t_ns, duration_ns, iframe) of each."""
    n = len(frames)
    columns = list(zip(*frames, strict=True)) if frames else [(), (), (), ()]
    arrays = [pa.array([session] * n), pa.array([media] * n), pa.array(range(n), pa.int64())]
    arrays += [pa.array(c, pa.int64()) for c in columns[:3]]
    arrays += [pa.array(columns[3], pa.bool_()), pa.nulls(n, pa.int64())]
    return RedactedTable("frames", pa.table(arrays, schema=schema.FRAMES.arrow))


def with_media(table: RedactedTable, media: Mapping[str, object] | None) -> RedactedTable:
    """The `session` row telling of the encoded video, and of no other media."""
    at = table.rows.column_names.index("media")
    cell = pa.array([[media] if media else []] * table.rows.num_rows, schema.SESSION.column("media").type)
    return RedactedTable(table.name, table.rows.set_column(at, table.rows.schema.field(at), cell))


def _renumbered(name: str, rows: pa.Table) -> tuple[RedactedTable, SeqMap]:
    old = rows["seq"].to_numpy()
    seq_map = SeqMap.renumbered(old)
    new = np.searchsorted(seq_map.old, old).astype(np.int64)
    return RedactedTable(name, with_column(rows, "seq", new)), seq_map


def _sliced(table: RedactedTable, r: TimeRange) -> RedactedTable:
    """The rows of one episode; tables without events (session, displays, sync) go along whole."""
    if table.name not in schema.EVENT_TABLES:
        return table
    time = "t_start_ns" if table.name == "texts" else "t_ns"
    inside = pc.and_(pc.greater_equal(table.rows[time], r.start_ns), pc.less(table.rows[time], r.end_ns))
    return RedactedTable(table.name, table.rows.filter(inside))
