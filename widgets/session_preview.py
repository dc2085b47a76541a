"""Beside the session list: the picked session in one look, and the way into it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QImage, QPainter, QPaintEvent
from PySide6.QtWidgets import QFormLayout, QFrame, QSizePolicy, QWidget

from widgets import theme
from widgets.badges import BadgeView, consent_badge, state_badge, sync_badge
from widgets.controls import button, column, label, row, scrolled
from widgets.panel_state import PanelState, StatePage
from widgets.session_list import paint_sparkline
from widgets.wording import app_name, count, date, grouped, length, size, words


class Thumbnail(QWidget):
    """One picture, whole, on the canvas colour, with the session's activity under it."""

    def __init__(self) -> None:
        super().__init__()
        self.setAccessibleName("A frame of the session and its activity")
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self._picture: QImage | None = None
        self._activity: list[int] = []
        self._words = ""

    def show_picture(self, picture: QImage | None, words_instead: str = "") -> None:
        self._picture, self._words = picture, words_instead
        self.update()

    def show_activity(self, activity: list[int]) -> None:
        self._activity = activity
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(280, 200)

    def paintEvent(self, event: QPaintEvent) -> None:
        with QPainter(self) as painter:
            painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            frame = QRectF(0, 0, self.width(), self.height() - 34)
            painter.fillRect(frame, theme.color("canvas"))
            if self._picture is not None:
                fitted = self._picture.size().scaled(frame.size().toSize(), Qt.AspectRatioMode.KeepAspectRatio)
                shown = QRectF(0, 0, fitted.width(), fitted.height())
                shown.moveCenter(frame.center())
                painter.drawImage(shown, self._picture)
            else:
                painter.setPen(theme.color("muted"))
                painter.drawText(frame, Qt.AlignmentFlag.AlignCenter, self._words)
            if self._activity:
                paint_sparkline(painter, QRectF(0, self.height() - 28, self.width(), 26), self._activity)


class SessionPreview(QFrame):
    """Facts of one catalogue row, or how many rows are picked."""

    def __init__(self, open_: Callable[[], object], export: Callable[[], object]) -> None:
        super().__init__()
        self.setObjectName("panel")
        self._picture = Thumbnail()
        self._title = label("", "mono")
        self._values = {name: label("", wrap=True) for name in _FACTS}
        facts_form = QFormLayout()
        facts_form.setHorizontalSpacing(16)
        facts_form.setVerticalSpacing(6)
        for name, value in self._values.items():
            value.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
            facts_form.addRow(label(name, "small"), value)
        self._badges = (BadgeView("State"), BadgeView("Clock"), BadgeView("Consent"))
        self._problems = label("", "small", wrap=True)
        buttons = row(button("Open", open_, role="primary", icon="film"), button("Export…", export), None)
        facts = QWidget()
        facts.setLayout(
            column(
                self._picture, self._title, row(*self._badges, None, spacing=4), facts_form,
                label("Problems", "section"), self._problems, None, margins=(14, 14, 14, 0), spacing=12,
            )
        )  # fmt: skip
        buttons.setContentsMargins(14, 12, 14, 14)
        body = QWidget()
        body.setLayout(column(scrolled(facts), buttons, spacing=0))
        self._page = StatePage(body)
        self.setLayout(column(self._page))
        self.setMinimumWidth(264)
        self.show_nothing(0)

    def show_nothing(self, picked: int) -> None:
        """No single session to show: none, or several, picked."""
        if picked:
            hint = "Export takes all of them; open one to work on it."
            self._page.show_state(PanelState.empty(f"{count(picked, 'session')} picked", hint, "library"))
        else:
            self._page.show_state(PanelState.empty("No session picked", "Pick one to see what it holds.", "library"))

    def show_record(self, record: dict[str, Any]) -> None:
        self._title.setText(record["id"][:13])
        for view, badge in zip(
            self._badges,
            (
                state_badge(record.get("state") or "new"),
                sync_badge(record["sync_method"], record["sync_sigma_ns"]),
                consent_badge(record["consent"]),
            ),
            strict=True,
        ):
            view.show_badge(badge)
        for name, value in _facts(record):
            self._values[name].setText(value)
        self._problems.setText("\n".join(words(p) for p in record["problems"] or ()) or "None found.")
        self.show_activity(record.get("activity"))
        self._picture.show_picture(None, "Reading…" if record["frames"] else "No video")
        self._page.show_content()

    def show_activity(self, activity: list[int] | None) -> None:
        self._picture.show_activity(activity or [])

    def show_picture(self, picture: QImage) -> None:
        self._picture.show_picture(picture)


_FACTS = ("Started", "Length", "Picture", "Events", "Apps", "Recorder", "Format", "Size", "Decided")


def _facts(r: dict[str, Any]) -> list[tuple[str, str]]:
    picture = f"{r['width']} × {r['height']}" if r["width"] else "no video"
    decided = [(r.get("labels"), "label"), (r.get("cuts"), "cut"), (r.get("redactions"), "redaction")]
    values = (
        date(r["started_at_utc_ns"]),
        length(r["duration_ns"]),
        f"{picture}, {count(r['frames'], 'frame')}" if r["frames"] else picture,
        f"{grouped(r['events'])} ({grouped(r['clicks'])} clicks, {grouped(r['key_events'])} keys)",
        ", ".join(app_name(a) for a in r["apps"] or ()) or "–",
        r["recorder"] or "–",
        r["format"],
        size(r["size_bytes"]),
        ", ".join(count(n or 0, name) for n, name in decided),
    )
    return list(zip(_FACTS, values, strict=True))
