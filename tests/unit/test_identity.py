"""An identity is made without questions, rests protected as well as the machine can, and is never replaced."""

from __future__ import annotations

import getpass
import json
import os
import socket
import stat
import subprocess
import sys
import time
from contextlib import suppress

import pytest
from cryptography.hazmat.primitives.asymmetric import ed25519

from replay.errors import BadInput, Refused, SafelightError, StorageFailed
from replay.vault.identity import (
    Card,
    CardRefused,
    Identity,
    IdentityRefused,
    Protection,
    SealRefused,
    default_home,
    identity_of,
    new_identity,
    new_secret,
    seal_to,
)
from tests.cli import ROOT
from tests.keyrings import (
    ChainOfKeyrings,
    ForgetfulKeyring,
    HangingKeyring,
    LockedKeyring,
    MemoryKeyring,
    PlainFileKeyring,
    system_keyring,
)

FILE = "identity.keys"
SECRET = bytes(range(128))


@pytest.fixture
def passphrase(tmp_path, monkeypatch):
    path = tmp_path / "passphrase"
    path.write_text("correct horse battery staple\n")
    monkeypatch.setenv("SAFELIGHT_PASSPHRASE_FILE", str(path))
    return path


def kept(home) -> dict[str, str]:
    return json.loads((home / FILE).read_text())["keys"]


# The keys themselves


def test_a_secret_stands_for_the_same_card_forever():
    card = Identity.from_secret(SECRET, "", Protection.DEVICE).card
    assert card.id == "p-ye4ennm2feauxfyz"
    assert card.name == f"Person {card.id[2:6]}"
    assert card.sign_key == ed25519.Ed25519PrivateKey.from_private_bytes(SECRET[:32]).public_key().public_bytes_raw()


def test_what_is_sealed_to_a_card_opens_for_its_identity_in_its_context_only():
    me, other = (Identity.from_secret(new_secret(), n, Protection.DEVICE) for n in ("me", "other"))
    sealed = seal_to(me.card, b"k" * 32, b"grant 1")
    assert me.open(sealed, b"grant 1") == b"k" * 32
    assert seal_to(me.card, b"k" * 32, b"grant 1") != sealed
    for who, what, info in [
        (other, sealed, b"grant 1"),
        (me, sealed, b"grant 2"),
        (me, sealed, b""),
        (me, sealed[:-1], b"grant 1"),
        (me, sealed + b"\0", b"grant 1"),
        (me, b"", b"grant 1"),
        *((me, flipped(sealed, i), b"grant 1") for i in range(len(sealed))),
    ]:
        with pytest.raises(SealRefused) as refused:
            who.open(what, info)
        assert refused.value.code == "seal_refused"


def test_an_identity_shows_no_key_when_it_is_printed():
    me = Identity.from_secret(SECRET, "me", Protection.DEVICE)
    assert repr(me) == f"Identity(card=Card(id='{me.card.id}', name='me'), protection=<Protection.DEVICE: 'device'>)"


# Cards


def test_a_card_travels_as_json_alone_or_inside_the_answer_of_whoami():
    card = Identity.from_secret(SECRET, "Ana María 🔬", Protection.DEVICE).card
    assert Card.from_dict(json.loads(json.dumps(card.to_dict()))) == card
    assert Card.from_json(json.dumps(card.to_dict()).encode()) == card
    assert Card.from_json(json.dumps({"id": card.id, "card": card.to_dict()}).encode()) == card


@pytest.mark.parametrize(
    "untrusted", [b"", b"{}", b"[]", b"null", b"[" * 50_000, b'{"card": 3}', b"\xff", b" " * 100_000]
)
def test_a_file_that_is_no_card_is_refused(untrusted):
    with pytest.raises(CardRefused) as refused:
        Card.from_json(untrusted)
    assert refused.value.code == "card_damaged"


def test_a_card_whose_id_or_keys_were_changed_is_refused():
    mine, other = (Identity.from_secret(new_secret(), n, Protection.DEVICE).card.to_dict() for n in ("me", "other"))
    for part in ("id", "seal_key", "sign_key"):
        with pytest.raises(CardRefused) as refused:
            Card.from_dict({**mine, part: other[part]})
        assert refused.value.code == "card_id_mismatch"
    for wrong in ({**mine, "admin": True}, {**mine, "seal_key": mine["seal_key"][:-4]}, {**mine, "name": 3}):
        with pytest.raises(CardRefused) as refused:
            Card.from_dict(wrong)
        assert refused.value.code == "card_damaged"


