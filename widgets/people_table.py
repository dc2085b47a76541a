"""Who belongs to a library and what they were granted, as two tables."""

from __future__ import annotations

from dataclasses import dataclass

from widgets.cell_table import Cell, CellTable, Column
from widgets.wording import count, date, words

_SOON_MS = 7 * 24 * 3600 * 1000


@dataclass(frozen=True, slots=True)
class PersonRow:
    """A member; `roles` are those that a grant in force gives."""

    id: str
    name: str
    roles: tuple[str, ...]
    is_custodian: bool
    is_recovery: bool
    is_revoked: bool
    is_me: bool


@dataclass(frozen=True, slots=True)
class GrantRow:
    """A grant as it stood at `now_ms`. `sessions` None is the whole collection; times are UTC ms."""

    id: str
    person: str
    role: str
    purposes: tuple[str, ...]
    sessions: int | None
    not_before_ms: int
    not_after_ms: int | None
    issued_by: str
    now_ms: int


def _standing(p: PersonRow) -> Cell:
    if p.is_revoked:
        return Cell("Revoked", "ban", "danger_text", "Nothing opens for this person any more.")
    if p.is_recovery:
        return Cell("Recovery key", "lock", "accent", "For the day when the custodian's own keys are gone.")
    if p.is_custodian:
        return Cell("Custodian", "shield", "ok_text", "Decides who belongs to the library and who may do what.")
    return Cell("Member", "user", "muted")


def _ends(g: GrantRow) -> Cell:
    if g.not_after_ms is None:
        return Cell("No end", muted=True)
    day = date(g.not_after_ms * 1_000_000)
    if g.not_after_ms <= g.now_ms:
        return Cell(f"Ended {day}", "ban", "danger_text")
    if g.not_before_ms > g.now_ms:
        return Cell(f"Starts {date(g.not_before_ms * 1_000_000)}", "clock", "muted")
    if g.not_after_ms - g.now_ms < _SOON_MS:
        return Cell(day, "triangle-alert", "accent", "Ends within a week.")
    return Cell(day, "clock", "muted")


def _purposes(purposes: tuple[str, ...]) -> str:
    return "Every purpose" if "*" in purposes else ", ".join(purposes) or "–"


def _scope(g: GrantRow) -> str:
    return "All sessions" if g.sessions is None else count(g.sessions, "session")


PEOPLE: tuple[Column[PersonRow], ...] = (
    Column("Name", 170, lambda p: Cell(f"{p.name} (you)" if p.is_me else p.name, muted=p.is_revoked)),
    Column("Standing", 140, _standing),
    Column("Card", 164, lambda p: Cell(p.id, mono=True, muted=p.is_revoked)),
    Column(
        "Roles",
        300,
        lambda p: Cell(", ".join(words(r) for r in p.roles) or "–", tip=", ".join(p.roles), muted=not p.roles),
    ),
)
GRANTS: tuple[Column[GrantRow], ...] = (
    Column("Person", 150, lambda g: Cell(g.person)),
    Column("Role", 100, lambda g: Cell(words(g.role))),
    Column("Purposes", 150, lambda g: Cell(_purposes(g.purposes), tip=", ".join(g.purposes))),
    Column("Sessions", 110, lambda g: Cell(_scope(g))),
    Column("Ends (UTC)", 190, _ends),
    Column("Issued by", 130, lambda g: Cell(g.issued_by, muted=True)),
)


def people_table() -> CellTable[PersonRow]:
    return CellTable("Members", PEOPLE)


def grants_table() -> CellTable[GrantRow]:
    return CellTable("Grants", GRANTS)
