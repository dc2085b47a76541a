"""The gates as functions: source text in, violations out, so that each can be shown to fail on a planted one."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

MAX_FILE_LINES = 600
MAX_FUNCTION_LINES = 80
MAX_CLASS_LINES = 300
MAX_MAIN_WINDOW_LINES = 250
DUPLICATE_LINES = 6

# Words that make a signal's number a time, a position on the timeline or a byte count.
TIME_WORDS = frozenset(
    {"t", "time", "ns", "us", "ms", "pts", "playhead", "position", "seek", "tick", "duration", "start", "end"}
)
BYTE_WORDS = frozenset({"bytes", "nbytes", "size", "offset"})
BLIND = frozenset({"Exception", "BaseException"})


@dataclass(frozen=True, slots=True)
class Violation:
    """One broken rule: where, and what is wrong, in words for the person who broke it."""

    path: str
    line: int
    what: str

    def __str__(self) -> str:
        return f"{self.path}:{self.line} {self.what}"


def sizes(path: str, source: str) -> Iterator[Violation]:
    """Files, functions and classes beyond their hard stops."""
    lines = len(source.splitlines())
    limit = MAX_MAIN_WINDOW_LINES if path.endswith("main_window.py") else MAX_FILE_LINES
    if lines > limit:
        yield Violation(path, 1, f"{lines} lines in a file; the stop is {limit}")
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            limit = MAX_FUNCTION_LINES
        elif isinstance(node, ast.ClassDef):
            limit = MAX_CLASS_LINES
        else:
            continue
        length = (node.end_lineno or node.lineno) - node.lineno + 1
        if length > limit:
            yield Violation(path, node.lineno, f"{node.name} has {length} lines; the stop is {limit}")


def narrow_signals(path: str, source: str) -> Iterator[Violation]:
    """`Signal(int)` for a time or a byte count: Qt's int has 32 bits and wraps in silence; use `Signal(object)`."""
    for node in ast.walk(ast.parse(source)):
        match node:
            case ast.Assign(targets=[ast.Name(id=name)], value=ast.Call() as call):
                pass
            case ast.AnnAssign(target=ast.Name(id=name), value=ast.Call() as call):
                pass
            case _:
                continue
        if _called(call) != "Signal" or not any(isinstance(a, ast.Name) and a.id == "int" for a in ast.walk(call)):
            continue
        arguments = [c.value for c in ast.walk(call) if isinstance(c, ast.Constant) and isinstance(c.value, str)]
        if any((TIME_WORDS | BYTE_WORDS) & set(word.lower().split("_")) for word in [name, *arguments]):
            yield Violation(path, node.lineno, f"{name} = Signal(int) truncates to 32 bits; use Signal(object)")


def blind_excepts(path: str, source: str) -> Iterator[Violation]:
    """Handlers that swallow everything. One that cleans up and ends in a bare `raise` swallows nothing."""
    for node in ast.walk(ast.parse(source)):
        if not isinstance(node, ast.ExceptHandler):
            continue
        caught = node.type.elts if isinstance(node.type, ast.Tuple) else [node.type]
        blind = any(c is None or (isinstance(c, ast.Name) and c.id in BLIND) for c in caught)
        last = node.body[-1]
        if blind and not (isinstance(last, ast.Raise) and last.exc is None):
            yield Violation(path, node.lineno, "swallows every exception outside a job or application boundary")


def reaching_up(path: str, source: str) -> Iterator[Violation]:
    """A widget that looks up its window or the application depends on who holds it; hand it what it needs."""
    for node in ast.walk(ast.parse(source)):
        match node:
            case ast.Call(func=ast.Attribute(attr="window", value=owner), args=[]) if "palette" not in ast.dump(owner):
                yield Violation(path, node.lineno, "asks for its window()")
            case ast.Call(
                func=ast.Attribute(
                    attr="instance", value=ast.Name(id="QApplication" | "QGuiApplication" | "QCoreApplication")
                )
            ):
                yield Violation(path, node.lineno, "asks for the application's instance()")
            case ast.Name(id="qApp"):
                yield Violation(path, node.lineno, "uses qApp")


def unfinished(path: str, text: str) -> Iterator[Violation]:
    """Notes to oneself: an issue is the place for those."""
    yield from _lines_matching(path, text, UNFINISHED, "leaves a note instead of an issue")


def machine_paths(path: str, text: str) -> Iterator[Violation]:
    """Absolute paths below a machine's own folders, which exist nowhere else."""
    yield from _lines_matching(path, text, MACHINE_PATH, "names a path of one machine")


def personal_paths(path: str, text: str) -> Iterator[Violation]:
    """Absolute paths below a person's home."""
    yield from _lines_matching(path, text, PERSONAL_PATH, "names a person's folder")


def index_hosts(path: str, text: str) -> Iterator[Violation]:
    """Package registries' hosts and index options: which mirror serves a package is the machine's business."""
    yield from _lines_matching(path, text, INDEX_HOST, "names a package index")


# Spelled in pieces, so that this file passes its own checks.
UNFINISHED = re.compile(r"\b(" + "|".join(("TO" + "DO", "FIX" + "ME", "XX" + "X")) + r")\b")
MACHINE_PATH = re.compile(r"(?<![\w.~$}/])/(?:root|work|workspace)/[\w.-]")
PERSONAL_PATH = re.compile(r"(?:(?<![\w.~$}/])/(?:home|Users)/|\b[A-Z]:\\{1,2}Users\\{1,2})[\w.-]")
INDEX_HOST = re.compile(
    "|".join(
        (
            r"py" + r"pi\.(?:org|python\.org)",
            "python" + r"hosted\.org",
            "registry" + r"\.npm" + r"js\.",
            "np" + r"mjs\.com",
            r"crates" + r"\.io",
            r"conda\." + r"anaconda\.org",
            "--(?:extra-)?index" + "-url",
            "--find" + "-links",
        )
    ),
    re.IGNORECASE,
)


def duplicates(sources: Mapping[str, str], run: int = DUPLICATE_LINES) -> list[Violation]:
    """Runs of `run` equal lines of code in two files; blanks, comments, imports and lone punctuation do not count."""
    seen: dict[tuple[str, ...], tuple[str, int]] = {}
    found: list[Violation] = []
    for path, source in sorted(sources.items()):
        code = _code_lines(source)
        reported_until = -1
        for i in range(len(code) - run + 1):
            window = tuple(text for _, text in code[i : i + run])
            other, line = seen.setdefault(window, (path, code[i][0]))
            # A copy longer than `run` is one finding, not one for each line it goes on.
            if other != path and i > reported_until:
                found.append(Violation(path, code[i][0], f"repeats {run} lines of {other}:{line}"))
            if other != path:
                reported_until = i + run - 1
    return found


def _code_lines(source: str) -> list[tuple[int, str]]:
    imports = {
        line
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.Import | ast.ImportFrom)
        for line in range(node.lineno, (node.end_lineno or node.lineno) + 1)
    }
    lines = ((n, " ".join(text.split())) for n, text in enumerate(source.splitlines(), 1) if n not in imports)
    return [(n, text) for n, text in lines if not text.startswith("#") and re.search(r"\w", text)]


def _called(call: ast.Call) -> str:
    return call.func.id if isinstance(call.func, ast.Name) else getattr(call.func, "attr", "")


def _lines_matching(path: str, text: str, pattern: re.Pattern[str], what: str) -> Iterator[Violation]:
    for number, line in enumerate(text.splitlines(), 1):
        if pattern.search(line):
            yield Violation(path, number, what)
