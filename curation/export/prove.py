"""Proves an export by opening it again: every file, every byte, every picture; fails closed.

Start at `prove`. It takes what is promised (the manifest) and, where a library is at hand, the secrets. What it could
not look at it lists; a kind of file it does not understand is a leak, not an omission.
"""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Final

from curation.export.format_words import format_words
from curation.export.manifest import NAME, FileEntry, Manifest, SessionEntry
from curation.export.prove_files import FileCheck, Found
from curation.export.prove_pictures import picture_findings
from curation.export.prove_tables import parquet_findings
from curation.export.prove_texts import json_findings
from curation.export.prove_video import video_findings
from curation.redaction.prove import Leak, SecretSearch

Report = Callable[[int, int, str], None]
_NAME: Final = re.compile(r"README\.md|[a-z0-9][a-z0-9._-]{0,119}")
_CHECKS: Final[dict[str, FileCheck]] = {
    ".mp4": video_findings,
    ".parquet": parquet_findings,
    ".json": json_findings,
    ".jsonl": json_findings,
    ".png": picture_findings,
}
_PLAIN: Final = frozenset({".md"})


@dataclass(frozen=True, slots=True)
class ProofReport:
    """`ok` speaks for `checked` alone; `not_looked` is what nobody looked at."""

    ok: bool
    leaks: tuple[Leak, ...]
    checked: tuple[str, ...]
    not_looked: tuple[str, ...]


def prove(folder: Path, manifest: Manifest, search: SecretSearch | None, report: Report) -> ProofReport:
    """Open every file of the export in `folder` and hold it against its manifest and, where given, the secrets."""
    proof = _Proof(folder, manifest, search or SecretSearch((), b""), report)
    leaks = tuple(dict.fromkeys(proof.run()))
    return ProofReport(not leaks, leaks, tuple(proof.checked(search)), tuple(proof.not_looked(search)))


class _Proof:
    def __init__(self, folder: Path, manifest: Manifest, search: SecretSearch, report: Report) -> None:
        self._folder = folder
        self._manifest = manifest
        self._search = search
        self._report = report
        self._sessions = {s.session: s for s in manifest.sessions}
        self._words = 0
        self._files = 0

    def run(self) -> Iterator[Leak]:
        promised = {f.path: f for f in self._manifest.files}
        found = sorted(self._found())
        for relative in sorted(promised.keys() - set(found)):
            yield self._leak(relative, "the file is missing")
        for n, relative in enumerate(found):
            self._report(n, len(found), "Proving")
            yield from self._file(relative, promised.get(relative))
        self._files = len(found)

    def _found(self) -> Iterator[str]:
        for place, _, names in os.walk(self._folder):
            for name in names:
                yield (Path(place) / name).relative_to(self._folder).as_posix()

    def _file(self, relative: str, promised: FileEntry | None) -> Iterator[Leak]:
        path = self._folder / relative
        yield from self._name(relative)
        if path.is_symlink() or not path.is_file():
            yield self._leak(relative, "not a plain file")
            return
        if relative == NAME:
            yield from self._bytes(relative, path)
            if self._manifest.log is not None and not self._manifest.log.holds():
                yield self._leak(relative, "its place in the audit log does not hold")
            return
        if promised is None:
            yield self._leak(relative, "a file the manifest does not name")
        else:
            with open(path, "rb") as file:
                if hashlib.file_digest(file, "sha256").hexdigest() != promised.sha256:
                    yield self._leak(relative, "the bytes are not those the manifest names")
        yield from self._bytes(relative, path)
        yield from self._content(relative, path)

    def _name(self, relative: str) -> Iterator[Leak]:
        for part in PurePosixPath(relative).parts:
            if not _NAME.fullmatch(part):
                yield self._leak(relative, "a name that was not given by a writer")
        for secret, form in self._search.in_text(relative):
            if not self._is_format_word(secret.value):
                yield Leak("(name of a file)", f"name, {form}", self._search.what_hash(secret.value))

    def _bytes(self, relative: str, path: Path) -> Iterator[Leak]:
        with open(path, "rb") as file:
            for secret, form in self._search.in_file(file):
                if self._is_format_word(secret.value):
                    self._words += 1
                else:
                    yield Leak(relative, f"bytes, {form}", self._search.what_hash(secret.value))

    def _content(self, relative: str, path: Path) -> Iterator[Leak]:
        check = _CHECKS.get(path.suffix)
        if check is None:
            if path.suffix not in _PLAIN:
                yield self._leak(relative, "a kind of file that cannot be looked into")
            return
        for found in check(path, relative, self._session_of, self._search):
            yield self._named(relative, found)

    def _session_of(self, name: str) -> SessionEntry | None:
        return self._sessions.get(name)

    def _named(self, relative: str, found: Found) -> Leak:
        what = f"{relative}\0{found.where}" if found.secret is None else found.secret.value
        return Leak(relative, found.where, self._search.what_hash(what))

    def _leak(self, relative: str, where: str) -> Leak:
        return self._named(relative, Found(where))

    def _is_format_word(self, value: str) -> bool:
        return value.lower() in format_words()

    def checked(self, search: SecretSearch | None) -> Iterator[str]:
        frames = sum(b - a for s in self._manifest.sessions for a, b in s.kept if s.has_video)
        yield f"{self._files} files: names, kinds and sha256 against the manifest"
        yield f"{frames} frames decoded afresh: count, times, and the fill under every mask within ±2 of luma"
        yield "containers by allow-list: no edit list, no other stream, no metadata, no SEI, no unreferenced bytes"
        yield "tables: declared columns only, counts as planned, no row inside a cut"
        if self._manifest.log is not None:
            yield "the place of the export's release in the audit log: signed and included, by the key that it names"
        if search is not None:
            yield f"{len(search)} hidden texts in every byte (plain, UTF-16, base64, hex, escaped) and decoded cell"
            if search.cut_cells:
                yield f"{len(search.cut_cells)} texts that stood in cuts alone, in every decoded cell"

    def not_looked(self, search: SecretSearch | None) -> Iterator[str]:
        yield "text that is only seen on the screen and that nobody masked: no detector was run"
        if search is None:
            yield "hidden texts: they can only be reread with the library"
            return
        if search.tokens_only:
            yield f"{search.tokens_only} short hidden texts: sought as whole words of decoded texts only"
        if search.unsought:
            yield f"{search.unsought} hidden texts too short to be told from other words: not sought"
        if self._words:
            yield "hidden texts that are also words of the file formats: sought in decoded values only"
        for code, sentence in _UNPLACED.items():
            count = sum(s.unplaced.get(code, 0) for s in self._manifest.sessions)
            if count:
                yield f"{count} {sentence}"


_UNPLACED: Final = {
    "text_without_place": "copied, spoken or chatted texts: no recorder tells where on the screen they stood",
    "typing_without_field": "stretches of hidden typing: the recorder did not tell which field showed them",
    "title_without_rectangle": "window titles or addresses: the recorder did not tell where they stood",
    "window_without_rectangle": "hidden windows: hidden by full frame while they had the focus, not while in the back",
    "element_without_rectangle": "elements that show a hidden text: the recorder did not tell where they stood",
}
