"""The child process that paints: `python -m app.demo.render --out DIR --session NAME …`; progress as JSON lines."""

from __future__ import annotations

import argparse
import json
import os
import sys
from dataclasses import dataclass
from hashlib import file_digest
from pathlib import Path

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

from PySide6.QtGui import QGuiApplication, QImage

from app.demo.film import TIME_BASE, Film
from app.demo.fonts import load_fonts
from app.demo.identity import secret_book
from app.demo.scenes import PLANS
from app.demo.studio import play, sign_off, stage_for
from app.demo.world import World
from replay.timebase import NS_PER_S

REPORT_EVERY = 30  # frames


@dataclass(frozen=True, slots=True)
class Order:
    """What to render. `out` is a folder that does not exist yet."""

    session: str
    out: Path
    seed: int
    seconds: float
    size: tuple[int, int]


class ReportingFilm(Film):
    """A film that says how far it is, on stdout."""

    def __init__(self, path: Path, size: tuple[int, int], total: int) -> None:
        super().__init__(path, size)
        self._total = total

    def show(self, pts: int, picture: QImage | None) -> None:
        super().show(pts, picture)
        if self.count % REPORT_EVERY == 0:
            report = {"done": pts // 3_000, "total": self._total}
            sys.stdout.write(json.dumps(report) + "\n")
            sys.stdout.flush()


def render(order: Order) -> None:
    """One session: Parquet tables and video in `out`, its truth in `out/../../truth/<session>`."""
    plan = PLANS[order.session]
    order.out.mkdir(parents=True)
    truth_dir = order.out.parent.parent / "truth" / plan.name
    truth_dir.mkdir(parents=True)
    video = order.out / "video.mp4"
    film = ReportingFilm(video, order.size, round(order.seconds * 30))
    book = secret_book(order.seed, plan.name)
    stage = stage_for(plan, book, order.seed, round(order.seconds * NS_PER_S), order.size, film)
    play(stage)
    film.close()
    with open(video, "rb") as f:
        digest = file_digest(f, "sha256").hexdigest()
    width, height = order.size
    media = {
        "name": "video.mp4", "codec": "h264", "width": width, "height": height,
        "time_base": f"{TIME_BASE.numerator}/{TIME_BASE.denominator}", "sha256": digest,
    }  # fmt: skip
    sign_off(stage, media, film.keyframes)
    stage.world.recorder.write(order.out)
    _write_truth(stage.world, plan.name, order, truth_dir)


def _write_truth(world: World, name: str, order: Order, folder: Path) -> None:
    frames, clock = len(world.pts), world.recorder.clock
    document = world.truth.document(world.book, world.recorder, frames)
    world.truth.write_tables(folder, document, frames)
    plan = PLANS[name]
    head = {
        "name": name,
        "source": f"source/{name}",
        "theme": plan.look.name,
        "consent": plan.consent,
        "purposes": list(plan.purposes),
        "frames": frames,
        "frame_size": list(order.size),
        "variable_frame_rate": plan.variable,
        "duration_ns": order.seconds * NS_PER_S,
        "clock": {
            "declared_source_zero_ns": clock.declared_zero_ns,
            "source_clock_at_first_frame_ns": clock.zero_ns,
            "offset_ns": clock.offset_ns,
            "drift_ppm": 0.0,
        },
        "plain_text": f"truth/{name}/plain_text.parquet",
        "glyphs_table": f"truth/{name}/glyphs.parquet",
    }
    (folder / "truth.json").write_text(json.dumps(head | document, ensure_ascii=False), encoding="utf-8")


def main() -> None:
    parser = argparse.ArgumentParser(prog="app.demo.render")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--session", choices=sorted(PLANS), required=True)
    parser.add_argument("--seed", type=int, required=True)
    parser.add_argument("--seconds", type=float, required=True)
    parser.add_argument("--size", default="1280x720")
    told = parser.parse_args()
    width, height = map(int, told.size.split("x"))
    application = QGuiApplication([])
    load_fonts()
    render(Order(told.session, told.out, told.seed, told.seconds, (width, height)))
    application.quit()


if __name__ == "__main__":
    main()
