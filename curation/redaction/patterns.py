"""Secrets that are known by their form alone, with next to no doubt: payment cards, IBANs and keys of services.

Each kind carries a proof in itself (a check digit, an issuer's range, a prefix that its maker reserved), so that
hiding one needs nobody's opinion. Names, addresses and numbers without such a proof are not sought here.
"""

from __future__ import annotations

import base64
import binascii
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

CARD: Final = "card"
IBAN: Final = "iban"
TOKEN: Final = "token"
PRIVATE_KEY: Final = "private_key"
CATEGORIES: Final = (CARD, IBAN, TOKEN, PRIVATE_KEY)

# Issuer identification numbers (ISO/IEC 7812-1) as the networks publish them: first prefix, last prefix, lengths.
_ISSUERS: Final = (
    ("34", "34", (15,)), ("37", "37", (15,)),  # American Express
    ("300", "305", (14,)), ("36", "36", (14,)), ("38", "39", (14, 16)),  # Diners Club
    ("3528", "3589", (16,)), ("2131", "2131", (15,)), ("1800", "1800", (15,)),  # JCB
    ("4", "4", (16, 19)),  # Visa; its numbers of 13 digits are long out of use and look like GTINs
    ("2221", "2720", (16,)), ("51", "55", (16,)),  # Mastercard
    ("2200", "2204", (16,)),  # Mir
    ("5018", "5018", (16,)), ("5020", "5020", (16,)), ("5038", "5038", (16,)), ("6304", "6304", (16,)),  # Maestro
    ("6759", "6759", (16,)), ("6761", "6763", (16,)),
    ("6011", "6011", (16,)), ("644", "649", (16,)), ("65", "65", (16,)),  # Discover
    ("62", "62", (16, 19)), ("81", "82", (16,)),  # UnionPay, RuPay
    ("508500", "508999", (16,)), ("606985", "608500", (16,)),
)  # fmt: skip
# Most texts hold nothing of the kind; asking for the least that each kind takes is many times as fast as seeking it.
_MANY_DIGITS: Final = re.compile(r"(?:\d\W?){14}")
_IBAN_LIKE: Final = re.compile(r"[A-Za-z]{2}[0-9]{2}")
_LONG_WORD: Final = re.compile(r"[A-Za-z0-9_.+/=\-]{15}")
_CARD: Final = re.compile(
    r"(?<!\d)(?=(\d{14,19}(?!\d)|\d{4}([ \-\u00a0\u2009\u202f.])(?:\d{4}\2){2}\d{4}(?:\2\d{3})?(?!\d)"
    r"|\d{4}([ \-\u00a0\u2009\u202f.])\d{6}\3\d{4,5}(?!\d)))"
)
# A form that moves on by itself gets the expiry and the code typed right behind the number, without a key between.
_CARD_AND_MORE: Final = re.compile(r"(?<!\d)\d{17,33}(?!\d)")

# SWIFT IBAN registry: length by country.
_IBAN_LENGTHS: Final = {
    "AD": 24, "AE": 23, "AL": 28, "AT": 20, "AZ": 28, "BA": 20, "BE": 16, "BG": 22, "BH": 22, "BI": 27, "BR": 29,
    "BY": 28, "CH": 21, "CR": 22, "CY": 28, "CZ": 24, "DE": 22, "DJ": 27, "DK": 18, "DO": 28, "EE": 20, "EG": 29,
    "ES": 24, "FI": 18, "FK": 18, "FO": 18, "FR": 27, "GB": 22, "GE": 22, "GI": 23, "GL": 18, "GR": 27, "GT": 28,
    "HN": 28, "HR": 21, "HU": 28, "IE": 22, "IL": 23, "IQ": 23, "IS": 26, "IT": 27, "JO": 30, "KW": 30, "KZ": 20,
    "LB": 28, "LC": 32, "LI": 21, "LT": 20, "LU": 20, "LV": 21, "LY": 25, "MC": 27, "MD": 24, "ME": 22, "MK": 19,
    "MN": 20, "MR": 27, "MT": 31, "MU": 30, "NI": 28, "NL": 18, "NO": 15, "OM": 23, "PK": 24, "PL": 28, "PS": 29,
    "PT": 25, "QA": 29, "RO": 24, "RS": 22, "RU": 33, "SA": 24, "SC": 31, "SD": 18, "SE": 24, "SI": 19, "SK": 24,
    "SM": 27, "SO": 23, "ST": 25, "SV": 28, "TL": 23, "TN": 24, "TR": 26, "UA": 29, "VA": 22, "VG": 24, "XK": 20,
    "YE": 30,
}  # fmt: skip
_IBAN_START: Final = re.compile(r"(?<![A-Za-z0-9])([A-Za-z]{2})[0-9]{2}(?=[ \-\u00a0]?[A-Za-z0-9])")

