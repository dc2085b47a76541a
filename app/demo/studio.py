"""One session from its plan: the stage is set, the script is played until time is up, the recorder signs off."""

from __future__ import annotations

import itertools
import random
from collections.abc import Callable, Iterable, Set
from dataclasses import dataclass
from typing import Any

from app.demo.actor import Actor
from app.demo.box import Box
from app.demo.camera import Camera
from app.demo.desktop import Desktop
from app.demo.hands import SECOND_DISPLAY, Elsewhere, Hands
from app.demo.identity import SecretBook
from app.demo.marked import Marked
from app.demo.record import Recorder, RecorderClock
from app.demo.theme import Palette
from app.demo.truth import Truth
from app.demo.window import AppWindow
from app.demo.world import FRAME_TICKS, Shoot, TimeUp, World, t_ns_of
from replay.timebase import NS_PER_S

RECORDER, RECORDER_VERSION = "safelight-demo", "1"
BOOT_NS = 48_211 * NS_PER_S  # what a recorder's monotonic clock shows long after boot


@dataclass(frozen=True, slots=True)
class SessionPlan:
    """What one session of the demo is.

    `clock_error_ns`: how much later than the truth the recorder declares its zero.
    """

    name: str
    look: Palette
    goal: str
    script: Callable[[Stage], tuple[list[Scene], list[Scene]]]  # played once, then over and over
    consent: str = "granted"
    purposes: tuple[str, ...] = ()
    variable: bool = False
    two_displays: bool = False
    clock_error_ns: int = 0
    clock_sigma_ns: int = 5_000_000
    clock_method: str = "frame_table"
    started_at_utc_ns: int = 1_731_661_200 * NS_PER_S
    clock: str = "09:14"
    date: str = "Fri 15 Nov"


Scene = Callable[[Actor], None]


@dataclass(slots=True)
class Stage:
    """What a script works with."""

    plan: SessionPlan
    world: World
    hands: Hands
    actor: Actor
    size: tuple[int, int]

    @property
    def book(self) -> SecretBook:
        return self.world.book

    def mark(self, template: str) -> Marked:
        return self.world.book.mark(template)

    def box(self, x: int, y: int, w: int, h: int) -> Box:
        """A window's box, given for 1280 × 720 and spread over the screen there is."""
        screen = self.world.desktop.screen
        kx, ky = screen.w / 1280, screen.h / 720
        return Box(round(x * kx), round(y * ky), round(w * kx), round(h * ky))

    def open(self, *windows: AppWindow) -> None:
        """Windows from the bottom up; the last one has the focus."""
        for window in windows:
            self.world.desktop.open(window)
        self.world.note_window(windows[-1])

    def resolution(self, width: int, height: int) -> None:
        """The display changes its resolution: the video keeps its size and shows it between bars."""
        world = self.world
        world.desktop.resize(Box(0, 0, width, height))
        self.note_displays()
        world.note_window(world.desktop.active)

    def note_displays(self) -> None:
        """Rows of `displays` as things are."""
        world = self.world
        screen, fit = world.desktop.screen, world.camera.fit
        whole = _rect(screen.x, screen.y, screen.w, screen.h)
        shown = _rect(fit.x, fit.y, screen.w * fit.scale, screen.h * fit.scale)
        common = {"t_ns": world.now_ns, "scale": 1.0, "rotation": 0.0}
        frame = {"frame_width": self.size[0], "frame_height": self.size[1]}
        world.recorder.fact("displays", common | frame | {
            "display_id": "display-1", "bounds_px": whole, "bounds_pt": whole, "is_main": True,
            "capture_rect": whole, "frame_rect": shown,
        })  # fmt: skip
        if self.plan.two_displays:
            beside = _rect(screen.right, 0, SECOND_DISPLAY.w, SECOND_DISPLAY.h)
            world.recorder.fact("displays", common | frame | {
                "display_id": "display-2", "bounds_px": beside, "bounds_pt": beside, "is_main": False,
                "capture_rect": None, "frame_rect": None,
            })  # fmt: skip


