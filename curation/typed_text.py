"""What was typed, rebuilt per field from the key rows: net text, the row behind every character, and what was erased.

The rebuild follows caret moves, selections and erasing inside the text it has seen; whatever moves the caret out of
it (a pointer press, a focus change, Tab, paste, undo, vertical arrows) ends the run. It never reads the screen, so a
run says `uncertain` where the application may have received something else.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from curation.focus import focus_changes
from curation.keyboard import ALT, CONTROL, META, SHIFT, HeldModifiers, named_key, shortcut_letter, typed_text
from curation.typing_buffer import Cell, TypingBuffer
from replay import schema
from replay.events import KeyEvent, PointerTrack, Timed, WindowEvent
from replay.timebase import TimeNs, TimeRange

_ENDING_KEYS: Final = frozenset({"Tab", "ArrowUp", "ArrowDown", "PageUp", "PageDown", "Insert"})
_ENDING_SHORTCUTS: Final = frozenset("vzy")
_COMPOSING_KEYS: Final = frozenset({"Dead", "Process", "Unidentified", "Compose"})
_PRESS = schema.POINTER_KINDS.index("down")


@dataclass(frozen=True, slots=True)
class TypedState:
    """A text the field held (or the part of it around what had just been typed), and the down row of each character.

    `caret` is where typing stood, an index into `text`.
    """

    text: str
    seqs: tuple[int, ...]
    caret: int


@dataclass(frozen=True, slots=True)
class Press:
    """One press of the run: its down row, its up row where there is one, and the characters it typed.

    `composes`: a dead key or an input method, part of the character that follows.
    """

    seq: int
    up_seq: int | None
    t_ns: TimeNs
    text: str = ""
    composes: bool = False


@dataclass(frozen=True, slots=True)
class TypedRun:
    """Text typed into one field. `seqs[i]` is the `keys` row (down) that typed `text[i]`.

    `typed`/`typed_seqs` are all characters in the order they were typed, erased ones included; `states` are the texts
    the field held whenever typing stopped growing it, the last one being the net text. `overrun_seqs` are erasing rows
    that reached text from before the run. `secure`: typed into a password field.
    """

    text: str
    seqs: tuple[int, ...]
    range: TimeRange
    presses: tuple[Press, ...]
    typed: str
    typed_seqs: tuple[int, ...]
    states: tuple[TypedState, ...]
    overrun_seqs: tuple[int, ...] = ()
    window_id: str | None = None
    secure: bool = False
    uncertain: bool = False

    @property
    def rows(self) -> tuple[int, ...]:
        """Every key row of the run, down and up, ascending."""
        ups = (p.up_seq for p in self.presses if p.up_seq is not None)
        return tuple(sorted({*(p.seq for p in self.presses), *ups}))


def typed_runs(
    keys: Timed[KeyEvent],
    windows: Timed[WindowEvent],
    pointer: PointerTrack,
    *,
    gap_ns: int | None = None,
    enter_ends: bool = False,
) -> tuple[TypedRun, ...]:
    """Everything typed in a session, one run a field, in time order.

    `gap_ns` also ends a run where no key was pressed for longer; `enter_ends` where Enter was (else it types "\\n").
    """
    return tuple(runs_as_typed(keys, windows, pointer, gap_ns=gap_ns, enter_ends=enter_ends))


def runs_as_typed(
    keys: Timed[KeyEvent],
    windows: Timed[WindowEvent],
    pointer: PointerTrack,
    *,
    gap_ns: int | None = None,
    enter_ends: bool = False,
) -> Iterator[TypedRun]:
    """`typed_runs`, one after another, for whoever can begin with the first."""
    ups = paired_ups(keys)
    breaks = _break_times(windows, pointer)
    held = HeldModifiers()
    run: _RunBuilder | None = None
    for event in keys.events:
        if held.see(event) or event.kind != "down":
            continue
        if run is not None and run.ends_before(event, breaks, gap_ns):
            yield from run.finished()
            run = None
        if run is None:
            run = _RunBuilder(event, _window_at(windows, event.t_ns))
        if run.take(event, held.at(event), ups.get(event.seq), enter_ends=enter_ends):
            yield from run.finished()
            run = None
    if run is not None:
        yield from run.finished()


def paired_ups(keys: Timed[KeyEvent]) -> dict[int, int]:
    """Down row → the up row that released it; auto-repeated downs share one, rows without a partner are absent."""
    down: dict[str, list[int]] = {}
    ups: dict[int, int] = {}
    for event in keys.events:
        name = event.code or (event.key or "").casefold()
        if event.kind == "down":
            down.setdefault(name, []).append(event.seq)
        else:
            ups.update((seq, event.seq) for seq in down.pop(name, ()))
    return ups


def _break_times(windows: Timed[WindowEvent], pointer: PointerTrack) -> list[TimeNs]:
    presses = pointer.t_ns[pointer.kind == _PRESS].tolist()
    return sorted([*presses, *focus_changes(windows)])


def _window_at(windows: Timed[WindowEvent], t_ns: TimeNs) -> str | None:
    window = windows.latest_at(t_ns)
    return None if window is None else window.window_id


class _RunBuilder:
    """One run while it is being typed."""

    def __init__(self, first: KeyEvent, window_id: str | None) -> None:
        self._buffer = TypingBuffer()
        self._presses: list[Press] = []
        self._typed: list[Cell] = []
        self._overrun: list[int] = []
        self._start_ns = self._last_ns = first.t_ns
        self._secure = first.secure
        self._window_id = window_id
        self._uncertain = False

    def ends_before(self, event: KeyEvent, breaks: list[TimeNs], gap_ns: int | None) -> bool:
        """Whether something between the last key and `event` moved the typing elsewhere."""
        if event.secure != self._secure or (gap_ns is not None and event.t_ns - self._last_ns > gap_ns):
            return True
        return bisect_right(breaks, self._last_ns) < bisect_right(breaks, event.t_ns)

    def take(self, event: KeyEvent, modifiers: frozenset[str], up_seq: int | None, *, enter_ends: bool) -> bool:
        """Play one press into the field; True where it ends the run."""
        self._last_ns = event.t_ns
        text, name = typed_text(event, modifiers), named_key(event)
        if text or (name == "Enter" and not enter_ends and not modifiers & {CONTROL, ALT, META}):
            self._insert(event, text or "\n", up_seq)
            return False
        if name == "Enter" or name in _ENDING_KEYS:
            return True
        composes = name in _COMPOSING_KEYS
        self._presses.append(Press(event.seq, up_seq, event.t_ns, composes=composes))
        self._uncertain |= composes
        letter = shortcut_letter(event, modifiers)
        if letter is not None:
            return self._shortcut(letter)
        self._edit(name, event.seq, modifiers)
        return False

    def _insert(self, event: KeyEvent, text: str, up_seq: int | None) -> None:
        self._presses.append(Press(event.seq, up_seq, event.t_ns, text))
        cells = [Cell(c, event.seq) for c in text]
        self._typed += cells
        self._buffer.insert(cells)

    def _shortcut(self, letter: str) -> bool:
        if letter == "a":
            self._buffer.select_all()
        elif letter == "x":
            self._buffer.erase_selection()
        return letter in _ENDING_SHORTCUTS

    def _edit(self, name: str | None, seq: int, modifiers: frozenset[str]) -> None:
        by_word = bool(modifiers & {CONTROL, ALT})
        if name in ("Backspace", "Delete"):
            if not self._buffer.erase(forward=name == "Delete", by_word=by_word):
                self._overrun.append(seq)
        elif name in ("ArrowLeft", "ArrowRight"):
            right = name == "ArrowRight"
            inside = self._buffer.move(right=right, by_word=by_word, selecting=SHIFT in modifiers)
            self._uncertain |= not inside
        elif name in ("Home", "End"):
            self._buffer.move_to_line_edge(end=name == "End", selecting=SHIFT in modifiers)

    def finished(self) -> Iterator[TypedRun]:
        """The run, where anything was typed in it."""
        if not self._typed and not self._overrun:
            return
        net = self._buffer.cells
        states = tuple(
            TypedState("".join(c.char for c in s.cells), tuple(c.seq for c in s.cells), s.caret)
            for s in self._buffer.states()
        )
        yield TypedRun(
            text="".join(c.char for c in net),
            seqs=tuple(c.seq for c in net),
            range=TimeRange(self._start_ns, self._last_ns + 1),
            presses=tuple(self._presses),
            typed="".join(c.char for c in self._typed),
            typed_seqs=tuple(c.seq for c in self._typed),
            states=states,
            overrun_seqs=tuple(self._overrun),
            window_id=self._window_id,
            secure=self._secure,
            uncertain=self._uncertain,
        )
