"""House rules that are exact enough to be hard stops."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from tests.architecture import checkers
from tests.architecture.checkers import Violation
from tests.architecture.tree import PRODUCT, sources, texts

# Where a failure of any kind is turned into a report, because nobody is left above to catch it.
BOUNDARIES = frozenset(
    {
        "app/attack/child.py",  # an attack that fails by a fault was not refused
        "app/cli/main.py",  # the application boundary of the command line
        "app/jobs.py",
        "curation/export/raw_frames.py",
        "curation/export/worker.py",
        "curation/intake/worker.py",
        "replay/vault/system_keyring.py",  # keyring backends are plug-ins of other people
    }
)

# Captured metadata names people's folders; tests and the demo hold invented people's, to prove that they become no id.
INVENTED_PEOPLE = ("tests/", "app/demo/")


def broken(check: Callable[[str, str], Iterable[Violation]], files: Mapping[str, str]) -> list[str]:
    assert files, "the gate looked at no file"
    return [str(violation) for path, text in files.items() for violation in check(path, text)]


def test_files_functions_and_classes_stay_below_their_hard_stops() -> None:
    assert broken(checkers.sizes, sources()) == []


def test_no_signal_carries_a_time_or_a_byte_count_as_int() -> None:
    assert broken(checkers.narrow_signals, sources("app", "widgets")) == []


def test_only_boundary_modules_swallow_every_exception() -> None:
    inside = {path: text for path, text in sources(*PRODUCT).items() if path not in BOUNDARIES}
    assert broken(checkers.blind_excepts, inside) == []


def test_the_list_of_boundaries_names_only_modules_that_need_it() -> None:
    product = sources(*PRODUCT)
    assert [path for path in BOUNDARIES if not list(checkers.blind_excepts(path, product[path]))] == []


def test_widgets_never_reach_for_their_window_or_the_application() -> None:
    assert broken(checkers.reaching_up, sources("widgets")) == []


def test_nothing_is_left_as_a_note_to_oneself() -> None:
    assert broken(checkers.unfinished, texts()) == []


def test_no_file_names_a_path_of_one_machine() -> None:
    assert broken(checkers.machine_paths, texts()) == []


def test_no_file_names_a_real_persons_folder() -> None:
    real = {path: text for path, text in texts().items() if not path.startswith(INVENTED_PEOPLE)}
    assert broken(checkers.personal_paths, real) == []


def test_no_file_names_a_package_index() -> None:
    assert broken(checkers.index_hosts, texts()) == []


def test_every_locked_package_has_a_hash_and_no_lock_names_an_address() -> None:
    locks = {path: text for path, text in texts().items() if path.endswith(".lock")}
    assert sorted(locks) == [f"requirements/{name}.lock" for name in ("consumers", "dev", "peers", "runtime")]
    for path, text in locks.items():
        packages = [block for block in text.replace("\\\n", " ").splitlines() if block.strip()]
        assert [p.split()[0] for p in packages if "==" not in p or "--hash=sha256:" not in p] == [], path
        assert "://" not in text, path


def test_no_two_modules_share_six_lines() -> None:
    assert [str(v) for v in checkers.duplicates(sources(*PRODUCT, "bench"))] == []
