"""One attacker's process: tasks in, outcomes out, until nobody asks any more.

It makes its identity itself and keeps the private keys in memory: they are on no disk, and end with it.
"""

from __future__ import annotations

import json
from multiprocessing.connection import Connection
from pathlib import Path

import msgspec

from app.attack.attempts import Attacker
from app.attack.tasks import Outcome, Task
from replay.vault.identity import Identity, Protection, new_secret


def serve(asked: Connection, home: str, name: str) -> None:
    identity = Identity.from_secret(new_secret(), name, Protection.DEVICE)
    attacker = Attacker(identity, Path(home))
    asked.send_bytes(json.dumps(identity.card.to_dict()).encode())
    while task := _next(asked):
        asked.send_bytes(msgspec.json.encode(_outcome(attacker, msgspec.json.decode(task, type=Task))))


def _outcome(attacker: Attacker, task: Task) -> Outcome:
    try:
        return attacker.outcome(task)
    except Exception as e:  # noqa: BLE001
        # The boundary of the process: a fault is no refusal, so it is told as what it is; its words stay here.
        return Outcome(False, f"fault:{type(e).__name__}")


def _next(asked: Connection) -> bytes:
    try:
        return asked.recv_bytes()
    except EOFError:
        return b""
