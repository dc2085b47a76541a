"""The fields of one label, episode, cut or redaction."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial

from PySide6.QtCore import QSize, Signal
from PySide6.QtWidgets import QComboBox, QLabel, QLayout, QLineEdit, QPlainTextEdit, QWidget

from curation.model import Cut, Episode, Label, Outcome, RectRedaction
from replay.timebase import TimeNs, format_t
from widgets import theme
from widgets.controls import button, column, combo, label, line_edit, row, tool
from widgets.timeline.model import Item
from widgets.wording import count, span, words

ICONS = {"episodes": "flag", "labels": "tag", "cuts": "scissors", "redactions": "eye-off"}
TITLES = {"episodes": "Episode", "labels": "Label", "cuts": "Cut", "redactions": "Redaction"}
EXPLAINED = {
    "Keys": "These keys leave as placeholders, with all text they produced, wherever it occurs.",
    "Text": "This text is hidden wherever it occurs: keys, titles, elements and texts.",
    "Window": "Every appearance of this window is hidden: pixels, keys, titles and addresses.",
    "Cut": "Removed from every track: frames, pointer, keys, windows, elements and texts.",
}


@dataclass(frozen=True, slots=True)
class LabelChoice:
    """One word of a label schema, and the digit that toggles it."""

    schema: str
    name: str
    title: str
    digit: int | None = None


class ItemForm(QWidget):
    """One form, rebuilt for what is selected; every field has a name of its own."""

    edited = Signal(object)
    removal_requested = Signal(object)  # Item
    time_requested = Signal(object)

    def __init__(self) -> None:
        super().__init__()
        self._choices: tuple[LabelChoice, ...] = ()
        self._item: Item | None = None
        self._read_only = False
        self._first: QWidget | None = None
        self._form = QWidget()
        self._outer = column(self._form, None, margins=(0, 0, 0, 0))
        self.setLayout(self._outer)

    def show_label_choices(self, choices: tuple[LabelChoice, ...]) -> None:
        self._choices = choices

    def set_read_only(self, read_only: bool) -> None:
        self._read_only = read_only
        if self._item is not None:
            self.show_item(self._item)

    def edit_first_field(self) -> None:
        if self._first is not None:
            self._first.setFocus()

    def show_item(self, item: Item) -> None:
        if item == self._item and self._form.isEnabled() == (not self._read_only):
            return
        self._item, self._first = item, None
        form = QWidget()
        form.setLayout(self._built(item))
        form.setEnabled(not self._read_only)
        self._outer.replaceWidget(self._form, form)
        self._form.hide()
        self._form.deleteLater()
        self._form = form

    def _built(self, item: Item) -> QLayout:
        icon = QLabel()
        icon.setPixmap(theme.icon(ICONS[item.lane], f"track.{item.lane}").pixmap(QSize(16, 16)))
        remove = tool("trash-2", f"Delete this {TITLES[item.lane].lower()} (Del)", lambda: self._ask_removal())
        title = TITLES[item.lane] if item.lane != "redactions" else f"Redaction: {item.title.lower()}"
        head = row(icon, label(title, "heading"), None, remove)
        out = column(head, *self._fields(item), margins=(14, 12, 14, 12), spacing=10)
        out.addLayout(self._range_fields(item))
        if item.title in EXPLAINED or isinstance(item.value, Cut):
            out.addWidget(label(EXPLAINED["Cut" if isinstance(item.value, Cut) else item.title], "small", wrap=True))
        return out

    def _ask_removal(self) -> None:
        self.removal_requested.emit(self._item)

    def _fields(self, item: Item) -> list[QLayout]:
        value = item.value
        if isinstance(value, Label):
            return self._label_fields(value)
        if isinstance(value, Episode):
            return self._episode_fields(value)
        if isinstance(value, Cut):
            return [self._text("Reason", value.reason, lambda t: replace(value, reason=t))]
        if isinstance(value, RectRedaction):
            return self._mask_fields(value)
        return []

    def _label_fields(self, value: Label) -> list[QLayout]:
        names = [(c.title, c) for c in self._choices]
        known = next((i for i, (_, c) in enumerate(names) if (c.schema, c.name) == (value.schema, value.name)), None)
        if known is None:
            names.insert(0, (words(value.name), LabelChoice(value.schema, value.name, words(value.name))))
        box = combo("Label", names)
        box.setCurrentIndex(known or 0)
        box.activated.connect(lambda i: self._relabel(value, names[i][1]))
        self._first = box
        return [
            self._field("Label", box),
            self._text("Note", value.note, lambda t: replace(value, note=t), first=False),
        ]

    def _relabel(self, value: Label, choice: LabelChoice) -> None:
        if (choice.schema, choice.name) != (value.schema, value.name):
            self.edited.emit(replace(value, schema=choice.schema, name=choice.name))

    def _episode_fields(self, value: Episode) -> list[QLayout]:
        goal = _CommitText("Goal", value.goal)
        goal.committed.connect(lambda text: self.edited.emit(replace(value, goal=text)))
        self._first = goal
        outcome = self._choice("Outcome", [o.value for o in Outcome], value.outcome.value)
        outcome.activated.connect(lambda i: self.edited.emit(replace(value, outcome=list(Outcome)[i])))
        return [self._field("Goal", goal), self._field("Outcome", outcome)]

    def _mask_fields(self, value: RectRedaction) -> list[QLayout]:
        category = self._text("Category", value.category, lambda t: replace(value, category=t))
        keyframes = column(label(count(len(value.keyframes), "keyframe").capitalize(), "section"), spacing=2)
        for k in value.keyframes:
            r = k.rect
            go = button(format_t(k.t_ns), partial(self.time_requested.emit, k.t_ns), role="link")
            go.setFont(theme.mono_font(12))
            place = label(f"{r.x:.0f}, {r.y:.0f} · {r.w:.0f} × {r.h:.0f}", "small", wrap=True)
            line = row(go, place, spacing=6)
            if len(value.keyframes) > 1:
                without = replace(value, keyframes=tuple(other for other in value.keyframes if other != k))
                line.addWidget(tool("x", "Remove this keyframe", partial(self.edited.emit, without)))
            keyframes.addLayout(line)
        return [category, keyframes]

    def _range_fields(self, item: Item) -> QLayout:
        r = item.range
        start, end = self._time_link("Start", r.start_ns), self._time_link("End", r.end_ns)
        duration = label(span(r.duration_ns), "mono")
        duration.setTextInteractionFlags(duration.textInteractionFlags().TextSelectableByMouse)
        return column(row(start, end, None, spacing=16), self._field("Length", duration), spacing=10)

    def _time_link(self, name: str, t_ns: TimeNs) -> QLayout:
        go = button(format_t(t_ns), lambda: self.time_requested.emit(t_ns), role="link")
        go.setFont(theme.mono_font(12))
        go.setAccessibleName(f"{name}: go to {format_t(t_ns)}")
        return self._field(name, go)

    def _text(self, name: str, text: str, changed: Callable[[str], object], *, first: bool = True) -> QLayout:
        box: QLineEdit = line_edit(name)
        box.setText(text)
        box.editingFinished.connect(lambda: self.edited.emit(changed(box.text())) if box.text() != text else None)
        if first:
            self._first = box
        return self._field(name, box)

    def _choice(self, name: str, values: list[str], chosen: str) -> QComboBox:
        out = combo(name, [(words(v), v) for v in values])
        out.setCurrentIndex(values.index(chosen))
        return out

    def _field(self, name: str, widget: QWidget) -> QLayout:
        return column(label(name, "section"), widget, spacing=4)


class _CommitText(QPlainTextEdit):
    """Several lines that commit when they are left."""

    committed = Signal(object)  # str

    def __init__(self, name: str, text: str) -> None:
        super().__init__(text)
        self.setAccessibleName(name)
        self.setTabChangesFocus(True)
        self.setFixedHeight(72)
        self._text = text

    def focusOutEvent(self, event: object) -> None:
        super().focusOutEvent(event)  # type: ignore[arg-type]
        if self.toPlainText() != self._text:
            self._text = self.toPlainText()
            self.committed.emit(self._text)
