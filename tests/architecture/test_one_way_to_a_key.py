"""There is one way to a key: nothing outside the vault derives or opens, and nothing inside goes round the gate."""

from __future__ import annotations

import ast

import pytest

from tests.architecture import key_paths
from tests.architecture.tree import PRODUCT, sources

SOURCES = sources(*PRODUCT)


def lines(violations: object) -> list[int]:
    return [v.line for v in violations]  # type: ignore[attr-defined]


@pytest.mark.clause("P-21")
def test_nothing_outside_the_vault_opens_or_derives() -> None:
    assert [str(v) for path, source in SOURCES.items() for v in key_paths.openers(path, source)] == []


@pytest.mark.clause("P-21")
def test_keys_are_released_and_objects_opened_in_named_places_alone() -> None:
    assert [str(v) for path, source in SOURCES.items() for v in key_paths.releases(path, source)] == []


def test_what_the_rules_name_is_still_there() -> None:
    """A rule about a function that was renamed would hold for ever."""
    words = {
        name
        for source in sources("replay").values()
        for node in ast.walk(ast.parse(source))
        for name in ([node.name] if isinstance(node, ast.FunctionDef | ast.ClassDef) else [])
    }
    called = {
        key_paths.called(node)
        for source in SOURCES.values()
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.Call)
    }
    assert key_paths.OPENERS - {"AESGCM", "HKDF"} - words == set()
    assert set(key_paths.RELEASES) - called == set()


def test_paths_to_objects_stay_in_the_store() -> None:
    assert [str(v) for path, source in SOURCES.items() for v in key_paths.object_paths(path, source)] == []


def test_the_gate_decides_and_writes_down_before_it_releases() -> None:
    source = SOURCES["replay/vault/gate.py"]
    assert list(key_paths.undecided_leases(source)) == []
    assert "_released(" in source


@pytest.mark.parametrize("path", key_paths.ASKS_FIRST)
def test_whoever_holds_keys_without_a_lease_asked_the_gate_first(path: str) -> None:
    assert [str(v) for v in key_paths.held_before_asking(path, SOURCES[path])] == []


def test_holding_keys_before_asking_is_noticed() -> None:
    late = "class Rekeying:\n    def __init__(self, gate):\n        self.keys = gate.ring()\n        gate.permit(x)\n"
    assert lines(key_paths.held_before_asking("replay/vault/rekeying.py", late)) == [2]
    assert lines(key_paths.held_before_asking("replay/vault/rekeying.py", "class Other: pass\n")) == [1]


@pytest.mark.parametrize(
    "planted",
    ["key = open_data_key(k, sealed)", "with container.SealedReader(f, key, context) as r: pass", "gate.ring()"],
)
def test_an_opener_outside_the_vault_is_noticed(planted: str) -> None:
    assert lines(key_paths.openers("curation/export/job.py", f"x = 1\n{planted}\n")) == [2]
    assert lines(key_paths.openers("replay/vault/objects.py", f"x = 1\n{planted}\n")) == []


def test_a_second_maker_of_leases_is_noticed() -> None:
    assert lines(key_paths.releases("replay/vault/payloads.py", "lease = Lease(request, key_of, still)\n")) == [1]
    assert lines(key_paths.releases("curation/intake/derive.py", "open_object(f, n, k, s, leases)\n")) == [1]


@pytest.mark.parametrize(
    "planted",
    [
        "open(core.library.session_dir(i) / 'video.1')",
        "files = core.library.objects.iterdir()",
        "from replay.store.tracks import track_path",
        "f = (folder / 'objects' / session).open('rb')",
    ],
)
def test_a_path_to_an_object_elsewhere_is_noticed(planted: str) -> None:
    assert lines(key_paths.object_paths("app/still.py", f"{planted}\n")) == [1]
    assert lines(key_paths.object_paths("replay/store/publish.py", f"{planted}\n")) == []


def test_a_release_before_the_decision_is_noticed() -> None:
    late = (
        "def lease(self, request):\n    lease = self._released(request)\n    self._passed(request)\n    return lease\n"
    )
    assert lines(key_paths.undecided_leases(late)) == [2]
    assert lines(key_paths.undecided_leases("def quick(self, r):\n    return Lease(r, f, g)\n")) == [2]
