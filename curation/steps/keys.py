"""Keys: typed text with its corrections netted, shortcuts, special keys, and taps of a lone modifier.

Text is one step until a pause, a focus change, a pointer press or a key that is not text; raw key rows stay with the
step that they made. What the rows cannot tell for sure is flagged `text_uncertain`, never guessed in silence.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from curation.keyboard import ALT, CONTROL, META, SHIFT, modifier_of, named_key, typed_text
from curation.steps.draft import Draft
from curation.steps.holds import is_modifier
from curation.steps.keynames import UNKNOWN_KEY, key_name, modifier_name
from curation.steps.model import Action, ActionType
from curation.steps.scene import Scene
from replay.events import KeyEvent
from replay.timebase import TimeNs

_UNREADABLE = frozenset({"Process", "Unidentified", "Compose"})
_FOLDED = {"Enter": "\n", "Tab": "\t"}
_MODIFIER_OF_NAME = {"ctrl": CONTROL, "shift": SHIFT, "alt": ALT, "altright": ALT, "win": META, "command": META}


@dataclass(frozen=True, slots=True)
class Stroke:
    """One press of a key that is no modifier: its down row, whether it auto-repeats the one before, and its release."""

    event: KeyEvent
    repeat: bool
    up: tuple[int, TimeNs] | None
    holds: tuple[int, ...]
    stuck: bool

    @property
    def rows(self) -> tuple[tuple[int, TimeNs], ...]:
        down = (self.event.seq, self.event.t_ns)
        return (down,) if self.up is None else (down, self.up)

    @property
    def end_ns(self) -> TimeNs:
        return self.event.t_ns if self.up is None else self.up[1]


def strokes_of(scene: Scene) -> list[Stroke]:
    """Every key press in time order; of auto-repeated downs the last one gets the release."""
    strokes: list[Stroke] = []
    open_: dict[str, int] = {}
    gap = scene.recipe.ns("repeat_gap_s")
    for event in scene.session.events.keys.events:
        if is_modifier(event):
            continue
        key = event.code or (event.key or "").casefold()
        before = open_.get(key)
        if event.kind == "up":
            if before is not None:
                strokes[open_.pop(key)] = replace(strokes[before], up=(event.seq, event.t_ns))
            continue
        late = before is not None and event.t_ns - strokes[before].event.t_ns > gap
        if late and before is not None:
            strokes[before] = replace(strokes[before], stuck=True)
        repeat = before is not None and not late
        strokes.append(Stroke(event, repeat, None, scene.held_at(event.t_ns), stuck=False))
        open_[key] = len(strokes) - 1
    return strokes


def key_drafts(scene: Scene) -> Iterator[Draft]:
    """Type and key steps in time order, then the taps of lone modifiers."""
    strokes = strokes_of(scene)
    yield from _TextPass(scene).drafts(strokes)
    yield from _lone_taps(scene, strokes)


@dataclass(slots=True)
class _Text:
    """What is being typed: `cells` holds the text of every press that still stands."""

    strokes: list[Stroke] = field(default_factory=list)
    cells: list[str] = field(default_factory=list)
    uncertain: bool = False
    unreadable: bool = False
    dead: bool = False


class _TextPass:
    """Folds strokes into drafts, one at a time."""

    def __init__(self, scene: Scene) -> None:
        self._scene = scene
        self._text = _Text()
        self._key: Draft | None = None
        self._last: Stroke | None = None
        layout = (scene.session.info.keyboard_layout or "").lower()
        self._composing = layout.startswith(scene.recipe.ime_layouts) if layout else False

    def drafts(self, strokes: list[Stroke]) -> Iterator[Draft]:
        for stroke in strokes:
            if self._last is not None and self._breaks(self._last, stroke):
                yield from self._flushed()
            yield from self._take(stroke)
            self._last = stroke
        yield from self._flushed()

    def _breaks(self, last: Stroke, stroke: Stroke) -> bool:
        a, b = last.event.t_ns, stroke.event.t_ns
        if b - a > self._scene.recipe.ns("typing_gap_s") or last.event.secure != stroke.event.secure:
            return True
        for times in (self._scene.focus_ns, self._scene.interrupts_ns):
            if bisect_right(times, a) != bisect_right(times, b):
                return True
        return not self._scene.same_stretch(a, b)

    def _take(self, stroke: Stroke) -> Iterator[Draft]:
        modifiers = self._modifiers(stroke)
        name = named_key(stroke.event)
        text = self._typed(stroke, modifiers)
        plain = not modifiers - {SHIFT}
        if name == "Backspace" and not modifiers and self._text.cells:
            self._add(stroke, None)
            self._text.cells.pop()
        elif name in _UNREADABLE or name == "Dead":
            yield from self._ended_key()
            self._unreadable(stroke, dead=name == "Dead")
        elif text or (name in _FOLDED and not modifiers and self._folds):
            yield from self._ended_key()
            self._add(stroke, text or _FOLDED[name or ""])
        elif name == "CapsLock" and plain:
            return  # its effect is in the case of what was typed
        else:
            yield from self._key_pressed(stroke)

    @property
    def _folds(self) -> bool:
        return self._scene.recipe.newline_policy == "fold"

    def _modifiers(self, stroke: Stroke) -> frozenset[str]:
        return frozenset(_MODIFIER_OF_NAME[n] for n in self._modifier_names(stroke))

    def _modifier_names(self, stroke: Stroke) -> tuple[str, ...]:
        """Held modifiers in press order, then those only the row itself tells of."""
        if not stroke.event.modifiers and not stroke.holds:
            return ()
        said = (m for name in stroke.event.modifiers if (m := modifier_of(name)) is not None)
        names = (modifier_name(m, macos=self._scene.macos) for m in said)
        return tuple(dict.fromkeys((*self._scene.modifiers(stroke.holds), *names)))

    def _typed(self, stroke: Stroke, modifiers: frozenset[str]) -> str:
        """The characters of a press; those of a shortcut are none, whatever the recorder wrote beside it."""
        event = stroke.event
        commands = modifiers & {CONTROL, ALT, META}
        if not commands:
            return typed_text(event, modifiers)
        if META in commands or not event.text or not event.text.isprintable():
            return ""
        alt_gr = any(self._scene.holds[i].right and self._scene.holds[i].name.startswith("alt") for i in stroke.holds)
        option = self._scene.macos and commands == {ALT}
        # Ctrl+Alt is AltGr on Windows; a plain letter or digit with it is a shortcut all the same.
        as_alt_gr = commands == {CONTROL, ALT} and not (event.text.isascii() and event.text.isalnum())
        return event.text if alt_gr or option or as_alt_gr else ""

    def _add(self, stroke: Stroke, text: str | None) -> None:
        self._text.strokes.append(stroke)
        if text is None:
            return
        event = stroke.event
        guessed = not event.text and not event.key
        self._text.uncertain |= guessed or (self._text.dead and not event.text) or (self._composing and text.isalpha())
        self._text.dead = False
        self._text.cells.append(text)

    def _unreadable(self, stroke: Stroke, *, dead: bool) -> None:
        self._text.strokes.append(stroke)
        self._text.dead |= dead
        self._text.unreadable |= not dead

    def _key_pressed(self, stroke: Stroke) -> Iterator[Draft]:
        draft = self._key_draft(stroke)
        if self._key is not None and self._continues(self._key, draft, stroke):
            self._key = replace(
                self._key,
                action=replace(self._key.action, repeat=self._key.action.repeat + 1),
                t_end_ns=draft.t_end_ns,
                key_rows=self._key.key_rows + draft.key_rows,
                holds=tuple(dict.fromkeys(self._key.holds + draft.holds)),
                flags=tuple(dict.fromkeys(self._key.flags + draft.flags)),
            )
            return
        yield from self._flushed()
        self._key = draft

    def _continues(self, key: Draft, draft: Draft, stroke: Stroke) -> bool:
        """Auto-repeats count up; so do presses of Backspace, which erase what no step here typed."""
        same = key.action.keys == draft.action.keys
        return same and (stroke.repeat or key.action.keys == ("backspace",))

    def _key_draft(self, stroke: Stroke) -> Draft:
        name = key_name(stroke.event)
        modifiers = self._modifier_names(stroke)
        flags = (*(("unknown_key",) if name == UNKNOWN_KEY else ()), *(("stuck_key",) if stroke.stuck else ()))
        action = Action(type=ActionType.KEY, modifiers=modifiers, keys=(*modifiers, name))
        return Draft(
            action, stroke.event.t_ns, stroke.end_ns, key_rows=stroke.rows, holds=stroke.holds,
            flags=(*flags, *(("secure_field",) if stroke.event.secure else ())),
        )  # fmt: skip

    def _ended_key(self) -> Iterator[Draft]:
        if self._key is not None:
            duration = self._key.t_end_ns - self._key.t_start_ns
            yield replace(self._key, action=replace(self._key.action, duration_ns=duration))
            self._key = None

    def _flushed(self) -> Iterator[Draft]:
        yield from self._ended_key()
        text, self._text = self._text, _Text()
        if text.strokes and (text.cells or text.unreadable):
            yield _text_draft(self._scene, text)


def _text_draft(scene: Scene, text: _Text) -> Draft:
    first = text.strokes[0]
    stroke_rows = [r for s in text.strokes for r in s.rows]
    # A release after a cut or a pause belongs to what was removed; the press alone typed the character.
    rows = tuple(r for r in stroke_rows if scene.same_stretch(first.event.t_ns, r[1]))
    uncertain = text.uncertain or text.unreadable or text.dead
    flags = []
    if uncertain:
        flags.append("text_uncertain")
    if first.event.secure:
        flags.append("secure_field")
    if any(s.stuck for s in text.strokes):
        flags.append("stuck_key")
    written = "".join(text.cells)
    return Draft(
        Action(type=ActionType.TYPE, text=None if text.unreadable else written),
        first.event.t_ns,
        max(t for _, t in rows),
        key_rows=rows,
        holds=tuple(dict.fromkeys(h for s in text.strokes for h in s.holds)),
        flags=tuple(flags),
    )


def _lone_taps(scene: Scene, strokes: list[Stroke]) -> Iterator[Draft]:
    """Short taps of Alt, Meta or Command with no other input meanwhile; a lone Shift or Ctrl does nothing."""
    used = {i for s in strokes for i in s.holds}
    for i, hold in enumerate(scene.holds):
        if hold.name in ("shift", "ctrl") or i in used or hold.up_seq is None:
            continue
        if hold.t_up_ns - hold.t_down_ns >= scene.recipe.ns("lone_modifier_tap_s"):
            continue
        if not _alone(scene, hold.t_down_ns, hold.t_up_ns):
            continue
        action = Action(type=ActionType.KEY, keys=(hold.name,), duration_ns=hold.t_up_ns - hold.t_down_ns)
        yield Draft(action, hold.t_down_ns, hold.t_up_ns, holds=(i,))


def _alone(scene: Scene, a_ns: TimeNs, b_ns: TimeNs) -> bool:
    """Whether nothing was pressed or scrolled within [a, b], the key pressed at `a` excepted."""
    pressed = bisect_left(scene.interrupts_ns, b_ns) - bisect_left(scene.interrupts_ns, a_ns)
    return pressed == 0 and bisect_left(scene.key_downs_ns, b_ns) - bisect_left(scene.key_downs_ns, a_ns) == 1