@pytest.mark.parametrize("name", ["", " ", "a" * 65, "a\nb", "a\x00", "\u202eanA", " Ana", "zero\u200bwidth", "\ud800"])
def test_a_name_that_a_screen_would_not_show_whole_is_refused(name):
    mine = Identity.from_secret(SECRET, "me", Protection.DEVICE).card
    with pytest.raises(CardRefused) as refused:
        Card.from_dict({**mine.to_dict(), "name": name})
    assert refused.value.code == "bad_name"


def test_nobody_can_seal_to_a_card_whose_key_is_no_key():
    mine = Identity.from_secret(SECRET, "me", Protection.DEVICE).card
    low_order = Card.of("x", mine.seal_key[:-32] + bytes(32), mine.sign_key)
    no_lattice_key = Card.of("x", b"\xff" * 1184 + mine.seal_key[-32:], mine.sign_key)
    for card in (low_order, no_lattice_key):
        with pytest.raises(CardRefused):
            seal_to(card, b"k", b"")


# Homes


def test_an_identity_is_made_once_and_kept(tmp_path):
    home = tmp_path / "home"
    first = identity_of(home)
    assert identity_of(home) == first
    assert identity_of(tmp_path / "other").card != first.card
    assert identity_of(home).open(seal_to(first.card, b"k", b""), b"") == b"k"
    assert first.card.verifies(identity_of(home).sign(b"x"), b"x")


def test_it_holds_no_user_name_and_no_host_name(tmp_path):
    name = identity_of(tmp_path).card.name
    stored = (tmp_path / FILE).read_text()
    assert getpass.getuser() not in name
    assert len(socket.gethostname()) < 4 or socket.gethostname() not in stored


def test_without_keyring_and_passphrase_the_keys_lie_in_a_file_that_only_the_owner_reads(tmp_path):
    home = tmp_path / "home"
    before = os.umask(0)
    try:
        assert identity_of(home).protection is Protection.DEVICE
    finally:
        os.umask(before)
    assert stat.S_IMODE((home / FILE).stat().st_mode) == 0o600
    assert stat.S_IMODE(home.stat().st_mode) == 0o700
    assert [p.name for p in home.iterdir()] == [FILE]


def test_the_default_home_is_the_one_that_the_environment_names(tmp_path, monkeypatch):
    monkeypatch.setenv("SAFELIGHT_HOME", str(tmp_path / "named"))
    assert default_home() == tmp_path / "named"
    monkeypatch.delenv("SAFELIGHT_HOME")
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    assert default_home() == tmp_path / "data" / "safelight"


def test_a_home_gets_a_fresh_identity_by_name_only_while_it_holds_none(tmp_path):
    made = new_identity(tmp_path, "Ana")
    assert made.card.name == "Ana"
    with pytest.raises(Refused) as refused:
        new_identity(tmp_path, "Eve")
    assert refused.value.code == "identity_exists"
    assert identity_of(tmp_path) == made
    with pytest.raises(CardRefused):
        new_identity(tmp_path / "other", "a\nb")
    assert not (tmp_path / "other").exists()


@pytest.mark.parametrize(
    "content", ["", "{}", "[]", "null", '{"format": 2}', '{"format": 1, "card": {}}', "\x00" * 9, "[" * 50_000]
)
def test_a_damaged_identity_is_refused_and_not_replaced(tmp_path, content):
    (tmp_path / FILE).write_text(content)
    for attempt in (identity_of, lambda home: new_identity(home, "Ana")):
        with pytest.raises(SafelightError) as refused:
            attempt(tmp_path)
        assert refused.value.code in ("identity_damaged", "identity_exists")
    assert (tmp_path / FILE).read_text() == content


def test_no_cut_and_no_flipped_bit_makes_another_identity(tmp_path):
    mine = identity_of(tmp_path)
    whole = (tmp_path / FILE).read_bytes()
    opened = []
    for changed in [whole[:n] for n in range(0, len(whole), 16)] + [flipped(whole, i) for i in range(len(whole))]:
        (tmp_path / FILE).write_bytes(changed)
        with suppress(IdentityRefused):
            opened.append(identity_of(tmp_path))
    # What may change unseen: a letter of the name, and bits of the keys that matter neither to their public halves
    # nor to what opens (X25519's clamped bits, the 32 bytes of ML-KEM's seed that answer forgeries).
    sealed = seal_to(mine.card, b"k", b"")
    assert {(i.card.id, i.open(sealed, b"")) for i in opened} == {(mine.card.id, b"k")}
    assert len(opened) < 64


