"""A commissioner without a security background can read the city's page."""

from __future__ import annotations

import re
from xml.etree.ElementTree import Element

import pytest

from auditor.reports.html.marks import MARKS
from auditor.reports.html.phrases import CAUSES, GRAVITY, OTHER
from auditor.reports.html.steps import ASKS
from tests.reports.html.reading import parsed, read, text_of
from tests.reports.html.scorecards import town

VOWELS = re.compile(r"[aeiouy]+")


def syllables(word: str) -> int:
    """As the usual counters do: groups of vowels, without a silent e."""
    bare = re.sub(r"[^a-z]", "", word.lower())
    silent = bare.endswith("e") and not bare.endswith("le")
    return max(1, len(VOWELS.findall(bare)) - silent)


def school_grade(text: str) -> float:
    """Flesch and Kincaid's (1975): years of a US school that a reader needs."""
    sentences = [part for part in re.split(r"[.!?:]+\s", f"{text} ") if re.search("[a-z]", part)]
    words = [word for word in text.split() if re.search("[A-Za-z]", word)]
    rate = sum(map(syllables, words)) / len(words)
    return 0.39 * len(words) / len(sentences) + 11.8 * rate - 15.59


@pytest.mark.parametrize(
    ("text", "low", "high"),
    [
        ("The cat sat on the mat. The dog ran to it.", -3, 1),
        (
            "Organisational accountability necessitates comprehensive documentation of cryptographic configuration.",
            20,
            60,
        ),
    ],
)
def test_the_yardstick_tells_plain_from_hard(text: str, low: float, high: float) -> None:
    assert low < school_grade(text) < high


def prose(element: Element) -> str:
    return " ".join(text_of(part) for part in element.iter("p"))


def test_the_city_page_needs_no_more_than_nine_years_of_school() -> None:
    root = parsed(read(town())["index.html"])
    main = next(root.iter("main"))
    assert school_grade(prose(main)) <= 9
    words = next(part for part in main.iter("section") if part.attrib.get("aria-labelledby") == "words")
    assert school_grade(" ".join(text_of(part) for part in words.iter("dd"))) <= 9


@pytest.mark.parametrize(
    "sentences",
    [
        pytest.param([mark.sentence for mark in MARKS.values()], id="letters"),
        pytest.param(list(GRAVITY.values()), id="severities"),
        pytest.param([f"{cause.title} {cause.help}" for cause in {*CAUSES.values(), OTHER}], id="causes"),
        pytest.param(list(ASKS.values()), id="requests"),
    ],
)
def test_our_sentences_are_plain(sentences: list[str]) -> None:
    assert school_grade(" ".join(sentences)) <= 9
    assert max(len(sentence.split()) for text in sentences for sentence in re.split(r"[.]\s", text)) <= 20
