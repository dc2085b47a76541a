"""Small verdicts in words, icon and colour together: how sure a clock is, where a session stands, what is allowed."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from curation.model import SessionState
from replay.session import Session
from replay.sync import NOT_MEASURED, SyncModel
from widgets import theme
from widgets.wording import milliseconds, words

# Exports warn above one frame and refuse above this, or when nothing but an assumption stands behind the clock.
REFUSED_SIGMA_NS = 250_000_000
_ONE_FRAME_NS = 33_400_000
_DECIDED: Final = frozenset({"manual", "correlated"})
"""Methods of clocks that pictures or a person told, whatever a later look could not."""


@dataclass(frozen=True, slots=True)
class Badge:
    """`color` is a colour token legible as text; `icon` a bundled icon."""

    text: str
    icon: str
    color: str
    tip: str = ""


def sync_badge(method: str, sigma_ns: int, frame_ns: int = _ONE_FRAME_NS) -> Badge:
    """How far events may lie from the picture, and who says so."""
    text = f"± {milliseconds(sigma_ns)}"
    by = f"Clock by {words(method).lower()}, one standard deviation {milliseconds(sigma_ns)}."
    if method == "assumed" or sigma_ns > REFUSED_SIGMA_NS:
        return Badge(
            "assumed" if method == "assumed" else text, "circle-alert", "danger_text", f"{by} Exports refuse it."
        )
    if sigma_ns > frame_ns:
        return Badge(text, "triangle-alert", "accent", f"{by} More than one frame: exports warn.")
    return Badge(text, "circle-check", "ok_text", by)


def badge_of_session(session: Session) -> Badge:
    """The same of a session's clock, by its own frames' length; says so where its pictures cannot tell it."""
    badge = badge_of_sync(session.sync, _ONE_FRAME_NS if session.frames is None else session.frames.frame_ns)
    untold = next((p for p in session.problems if p.code == NOT_MEASURED), None)
    if untold is None or session.sync.method in _DECIDED:
        return badge
    return replace(badge, text=f"{badge.text} · cannot tell", tip=f"{badge.tip} {untold.sentence}")


def badge_of_sync(sync: SyncModel, frame_ns: int) -> Badge:
    return sync_badge(sync.method, sync.sigma_ns, frame_ns)


def badge_of_preview(index: int) -> Badge:
    """The picture shown stands in for an exact one that is on its way."""
    return Badge(f"Preview · f {index}", "loader", "accent", "Smaller or lossy; the exact picture replaces it.")


def state_badge(state: str) -> Badge:
    icons = {
        SessionState.NEW: ("circle-dot", "info_text"),
        SessionState.IN_PROGRESS: ("clock", "accent"),
        SessionState.DONE: ("circle-check", "ok_text"),
        SessionState.REJECTED: ("ban", "danger_text"),
    }
    icon, color = icons[SessionState(state)]
    return Badge(words(state), icon, color)


def consent_badge(status: str) -> Badge:
    icons = {
        "granted": ("circle-check", "ok_text"),
        "limited": ("triangle-alert", "accent"),
        "withdrawn": ("ban", "danger_text"),
    }
    icon, color = icons.get(status, ("circle-help", "muted"))
    return Badge(words(status), icon, color)


def paint_badge(painter: QPainter, area: QRectF, badge: Badge) -> None:
    """Icon and words, left-aligned and vertically centred in `area`."""
    middle = area.center().y()
    theme.paint_icon(painter, badge.icon, QRectF(area.x(), middle - 7, 14, 14), badge.color)
    painter.setFont(theme.interface_font(12))
    painter.setPen(theme.color("text"))
    text = area.adjusted(20, 0, 0, 0)
    shown = painter.fontMetrics().elidedText(badge.text, Qt.TextElideMode.ElideRight, int(text.width()))
    painter.drawText(text, Qt.AlignmentFlag.AlignVCenter, shown)


class BadgeView(QWidget):
    """One badge as a widget; its words are its accessible name."""

    def __init__(self, what: str) -> None:
        super().__init__()
        self._what = what
        self._badge: Badge | None = None
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self.show_badge(None)

    def show_badge(self, badge: Badge | None) -> None:
        self._badge = badge
        self.setVisible(badge is not None)
        self.setAccessibleName(f"{self._what}: {badge.text}" if badge else self._what)
        self.setToolTip(badge.tip if badge else "")
        self.updateGeometry()
        self.update()

    def sizeHint(self) -> QSize:
        text = self._badge.text if self._badge else ""
        return QSize(self.fontMetrics().horizontalAdvance(text) + 28, 22)

    def paintEvent(self, event: QPaintEvent) -> None:
        if self._badge is None:
            return
        with QPainter(self) as painter:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            paint_badge(painter, QRectF(self.rect()).adjusted(2, 0, 0, 0), self._badge)