def test_an_error_about_a_damaged_identity_quotes_nothing_of_it(tmp_path):
    identity_of(tmp_path)
    whole = (tmp_path / FILE).read_text()
    (tmp_path / FILE).write_text(whole.replace('"secret": "', '"secret": "*'))
    with pytest.raises(IdentityRefused) as refused:
        identity_of(tmp_path)
    assert (refused.value.__cause__, refused.value.__suppress_context__) == (None, True)


def test_a_home_that_cannot_be_written_says_so_and_holds_nothing_afterwards(tmp_path):
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(StorageFailed) as failed:
        identity_of(tmp_path / "file" / "home")
    assert failed.value.code == "home_failed"
    assert str(tmp_path) not in failed.value.sentence


# A keyring


def test_a_keyring_that_works_keeps_the_keys_out_of_the_file(tmp_path):
    backend = MemoryKeyring()
    with system_keyring(backend):
        made = identity_of(tmp_path)
        assert made.protection is Protection.KEYRING
        assert identity_of(tmp_path) == made
    assert kept(tmp_path) == {"protection": "keyring"}
    assert list(backend.entries) == [("safelight", made.card.id)]


@pytest.mark.parametrize(
    "backend",
    [
        PlainFileKeyring(),
        LockedKeyring(),
        ForgetfulKeyring(),
        ChainOfKeyrings(),
        ChainOfKeyrings(PlainFileKeyring()),
    ],
    ids=lambda b: type(b).__name__,
)
def test_a_keyring_that_protects_nothing_is_none(tmp_path, backend):
    with system_keyring(backend):
        assert identity_of(tmp_path).protection is Protection.DEVICE
    assert backend.entries == {}


@pytest.mark.parametrize("named", ["keyring.backends.fail.Keyring", "no.such.Backend", "nonsense", "json.JSONDecoder"])
def test_a_keyring_that_the_environment_names_and_nobody_can_load_is_none(tmp_path, named):
    env = {**os.environ, "SAFELIGHT_HOME": str(tmp_path), "PYTHON_KEYRING_BACKEND": named}
    code = "from replay.vault.identity import identity_of; print(identity_of().protection)"
    done = subprocess.run(
        [sys.executable, "-c", code], env=env, cwd=ROOT, capture_output=True, text=True, timeout=60, check=True
    )
    assert (done.stdout, done.stderr) == ("device\n", "")


def test_in_a_chain_only_a_keyring_that_protects_gets_the_keys(tmp_path):
    good, plain = MemoryKeyring(), PlainFileKeyring()
    with system_keyring(ChainOfKeyrings(plain, good)):
        assert identity_of(tmp_path).protection is Protection.KEYRING
    assert good.entries
    assert not plain.entries


def test_a_keyring_that_hangs_costs_two_seconds_and_is_none(tmp_path):
    backend = HangingKeyring()
    with system_keyring(backend):
        started = time.monotonic()
        assert identity_of(tmp_path).protection is Protection.DEVICE
        assert 1.9 < time.monotonic() - started < 15  # the keyring would wait for a minute
        backend.end.set()


def test_a_keyring_that_falls_silent_later_is_told_apart_from_one_that_lost_the_keys(tmp_path):
    with system_keyring(MemoryKeyring()):
        identity_of(tmp_path)
    stored = (tmp_path / FILE).read_bytes()
    with system_keyring(LockedKeyring()), pytest.raises(StorageFailed) as silent:
        identity_of(tmp_path)
    assert silent.value.code == "keyring_silent"
    with system_keyring(MemoryKeyring()), pytest.raises(BadInput) as lost:
        identity_of(tmp_path)
    assert lost.value.code == "keyring_entry_missing"
    assert (tmp_path / FILE).read_bytes() == stored


