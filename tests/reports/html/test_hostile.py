"""Whatever the city, a target or a plug-in writes, a page stays a page: sound, small, and without a word of theirs in
its markup."""

from __future__ import annotations

import unicodedata
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from auditor.model import Outcome
from auditor.reports.harmless import UNSHOWN
from auditor.reports.html import Scorecard
from auditor.reports.html.sizes import LARGEST
from tests.reports.html.reading import broken_links, ids, parsed, read, tags, text_of
from tests.reports.html.scorecards import (
    asset,
    card_of,
    finding,
    large,
    report_of,
    system,
    town,
    toy_check,
    with_text,
)

TEXTS = {
    "script": "<script>alert(1)</script>",
    "closing": '"></a></td></table></main><img src=x onerror=alert(1)>',
    "style": "</style><script>alert(1)</script><style>",
    "comment": "<!-- --> ]]> <![CDATA[",
    "template": "{{ 7 * 7 }}{% include 'x' %}",
    "entity": "&lt;b&gt; &#60; &amp",
    "bidi": "abc\u202egnp.exe\u2066 \u200b",
    "control": "\x1b[2Ja\x00b\r\nc\x7f\u0085\u2028",
    "surrogate": "half \ud800 a pair",
    "backticks": "`<b>` ``` `x",
    "long": "x" * 10_000,
    "long markup": "<&\"'>" * 2_000,
    "long control": "\x00" * 10_000,
    "long astral": "\U0001f512" * 10_000,
    "empty": "",
}
IDS = ("../../x", "con", "CON", "a", "A", "index", "x" * 300, "a/b", "a/b/c", "<b>", "\u202e", "a b", "\ud800", "é", "")


@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS)
def test_hostile_values_stay_text(text: str) -> None:
    plain, hostile = read(town()), read(with_text(town(), text))
    assert plain.keys() == hostile.keys()
    for path, page in hostile.items():
        root = parsed(page)
        assert len(page.encode()) <= LARGEST
        assert not {"script", "img"} & set(tags(root))
        assert tags(root)["main"] == 1
        assert len(set(ids(root))) == len(ids(root))
        assert not [c for c in page if c != "\n" and unicodedata.category(c) in UNSHOWN], path


def test_hostile_ids_stay_within_the_site() -> None:
    systems = [system(name, name=name) for name in IDS]
    things = [asset(f"{name}/x", system=name) for name in IDS]
    checks = [toy_check(f"check {name}") for name in IDS]
    findings = [
        finding(thing.id, check, outcome)
        for thing in things
        for check, outcome in zip(checks, (Outcome.FAIL, Outcome.UNKNOWN, Outcome.PASS) * 5, strict=True)
    ]
    site = read(card_of(report_of(systems, things, findings), checks))
    roots = {path: parsed(page) for path, page in site.items()}
    known = {path: frozenset(ids(root)) for path, root in roots.items()}
    assert len([path for path in site if path.startswith("systems/")]) == len(IDS) + 1
    for path, root in roots.items():
        assert path.isascii()
        assert ".." not in path
        assert broken_links(path, root, known) == []


def test_a_command_with_a_hostile_id_is_quoted_for_the_shell() -> None:
    card = card_of(report_of([system("x; rm -rf /")], [], []), [])
    site = read(card)
    (page,) = [text for path, text in site.items() if path.startswith("systems/x")]
    assert "auditor run --only 'system=x; rm -rf /'" in text_of(parsed(page))


@given(st.text(max_size=40) | st.text(st.sampled_from("<>&\"'`\x00\u202e/#?%"), max_size=12))
@settings(max_examples=6)
def test_any_text_stays_text(text: str) -> None:
    for page in read(with_text(town(), text)).values():
        assert tags(parsed(page))["main"] == 1


@pytest.mark.parametrize(
    "card",
    [
        pytest.param(lambda: large(1, 200, 40), id="a system of 200 assets"),
        pytest.param(lambda: large(1, 200, 40, failing=1), id="all of which fail"),
        pytest.param(lambda: large(500, 1, 4), id="a city of 500 systems"),
        pytest.param(lambda: with_text(large(3, 30, 20, failing=2), "<&\"'>" * 2_000), id="with hostile values"),
        pytest.param(lambda: with_text(large(110, 1, 3, failing=2), "&" * 900), id="with wide values"),
    ],
)
def test_no_page_is_larger_than_a_slow_line_can_bear(card: object) -> None:
    assert callable(card)
    made = card()
    assert isinstance(made, Scorecard)
    sizes = {path: len(page.encode()) for path, page in read(made).items()}
    assert {path: size for path, size in sizes.items() if size > LARGEST} == {}


def test_what_is_left_out_is_counted() -> None:
    page = text_of(parsed(read(large(1, 200, 40, failing=1))["systems/system-0.html"]))
    assert "What is wrong 8000 places" in page
    assert "more places, which report.json of this run lists." in page


def test_a_value_is_cut_visibly() -> None:
    card = town()
    report = replace(card.report, findings=tuple(replace(one, summary="y" * 5_000) for one in card.report.findings))
    assert f"{'y' * 599}…" in read(replace(card, report=report))["systems/permits.html"]
