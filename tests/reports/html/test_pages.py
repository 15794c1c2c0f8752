"""What the pages say, and that each is sound HTML that works without script, style or network."""

from __future__ import annotations

import base64
import hashlib
import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from xml.etree.ElementTree import Element

import pytest

from auditor.model import Counts, Grade, Letter, Letters, Outcome, Reason, StepKind
from auditor.past import Trend
from auditor.reports.html import Scorecard, pages
from auditor.reports.html.book import Book
from auditor.reports.html.marks import MARKS
from auditor.reports.html.phrases import CAUSES
from auditor.reports.html.scores import score
from auditor.reports.html.steps import ASKS
from tests.reports.html.reading import broken_links, heading_levels, ids, parsed, read, tags, text_of
from tests.reports.html.scorecards import (
    CHECKS,
    NO_PAST,
    NOW,
    OLD_TLS,
    asset,
    card_of,
    finding,
    large,
    report_of,
    system,
    town,
)


def alone() -> Scorecard:
    """`--only`: no letter above the system."""
    report = report_of([system()], [asset()], [finding("permits/portal", OLD_TLS, Outcome.FAIL)], whole=False)
    return card_of(report, CHECKS)


def empty() -> Scorecard:
    return card_of(report_of([], [], []), [])


def ad_hoc() -> Scorecard:
    """No inventory: an asset without a system."""
    thing = asset("https://elm.example", system="")
    report = report_of([], [thing], [finding(thing.id, OLD_TLS)], whole=False, organisation=None)
    return card_of(report, CHECKS)


def retired_check() -> Scorecard:
    return replace(town(), checks={})


CARDS = {
    "town": town,
    "alone": alone,
    "empty": empty,
    "ad hoc": ad_hoc,
    "retired check": retired_check,
    "no past": lambda: replace(town(), trend=NO_PAST),
    "many": lambda: large(120, 1, 2),
}


@pytest.fixture(scope="module", params=CARDS)
def site(request: pytest.FixtureRequest) -> dict[str, str]:
    return read(CARDS[request.param]())


@pytest.fixture(scope="module")
def city() -> str:
    return text_of(parsed(read(town())["index.html"]))


@pytest.fixture(scope="module")
def permits() -> str:
    return text_of(parsed(read(town())["systems/permits.html"]))


def test_every_page_is_sound(site: dict[str, str]) -> None:
    """One pass over the parsed pages: parsing is what takes the time."""
    roots = {path: parsed(text) for path, text in site.items()}
    known = {path: frozenset(ids(root)) for path, root in roots.items()}
    for path, root in roots.items():
        levels = heading_levels(root)
        assert len(ids(root)) == len(known[path]), f"{path}: an id stands twice"
        assert broken_links(path, root, known) == []
        assert levels[0] == 1
        assert levels.count(1) == 1
        assert all(after <= before + 1 for before, after in pairwise(levels)), path
        assert root.attrib["lang"] == "en"
        assert {"header", "nav", "main", "footer"} <= set(tags(root))
        assert not {"script", "link", "img", "iframe", "object", "form"} & set(tags(root))
        assert not [element for element in root.iter() if {"style", "onclick", "onload"} & set(element.attrib)]
        assert "Internal. This page names weaknesses" in text_of(root)
        for table in root.iter("table"):
            assert table.find("caption") is not None
            assert all("scope" in cell.attrib for cell in table.iter("th"))


def test_the_policy_allows_the_style_and_nothing_else() -> None:
    for text in read(town()).values():
        root = parsed(text)
        style = root.find("head/style")
        assert style is not None
        digest = base64.b64encode(hashlib.sha256((style.text or "").encode()).digest()).decode()
        (policy,) = [
            meta.attrib["content"]
            for meta in root.iter("meta")
            if meta.attrib.get("http-equiv") == "Content-Security-Policy"
        ]
        assert policy == f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"
        assert "http" not in re.sub(r'http-equiv="', "", text.partition("</style>")[0].partition("<style>")[2])


