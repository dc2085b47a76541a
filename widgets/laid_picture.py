"""A picture scaled onto a canvas once: what moves over it many times must not cost a scaling of it each."""

from __future__ import annotations

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QColor, QImage, QPainter


def averaged(picture: QImage, scale: float) -> QImage:
    """The picture made smaller, each pixel the mean of those it stands for."""
    size = QSize(round(picture.width() * scale), round(picture.height() * scale))
    return picture.scaled(size, Qt.AspectRatioMode.IgnoreAspectRatio, Qt.TransformationMode.SmoothTransformation)


class LaidPicture:
    """Keeps one canvas full of pixels until it is `changed` or cleared."""

    def __init__(self) -> None:
        self._laid = QImage()
        self._is_current = False

    def changed(self) -> None:
        """Another picture, or another place of it."""
        self._is_current = False

    def clear(self) -> None:
        """Nothing of the picture is left."""
        self._laid, self._is_current = QImage(), False

    def laid(
        self, source: QImage, target: QRectF, canvas: QSize, ratio: float, background: QColor, *, smooth: bool
    ) -> QImage:
        """`source` painted into `target` on a canvas of that size, in widget px, of `ratio` device px each."""
        size = QSize(round(canvas.width() * ratio), round(canvas.height() * ratio))
        if self._laid.size() != size:
            self._laid, self._is_current = QImage(size, QImage.Format.Format_RGB32), False
        if not self._is_current:
            self._is_current = True
            self._laid.setDevicePixelRatio(ratio)
            painter = QPainter(self._laid)
            painter.fillRect(QRectF(0, 0, canvas.width(), canvas.height()), background)
            painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, smooth)
            painter.drawImage(target, source, QRectF(source.rect()))
            painter.end()
        return self._laid