def _rect(x: float, y: float, w: float, h: float) -> dict[str, float]:
    return {"x": float(x), "y": float(y), "w": float(w), "h": float(h)}


def stage_for(
    plan: SessionPlan, book: SecretBook, seed: int, length_ns: int, size: tuple[int, int], film: Shoot,
    frame_ticks: int = FRAME_TICKS,
) -> Stage:  # fmt: skip
    """An empty desktop with a camera on it that films every `frame_ticks` / 90 000 s."""
    screen = Box(0, 0, *size)
    desktop = Desktop(screen, plan.look, plan.clock, plan.date)
    zero = BOOT_NS + random.Random(f"{seed}:{plan.name}:boot").randrange(NS_PER_S)
    clock = RecorderClock(zero, zero + plan.clock_error_ns, plan.clock_sigma_ns, plan.clock_method)
    world = World(
        desktop, Camera(desktop, size), film, Recorder(f"demo-{plan.name}", clock), Truth(), book, length_ns,
        random.Random(f"{seed}:{plan.name}:frames"), variable=plan.variable, frame_ticks=frame_ticks,
        x=size[0] // 2, y=size[1] // 2,
    )  # fmt: skip
    hands = Hands(world)
    if plan.two_displays:
        place = Box(screen.right + 160, 90, 900, 540)
        hands.elsewhere = Elsewhere("notes", "Jotter", book.mark("Notes for «person2» — Jotter"), place)
    actor = Actor(world, hands, random.Random(f"{seed}:{plan.name}:actor"))
    return Stage(plan, world, hands, actor, size)


def play(stage: Stage) -> None:
    """Play the script until the session's time is over, then let go of everything."""
    stage.note_displays()
    once, again = stage.plan.script(stage)
    try:
        for scene in _endless(once, again):
            before = stage.world.now_ns
            scene(stage.actor)
            if stage.world.now_ns == before:
                stage.actor.wait(0.5)
    except TimeUp:
        stage.hands.let_go()


def _endless(once: list[Scene], again: list[Scene]) -> Iterable[Scene]:
    yield from once
    yield from itertools.cycle(again)


def sign_off(stage: Stage, media: dict[str, Any] | None, keyframes: Set[int] = frozenset()) -> None:
    """The facts a recorder writes at the end: session, clock and frames.

    `media` is the video's row, if one was made; `keyframes` the PTS at which decoding can begin.
    """
    plan, world = stage.plan, stage.world
    recorder, clock = world.recorder, world.recorder.clock
    times = [t_ns_of(p) for p in world.pts]
    end = max(world.end_ns, times[-1] + t_ns_of(FRAME_TICKS))
    for i, (pts, t_ns) in enumerate(zip(world.pts, times, strict=True)):
        until = times[i + 1] if i + 1 < len(times) else end
        row = {"media": "video", "index": i, "pts": pts, "t_ns": t_ns, "duration_ns": until - t_ns}
        recorder.fact("frames", row | {"iframe": pts in keyframes, "byte_offset": None})
    recorder.fact("sync", {
        "media": "video", "t_ns": 0, "offset_ns": 0, "drift_ppm": 0.0, "sigma_ns": clock.sigma_ns,
        "method": clock.method,
    })  # fmt: skip
    recorder.fact("session", {
        "subject_id": None, "device_id": f"demo-device-{plan.name}", "started_at_utc_ns": plan.started_at_utc_ns,
        "duration_ns": end, "source_zero_ns": clock.declared_zero_ns, "os": "Linux", "os_version": "6.8",
        "locale": "en_GB", "keyboard_layout": "us", "recorder": RECORDER, "recorder_version": RECORDER_VERSION,
        "consent_status": plan.consent, "consent_purposes": list(plan.purposes), "classification": "RESTRICTED",
        "consent_at_utc_ns": plan.started_at_utc_ns if plan.consent != "unknown" else None,
        "task_goal": plan.goal, "media": [media] if media else [],
    })  # fmt: skip
