"""The rules that leave one way to a key, as functions of source text, so that each can be shown a planted breach."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from typing import Final

from tests.architecture.checkers import Violation

VAULT: Final = "replay/vault/"

OPENERS: Final = frozenset(
    {
        "ChunkCipher",
        "SealedReader",
        "SegmentedReader",
        "unseal",
        "open_data_key",
        "open_slots",
        "open_keys",
        "session_key",
        "new_class_key",
        "subject_key",
        "ring",
        "granted_session_key",
        "AESGCM",
        "HKDF",
    }
)
"""What turns sealed bytes or sealed keys into plain ones, or makes one key out of another."""

_READ: Final = frozenset({"replay/vault/objects.py"})
_ROTATE: Final = frozenset({"replay/vault/rekeying.py"})
_ERASE: Final = frozenset({"replay/vault/erasure.py"})
_ATTACK: Final = frozenset({"replay/vault/break_in.py"})

RELEASES: Final[Mapping[str, frozenset[str]]] = {
    "Lease": frozenset({"replay/vault/gate.py", "replay/vault/handed.py"}) | _ROTATE,
    "open_data_key": _READ | _ROTATE | _ERASE,
    "SealedReader": _READ | _ROTATE | _ATTACK | {"replay/vault/container.py"},
    "SegmentedReader": _READ | _ROTATE,
    "open_slots": frozenset({"replay/vault/session_keys.py", "replay/vault/subject_keys.py"}) | _ROTATE | _ERASE,
    "SessionKeys": frozenset({"replay/vault/gate.py"}),
    "open_object": frozenset({"replay/store/tracks.py"}),
    "handed": frozenset({"curation/export/job.py", "curation/intake/prepare.py", "curation/intake/screen.py"}),
}
"""Who alone may call what releases a key or opens an object; each name must still be called from somewhere.

Rotation opens what it seals anew and hands out no byte of it; erasure opens to show that nothing opens any more. Both
ask the gate first. An attacker's tools go past the gate on purpose, with that attacker's keys.
"""

ASKS_FIRST: Final = {
    "replay/vault/sealing.py": ("SessionSealer", "__init__"),
    "replay/vault/rekeying.py": ("Rekeying", "__init__"),
}
"""Classes that hold keys without a lease: made only after the gate has permitted, and written down, what they do."""

DOORS: Final = frozenset({"session_dir", "track_path", "objects"})
"""Names by which a path to a session's objects is obtained; only the store and the vault use them."""

OBJECTS: Final = "objects"


def openers(path: str, source: str) -> Iterator[Violation]:
    """Calls outside the vault of anything that opens or derives."""
    if path.startswith(VAULT):
        return
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Call) and called(node) in OPENERS:
            yield Violation(path, node.lineno, f"calls {called(node)}, which is the vault's alone")


def releases(path: str, source: str) -> Iterator[Violation]:
    """Calls of what releases a key or opens an object, from where it may not be called."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Call) and path not in RELEASES.get(called(node), {path}):
            yield Violation(path, node.lineno, f"calls {called(node)}; only {sorted(RELEASES[called(node)])} may")


def object_paths(path: str, source: str) -> Iterator[Violation]:
    """Paths to sealed objects in the hands of anybody but the store, the vault and the attacks on them."""
    if path.startswith((VAULT, "replay/store/", "app/attack/")):
        return
    for node in ast.walk(ast.parse(source)):
        match node:
            case ast.Attribute(attr="session_dir" | "track_path", value=_):
                yield Violation(path, node.lineno, f"asks for a {node.attr}")
            case ast.Attribute(attr="objects", value=ast.Attribute(attr="library") | ast.Name(id="library")):
                yield Violation(path, node.lineno, "asks where the library's objects are")
            case ast.ImportFrom(names=names) if DOORS & {n.name for n in names}:
                yield Violation(path, node.lineno, "imports a path of the store")
            case ast.BinOp(op=ast.Div(), right=ast.Constant(value=str(value))) if value.split("/")[0] == OBJECTS:
                yield Violation(path, node.lineno, "makes a path to the objects itself")


def undecided_leases(source: str) -> Iterator[Violation]:
    """In the gate: functions that release a lease before the decision was made and written down.

    `_passed` decides and writes; whatever names `_released` must call it earlier in the same body.
    """
    for function in ast.walk(ast.parse(source)):
        if not isinstance(function, ast.FunctionDef) or function.name == "_released":
            continue
        calls = sorted((c.lineno, called(c)) for c in ast.walk(function) if isinstance(c, ast.Call))
        decided = [line for line, name in calls if name == "_passed"]
        for line, name in calls:
            if name in ("_released", "Lease") and not any(d < line for d in decided):
                yield Violation("replay/vault/gate.py", line, f"{function.name} releases before it decides")


def held_before_asking(path: str, source: str) -> Iterator[Violation]:
    """A maker in ASKS_FIRST that touches anything of the gate before its `permit`."""
    wanted_class, wanted_function = ASKS_FIRST[path]
    for made in ast.walk(ast.parse(source)):
        if not isinstance(made, ast.ClassDef) or made.name != wanted_class:
            continue
        for function in made.body:
            if isinstance(function, ast.FunctionDef) and function.name == wanted_function:
                calls = sorted((c.lineno, called(c)) for c in ast.walk(function) if isinstance(c, ast.Call))
                if not calls or calls[0][1] != "permit":
                    yield Violation(path, function.lineno, f"{wanted_class} takes keys before it is permitted to")
                return
    yield Violation(path, 1, f"{wanted_class}.{wanted_function} is gone")


def called(call: ast.Call) -> str:
    return call.func.id if isinstance(call.func, ast.Name) else getattr(call.func, "attr", "")