# Prefixes that their makers reserved; the rest of each as its maker documents it.
_TOKENS: Final = (
    ("AKIA", r"(?<![A-Z0-9])AKIA[A-Z2-7]{16}(?![A-Z0-9])"),  # Amazon
    ("ASIA", r"(?<![A-Z0-9])ASIA[A-Z2-7]{16}(?![A-Z0-9])"),
    ("ghp_", r"(?<!\w)ghp_[A-Za-z0-9]{36,255}"), ("gho_", r"(?<!\w)gho_[A-Za-z0-9]{36,255}"),  # GitHub
    ("ghu_", r"(?<!\w)ghu_[A-Za-z0-9]{36,255}"), ("ghs_", r"(?<!\w)ghs_[A-Za-z0-9]{36,255}"),
    ("ghr_", r"(?<!\w)ghr_[A-Za-z0-9]{36,255}"), ("github_pat_", r"(?<!\w)github_pat_[A-Za-z0-9_]{40,255}"),
    ("glpat-", r"(?<!\w)glpat-[A-Za-z0-9_\-]{20,64}"),  # GitLab
    ("xox", r"(?i:(?<!\w)xox[abeoprs]-(?:\d+-)*[a-z0-9\-]{10,250})"),  # Slack
    ("hooks.slack.com", r"hooks\.slack\.com/services/T[A-Za-z0-9_]+/B[A-Za-z0-9_]+/[A-Za-z0-9_]{16,}"),
    ("_live_", r"(?<![A-Za-z0-9])[rs]k_live_[0-9A-Za-z]{16,255}"),  # Stripe
    ("_test_", r"(?<![A-Za-z0-9])[rs]k_test_[0-9A-Za-z]{16,255}"),
    ("whsec_", r"(?<!\w)whsec_[0-9A-Za-z+/=]{24,255}"),
    ("AIza", r"(?<!\w)AIza[0-9A-Za-z_\-]{35}(?![0-9A-Za-z_\-])"),  # Google
    ("sk-", r"(?<![A-Za-z0-9])sk-(?=[A-Za-z0-9_\-]*[0-9])(?=[A-Za-z0-9_\-]*[A-Z])[A-Za-z0-9_\-]{20,255}"),  # OpenAI
    ("hf_", r"(?<!\w)hf_[A-Za-z0-9]{34,64}(?!\w)"),  # Hugging Face
    ("npm_", r"(?<!\w)npm_[A-Za-z0-9]{36}(?!\w)"),
    ("pypi-AgE", r"(?<!\w)pypi-AgE[A-Za-z0-9_\-]{50,}"),
    ("SG.", r"(?<!\w)SG\.[A-Za-z0-9_\-]{22}\.[A-Za-z0-9_\-]{43}(?![A-Za-z0-9_\-])"),  # SendGrid
)  # fmt: skip
_COMPILED: Final = tuple((hint, re.compile(pattern)) for hint, pattern in _TOKENS)
_JWT: Final = re.compile(r"(?<![A-Za-z0-9_\-])(eyJ[A-Za-z0-9_\-]+)\.[A-Za-z0-9_\-]+(?:\.[A-Za-z0-9_\-]*)?")
_PEM: Final = re.compile(
    r"-----BEGIN (?:[A-Z0-9]+ )*PRIVATE KEY(?: BLOCK)?-----.*?"
    r"(?:-----END (?:[A-Z0-9]+ )*PRIVATE KEY(?: BLOCK)?-----|\Z)",
    re.DOTALL,
)


