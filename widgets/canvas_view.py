"""The pure geometry of the canvas: frame px to device-independent widget px, with fit, zoom at a point and pan."""

from __future__ import annotations

from dataclasses import dataclass, replace

from replay.geometry import Rect

MIN_SCALE, MAX_SCALE = 0.02, 32.0
Size = tuple[int, int]


@dataclass(frozen=True, slots=True)
class CanvasView:
    """widget = origin + frame · scale. `scale` is widget px per frame px across, `scale` · `tall` down: a picture of
    another shape than the space that positions are in keeps its own. `fitted` follows the widget's size."""

    scale: float = 1.0
    x: float = 0.0
    y: float = 0.0
    fitted: bool = True
    tall: float = 1.0

    def to_widget(self, fx: float, fy: float) -> tuple[float, float]:
        return self.x + fx * self.scale, self.y + fy * self.scale * self.tall

    def to_frame(self, wx: float, wy: float) -> tuple[float, float]:
        return (wx - self.x) / self.scale, (wy - self.y) / (self.scale * self.tall)

    def rect(self, r: Rect) -> Rect:
        x, y = self.to_widget(r.x, r.y)
        return Rect(x, y, r.w * self.scale, r.h * self.scale * self.tall)

    def zoomed(self, factor: float, wx: float, wy: float) -> CanvasView:
        """Scaled by `factor` with the frame point under (wx, wy) held still."""
        scale = min(MAX_SCALE, max(MIN_SCALE, self.scale * factor))
        fx, fy = self.to_frame(wx, wy)
        return CanvasView(scale, wx - fx * scale, wy - fy * scale * self.tall, False, self.tall)

    def panned(self, dx: float, dy: float) -> CanvasView:
        return replace(self, x=self.x + dx, y=self.y + dy, fitted=False)


@dataclass(frozen=True, slots=True)
class Shape:
    """A picture of (width, height) px that stands for the whole of `space`, the frame px of everything over it."""

    picture: tuple[int, int]
    space: tuple[int, int]

    @property
    def tall(self) -> float:
        """How much taller the picture is than the space, at the same width."""
        return self.picture[1] * self.space[0] / (self.picture[0] * self.space[1])

    def magnification(self, view: CanvasView) -> float:
        """Widget px per picture px."""
        return view.scale * self.space[0] / self.picture[0]

    def fitted(self, widget: tuple[int, int]) -> CanvasView:
        """The whole picture, centred, as large as `widget` allows."""
        scale = min(widget[0] / self.space[0], widget[1] / (self.space[1] * self.tall))
        return self._centred(widget, max(MIN_SCALE, scale), fitted=True)

    def one_to_one(self, widget: tuple[int, int], device_ratio: float) -> CanvasView:
        """One picture pixel on one device pixel, edges on edges, so that it is crisp."""
        view = self._centred(widget, self.picture[0] / self.space[0] / device_ratio)
        x, y = (round(v * device_ratio) / device_ratio for v in (view.x, view.y))
        return replace(view, x=x, y=y)

    def _centred(self, widget: tuple[int, int], scale: float, *, fitted: bool = False) -> CanvasView:
        width, height = self.space[0] * scale, self.space[1] * scale * self.tall
        x, y = round((widget[0] - width) / 2), round((widget[1] - height) / 2)
        return CanvasView(scale, float(x), float(y), fitted, self.tall)


def like(view: CanvasView, frame: Size, widget: Size, own_frame: Size, own_widget: Size) -> CanvasView:
    """What `view` of a `frame` in a `widget` is for another frame in another widget: the same part of it, as far zoomed
    beyond fitting."""
    own_fit = Shape(own_frame, own_frame).fitted(own_widget)
    if view.fitted:
        return own_fit
    scale = min(MAX_SCALE, max(MIN_SCALE, view.scale / Shape(frame, frame).fitted(widget).scale * own_fit.scale))
    fx, fy = view.to_frame(widget[0] / 2, widget[1] / 2)
    x = own_widget[0] / 2 - fx / frame[0] * own_frame[0] * scale
    y = own_widget[1] / 2 - fy / frame[1] * own_frame[1] * scale
    return CanvasView(scale, x, y, False)
