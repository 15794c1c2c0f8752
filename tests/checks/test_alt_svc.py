"""The rule for where Alt-Svc leads, on facts made by hand."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from auditor.facts.alt_svc import Alternative, AlternativesRead, parse_alt_svc
from auditor.model import Outcome, Severity, Tier
from checks.alt_svc import elsewhere
from checks.derivations.alternatives import alternatives_read
from tests.derivations.test_alternatives import service

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)
PASS, FAIL, NOT_APPLICABLE = Outcome.PASS, Outcome.FAIL, Outcome.NOT_APPLICABLE


@pytest.mark.parametrize(
    ("headers", "verdict"),
    [
        ((), NOT_APPLICABLE),
        (('h3=":443"; ma=86400',), PASS),
        (('h3=":443"; ma=86400, h3-29=":443"; ma=86400',), PASS),
        (('h2="A.example:443"',), PASS),
        (("clear",), PASS),
        (('clear, h3="b.example:443"',), PASS),
        (('h3=":8443"; ma=0',), PASS),
        (("",), PASS),
        (('h3=":8443"',), FAIL),
        (('h3=":443", h2=":8443"; ma=1',), FAIL),
        (('h3="b.example:443"',), FAIL),
        (('h2="a.example.evil.example:443"',), FAIL),
        (('h3=":443"', 'h2="xn--b-1ga.example:443"; v="<b>\t"'), FAIL),
    ],
)
def test_alternatives_lead_to_the_services_own_place(headers: tuple[str, ...], verdict: Outcome) -> None:
    assert elsewhere.judge(alternatives_read.derive(service(headers))).outcome is verdict


def test_each_place_elsewhere_is_a_row_and_the_own_one_is_none() -> None:
    header = 'h3=":443", h3=":8443"; ma=60, h2="b.example:1", h3="[2001:db8::1]:2"'
    rows = elsewhere.judge(alternatives_read.derive(service((header,)))).evidence
    assert [row.seen for row in rows] == [
        "a.example:8443, by h3, for 60 s",
        "b.example:1, by h2, for 86400 s",
        "[2001:db8::1]:2, by h3, for 86400 s",
    ]
    assert {row.wanted for row in rows} == {"a.example:443, or none"}


def test_hostile_text_goes_through_as_it_came() -> None:
    one = Alternative(protocol="=cmd()\x1b[2J", host="<b>", port=1)
    facts = AlternativesRead(
        observed_at=NOW, url="https://a.example/", host="a.example", port=443, headers=("x",), alternatives=(one,)
    )
    assert elsewhere.judge(facts).outcome is FAIL


@pytest.mark.parametrize(("header", "said"), [('h3=":443"', True), ('h2=":443"', False), ("clear", False)])
def test_the_certificate_over_quic_is_spoken_of_where_there_is_one(header: str, said: bool) -> None:
    words = elsewhere.judge(alternatives_read.derive(service((header,)))).summary
    assert ("certificate shown over QUIC was not looked at" in words) is said


def test_the_header_that_the_fix_tells_to_type_is_one() -> None:
    assert 'h3=":443"; ma=86400' in elsewhere.fix
    assert parse_alt_svc(('h3=":443"; ma=86400',))


def test_it_costs_no_more_than_an_a_plus_and_is_asked_every_night() -> None:
    assert (elsewhere.severity, elsewhere.tier) == (Severity.LOW, Tier.NIGHTLY)
