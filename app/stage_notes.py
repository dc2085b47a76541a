"""What the stage says over the picture: a sentence for a while, or what holds until further notice."""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import QObject, QTimer

from widgets.frame_canvas import FrameCanvas

NOTE_MS: Final = 5000


class StageNotes(QObject):
    """One note at a time; when a sentence has been read, what still holds comes back."""

    def __init__(self, canvas: FrameCanvas) -> None:
        super().__init__()
        self._canvas = canvas
        self._timer = QTimer(self, interval=NOTE_MS, singleShot=True)
        self._timer.timeout.connect(self.show_standing)
        self._reveals = False
        self._labelling: tuple[str, ...] = ()
        self._hidden_because = ""

    def say(self, sentence: str) -> None:
        """A sentence where the act was; it leaves by itself. An empty one ends the last."""
        self._canvas.show_note(sentence)
        self._timer.start(NOTE_MS if sentence else 0)

    def wait_for(self, index: int | None) -> None:
        """A frame takes its time, or has come."""
        self._canvas.show_note("" if index is None else f"Decoding frame {index}…")
        if index is None:
            self.show_standing()

    def label(self, titles: tuple[str, ...]) -> None:
        """The live labels that run."""
        self._labelling = titles
        self.show_standing()

    def reveal(self, on: bool) -> None:
        """Whether the original is shown."""
        self._reveals = on
        self.show_standing()

    def hide_text(self, because: str) -> None:
        """Why all text stays hidden; empty where it does not."""
        before, self._hidden_because = self._hidden_because, because
        if because != before:
            self.show_standing()

    def clear(self) -> None:
        """Of another session, or none, nothing holds."""
        self._timer.stop()
        self._reveals, self._labelling, self._hidden_because = False, (), ""
        self._canvas.show_note("")

    def show_standing(self) -> None:
        if self._reveals:
            self._canvas.show_note("The original; this look is logged")
        else:
            labelling = f"Labelling: {', '.join(self._labelling)}" if self._labelling else ""
            self._canvas.show_note(labelling or self._hidden_because)
