"""Secrets known by their form: each kind is found in every writing of it, and look-alikes without the proof are not."""

from __future__ import annotations

import base64
import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from curation.model import CurationState
from curation.redaction.patterns import CATEGORIES, matches
from curation.redaction.plan import resolve
from curation.redaction.window_rules import WindowRules
from tests.curation_sessions import element, session_with, text, window

KEY = b"k" * 32


def b64(value: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")


# Put together here, so that no scanner of repositories takes an invented key for a real one.
JWT = f"{b64({'alg': 'HS256', 'typ': 'JWT'})}.{b64({'sub': 'x'})}.{'s' * 43}"
PEM = "-----BEGIN " + "RSA PRIVATE KEY-----\nMIIEow\nIBAAKC\n-----END " + "RSA PRIVATE KEY-----"
SECRETS = {
    "visa": ("card", "4111111111111111"),
    "visa in groups": ("card", "4111 1111 1111 1111"),
    "visa with dashes": ("card", "4111-1111-1111-1111"),
    "visa in wide digits": ("card", "４１１１１１１１１１１１１１１１"),
    "mastercard": ("card", "5555555555554444"),
    "mastercard of the second series": ("card", "2223003122003222"),
    "american express in groups": ("card", "3782 822463 10005"),
    "diners": ("card", "30569309025904"),
    "jcb": ("card", "3530111333300000"),
    "discover": ("card", "6011111111111117"),
    "iban": ("iban", "DE89370400440532013000"),
    "iban in groups": ("iban", "GB29 NWBK 6016 1331 9268 19"),
    "iban in small letters": ("iban", "fr1420041010050500013m02606"),
    "amazon": ("token", "AKIA" + "IOSFODNN7EXAMPLE"),
    "github": ("token", "ghp_" + "a1B2c3D4e5" * 4),
    "github, fine-grained": ("token", "github_pat_" + "a1B2c3D4e5_" * 5),
    "slack": ("token", "xoxb-" + "123456789012-abcdefGHIJKL"),
    "stripe": ("token", "sk_live_" + "a1B2c3D4e5f6G7h8"),
    "google": ("token", "AIza" + "SyA1b2C3d4E5f6G7h8I9j0K1l2M3n4O5p6Q"),
    "openai": ("token", "sk-" + "proj-A1b2C3d4E5f6G7h8I9j0K1l2"),
    "jwt": ("token", JWT),
    "private key": ("private_key", PEM),
}


@pytest.mark.parametrize(("category", "secret"), SECRETS.values(), ids=SECRETS)
@pytest.mark.parametrize("around", ["{}", "see {} there", "“{}”,", "q={}&page=2", "\n{}\n"])
def test_a_secret_is_found_whole_in_any_text(category: str, secret: str, around: str) -> None:
    written = around.format(secret)
    found = [written[m.start : m.end] for m in matches(written) if m.category == category]
    assert any(secret in f for f in found)


@pytest.mark.parametrize(
    "harmless",
    [
        "4111111111111112",  # the check digit is wrong
        "1234567812345670",  # the check digit holds, but no issuer has this number
        "1764321098765432109",  # nanoseconds since 1970
        "4006381333931 is a GTIN",
        "DE89370400440532013001",
        "XX89370400440532013000",
        "DE8937040044053201300",
        "uuid 743b294a-cd03-11ec-9d64-0242ac120002",
        "AKIA is a prefix, AKIAIOSFODNN7 is cut short",
        "ghp_short",
        "sk-learn-contrib-imbalanced-datasets",
        "eyJhello.eyJworld.signature",
        "a PRIVATE KEY is never shown",
        "2026-11-21 22:30:00 +0000",
        "+49 30 1234 5678 9012",
        "10.0.0.1:4111 and 192.168.1.1:1111",
    ],
)
def test_what_only_looks_like_a_secret_is_left_alone(harmless: str) -> None:
    assert list(matches(harmless)) == []


@given(st.text(max_size=200), st.booleans())
def test_any_text_is_read_without_failing_and_matches_lie_inside_it(text_: str, typed: bool) -> None:
    for m in matches(text_, typed=typed):
        assert 0 <= m.start < m.end <= len(text_)
        assert m.category in CATEGORIES


@given(st.integers(0, 10**15 - 1).map(lambda n: f"4{n:015d}"))
def test_of_all_numbers_of_an_issuer_only_those_with_the_right_check_digit_are_cards(number: str) -> None:
    weighed = [int(c) * w for c, w in zip(number, [2, 1] * 8, strict=True)]
    valid = sum(sum(divmod(d, 10)) for d in weighed) % 10 == 0
    assert bool(list(matches(number))) == valid


def test_a_card_number_typed_on_into_its_expiry_is_found() -> None:
    assert not list(matches("4111111111111111" + "1227" + "123"))
    assert {m.end for m in matches("4111111111111111" + "1227" + "123", typed=True)} == {16, 23}


def test_a_typed_card_is_hidden_with_all_its_keys_corrections_too() -> None:
    session = session_with("card 41112<Backspace>111111111111 thanks")
    plan = resolve(session, CurationState(), KEY)
    shown = "".join(
        e.key or "" for e in session.events.keys.events if e.kind == "down" and e.seq not in plan.hidden_keys
    )
    assert shown.replace(" ", "") == "cardthanks"
    assert set(plan.hidden_keys.values()) == {"card"}


def test_a_typed_secret_is_hidden_in_titles_fields_clipboard_and_goal_alike() -> None:
    card = "4111 1111 1111 1111"
    session = session_with(
        "4111111111111111",
        windows=[window(0, 0, title=f"Pay with {card}")],
        elements=[element(0, 5, value=card.replace(" ", "-"))],
        texts=[text(0, 7, f"copied {card}")],
        goal=f"Pay with {card}",
    )
    plan = resolve(session, CurationState(), KEY)
    events = session.events
    cells = [events.windows.events[0].title, events.elements.events[0].value, events.texts.events[0].text]
    for cell in (*cells, session.info.task_goal):
        assert cell is not None
        assert "1111" not in plan.matcher.scrub(cell)
    assert len(plan.hidden_keys) == 32


def test_a_secret_that_is_only_in_an_encoded_address_is_found() -> None:
    session = session_with(
        windows=[window(0, 0, url="https://bank.example/pay?iban=GB29%20NWBK%206016%201331%209268%2019")]
    )
    plan = resolve(session, CurationState(), KEY)
    assert "9268" not in plan.matcher.scrub(session.events.windows.events[0].url or "")


@pytest.mark.parametrize(
    "more",
    [
        {"app": "C:\\Program Files\\KeePass\\KeePass.exe"},
        {"app": "1Password"},
        {"title": "Windows Security"},
        {"title": "Customers.kdbx [Locked] - KeePassXC"},
        {"title": "Bitwarden Web vault — Mozilla Firefox"},
        {"url": "https://vault.bitwarden.com/#/vault"},
        {"url": "chrome://password-manager/passwords"},
    ],
)
def test_a_credential_window_is_hidden_with_its_contents_and_what_was_typed_into_it(more: dict[str, str]) -> None:
    session = session_with(
        "hunter2",
        windows=[window(0, 0, **more), window(1, 40_000_000_000, app="Editor", window_id="w2")],
        elements=[element(0, 500_000_000, name="Password", value="swordfish")],
    )
    plan = resolve(session, CurationState(), KEY)
    assert plan.hidden_cells["windows"][0, "title"] == "credentials"
    assert plan.hidden_cells["elements"][0, "value"] == "credentials"
    assert len(plan.hidden_keys) == 14
    assert (1, "title") not in plan.hidden_cells["windows"]


@pytest.mark.parametrize(
    "more",
    [
        {"title": "How I moved from KeePass to Bitwarden - Blog"},
        {"url": "https://example.org/vault.bitwarden.com"},
        {"app": "Consent forms editor"},
        {"title": None, "app": None},
    ],
)
def test_a_window_that_only_speaks_of_passwords_is_not(more: dict[str, str | None]) -> None:
    assert not WindowRules.shipped().match(window(0, 0, **more))


def test_published_samples_cards_and_ibans_are_found_and_nothing_else_is(shared_data: Path) -> None:
    sentences = json.loads((shared_data / "pii/text_spans/spans.json").read_text())
    known, found, false = {"CREDIT_CARD": 0, "IBAN_CODE": 0}, {"CREDIT_CARD": 0, "IBAN_CODE": 0}, 0
    for s in sentences:
        spans = [p for p in s["spans"] if p["entity_type"] in known]
        hits = list(matches(s["full_text"]))
        for p in spans:
            known[p["entity_type"]] += 1
            whole = any(m.start <= p["start_position"] and m.end >= p["end_position"] for m in hits)
            found[p["entity_type"]] += whole
        false += sum(not any(p["start_position"] < m.end and p["end_position"] > m.start for p in spans) for m in hits)
    assert false == 0
    assert found["IBAN_CODE"] == known["IBAN_CODE"] > 0
    # The rest are numbers of 12 and 13 digits, which are out of use, and two of no issuer's range.
    assert found["CREDIT_CARD"] >= 0.7 * known["CREDIT_CARD"]


def test_published_samples_that_are_no_secrets_are_left_alone(shared_data: Path) -> None:
    lines = (shared_data / "pii/secrets/cases.jsonl").read_text().splitlines()
    harmless = [c["text"] for c in map(json.loads, lines) if not c["is_secret"]]
    assert harmless
    assert [t for t in harmless if list(matches(t))] == []