@dataclass(frozen=True, slots=True)
class Match:
    """Characters [start, end) of a text that are a secret of `category`."""

    start: int
    end: int
    category: str


def matches(text: str, *, typed: bool = False) -> Iterator[Match]:
    """Every secret in `text`, possibly overlapping, in no order. `typed`: the text is what keys spelled in one field.

    Case and separators are kept as they stand; digits of any script are digits.
    """
    if len(text) < 14:
        return
    if _MANY_DIGITS.search(text):
        yield from _cards(text)
        yield from _cards_and_more(text) if typed else ()
    if _IBAN_LIKE.search(text):
        yield from _ibans(text)
    if _LONG_WORD.search(text):
        yield from _tokens(text)
    if "PRIVATE KEY" in text:
        yield from (Match(*m.span(), PRIVATE_KEY) for m in _PEM.finditer(text))


def _cards(text: str) -> Iterator[Match]:
    for m in _CARD.finditer(text):
        if _is_card(_digits(m[1])):
            yield Match(m.start(1), m.end(1), CARD)


def _cards_and_more(text: str) -> Iterator[Match]:
    for m in _CARD_AND_MORE.finditer(text):
        digits = _digits(m[0])
        if any(len(digits) - n in range(3, 15) and _is_card(digits[:n]) for n in (15, 16, 19)):
            yield Match(m.start(), m.end(), CARD)
            yield from (Match(m.start(), m.start() + n, CARD) for n in (15, 16, 19) if _is_card(digits[:n]))


def _digits(text: str) -> str:
    return "".join(str(int(c)) for c in text if c.isdecimal())


def _is_card(digits: str) -> bool:
    return _luhn(digits) and any(
        len(digits) in lengths and first <= digits[: len(first)] <= last for first, last, lengths in _ISSUERS
    )


def _luhn(digits: str) -> bool:
    """The check digit of ISO/IEC 7812-1, annex B."""
    doubled = (int(c) * (1 + i % 2) for i, c in enumerate(reversed(digits)))
    return sum(d - 9 if d > 9 else d for d in doubled) % 10 == 0


def _ibans(text: str) -> Iterator[Match]:
    for m in _IBAN_START.finditer(text):
        length = _IBAN_LENGTHS.get(m[1].upper())
        end = None if length is None else _end_of(text, m.start(), length)
        if end is not None and _mod_97(text[m.start() : end]):
            yield Match(m.start(), end, IBAN)


def _end_of(text: str, start: int, length: int) -> int | None:
    """Where `length` letters and digits from `start` end, single spaces and hyphens between them; None if cut short."""
    at, seen, gap = start, 0, False
    while at < len(text) and seen < length:
        if text[at].isascii() and text[at].isalnum():
            seen, gap = seen + 1, False
        elif text[at] in " -\u00a0" and not gap:
            gap = True
        else:
            return None
        at += 1
    follows = text[at : at + 1]
    return at if seen == length and not (follows.isascii() and follows.isalnum()) else None


def _mod_97(text: str) -> bool:
    """The check of ISO 7064 over an IBAN (ISO 13616-1)."""
    plain = "".join(c for c in text.upper() if c.isalnum())
    return int("".join(str(int(c, 36)) for c in plain[4:] + plain[:4])) % 97 == 1


def _tokens(text: str) -> Iterator[Match]:
    for hint, pattern in _COMPILED:
        if hint in text:
            yield from (Match(*m.span(), TOKEN) for m in pattern.finditer(text))
    if "eyJ" in text:
        yield from (Match(*m.span(), TOKEN) for m in _JWT.finditer(text) if _is_header(m[1]))


def _is_header(part: str) -> bool:
    """Whether `part` is the header of a JSON web token (RFC 7515, section 4): base64url of JSON that names `alg`."""
    try:
        header = json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))
    except (ValueError, binascii.Error):
        return False
    return isinstance(header, dict) and "alg" in header
