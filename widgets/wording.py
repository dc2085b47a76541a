"""How values read on screen: times, lengths, sizes, dates and names, the same in every panel."""

from __future__ import annotations

from datetime import UTC, datetime

from replay.timebase import NS_PER_S, TimeNs, format_t


def hud(t_ns: TimeNs, frame_index: int | None) -> str:
    """`00:12:34.567 · f 22630`; without a frame only the time."""
    return format_t(t_ns) if frame_index is None else f"{format_t(t_ns)} · f {frame_index}"


def length(duration_ns: int) -> str:
    """`12:34`, `1:02:03`: a length in minutes or hours, rounded to the second."""
    seconds = round(abs(duration_ns) / NS_PER_S)
    hours, minutes = divmod(seconds // 60, 60)
    return f"{hours}:{minutes:02}:{seconds % 60:02}" if hours else f"{minutes}:{seconds % 60:02}"


def span(duration_ns: int) -> str:
    """`0.480 s`, `12.4 s`, `3 min 20 s`: a duration to judge, not to address."""
    seconds = duration_ns / NS_PER_S
    if seconds < 1:
        return f"{seconds:.3f} s"
    if seconds < 100:
        return f"{seconds:.1f} s"
    return f"{int(seconds // 60)} min {int(seconds % 60)} s"


def milliseconds(duration_ns: int) -> str:
    return f"{duration_ns / 1e6:.0f} ms"


def date(utc_ns: int | None) -> str:
    """`2026-04-03 14:05` in UTC; a dash where the recorder did not say."""
    if utc_ns is None:
        return "–"
    return datetime.fromtimestamp(utc_ns / NS_PER_S, UTC).strftime("%Y-%m-%d %H:%M")


def moment(t_ms: int) -> str:
    """`0:12:34`: a moment of session time to the second, for ranges that need no frame."""
    seconds = t_ms // 1000
    return f"{seconds // 3600}:{seconds // 60 % 60:02}:{seconds % 60:02}"


def ago(past_ms: int, now_ms: int) -> str:
    """`just now`, `12 min ago`, `3 h ago`, `5 days ago`."""
    minutes = max(0, now_ms - past_ms) // 60_000
    if minutes < 1:
        return "just now"
    if minutes < 60:
        return f"{minutes} min ago"
    hours = minutes // 60
    return f"{hours} h ago" if hours < 48 else f"{hours // 24} days ago"


def size(n_bytes: int) -> str:
    value = float(n_bytes)
    for unit in ("B", "kB", "MB", "GB"):
        if value < 1000 or unit == "GB":
            return f"{value:.0f} {unit}" if unit == "B" or value >= 100 else f"{value:.1f} {unit}"
        value /= 1000
    raise AssertionError


def count(n: int, one: str, many: str = "") -> str:
    """`1 session`, `12 000 sessions`."""
    return f"{grouped(n)} {one if n == 1 else many or one + 's'}"


def grouped(n: int) -> str:
    """Thousands apart by a thin space."""
    return f"{n:,}".replace(",", "\u2009")


def words(code: str) -> str:
    """A stable code as words: `in_progress` → `In progress`."""
    return code.replace("_", " ").capitalize()


def short_id(session_id: str) -> str:
    return session_id[:8]


def app_name(app: str | None) -> str:
    """An application's short name: no folder, no `.exe`."""
    name = (app or "").replace("\\", "/").rsplit("/", 1)[-1]
    stem = name[:-4] if name.lower().endswith((".exe", ".app")) else name
    return stem or "Unknown"
