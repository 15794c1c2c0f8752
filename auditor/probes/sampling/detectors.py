"""Which cells hold personal data: shape, validity, and the words or the number that must come to it. Keeps no value.

Validity alone says little: of random digits in the shape of a Social Security number nine in ten are valid ones. So a
label has to say what it is, or a whole column of distinct values has to.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import field

from stdnum import iban, luhn
from stdnum.us import itin, rtn, ssn

from auditor.facts.sampling import Detector
from auditor.probes.sampling.reading import BESIDE, Cell, words
from auditor.records import dataclass

SURE = 5  # distinct values of one column that need no label, where hardly a number is valid by chance
MANY = 40  # the same where eight in nine are: so many are all valid by chance in one column of a hundred
# A header with one of these words speaks of the number, and does not hold it: "ssn requested by", "card type".
ABOUT = re.compile(
    r"(?:^| )(?:by|requested|required|flag|verified|valid|type|status|date|provided|file|hash|last4|count)(?: |$)"
)
SILENT = re.compile(r"(?:(?:id|no|num|number|nbr|value|field|column|col|key|code|account|data|\d+|field\d+|#)(?: |$))*")
REPEATED = 0.01  # at most this part of such a column is there twice
VALID = 0.95  # at least this part of what has the shape is valid
CARD_STARTS = re.compile(r"4|5[1-5]|2(?:2[2-9]|[3-6]|7[01]|720)|3[47]|6(?:011|4[4-9]|5)")
LETTER, EITHER = "[AC-HJKMNP-RT-Y]", "[AC-HJKMNP-RT-Y0-9]"
MEDICARE = re.compile(rf"[1-9]{LETTER}{EITHER}\d{LETTER}{EITHER}\d{LETTER}{{2}}\d{{2}}")
MEDICARE_SHAPE = r"\d[A-Z][A-Z0-9]\d-?[A-Z][A-Z0-9]\d-?[A-Z]{2}\d{2}"


@dataclass(frozen=True, slots=True)
class Rule:
    """`shape`: without a label before it; `labelled`: what a label lets it be.

    `alone`: how many distinct values of a column say it without a label; 0: a label has to.
    """

    detector: Detector
    shape: re.Pattern[str]
    labelled: re.Pattern[str]
    label: re.Pattern[str]
    is_valid: Callable[[str], bool]
    alone: int


def _shape(pattern: str) -> re.Pattern[str]:
    return re.compile(rf"(?<![A-Za-z0-9./-])(?:{pattern})(?![A-Za-z0-9/-])(?!\.\d)")


def _label(pattern: str) -> re.Pattern[str]:
    return re.compile(rf"(?:^| )(?:{pattern})(?: |$)")


def _is_card(text: str) -> bool:
    digits = re.sub(r"\D", "", text)
    is_known = bool(CARD_STARTS.match(digits)) and len(digits) in (15, 16)
    return is_known and len(set(digits)) > 1 and luhn.is_valid(digits)


def _is_itin(text: str) -> bool:
    """The library's, and the groups 50 to 65 that the Internal Revenue Service has given out since."""
    digits = re.sub(r"\D", "", text)
    return itin.is_valid(text) or (len(digits) == 9 and digits[0] == "9" and "50" <= digits[3:5] <= "65")


def _is_medicare(text: str) -> bool:
    """CMS, "Understanding the Medicare Beneficiary Identifier": six letters are never used."""
    return bool(MEDICARE.fullmatch(text.replace("-", "")))


def _always(_: str) -> bool:
    return True


