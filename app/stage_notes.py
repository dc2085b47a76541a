"""What the stage says over the picture: a sentence for a while, or what holds until further notice."""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import QObject, QTimer

from widgets.frame_canvas import FrameCanvas

NOTE_MS: Final = 5000


class StageNotes(QObject):
    """One note at a time; when a sentence has been read, what still holds comes back. Pictures that come or keep one
    waiting meanwhile take no sentence away: while something plays one comes every few milliseconds."""

    def __init__(self, canvas: FrameCanvas) -> None:
        super().__init__()
        self._canvas = canvas
        self._timer = QTimer(self, interval=NOTE_MS, singleShot=True)
        self._timer.timeout.connect(lambda: self.say(""))
        self._said = self._waiting = ""
        self._reveals = False
        self._labelling: tuple[str, ...] = ()
        self._hidden_because = ""

    def say(self, sentence: str) -> None:
        """A sentence where the act was; it leaves by itself. An empty one ends the last."""
        self._said = sentence
        if sentence:
            self._timer.start()
        else:
            self._timer.stop()
        self._show()

    def wait_for(self, index: int | None) -> None:
        """A frame takes its time, or has come."""
        self._waiting = "" if index is None else f"Decoding frame {index}…"
        self._show()

    def label(self, titles: tuple[str, ...]) -> None:
        """The live labels that run."""
        self._labelling = titles
        self._show_standing()

    def reveal(self, on: bool) -> None:
        """Whether the original is shown."""
        self._reveals = on
        self._show_standing()

    def hide_text(self, because: str) -> None:
        """Why all text stays hidden; empty where it does not."""
        before, self._hidden_because = self._hidden_because, because
        if because != before:
            self._show_standing()

    def clear(self) -> None:
        """Of another session, or none, nothing holds."""
        self._reveals, self._labelling, self._hidden_because = False, (), ""
        self._show_standing()

    def _show_standing(self) -> None:
        """What holds has changed: that is shown at once, whatever was said before."""
        self._waiting = ""
        self.say("")

    def _show(self) -> None:
        self._canvas.show_note(self._said or self._waiting or self._standing)

    @property
    def _standing(self) -> str:
        if self._reveals:
            return "The original; this look is logged"
        labelling = f"Labelling: {', '.join(self._labelling)}" if self._labelling else ""
        return labelling or self._hidden_because
