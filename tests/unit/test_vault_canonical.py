"""A value has one canonical spelling, RFC 8785's, and nothing else is read as it."""

from __future__ import annotations

import json

import pytest

from replay.vault.canonical import NotCanonical, canonical, read_canonical

# RFC 8785, section 3.2.2: the sample object and what it becomes.
RFC_SAMPLE = r"""{
  "numbers": [333333333.33333329, 1E30, 4.50, 2e-3, 0.000000000000000000000000001],
  "string": "\u20ac$\u000F\u000aA'\u0042\u0022\u005c\\\"\/",
  "literals": [null, true, false]
}"""
RFC_SPELLING = (
    r'{"literals":[null,true,false],"numbers":[333333333.3333333,1e+30,4.5,0.002,1e-27],'
    r'"string":"€$\u000f\nA'
    "'"
    r'B\"\\\\\"/"}'
)


def test_the_sample_of_the_rfc_is_spelled_as_the_rfc_spells_it():
    assert canonical(json.loads(RFC_SAMPLE)) == RFC_SPELLING.encode()
    assert read_canonical(RFC_SPELLING.encode()) == json.loads(RFC_SAMPLE)


def test_keys_are_sorted_by_their_utf_16_units():
    # RFC 8785, section 3.2.3; by code points the emoji would come last.
    order = ["\r", "1", "\u0080", "\u00f6", "\u20ac", "\U0001f600", "\ufb33"]
    spelled = canonical(dict.fromkeys(reversed(order), 0))
    assert list(json.loads(spelled)) == order


@pytest.mark.parametrize(
    "value",
    [float("nan"), float("inf"), -float("inf"), 2**53, -(2**53), {1: 2}, b"x", {"a": {3}}, "\ud800", {"\udfff": 1}],
    ids=repr,
)
def test_a_value_without_a_canonical_spelling_is_refused_and_not_quoted(value):
    with pytest.raises(NotCanonical) as refused:
        canonical({"secret": [value]})
    assert refused.value.code == "value_not_canonical"
    assert (refused.value.__cause__, refused.value.__suppress_context__) == (None, True)


def test_a_value_nested_beyond_reach_is_refused():
    deep: list[object] = []
    for _ in range(100_000):
        deep = [deep]
    with pytest.raises(NotCanonical):
        canonical(deep)
    with pytest.raises(NotCanonical):
        read_canonical(b"[" * 100_000 + b"]" * 100_000)


@pytest.mark.parametrize(
    "untrusted",
    [
        b"",
        b" {}",
        b"{}\n",
        b'{"a": 1}',
        b'{"b":1,"a":1}',
        b'{"a":1,"a":1}',
        b'{"a":1.0}',
        b'{"a":1e0}',
        b'{"a":01}',
        b'{"a":-0}',
        b'{"a":NaN}',
        b'{"a":9007199254740993}',
        b'{"a":9007199254740992}',
        b'{"a":' + b"9" * 9000 + b"}",
        b'{"a":1e999}',
        b'{"a":"\\u0041"}',
        b'{"a":"\\/"}',
        b'{"a":"\\ud800"}',
        b'{"a":"\xff"}',
        b"\xef\xbb\xbf{}",
        b"{}{}",
        b"'a'",
    ],
)
def test_bytes_that_are_not_the_one_spelling_are_refused(untrusted):
    with pytest.raises(NotCanonical) as refused:
        read_canonical(untrusted)
    assert refused.value.code == "not_canonical"
