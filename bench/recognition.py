"""How well personal data is recognised in objects: precision and recall by detector, on objects made up from a seed.

Every object is invented here, and labelled as it is made: which kind of data stands in which column. Half of the
objects hold none, and are full of what looks like it: parcel and permit numbers in the shape of Social Security
numbers, meter and invoice numbers as long as cards, ticket numbers under headers that nearly say something else.

    python -m bench.recognition [objects]
"""

from __future__ import annotations

import json
import random
import string
import sys
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass

from auditor.facts.sampling import Detector
from auditor.probes.sampling.detectors import hits
from auditor.probes.sampling.reading import cells

SEED = 20_261_130
OBJECTS = 1_000
ROWS = (6, 20, 60)
Make = Callable[[random.Random], str]
Truth = frozenset[tuple[Detector, int]]


@dataclass(frozen=True)
class Kind:
    """Values of one kind, and headers under which they stand; "" for a header that says nothing."""

    detector: Detector | None
    make: Make
    headers: tuple[str, ...]


def digits(rng: random.Random, count: int) -> str:
    return "".join(rng.choice(string.digits) for _ in range(count))


def _dashed(rng: random.Random, text: str) -> str:
    return f"{text[:3]}-{text[3:5]}-{text[5:]}" if rng.random() < 0.8 else text


def ssn(rng: random.Random) -> str:
    area = rng.choice([n for n in range(1, 900) if n != 666])
    return f"{area:03}-{rng.randint(1, 99):02}-{rng.randint(1, 9999):04}"


def plain_ssn(rng: random.Random) -> str:
    return ssn(rng).replace("-", "")


def itin(rng: random.Random) -> str:
    group = rng.choice([*range(50, 66), *range(70, 89), 90, 91, 92, *range(94, 100)])
    return f"9{digits(rng, 2)}-{group:02}-{digits(rng, 4)}"


def alien(rng: random.Random) -> str:
    return rng.choice(["A", "A-", "A"]) + digits(rng, rng.choice([8, 9]))


def passport(rng: random.Random) -> str:
    return rng.choice(string.ascii_uppercase) + digits(rng, 8)


def routing(rng: random.Random) -> str:
    head = f"{rng.choice([*range(1, 13), *range(21, 33)]):02}{digits(rng, 6)}"
    total = sum(int(one) * weight for one, weight in zip(head, (3, 7, 1, 3, 7, 1, 3, 7), strict=True))
    return f"{head}{-total % 10}"


def medicare(rng: random.Random) -> str:
    letters = "ACDEFGHJKMNPQRTUVWXY"
    either = letters + string.digits
    pick = rng.choice
    made = [pick("123456789"), pick(letters), pick(either), pick(string.digits), pick(letters), pick(either)]
    made += [pick(string.digits), pick(letters), pick(letters), pick(string.digits), pick(string.digits)]
    text = "".join(made)
    return f"{text[:4]}-{text[4:7]}-{text[7:]}" if rng.random() < 0.5 else text


def card(rng: random.Random) -> str:
    head = rng.choice(["4", "51", "55", "2221", "34", "37", "6011"])
    length = 15 if head in ("34", "37") else 16
    body = head + digits(rng, length - len(head) - 1)
    total = 0
    for place, one in enumerate(reversed(body)):
        number = int(one) * (2 if place % 2 == 0 else 1)
        total += number - 9 if number > 9 else number
    whole = f"{body}{-total % 10}"
    return " ".join(whole[i : i + 4] for i in range(0, 16, 4)) if length == 16 and rng.random() < 0.3 else whole


def iban(rng: random.Random) -> str:
    body = "37040044" + digits(rng, 10)
    check = 98 - int(body + "131400") % 97
    return f"DE{check:02}{body}"


def of_shape(shape: str) -> Make:
    """9 for a digit, X for a capital letter."""

    def make(rng: random.Random) -> str:
        return "".join(
            rng.choice(string.digits) if one == "9" else rng.choice(string.ascii_uppercase) if one == "X" else one
            for one in shape
        )

    return make


def one_of(*texts: str) -> Make:
    return lambda rng: rng.choice(texts)


def day(rng: random.Random) -> str:
    return f"{rng.randint(2015, 2026)}-{rng.randint(1, 12):02}-{rng.randint(1, 28):02}"