def test_the_same_scorecard_gives_the_same_bytes() -> None:
    assert list(pages(town())) == list(pages(town()))


def test_pages_come_one_at_a_time() -> None:
    path, _ = next(pages(town()))
    assert path == "index.html"


def test_the_city_page_shows_the_city(city: str) -> None:
    assert "City of Elm" in city
    assert "D, poor" in city
    assert "0 of 3" in city  # sensitive systems at B or better; the one without data classes and assets is one of them
    assert "At worst" in city
    assert "1 found and neither claimed nor excluded: B at best" in city


def test_each_letter_has_a_word_a_shape_and_a_sentence(city: str) -> None:
    text = read(town())["index.html"]
    assert set(MARKS) == set(Letter)
    for mark in MARKS.values():
        assert f"{mark.letter}, {mark.word}" in city.replace(" ,", ",")
        assert mark.sentence in city
        assert f'<symbol id="shape-{mark.shape}"' in text
    assert len({mark.shape for mark in MARKS.values()}) == len(Letter)


def test_what_was_not_seen_is_grouped_by_reason(city: str) -> None:
    assert "It did not answer. 4 checks" in city
    assert "The connection was refused" in city
    assert "dispatch/console , library/catalogue 4" in city


def test_the_way_up_names_what_to_do_and_where(city: str) -> None:
    assert "All of these together lift the city to C, needs work" in city
    assert "List in the inventory what belongs here. Empty" in city
    assert "Let the auditor see any one check here. Dispatch" in city


def test_every_reason_and_every_kind_of_step_has_plain_words() -> None:
    assert {reason.word for reason in Reason} == set(CAUSES)
    assert set(ASKS) == set(StepKind) - {StepKind.FIX}


def test_accepted_risks_are_shown_with_owner_approver_and_last_day(city: str) -> None:
    assert "Works Director, approved by CIO" in city
    assert "January 1, 2027" in city


def test_what_is_over_is_named(city: str) -> None:
    assert "Over: W-0 , W-gone , A-0 ." in city


def test_attestations_and_what_ends_soon_are_shown(city: str) -> None:
    assert "it passes: Renewed last week." in city
    assert "Said by Librarian" in city
    assert "March 5, 2026 in 3 days" in city
    assert "March 2, 2026 today" in city


def test_the_foot_says_how_to_derive_it_again(city: str) -> None:
    assert "auditor judge 20260302T091000Z-a1b2c3" in city
    assert "9f9f9f" in city
    assert "March 2, 2026, 03:10 (UTC\N{MINUS SIGN}06:00)" in city
    assert "Times are those of America/Chicago." in city
    assert "Judged again by version 0.2.0." in city


def test_the_past_is_a_line_and_a_table(city: str) -> None:
    text = read(town())["index.html"]
    assert '<path class="line" d="M0 100H400V66.7' in text
    assert "From At B or better Sensitive systems Percent" in city
    assert "Permits worse" in city
    assert "Library better" in city
    assert city.index("Permits worse") < city.index("Library better")


def test_points_after_the_report_are_not_shown() -> None:
    card = town()
    late = replace(card.trend, sensitive=((NOW + timedelta(days=1), 3, 3),))
    text = read(replace(card, trend=late))["index.html"]
    assert "There is no earlier run to compare with yet." in text


def test_a_system_page_shows_evidence_advice_and_marks(permits: str) -> None:
    assert "a TLS 1.0 hello" in permits
    assert "Anybody on the way can read it." in permits
    assert "Turn it on with enable tls , then restart." in permits
    assert "since February 27, 2026" in permits
    assert "Accepted risk W-1: Works Director bears it until January 1, 2027." in permits
    assert "Seen both ways in one run" in permits
    assert "Not seen this time: the answer of February 27, 2026 still counts." in permits
    assert "auditor run --only system=permits" in permits
    assert "auditor explain permits/api tls-legacy-version" in permits
    assert "1 place" in permits


