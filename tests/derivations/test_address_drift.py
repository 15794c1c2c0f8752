"""The addresses of one name, compared: alike, different, one alone, and some not seen."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from auditor.derive import Undecided
from auditor.deriving import Sights
from auditor.facts.addresses import AddressDrift
from auditor.facts.base import Facts
from auditor.facts.tls import TlsVersions
from auditor.facts.tls_suites import TlsSuites
from auditor.facts.web import HttpsAnswer, HttpsOffer
from auditor.model import Outcome, Reason
from auditor.probe import Seen, Unseen
from checks.addresses import differ
from checks.derivations.address_drift import QUESTIONS, address_drift
from tests.checks.test_tls import versions
from tests.profiles.test_rules import suites

AT = datetime(2026, 6, 1, tzinfo=UTC)
ONE, TWO, SIX = "192.0.2.1:443", "192.0.2.2:443", "[2001:db8::1]:443"


def offer(answer: HttpsAnswer = HttpsAnswer.TLS) -> HttpsOffer:
    return HttpsOffer(observed_at=AT, url="https://a/", answer=answer)


def drift(*sights: Seen | Unseen) -> AddressDrift:
    sorted_out = Sights.of(sights)
    answer = address_drift.derive({question.reads: sorted_out.get(question.reads) for question in QUESTIONS})
    assert isinstance(answer, AddressDrift)
    return answer


def everywhere(*facts: Facts, at: tuple[str, ...] = (ONE, TWO, SIX)) -> list[Seen]:
    return [Seen(one, locus) for one in facts for locus in at]


def test_addresses_that_answer_alike() -> None:
    found = drift(*everywhere(offer(), versions("cd"), suites(0x1301, 0x1302)))
    assert (found.addresses, found.differences) == (("192.0.2.1", "192.0.2.2", "[2001:db8::1]"), ())
    assert differ.judge(found).outcome is Outcome.PASS


def test_one_address_alone_cannot_differ() -> None:
    found = drift(*everywhere(offer(), versions("cd"), at=(ONE,)), Unseen(TlsSuites, ONE, Reason.TIMEOUT, ""))
    assert differ.judge(found).outcome is Outcome.NOT_APPLICABLE


def test_the_odd_one_out_is_named_with_what_is_different_there() -> None:
    found = drift(*everywhere(versions("cd"), at=(ONE, TWO)), Seen(versions("bcd"), SIX))
    verdict = differ.judge(found)
    assert verdict.outcome is Outcome.FAIL
    usual, odd = verdict.evidence
    assert (usual.looked_at, usual.seen) == (f"versions at {ONE}, {TWO}", "TLS 1.2, TLS 1.3")
    assert (odd.looked_at, odd.seen, odd.wanted) == (f"versions at {SIX}", "also TLS 1.1", "the same at every address")


def test_long_lists_that_differ_far_down_differ() -> None:
    many = (0x1301, 0x1302, 0x1303, 0xC02B, 0xC02C, 0xC02F, 0xC030)
    found = drift(Seen(suites(*many, 0xCCA8), ONE), Seen(suites(*many, 0xCCA9), TWO))
    (difference,) = found.differences
    assert difference.answers[0].answer != difference.answers[1].answer
    assert "CHACHA20" in difference.answers[1].answer


def test_a_difference_needs_no_more_and_health_needs_every_address() -> None:
    dark = Unseen(TlsVersions, SIX, Reason.TIMEOUT, SIX)
    differing = [Seen(versions("cd"), ONE), Seen(versions("c"), TWO), dark]
    assert drift(*differing).differences
    with pytest.raises(Undecided) as undecided:
        drift(*everywhere(versions("cd"), at=(ONE, TWO)), dark)
    assert undecided.value.reason is Reason.TIMEOUT


def test_what_an_address_leaves_open_is_no_health() -> None:
    sights = [Seen(offer(), ONE), Seen(offer(), TWO), Seen(versions("cd"), ONE), Seen(versions("c", "d"), TWO)]
    with pytest.raises(Undecided, match=r"TLS 1\.3"):
        drift(*sights)
    assert differ.judge(drift(sights[0], Seen(versions("c", "d"), ONE))).outcome is Outcome.NOT_APPLICABLE


def test_nothing_seen_is_nothing_known() -> None:
    with pytest.raises(Undecided):
        drift(Unseen(TlsVersions, "", Reason.DNS, "a"))


def test_different_answers_of_one_word_are_said_whole() -> None:
    plain = replace(offer(), answer=HttpsAnswer.PLAIN_HTTP)
    (difference,) = drift(Seen(offer(), ONE), Seen(plain, TWO)).differences
    assert [shown.answer for shown in difference.answers] == ["plain_http", "tls"]