HOLDS = (
    Kind(Detector.US_SSN, ssn, ("SSN", "Social Security Number", "ssn_number", "SocialSecurityNo", "", "", "id")),
    Kind(Detector.US_SSN, plain_ssn, ("SSN", "social_security", "employeeSSN")),
    Kind(Detector.US_ITIN, itin, ("ITIN", "taxpayer_id", "Individual Taxpayer No")),
    Kind(Detector.US_ALIEN_NUMBER, alien, ("A-Number", "alien registration number", "A#", "USCIS No")),
    Kind(Detector.US_PASSPORT, passport, ("Passport Number", "passport_no", "passport")),
    Kind(Detector.US_ROUTING, routing, ("routing_number", "ABA", "bank routing no")),
    Kind(Detector.US_MEDICARE, medicare, ("Medicare ID", "MBI", "", "beneficiary_id")),
    Kind(Detector.CARD, card, ("card_number", "Credit Card No", "PAN", "", "account")),
    Kind(Detector.IBAN, iban, ("IBAN", "", "bank_account")),
)
LOOKS_LIKE_IT = (
    Kind(None, of_shape("999-99-9999"), ("parcel", "APN", "permit_no", "session", "lot", "case number", "")),
    Kind(None, of_shape("999999999"), ("account_id", "meter", "work order", "ssn_requested_by", "GNIS", "")),
    Kind(None, of_shape("9999999999999999"), ("invoice", "meter serial", "transaction", "cardinality", "barcode", "")),
    Kind(None, of_shape("4999999999999999"), ("tracking", "asset_tag", "")),
    Kind(None, of_shape("999-999-9999"), ("phone", "fax", "")),
    Kind(None, of_shape("99999-9999"), ("zip", "ZIP+4")),
    Kind(None, of_shape("X99999999"), ("license plate id", "badge", "")),
    Kind(None, of_shape("A99999999"), ("asset", "award no", "")),
    Kind(None, of_shape("9XX9XX9XX99"), ("vin_part", "sku")),
    Kind(None, of_shape("DE99999999999999999999"), ("device", "")),
    Kind(None, of_shape("99.999999"), ("latitude", "longitude")),
)
FILLER = (
    Kind(None, one_of("Main St", "Oak Ave", "Elm Rd", "2nd Ave"), ("street", "address")),
    Kind(None, one_of("open", "closed", "pending"), ("status",)),
    Kind(None, day, ("date", "created")),
    Kind(None, one_of("water", "parks", "clerk"), ("department",)),
    Kind(None, of_shape("999"), ("amount", "count")),
)


def made(rng: random.Random) -> tuple[bytes, Truth]:
    """One object, and what stands where in it."""
    columns = [rng.choice(FILLER) for _ in range(rng.randint(1, 4))]
    columns += [rng.choice(LOOKS_LIKE_IT) for _ in range(rng.randint(0, 2))]
    if rng.random() < 0.5:
        columns.append(rng.choice(HOLDS))
    rng.shuffle(columns)
    headers = [rng.choice(kind.headers) or f"field{rng.randint(1, 99)}_{place}" for place, kind in enumerate(columns)]
    rows = [[kind.make(rng) for kind in columns] for _ in range(rng.choice(ROWS))]
    form = rng.choice(["csv", "csv", "csv-without-header", "json", "lines"])
    if form == "lines":
        return _lines(rng, columns, headers, rows)
    truth = frozenset((kind.detector, place) for place, kind in enumerate(columns) if kind.detector)
    if form == "json":
        unique = [f"{name} {place}" if headers.count(name) > 1 else name for place, name in enumerate(headers)]
        return json.dumps([dict(zip(unique, row, strict=True)) for row in rows]).encode(), truth
    separator = rng.choice([",", ",", ";", "\t"])
    table = rows if form == "csv-without-header" else [headers, *rows]
    needs_label = {kind.detector for kind in columns if kind.detector and not _tells_itself(kind, headers)}
    if form == "csv-without-header":
        truth = frozenset(one for one in truth if one[0] not in needs_label or _is_shaped(columns[one[1]]))
    return "\n".join(separator.join(row) for row in table).encode(), truth


def _tells_itself(kind: Kind, _: list[str]) -> bool:
    return kind.detector in (Detector.US_MEDICARE, Detector.IBAN, Detector.CARD)


def _is_shaped(kind: Kind) -> bool:
    """Without a header nobody can tell nine digits, or A and eight, from any other number: they are none's to find."""
    return kind.make in (ssn, itin, medicare, card, iban)


def _lines(rng: random.Random, columns: list[Kind], headers: list[str], rows: list[list[str]]) -> tuple[bytes, Truth]:
    """A letter or a log: each value behind its label, in sentences of some kind."""
    mark = rng.choice([": ", " is ", " = "])
    text = "\n".join(
        rng.choice(["Noted", "Caller said", "Form 12"])
        + " "
        + " and ".join(f"{name}{mark}{one}" for name, one in zip(headers, row, strict=True))
        for row in rows
    )
    said = frozenset((kind.detector, 0) for kind in columns if kind.detector)
    return text.encode(), said


def measured(objects: int = OBJECTS, seed: int = SEED) -> dict[Detector, tuple[int, int, int]]:
    """By detector: found rightly, found wrongly, missed."""
    rng = random.Random(seed)
    right, wrong, missed = Counter[Detector](), Counter[Detector](), Counter[Detector]()
    for _ in range(objects):
        content, truth = made(rng)
        found = frozenset((hit.detector, hit.column) for hit in hits(cells(content, is_cut=False) or ()))
        right.update(detector for detector, _ in found & truth)
        wrong.update(detector for detector, _ in found - truth)
        missed.update(detector for detector, _ in truth - found)
    return {detector: (right[detector], wrong[detector], missed[detector]) for detector in Detector}


def main() -> None:
    objects = int(sys.argv[1]) if len(sys.argv) > 1 else OBJECTS
    print(
        f"{objects} objects, seed {SEED}\n\n| detector | found | wrongly | missed | precision | recall |\n"
        "|---|---|---|---|---|---|"
    )
    for detector, (right, wrong, missed) in measured(objects).items():
        precision = right / (right + wrong) if right + wrong else 1.0
        recall = right / (right + missed) if right + missed else 1.0
        print(f"| {detector} | {right} | {wrong} | {missed} | {precision:.3f} | {recall:.3f} |")


if __name__ == "__main__":
    main()