def test_a_system_without_a_fault_is_explained_as_a_whole() -> None:
    card = town()
    report = replace(card.report, findings=tuple(one for one in card.report.findings if one.outcome is Outcome.PASS))
    assert re.search(r"auditor explain library\s*<", read(replace(card, report=report))["systems/library.html"])


def test_each_change_says_what_it_does_alone(permits: str) -> None:
    road = permits.partition("What raises the letter")[2].partition("What is wrong")[0]
    assert "2 places · effort: a certificate or name entry · Fixed alone: C" in road


def test_what_rests_on_a_word_names_who_said_it() -> None:
    page = text_of(parsed(read(town())["systems/library.html"]))
    assert "Librarian answers for it until June 1, 2026: attestation A-1." in page


def test_a_check_page_shows_its_docstring_and_where_it_stands() -> None:
    page = text_of(parsed(read(town())["checks/tls-legacy-version.html"]))
    assert "Endpoint accepts a TLS version older than 1.2." in page
    assert "Fails 2" in page
    assert "Could not be seen 1" in page
    assert "RFC 8996" in page
    assert "auditor explain tls-legacy-version" in page


def test_a_check_that_is_no_longer_installed_still_has_a_page() -> None:
    page = text_of(parsed(read(retired_check())["checks/tls-legacy-version.html"]))
    assert "no longer installed" in page
    assert "Fails 2" in page


def test_a_part_of_the_city_has_no_letter_for_the_city() -> None:
    page = text_of(parsed(read(alone())["index.html"]))
    assert "No letter for the city" in page
    assert "Permits" in page


def test_an_ad_hoc_check_shows_its_assets() -> None:
    site = read(ad_hoc())
    (path,) = [path for path in site if path.startswith("systems/") and "index" not in path]
    assert "https://elm.example" in site[path]


def test_a_city_of_many_systems_lists_them_all() -> None:
    site = read(large(210, 1, 2))
    lists = "".join(text for path, text in site.items() if path.startswith("systems/index"))
    assert [path for path in site if path.startswith("systems/index")] == [
        "systems/index.html",
        "systems/index_2.html",
        "systems/index_3.html",
    ]
    assert all(f'href="../systems/system-{n}.html"' in lists for n in range(210))


def test_an_instant_that_no_clock_of_the_city_can_show_is_shown_in_utc() -> None:
    card = replace(town(), since=lambda key: datetime.max.replace(tzinfo=UTC))
    assert (
        "since <time" in read(replace(card, report=replace(card.report, timezone="Asia/Tokyo")))["systems/permits.html"]
    )


@pytest.mark.parametrize("sensitive", [(), ((NOW, 1, 0),)])
def test_no_share_without_sensitive_systems(sensitive: tuple[tuple[datetime, int, int], ...]) -> None:
    trend = Trend(runs=(), city=(), departments={}, systems={}, sensitive=sensitive)
    assert "There is no earlier run" in read(replace(town(), trend=trend))["index.html"]


def test_without_style_the_letters_are_text() -> None:
    """What is left when shapes and colours are gone."""
    root = parsed(read(town())["index.html"])
    row: Element = next(row for row in root.iter("tr") if "Permits" in text_of(row))
    assert "D, poor" in text_of(row).replace(" ,", ",")


@pytest.mark.parametrize(("answered", "words"), [(0, "Nothing could be seen"), (6, "Of a part of it nothing")])
def test_what_is_not_graded_says_how_much_of_it_was_seen(answered: int, words: str) -> None:
    counts = Counts(asked=48, answered=answered, unknown=48 - answered)
    grade = Grade("dispatch", Letters(Letter.NG, Letter.F, Letter.NG), counts)
    assert score(grade, Book(town())).sentence.startswith(words)
