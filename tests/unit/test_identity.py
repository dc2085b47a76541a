"""Who edits is a random pseudonym that stays the same."""

from __future__ import annotations

import getpass
import json
import socket

import pytest

from app.identity import author_id
from replay.errors import BadInput


def test_an_author_is_made_once_and_kept(tmp_path):
    home = tmp_path / "home"
    first = author_id(home)
    assert author_id(home) == first
    assert author_id(tmp_path / "other") != first
    stored = (home / "identity.json").read_text()
    assert json.loads(stored) == {"version": 1, "author": first}
    assert getpass.getuser() not in first.removeprefix("curator-")
    assert socket.gethostname() not in stored


@pytest.mark.parametrize(
    "content", ["", "{}", "[]", '{"version": 2, "author": "x"}', '{"version": 1, "author": "A B"}']
)
def test_a_damaged_identity_is_refused_and_not_replaced(tmp_path, content):
    (tmp_path / "identity.json").write_text(content)
    with pytest.raises(BadInput) as refused:
        author_id(tmp_path)
    assert refused.value.code == "identity_damaged"
    assert (tmp_path / "identity.json").read_text() == content
