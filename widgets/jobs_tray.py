"""Long work in sight: what runs, how far it is, how long it will take, and a way to stop it."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QFrame, QProgressBar, QWidget

from widgets.controls import ElidedLabel, column, row, tool
from widgets.wording import grouped


@dataclass(frozen=True, slots=True)
class JobView:
    """How one job stands. `total` 0: not known yet; `eta_s` None: not known yet; `ended`: done, failed or cancelled."""

    id: str
    title: str
    what: str = ""
    done: int = 0
    total: int = 0
    eta_s: float | None = None
    cancelling: bool = False
    ended: bool = False


def progress_words(job: JobView) -> str:
    """`Decoding · 1 200 of 9 000 · about 40 s left`."""
    if job.cancelling:
        return "Stopping…"
    parts = [job.what] if job.what else []
    if job.total:
        parts.append(f"{grouped(min(job.done, job.total))} of {grouped(job.total)}")
    if job.eta_s is not None:
        seconds = max(1, round(job.eta_s))
        parts.append(f"about {seconds} s left" if seconds < 90 else f"about {round(seconds / 60)} min left")
    return " · ".join(parts) or "Starting…"


class JobRow(QWidget):
    """One job: title, bar, words and a stop button."""

    cancel_requested = Signal(object)  # job id

    def __init__(self, job: JobView) -> None:
        super().__init__()
        self._id = job.id
        self._title = ElidedLabel("heading")
        self._words = ElidedLabel("small")
        self._bar = QProgressBar()
        self._bar.setTextVisible(False)
        self._stop = tool("x", f"Stop: {job.title}", lambda: self.cancel_requested.emit(self._id))
        text = column(self._title, self._bar, self._words, spacing=4)
        self.setLayout(row(text, self._stop, margins=(12, 8, 8, 8)))
        self.show_job(job)

    def show_job(self, job: JobView) -> None:
        self._title.show_text(job.title)
        self._words.show_text(progress_words(job))
        self._bar.setAccessibleName(f"{job.title}: {progress_words(job)}")
        # A bar without a total runs to and fro, which is motion that explains nothing; it stays empty instead.
        self._bar.setMaximum(max(job.total, 1))
        self._bar.setValue(min(job.done, job.total))
        self._stop.setEnabled(not job.cancelling)


class JobsTray(QFrame):
    """Every running job; hidden while there is none."""

    cancel_requested = Signal(object)  # job id

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("bar")
        self.setAccessibleName("Jobs")
        self._rows: dict[str, JobRow] = {}
        self._column = column(spacing=0)
        self.setLayout(self._column)
        self.hide()

    def show_job(self, job: JobView) -> None:
        """Add, update or (once ended) remove one job."""
        if job.ended:
            gone = self._rows.pop(job.id, None)
            if gone is not None:
                self._column.removeWidget(gone)
                gone.deleteLater()
        elif job.id in self._rows:
            self._rows[job.id].show_job(job)
        else:
            added = JobRow(job)
            added.cancel_requested.connect(self.cancel_requested)
            self._rows[job.id] = added
            self._column.addWidget(added)
        self.setVisible(bool(self._rows))

    @property
    def running(self) -> int:
        return len(self._rows)
