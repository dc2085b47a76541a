"""From the registry to Qt: QActions with keys where they are valid, menus, and one place where refusals are said."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final, Protocol

from PySide6.QtCore import QEvent, QObject, Qt, QTimer, Signal
from PySide6.QtGui import QAction, QKeyEvent, QKeySequence
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractItemView,
    QAbstractSpinBox,
    QApplication,
    QComboBox,
    QLineEdit,
    QMenu,
    QMenuBar,
    QPlainTextEdit,
    QTabBar,
    QWidget,
)

from app.actions.registry import Registry, Scope, UiAction
from replay.errors import SafelightError
from widgets import theme
from widgets.key_sheet import KeyRow

LET_GO_AFTER_MS: Final = 50
"""X11 repeats a held key as release and press; Qt tells that from letting go only if both arrive together."""
MENUS: Final = (
    ("File", ("File", "Go", "Access")),
    ("Playback", ("Playback", "Mark")),
    ("Edit", ("Edit", "Label")),
    ("Redact", ("Redact",)),
    ("View", ("View", "Compare")),
    ("Help", ("Help",)),
)


class ActionBinding(QObject):
    """QActions by id. `refused` carries the error of an act that could not be carried out."""

    refused = Signal(object)  # (UiAction, SafelightError)

    def __init__(self, registry: Registry, places: dict[Scope, tuple[QWidget, ...]]) -> None:
        super().__init__()
        self._registry = registry
        self._qactions = {a.id: self._made(a, places[a.context]) for a in registry.actions}
        registry.on_facts(self.refresh)
        self.refresh()

    def _made(self, action: UiAction, places: tuple[QWidget, ...]) -> QAction:
        out = QAction(action.title, self)
        out.setToolTip(with_keys(action.title, action.keys))
        if action.icon:
            out.setIcon(theme.icon(action.icon))
        if not action.hold:
            out.setShortcuts([QKeySequence(k) for k in action.keys])
        window = action.context is Scope.WINDOW
        context = Qt.ShortcutContext
        out.setShortcutContext(context.WindowShortcut if window else context.WidgetWithChildrenShortcut)
        out.triggered.connect(lambda: self.trigger(action.id))
        for place in places:
            place.addAction(out)
        return out

    def trigger(self, action_id: str, **arguments: Any) -> bool:
        """Carry an action out; a refusal is said, not raised. Returns whether it was carried out."""
        try:
            self._registry.run(action_id, **arguments)
        except SafelightError as e:
            self.refused.emit((self._registry.action(action_id), e))
            return False
        return True

    def guarded(self, action_id: str, act: Callable[..., object]) -> Callable[..., None]:
        """`act` for a widget's signal: what it raises is said as if `action_id` had been refused."""

        def run(*arguments: Any) -> None:
            try:
                act(*arguments)
            except SafelightError as e:
                self.refused.emit((self._registry.action(action_id), e))

        return run

    def refresh(self) -> None:
        for action_id, qaction in self._qactions.items():
            qaction.setEnabled(self._registry.is_enabled(action_id))

    def qaction(self, action_id: str) -> QAction:
        return self._qactions[action_id]

    def retitle(self, action_id: str, title: str) -> None:
        """Say what an action would do right now, such as what it would undo."""
        self._qactions[action_id].setText(title)
        self._qactions[action_id].setToolTip(with_keys(title, self._registry.action(action_id).keys))

    def fill_menus(self, bar: QMenuBar) -> None:
        for title, groups in MENUS:
            menu = QMenu(title, bar)
            for group in groups:
                if not menu.isEmpty():
                    menu.addSeparator()
                for action in self._registry.actions:
                    if action.group == group and action.listed and not action.hold:
                        menu.addAction(self._qactions[action.id])
            bar.addMenu(menu)


def shown_keys(keys: tuple[str, ...]) -> tuple[str, ...]:
    """Keys as people know them."""
    arrows = {"Right": "→", "Left": "←", "Up": "↑", "Down": "↓", "Return": "Enter", "Delete": "Del"}
    out = []
    for key in keys:
        *modifiers, last = key.split("+") if key != "+" else [key]
        out.append("+".join([*modifiers, arrows.get(last, last or "+")]))
    return tuple(out)


def with_keys(title: str, keys: tuple[str, ...]) -> str:
    return f"{title} ({shown_keys(keys)[0]})" if keys else title


def key_rows(registry: Registry, scopes: frozenset[Scope]) -> list[KeyRow]:
    """The keys valid in any of `scopes`, in the catalogue's order."""
    return [KeyRow(a.group, a.title, shown_keys(a.keys)) for a in registry.actions if a.keys and a.context in scopes]


