"""Fake people and their secrets, made from a seed: names, e-mails, phones, cards, IBANs, keys, addresses, passwords.

Domains end in `.example` (RFC 2606), phone numbers are from ranges kept for fiction (555-01xx; Ofcom's 020 7946 0xxx),
card numbers and IBANs only satisfy their check digits.
"""

from __future__ import annotations

import random
import re
import string
from dataclasses import dataclass
from hashlib import sha256

from app.demo.marked import Marked, Span

FIRST = (
    "Maren", "Tobias", "Priya", "Lucia", "Hamid", "Ingrid", "Carlos", "Yasmin", "Oliver", "Noemi",
    "Stefan", "Amara", "Julian", "Fatima", "Henrik", "Paulina", "Damian", "Sofia", "Marcus", "Elena",
)  # fmt: skip
LAST = (
    "Lindqvist", "Okafor", "Marchetti", "Rasmussen", "Delgado", "Novakova", "Brennan", "Castellanos", "Whitfield",
    "Haraldsen", "Kowalski", "Abernathy", "Fontaine", "Moreau", "Petrenko", "Ashworth", "Velasquez", "Tanaka",
)  # fmt: skip
STREETS = ("Alder Lane", "Quarry Road", "Mill Street", "Harbour View", "Elm Crescent", "Station Road", "Orchard Way")
CITIES = (
    ("Portsmead", "PO4 8RT"), ("Ashford", "TN23 1QP"), ("Brookfield", "53045"), ("Larkspur", "94939"),
    ("Kingsley", "WA6 8DG"), ("Fairhaven", "02719"),
)  # fmt: skip
DOMAINS = ("northwind.example", "tidewater.example", "larkmail.example", "contoso.example", "postbox.example")
PASS_WORDS = ("velvet", "harbor", "copper", "lantern", "meadow", "granite", "saffron", "juniper")
PRIVATE = (
    "my biopsy results came back, please keep this quiet",
    "we are splitting up, I moved out last weekend",
    "they put me on a final warning, HR wants me gone",
    "the loan was refused again, can you lend me something",
)
PEOPLE = 12

_TOKEN = re.compile(r"«([a-z]+[0-9]*)(?:\.([a-z]+))?»")


@dataclass(frozen=True, slots=True)
class Secret:
    """One thing that must be hidden; `value` is fake, so it may be written down."""

    id: str
    category: str
    value: str

    @property
    def sha256(self) -> str:
        return sha256(self.value.encode()).hexdigest()


class SecretBook:
    """The secrets of one session, by id (`person3`, `email3`, `card1`, …)."""

    def __init__(self, secrets: dict[str, Secret]) -> None:
        self._secrets = secrets

    def __getitem__(self, secret_id: str) -> Secret:
        return self._secrets[secret_id]

    def all(self) -> tuple[Secret, ...]:
        return tuple(self._secrets.values())

    def mark(self, template: str) -> Marked:
        """Text from a template: `«email3»` is the whole secret, `«person3.first»` and `«card1.end»` a part of it."""
        out, done = Marked(""), 0
        for token in _TOKEN.finditer(template):
            out = out + template[done : token.start()] + self.part(token[1], token[2] or "")
            done = token.end()
        return out + template[done:]

    def part(self, secret_id: str, part: str = "") -> Marked:
        value = self._secrets[secret_id].value
        whole = Marked(value, (Span(0, len(value), secret_id),))
        if part == "first":
            return whole[: value.index(" ")]
        if part == "last":
            return whole[value.index(" ") + 1 :]
        if part == "end":
            return whole[len(value) - 4 :]
        return whole

    def twin(self) -> SecretBook:
        """Other secrets of the same shape: the characters of every word shuffled within their class.

        The width of every word stays what it was (there is no kerning), so a picture of the twin differs from the
        picture of the original only where a secret shows.
        """
        return SecretBook({k: Secret(s.id, s.category, _shuffled(s.value)) for k, s in self._secrets.items()})


def secret_book(seed: int, session: str) -> SecretBook:
    """The secrets of one session. The first four people are the same in every session of a seed."""
    shared, own = random.Random(f"{seed}:colleagues"), random.Random(f"{seed}:{session}")
    first, last = shared.sample(FIRST, PEOPLE), shared.sample(LAST, PEOPLE)
    made: dict[str, Secret] = {}

    def add(name: str, category: str, value: str) -> None:
        made[name] = Secret(name, category, value)

    for i in range(PEOPLE):
        rng = shared if i < 4 else own
        add(f"person{i}", "person_name", f"{first[i]} {last[i]}")
        add(f"email{i}", "email", f"{first[i].lower()}.{last[i].lower()}@{rng.choice(DOMAINS)}")
        add(f"phone{i}", "phone", _phone(rng))
        add(f"address{i}", "address", _address(rng))
    for i in range(3):
        add(f"card{i}", "card", _card(own))
        add(f"iban{i}", "iban", _iban(own))
        add(f"password{i}", "password", _password(own))
        add(f"ssn{i}", "national_id", f"{own.randint(211, 665)}-{own.randint(12, 89)}-{own.randint(1234, 9876)}")
    keys = (("sk_live_", 24), ("ghp_", 36), ("xoxb-", 28))
    for i, (prefix, length) in enumerate(keys):
        body = "".join(own.choices(string.ascii_letters + string.digits, k=length))
        add(f"apikey{i}", "api_key", prefix + body)
    for i, text in enumerate(own.sample(PRIVATE, len(PRIVATE))):
        add(f"private{i}", "private_message", text)
    return SecretBook(made)


def _phone(rng: random.Random) -> str:
    if rng.random() < 0.5:
        return f"+1 {rng.choice((212, 415, 503, 617))}-555-01{rng.randint(10, 98)}"
    return f"+44 20 7946 0{rng.randint(123, 987)}"


def _address(rng: random.Random) -> str:
    city, code = rng.choice(CITIES)
    return f"{rng.randint(12, 389)} {rng.choice(STREETS)}, {city} {code}"


def _password(rng: random.Random) -> str:
    a, b = rng.sample(PASS_WORDS, 2)
    return f"{a.capitalize()}{rng.choice('!#%+')}{rng.randint(23, 98)}{b}"


def _card(rng: random.Random) -> str:
    body = [int(d) for d in rng.choice(("4539", "5425", "4716"))] + [rng.randint(0, 9) for _ in range(11)]
    doubled = [d * 2 - 9 * (d > 4) if i % 2 == 0 else d for i, d in enumerate(body)]
    digits = "".join(map(str, [*body, -sum(doubled) % 10]))
    return " ".join(digits[i : i + 4] for i in range(0, 16, 4))


def _iban(rng: random.Random) -> str:
    account = "".join(str(rng.randint(0, 9)) for _ in range(18))
    check = 98 - int(f"{account}131400") % 97  # DE = 1314, then 00 in place of the check digits
    whole = f"DE{check:02}{account}"
    return " ".join(whole[i : i + 4] for i in range(0, len(whole), 4))


_CLASSES = (string.ascii_lowercase, string.ascii_uppercase, string.digits)


def _shuffled(value: str) -> str:
    return "".join(_shuffled_word(w) for w in re.split(r"( )", value))


def _shuffled_word(word: str) -> str:
    chars = list(word)
    for members in _CLASSES:
        places = [i for i, c in enumerate(word) if c in members]
        # A rotation, not a random order: it changes every word that has two different characters of a class.
        for i, j in zip(places, places[1:] + places[:1], strict=True):
            chars[i] = word[j]
    return "".join(chars)
