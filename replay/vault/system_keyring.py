"""The system's keyring, asked with a deadline: one that hangs, prompts or keeps secrets in the clear is none.

Keyring backends are plug-ins of other people: they may raise anything and may wait for a desktop that is not there.
So they are asked on a thread of their own, which is left behind when it does not answer.
"""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable
from typing import TYPE_CHECKING, Final, TypeVar

from replay.errors import StorageFailed

if TYPE_CHECKING:
    from keyring.backend import KeyringBackend

ANSWER_S: Final = 2.0
_SERVICE: Final = "safelight"

T = TypeVar("T")


def keep(name: str, secret: str) -> bool:
    """Whether a keyring took `secret` and gave it back within two seconds."""
    try:
        return _asked(lambda backend: _kept(backend, name, secret))
    except StorageFailed:
        return False


def recall(name: str) -> str | None:
    """What the keyring keeps under `name`; None if it keeps nothing. Raises StorageFailed (keyring_silent)."""
    return _asked(lambda backend: backend.get_password(_SERVICE, name))


def forget(name: str) -> None:
    """Drop what `keep` kept. A keyring that is silent by then keeps it: the name is never used again."""
    try:
        _asked(lambda backend: backend.delete_password(_SERVICE, name))
    except StorageFailed:
        pass


def _kept(backend: KeyringBackend, name: str, secret: str) -> bool:
    backend.set_password(_SERVICE, name, secret)
    return backend.get_password(_SERVICE, name) == secret


def _asked(question: Callable[[KeyringBackend], T]) -> T:
    answers: queue.SimpleQueue[tuple[T] | None] = queue.SimpleQueue()

    def ask() -> None:
        try:
            answers.put((question(_trusted_backend()),))
        except Exception:  # noqa: BLE001
            # Foreign code at a border: whatever it raises means that there is no keyring, and may quote the secret.
            answers.put(None)

    threading.Thread(target=ask, name="keyring", daemon=True).start()
    try:
        answer = answers.get(timeout=ANSWER_S)
    except queue.Empty:
        answer = None
    if answer is None:
        raise StorageFailed(
            "keyring_silent",
            "The keyring that protects this identity does not answer.",
            "Unlock the system's keyring, or choose another identity with --home.",
        )
    return answer[0]


def _trusted_backend() -> KeyringBackend:
    """The best backend that the keyring library itself recommends. Raises LookupError.

    It recommends neither its null and fail backends nor files, plain or with a prompt (`keyrings.alt`). A chain of
    backends is looked into: the chain would hand a secret to the next in line when the first refuses.
    """
    import keyring.core  # here, because finding the backends takes longer than most commands

    chosen = keyring.core.get_keyring()
    for backend in getattr(chosen, "backends", [chosen]):
        if keyring.core.recommended(backend) and not type(backend).__module__.startswith("keyrings.alt"):
            found: KeyringBackend = backend
            return found
    raise LookupError("no keyring that protects")
