"""What the recorder itself left in the recording: its own window at the head and tail, and its stop shortcut."""

from __future__ import annotations

from curation.steps.draft import Draft
from curation.steps.model import ActionType
from curation.steps.scene import Scene
from replay.events import WindowEvent
from replay.timebase import TimeNs


def without_recorder(scene: Scene, drafts: list[Draft]) -> list[Draft]:
    """The drafts that are the user's; `drafts` in time order."""
    if not scene.recipe.strip_recorder:
        return drafts
    head_ns, tail_ns = _recorder_times(scene)
    kept = [d for d in drafts if head_ns is None or d.t_start_ns >= head_ns]
    kept = [d for d in kept if tail_ns is None or d.t_start_ns < tail_ns]
    if kept and kept[-1] is drafts[-1] and _is_stop_shortcut(scene, kept[-1]):
        kept.pop()
    return kept


def _recorder_times(scene: Scene) -> tuple[TimeNs | None, TimeNs | None]:
    """When the first other window took the focus from the recorder, and when the recorder took it back for good."""
    focused = [w for w in scene.session.events.windows.events if w.focused]
    others = [i for i, w in enumerate(focused) if not _is_recorder(scene, w)]
    if not others:
        return None, None
    head_ns = focused[others[0]].t_ns if others[0] > 0 else None
    tail_ns = focused[others[-1] + 1].t_ns if others[-1] + 1 < len(focused) else None
    return head_ns, tail_ns


def _is_recorder(scene: Scene, window: WindowEvent) -> bool:
    # Some recorders keep one name for a window, and importers cannot tell whether it is the app's or the title.
    names = {(n or "").casefold().removesuffix(".exe") for n in (window.app, window.title)}
    return not names.isdisjoint(scene.recipe.recorder_apps)


def _is_stop_shortcut(scene: Scene, last: Draft) -> bool:
    """Whether the recording ends within a shortcut: nobody released its modifiers before the recorder stopped."""
    if last.action.type != ActionType.KEY or not last.action.modifiers or not last.holds:
        return False
    presses = max((*scene.interrupts_ns[-1:], *scene.key_downs_ns[-1:]))
    return presses <= last.t_end_ns and all(scene.holds[i].up_seq is None for i in last.holds)
