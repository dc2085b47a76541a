"""The recovery key is a whole identity in one file: it opens what was sealed to it, whole or not at all."""

from __future__ import annotations

import stat

import pytest

from replay.errors import Refused, StorageFailed
from replay.vault.identity import seal_to
from replay.vault.recovery import RecoveryRefused, load_recovery, make_recovery, recovery_keys_in

LIBRARY = "0123456789abcdef" * 2


@pytest.fixture
def key(tmp_path):
    return make_recovery(tmp_path / "home")


def test_what_was_sealed_to_the_recovery_card_opens_from_the_file_alone(tmp_path, key):
    sealed = seal_to(key.card, b"class key", b"grant")
    moved = key.keep(LIBRARY).rename(tmp_path / "elsewhere.txt")
    found = load_recovery(moved)
    assert found.card == key.card
    assert found.open(sealed, b"grant") == b"class key"
    assert key.card.verifies(found.sign(b"x"), b"x")


def test_the_file_is_for_its_owner_says_what_it_is_and_is_never_replaced(key):
    path = key.keep(LIBRARY)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert path.name == "safelight-recovery-01234567.txt"
    text = path.read_text()
    assert LIBRARY in text
    assert key.card.id in text
    assert "Move it away" in text
    with pytest.raises(Refused) as refused:
        make_recovery(path.parent).keep(LIBRARY)
    assert refused.value.code == "recovery_exists"
    assert path.read_text() == text


def test_nothing_is_written_before_the_library_is_known(tmp_path, key):
    assert not (tmp_path / "home").exists()
    assert "secret" not in repr(key)


def test_a_key_that_was_not_moved_away_is_found_even_unnamed(tmp_path, key):
    home = tmp_path / "home"
    path = key.keep(LIBRARY)
    assert recovery_keys_in(home) == (path,)
    unnamed = path.rename(home / f".{path.name}.0a1b2c3d")
    assert recovery_keys_in(home) == (unnamed,)
    unnamed.unlink()
    assert recovery_keys_in(home) == ()


def test_a_copy_that_went_through_mail_and_editors_still_works(key):
    path = key.keep(LIBRARY)
    text = path.read_text()
    path.write_bytes(("\r\n\r\n  " + text.replace("\n", "\r\n") + "\r\n").encode())
    assert load_recovery(path).card == key.card


def test_no_cut_and_no_changed_letter_of_the_key_is_another_key(key):
    path = key.keep(LIBRARY)
    whole = path.read_bytes()
    begin = whole.index(b"\n\n") + 2
    for n in range(0, len(whole) - 1, 5):
        path.write_bytes(whole[:n])
        assert refusal(path) == "recovery_damaged"
    for i in range(begin, len(whole) - 1):
        path.write_bytes(whole[:i] + bytes([whole[i] ^ 4]) + whole[i + 1 :])
        assert refusal(path) == "recovery_damaged"


@pytest.mark.parametrize("content", [b"", b"\xff" * 99, b"-----BEGIN SAFELIGHT RECOVERY KEY-----\n" * 5000])
def test_what_is_no_recovery_key_is_refused_without_quoting_it(tmp_path, content):
    (tmp_path / "key.txt").write_bytes(content)
    with pytest.raises(RecoveryRefused) as refused:
        load_recovery(tmp_path / "key.txt")
    assert refused.value.code == "recovery_damaged"
    assert (refused.value.__cause__, refused.value.__suppress_context__) == (None, True)


def test_an_absent_key_and_an_impossible_folder_are_told_apart(tmp_path, key):
    assert refusal(tmp_path / "gone.txt") == "recovery_unreadable"
    assert refusal(tmp_path) == "recovery_unreadable"
    (tmp_path / "home").write_text("in the way")
    with pytest.raises(StorageFailed) as failed:
        key.keep(LIBRARY)
    assert failed.value.code == "home_failed"


def refusal(path) -> str:
    with pytest.raises(RecoveryRefused) as refused:
        load_recovery(path)
    return refused.value.code