DASHED, NINE = r"\d{3}-\d{2}-\d{4}", r"\d{3}[- ]?\d{2}[- ]?\d{4}"
CARDS = r"\d{4}[- ]?\d{4}[- ]?\d{4}[- ]?\d{4}|3[47]\d{2}[- ]?\d{6}[- ]?\d{5}"
IBANS = r"[A-Z]{2}\d{2}(?: ?[A-Z0-9]{4}){2,7}(?: ?[A-Z0-9]{1,4})?"
NO = r"(?: (?:no|num|number|nbr|id|#))?"
RULES = (
    Rule(
        Detector.US_SSN,
        _shape(DASHED),
        _shape(NINE),
        _label(r"ssn|social|social security|soc sec|socsec|socialsecurity|ss (?:no|num|number|#)"),
        ssn.is_valid,
        alone=MANY,
    ),
    Rule(
        Detector.US_ITIN,
        _shape(DASHED),
        _shape(NINE),
        _label(r"itin|individual taxpayer|taxpayer id(?:entification)?" + NO + "|tin"),
        _is_itin,
        alone=SURE,
    ),
    Rule(
        Detector.US_ALIEN_NUMBER,
        _shape(r"A-?\d{8,9}"),
        _shape(r"A?[- ]?\d{8,9}"),
        _label(r"alien" + NO + r"|alien registration" + NO + r"|a (?:no|num|number)|a ?#|uscis" + NO),
        _always,
        alone=0,
    ),
    Rule(
        Detector.US_PASSPORT,
        _shape(r"[A-Z]\d{8}"),
        _shape(r"[A-Z]?\d{8,9}"),
        _label("passport" + NO),
        _always,
        alone=0,
    ),
    Rule(
        Detector.US_ROUTING,
        _shape(r"\d{9}"),
        _shape(r"\d{9}"),
        _label(r"routing" + NO + "|aba" + NO + "|rtn|routing transit" + NO + "|bank routing" + NO),
        rtn.is_valid,
        alone=0,
    ),
    Rule(
        Detector.US_MEDICARE,
        _shape(MEDICARE_SHAPE),
        _shape(MEDICARE_SHAPE),
        _label("medicare" + NO + "|mbi|beneficiary" + NO + "|medicare beneficiary" + NO),
        _is_medicare,
        alone=SURE,
    ),
    Rule(
        Detector.CARD,
        _shape(CARDS),
        _shape(CARDS),
        _label(r"(?:credit |debit |payment |bank )?card" + NO + "|pan|cc" + NO + "|cardnumber|creditcard|ccnum"),
        _is_card,
        alone=SURE,
    ),
    Rule(
        Detector.IBAN,
        _shape(IBANS),
        _shape(IBANS),
        _label("iban" + NO + "|bank account" + NO),
        iban.is_valid,
        alone=SURE,
    ),
)


@dataclass(frozen=True, slots=True)
class Hit:
    """One kind of data in one column."""

    detector: Detector
    column: int
    has_label: bool
    count: int


@dataclass(slots=True)
class _Column:
    """What has the shape in one column. The values live as long as this."""

    labelled: int = 0
    shaped: int = 0
    valid: list[str] = field(default_factory=list)


def hits(found: Iterable[Cell]) -> tuple[Hit, ...]:
    """What the cells of one object hold."""
    rows = tuple(found)
    return tuple(hit for rule in RULES for hit in _hits(rule, rows))


def _hits(rule: Rule, rows: tuple[Cell, ...]) -> Iterator[Hit]:
    columns: dict[int, _Column] = defaultdict(_Column)
    for cell in rows:
        _note(rule, cell, columns[cell.column])
    for number, column in sorted(columns.items()):
        if column.labelled:
            yield Hit(rule.detector, number, has_label=True, count=column.labelled)
        elif rule.alone and _is_a_column_of_it(column, rule.alone):
            yield Hit(rule.detector, number, has_label=False, count=len(column.valid))


def _note(rule: Rule, cell: Cell, column: _Column) -> None:
    if cell.label and rule.label.search(cell.label) and not ABOUT.search(cell.label):
        column.labelled += sum(rule.is_valid(one.group()) for one in rule.labelled.finditer(cell.text))
        return
    for one in rule.labelled.finditer(cell.text):  # in a line or a note the words before it count
        beside = words(cell.text[max(0, one.start() - BESIDE) : one.start()])
        if rule.label.search(beside) and not ABOUT.search(beside):
            column.labelled += rule.is_valid(one.group())
    if cell.label and not SILENT.fullmatch(cell.label):
        return  # it says what it is, and that is something else
    for one in rule.shape.finditer(cell.text):
        column.shaped += 1
        if rule.is_valid(one.group()):
            column.valid.append(one.group())


def _is_a_column_of_it(column: _Column, enough: int) -> bool:
    distinct = len(set(column.valid))
    repeated = len(column.valid) - distinct
    return (
        distinct >= enough and repeated <= REPEATED * len(column.valid) and len(column.valid) >= VALID * column.shaped
    )
