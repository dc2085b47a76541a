"""JSON and JSON lines from untrusted files: bounded lines, typed rows, refusals that name file and row.

Nothing here quotes what it could not read: a malformed row may hold a password.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, Final, Generic, TypeVar

import msgspec

from replay.errors import BadInput
from replay.importers.untrusted_files import head
from replay.problems import Problem, Severity

T = TypeVar("T")
EVENT_LINE: Final = 64 << 10
TREE_LINE: Final = 32 << 20
_BOM: Final = b"\xef\xbb\xbf"


class JsonLines(Generic[T]):
    """The rows of one JSON-lines file, one at a time, as `row_type`; `limit` is the longest line in bytes.

    Iterating yields (row number from 1, the line's bytes, the row) and raises BadInput (code `malformed_row`, with
    file and row) at the first line that is too long, is not JSON or has a value of the wrong type. A last line cut
    short by a recorder that died ends the file; `truncated` says so afterwards.
    """

    def __init__(self, file: BinaryIO, name: str, row_type: type[T], limit: int = EVENT_LINE) -> None:
        self._file = file
        self._name = name
        self._decoder = msgspec.json.Decoder(row_type)
        self._limit = limit
        self.truncated = False

    def __iter__(self) -> Iterator[tuple[int, bytes, T]]:
        number = 0
        while line := self._file.readline(self._limit + 1):
            number += 1
            if len(line) > self._limit:
                raise self._refusal(number, f"is longer than {self._limit >> 10} KiB")
            text = line.removeprefix(_BOM).strip() if number == 1 else line.strip()
            if not text:
                continue
            row = self._decoded(number, text, is_complete=line.endswith(b"\n"))
            if row is None:
                return
            yield number, text, row

    def _decoded(self, number: int, text: bytes, *, is_complete: bool) -> T | None:
        try:
            return self._decoder.decode(text)
        except msgspec.ValidationError as e:
            raise self._refusal(number, f"has a missing or wrongly typed value{_where(e)}") from None
        except RecursionError:
            raise self._refusal(number, "is nested too deeply") from None
        except (msgspec.DecodeError, UnicodeDecodeError):
            if is_complete:
                raise self._refusal(number, "is not JSON") from None
            self.truncated = True
            return None

    def _refusal(self, number: int, why: str) -> BadInput:
        return BadInput(
            "malformed_row", f"{self._name}, row {number}, {why}.", "Record again, or take that row out and import."
        )

    @property
    def problems(self) -> tuple[Problem, ...]:
        """What the curator should know once every row was read."""
        if not self.truncated:
            return ()
        sentence = f"{self._name} ends in the middle of a row: the recorder stopped early. Rows before it are kept."
        return (Problem("source_truncated", Severity.WARNING, sentence),)


def _where(error: msgspec.ValidationError) -> str:
    """The path inside the row, of declared field names only: msgspec quotes `$.field[...]`, never a value."""
    _, found, path = str(error).rpartition(" - at `")
    return f" (at {path.rstrip('`')})" if found else ""


def document(content: bytes, name: str, document_type: type[T]) -> T:
    """One JSON document. Raises BadInput (`malformed_file`) where it is not JSON of that shape."""
    try:
        return msgspec.json.decode(content.removeprefix(_BOM), type=document_type)
    except msgspec.ValidationError as e:
        raise BadInput("malformed_file", f"{name} has a missing or wrongly typed value{_where(e)}.") from None
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise BadInput("malformed_file", f"{name} is not JSON.", "Record again, or repair the file.") from None


def first_row(path: Path, row_type: type[T], limit: int = EVENT_LINE) -> T | None:
    """The first row of a file where it can be read as `row_type`, for telling formats apart; None otherwise."""
    line, end, _ = head(path, limit).partition(b"\n")
    try:
        return msgspec.json.decode(line.removeprefix(_BOM), type=row_type) if end or line else None
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None