class Pannable(Protocol):
    """A widget that pans while Space is held; `hold_space(False)` says whether it was panned meanwhile."""

    def hold_space(self, held: bool) -> bool: ...


class KeyFilter(QObject):
    """Keeps keys where they are expected: letters in text fields, Space on buttons, and holds pressed keys' acts.

    Shortcuts win over widgets in Qt; accepting a ShortcutOverride gives the key back to the widget.
    """

    def __init__(self, binding: ActionBinding, registry: Registry, stage: tuple[Pannable, ...]) -> None:
        super().__init__()
        self._binding = binding
        self._pannable = stage
        self._holds = {Qt.Key[f"Key_{k}"]: a.id for a in registry.actions if a.hold for k in a.keys}
        self._held: str | None = None
        self._letting_go = QTimer(self, singleShot=True, interval=LET_GO_AFTER_MS)
        self._letting_go.timeout.connect(self.let_go)
        self._page: QWidget | None = None

    def install(self, app: QApplication, page: QWidget) -> None:
        """`page`: where held keys act."""
        self._page = page
        app.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.WindowDeactivate:
            self.let_go()  # the key's release goes to another window
        if not isinstance(event, QKeyEvent) or not isinstance(watched, QWidget):
            return False
        if event.type() == QEvent.Type.ShortcutOverride:
            # An open menu or list has every key: its arrows must not step the frames behind it.
            in_popup = QApplication.activePopupWidget() is not None
            if in_popup or self._is_space_on_stage(watched, event) or _belongs_to(watched, event):
                event.accept()
                return True
        elif event.type() in (QEvent.Type.KeyPress, QEvent.Type.KeyRelease):
            if self._is_space_on_stage(watched, event):
                return event.isAutoRepeat() or self._space(watched, held=event.type() == QEvent.Type.KeyPress)
            return not event.isAutoRepeat() and self._hold(watched, event)
        return False

    def _is_space_on_stage(self, watched: QWidget, event: QKeyEvent) -> bool:
        plain = event.key() == Qt.Key.Key_Space and not event.modifiers()
        return plain and any(id(p) == id(watched) for p in self._pannable)

    def _space(self, watched: QWidget, *, held: bool) -> bool:
        """On the stage, Space held is for panning; let go without a pan, it plays."""
        panned = False
        for pannable in self._pannable:
            panned = pannable.hold_space(held) or panned
        if not held and not panned:
            self._binding.trigger("play.toggle")
        return True

    def _hold(self, watched: QWidget, event: QKeyEvent) -> bool:
        action_id = self._holds.get(Qt.Key(event.key()))
        if action_id is None:
            return False
        if event.type() == QEvent.Type.KeyRelease:
            if self._held == action_id:
                self._letting_go.start()
            return self._held == action_id
        if self._held == action_id:
            self._letting_go.stop()
            return True
        on_page = self._page is not None and (self._page is watched or self._page.isAncestorOf(watched))
        if not on_page or _is_text(watched):
            return False
        self.let_go()
        self._held = action_id
        return self._binding.trigger(action_id, on=True)

    def let_go(self) -> None:
        """End the act of a key that is held, at once."""
        self._letting_go.stop()
        held, self._held = self._held, None
        if held is not None:
            self._binding.trigger(held, on=False)


def _is_text(widget: QWidget) -> bool:
    return isinstance(widget, QLineEdit | QPlainTextEdit | QAbstractSpinBox)


def _walks_sideways(widget: QWidget) -> bool:
    return isinstance(widget, QTabBar) or (isinstance(widget, QAbstractButton) and widget.group() is not None)


def _belongs_to(widget: QWidget, event: QKeyEvent) -> bool:
    """Whether the widget needs this key more than any action does."""
    key, modifiers = event.key(), event.modifiers()
    if _is_text(widget):
        commanding = modifiers & (Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.AltModifier)
        undo = key in (Qt.Key.Key_Z, Qt.Key.Key_Left, Qt.Key.Key_Right)
        function = Qt.Key.Key_F1 <= key <= Qt.Key.Key_F35
        return (not commanding or undo) and not function
    if key in (Qt.Key.Key_Left, Qt.Key.Key_Right) and not modifiers and _walks_sideways(widget):
        return True
    if isinstance(widget, QAbstractButton | QComboBox):
        return key in (Qt.Key.Key_Space, Qt.Key.Key_Up, Qt.Key.Key_Down) and not modifiers
    return isinstance(widget, QAbstractItemView) and key in (Qt.Key.Key_Home, Qt.Key.Key_End)
