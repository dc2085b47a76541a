"""The pure geometry of the canvas: frame px to device-independent widget px, with fit, zoom at a point and pan."""

from __future__ import annotations

from dataclasses import dataclass, replace

from replay.geometry import Rect

MIN_SCALE, MAX_SCALE = 0.02, 32.0
Size = tuple[int, int]


@dataclass(frozen=True, slots=True)
class CanvasView:
    """widget = origin + frame · scale. `scale` is widget px per frame px; `fitted` follows the widget's size."""

    scale: float = 1.0
    x: float = 0.0
    y: float = 0.0
    fitted: bool = True

    def to_widget(self, fx: float, fy: float) -> tuple[float, float]:
        return self.x + fx * self.scale, self.y + fy * self.scale

    def to_frame(self, wx: float, wy: float) -> tuple[float, float]:
        return (wx - self.x) / self.scale, (wy - self.y) / self.scale

    def rect(self, r: Rect) -> Rect:
        x, y = self.to_widget(r.x, r.y)
        return Rect(x, y, r.w * self.scale, r.h * self.scale)

    def zoomed(self, factor: float, wx: float, wy: float) -> CanvasView:
        """Scaled by `factor` with the frame point under (wx, wy) held still."""
        scale = min(MAX_SCALE, max(MIN_SCALE, self.scale * factor))
        fx, fy = self.to_frame(wx, wy)
        return CanvasView(scale, wx - fx * scale, wy - fy * scale, False)

    def panned(self, dx: float, dy: float) -> CanvasView:
        return replace(self, x=self.x + dx, y=self.y + dy, fitted=False)


def fit(frame: tuple[int, int], widget: tuple[int, int], margin: int = 0) -> CanvasView:
    """The whole frame, centred, as large as `widget` minus `margin` on each side allows."""
    scale = min((widget[0] - 2 * margin) / frame[0], (widget[1] - 2 * margin) / frame[1])
    return centred(frame, widget, max(MIN_SCALE, scale), fitted=True)


def centred(frame: tuple[int, int], widget: tuple[int, int], scale: float, *, fitted: bool = False) -> CanvasView:
    """The frame at `scale` with its centre in the widget's centre, on whole widget px so that 1:1 stays crisp."""
    x, y = (widget[0] - frame[0] * scale) / 2, (widget[1] - frame[1] * scale) / 2
    return CanvasView(scale, float(round(x)), float(round(y)), fitted)


def like(view: CanvasView, frame: Size, widget: Size, own_frame: Size, own_widget: Size) -> CanvasView:
    """What `view` of a `frame` in a `widget` is for another frame in another widget: the same part of it, as far zoomed
    beyond fitting."""
    own_fit = fit(own_frame, own_widget)
    if view.fitted:
        return own_fit
    scale = min(MAX_SCALE, max(MIN_SCALE, view.scale / fit(frame, widget).scale * own_fit.scale))
    fx, fy = view.to_frame(widget[0] / 2, widget[1] / 2)
    x = own_widget[0] / 2 - fx / frame[0] * own_frame[0] * scale
    y = own_widget[1] / 2 - fy / frame[1] * own_frame[1] * scale
    return CanvasView(scale, x, y, False)