def test_two_first_runs_at_once_agree_and_the_later_one_leaves_nothing(tmp_path):
    class Overtaken(MemoryKeyring):
        """While the first run hands its keys to the keyring, a second run comes and finishes."""

        winner: Identity | None = None

        def set_password(self, service: str, username: str, password: str) -> None:
            super().set_password(service, username, password)
            if self.winner is None:
                self.winner = Identity.from_secret(SECRET, "", Protection.DEVICE)
                self.winner = identity_of(tmp_path)

    backend = Overtaken()
    with system_keyring(backend):
        loser = identity_of(tmp_path)
    assert backend.winner is not None
    assert loser == backend.winner
    assert list(backend.entries) == [("safelight", loser.card.id)]
    assert [p.name for p in tmp_path.iterdir()] == [FILE]


# A passphrase


def test_a_passphrase_seals_the_keys(tmp_path, passphrase):
    made = identity_of(tmp_path / "home")
    assert made.protection is Protection.PASSPHRASE
    assert set(kept(tmp_path / "home")) == {"protection", "kdf", "salt", "sealed"}
    passphrase.write_text("correct horse battery staple\r\n")
    assert identity_of(tmp_path / "home") == made


@pytest.mark.parametrize("wrong", ["correct horse battery staple ", "x", "correct horse battery staple\n\n"])
def test_a_wrong_passphrase_is_said_to_be_wrong_and_changes_nothing(tmp_path, passphrase, wrong):
    made = identity_of(tmp_path / "home")
    stored = (tmp_path / "home" / FILE).read_bytes()
    passphrase.write_text(wrong)
    with pytest.raises(IdentityRefused) as refused:
        identity_of(tmp_path / "home")
    assert refused.value.code == "wrong_passphrase"
    assert wrong.strip() not in str(refused.value)
    assert (tmp_path / "home" / FILE).read_bytes() == stored
    passphrase.write_text("correct horse battery staple")
    assert identity_of(tmp_path / "home") == made


def test_a_passphrase_that_cannot_be_used_never_falls_back_to_an_open_file(tmp_path, passphrase, monkeypatch):
    for content, code in (("\n", "passphrase_bad"), ("x" * 5000, "passphrase_bad"), (None, "passphrase_unreadable")):
        passphrase.unlink() if content is None else passphrase.write_text(content)
        with pytest.raises(IdentityRefused) as refused:
            identity_of(tmp_path / "home")
        assert refused.value.code == code
    monkeypatch.delenv("SAFELIGHT_PASSPHRASE_FILE")
    for descriptor in ("9999", "none", "-1"):
        monkeypatch.setenv("SAFELIGHT_PASSPHRASE_FD", descriptor)
        with pytest.raises(IdentityRefused) as refused:
            identity_of(tmp_path / "home")
        assert refused.value.code == "passphrase_unreadable"
    assert not (tmp_path / "home").exists()


def test_a_passphrase_can_come_through_a_descriptor_that_is_read_once(tmp_path, monkeypatch):
    def given(text: bytes) -> None:
        read, write = os.pipe()
        os.write(write, text)
        os.close(write)
        monkeypatch.setenv("SAFELIGHT_PASSPHRASE_FD", str(read))

    given(b"correct horse\n")
    made = identity_of(tmp_path)
    given(b"correct horse")
    assert identity_of(tmp_path) == made
    given(b"")
    with pytest.raises(IdentityRefused) as refused:
        identity_of(tmp_path)
    assert refused.value.code == "passphrase_bad"


def test_an_identity_under_a_passphrase_does_not_open_without_one(tmp_path, passphrase, monkeypatch):
    identity_of(tmp_path / "home")
    monkeypatch.delenv("SAFELIGHT_PASSPHRASE_FILE")
    with pytest.raises(IdentityRefused) as refused:
        identity_of(tmp_path / "home")
    assert refused.value.code == "passphrase_missing"


def test_the_sealed_keys_belong_to_their_card(tmp_path, passphrase):
    mine, other = tmp_path / "mine", tmp_path / "other"
    identity_of(mine)
    identity_of(other)
    document = json.loads((mine / FILE).read_text())
    renamed = {**document, "card": {**document["card"], "name": "Somebody else"}}
    swapped = {**document, "keys": kept(other)}
    for changed in (renamed, swapped):
        (mine / FILE).write_text(json.dumps(changed))
        with pytest.raises(IdentityRefused):
            identity_of(mine)


def flipped(content: bytes, at: int) -> bytes:
    return content[:at] + bytes([content[at] ^ 1]) + content[at + 1 :]
