"""The addresses of one name, compared: alike, different, one alone, and some not seen."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from auditor.derive import Undecided
from auditor.deriving import Sights
from auditor.facts.addresses import AddressDrift
from auditor.facts.base import Facts
from auditor.facts.certificates import PathEnd
from auditor.facts.tls import TlsVersions
from auditor.facts.tls_suites import TlsSuites
from auditor.facts.web import (
    Chain,
    EffectiveHsts,
    HstsState,
    HttpEnd,
    HttpOutcome,
    HttpsAnswer,
    HttpsOffer,
    PlainHttp,
    Redirects,
)
from auditor.model import Outcome, Reason
from auditor.probe import Seen, Unseen
from checks.addresses import differ
from checks.derivations.address_drift import address_drift
from checks.derivations.address_questions import QUESTIONS
from tests.checks.test_certificates import certificate, seen
from tests.checks.test_tls import versions
from tests.checks.test_tls_exchange import options
from tests.derivations.test_web import hop
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
    assert [shown.answer for shown in difference.answers] == ["HTTP without encryption", "TLS"]


OLD = certificate(not_after=certificate().not_before + timedelta(days=1))
HOME, AWAY = "https://www.example.org/", "https://elsewhere.example/"


def chain(*urls: str, stopped: str = "", unfollowed: str = "") -> Chain:
    hops = tuple(hop(url, 200 if url == urls[-1] and not stopped else 301) for url in urls)
    scheme = unfollowed.partition(":")[0]
    return Chain(hops=hops, stopped=stopped, unfollowed=unfollowed, unfollowed_scheme=scheme)


def redirects(*urls: str, **more: str) -> Redirects:
    return Redirects(observed_at=AT, url=urls[0], chain=chain(*urls, **more))


def plain(*urls: str, **more: str) -> PlainHttp:
    return PlainHttp(observed_at=AT, url=urls[0], chain=chain(*urls, **more))


def hsts(state: HstsState, max_age_s: int | None = 1, header: str = "") -> EffectiveHsts:
    return EffectiveHsts(
        observed_at=AT, url=HOME, state=state, header=header, max_age_s=max_age_s, certificate_fault="x"
    )


def ends(end: HttpEnd) -> HttpOutcome:
    return HttpOutcome(observed_at=AT, end=end, url="http://a/", way="")


@pytest.mark.parametrize(
    ("one", "two", "answers"),
    [
        pytest.param(seen(), seen(OLD), {"valid", "the certificate is out of date"}, id="one expired"),
        pytest.param(
            seen(),
            seen(dns_names=("other.example",)),
            {"valid", "the certificate is for another name"},
            id="one for another name",
        ),
        pytest.param(
            seen(),
            seen(end=PathEnd.SELF_SIGNED),
            {"valid", "it is signed by itself alone"},
            id="one signed by itself",
        ),
        pytest.param(
            options(),
            options(renegotiation=False, compression=1),
            {"extended master secret, compression", "also secure renegotiation; not compression"},
            id="options",
        ),
        pytest.param(
            ends(HttpEnd.HTTPS),
            ends(HttpEnd.CONTENT),
            {"it leads to HTTPS", "a page or a login without encryption"},
            id="one shows a page over plain HTTP",
        ),
        pytest.param(
            plain("http://www.example.org/", HOME),
            plain("http://www.example.org/", AWAY),
            {"www.example.org", "elsewhere.example"},
            id="plain HTTP leads elsewhere",
        ),
        pytest.param(
            plain("http://www.example.org/", HOME),
            plain("http://www.example.org/", stopped="dns", unfollowed=AWAY),
            {"www.example.org", "elsewhere.example"},
            id="plain HTTP leads to where nobody answers",
        ),
        pytest.param(redirects(HOME), redirects(HOME, AWAY), {"www.example.org", "elsewhere.example"}, id="HTTPS too"),
        pytest.param(
            hsts(HstsState.KEPT, 5), hsts(HstsState.ABSENT, None), {"max-age=5", "no header"}, id="one without HSTS"
        ),
        pytest.param(
            hsts(HstsState.KEPT, 5),
            hsts(HstsState.KEPT, 5, "max-age=5; IncludeSubDomains"),
            {"max-age=5", "max-age=5 with includeSubDomains"},
            id="one with HSTS for all below",
        ),
    ],
)
def test_a_difference_is_said_in_words(one: Facts, two: Facts, answers: set[str]) -> None:
    (difference,) = drift(Seen(one, ONE), Seen(two, TWO)).differences
    assert {shown.answer for shown in difference.answers} == answers


@pytest.mark.parametrize(
    ("one", "two"),
    [
        pytest.param(seen(), seen(certificate("CN=renewed")), id="another certificate that is good"),
        pytest.param(hsts(HstsState.KEPT), hsts(HstsState.BAD_CERTIFICATE), id="HSTS that fails for the certificate"),
        pytest.param(redirects(HOME, HOME + "a"), redirects(HOME, HOME + "b"), id="another page of the same host"),
        pytest.param(
            redirects(HOME, AWAY), redirects(HOME, AWAY, "https://third.example/"), id="what the other host does"
        ),
        pytest.param(options(), replace(options(), hello=None), id="no version that has options"),
    ],
)
def test_what_protects_alike_is_no_difference(one: Facts, two: Facts) -> None:
    assert not drift(Seen(one, ONE), Seen(two, TWO)).differences


def test_the_two_ports_of_an_address_are_not_compared_with_each_other() -> None:
    at = {443: redirects(HOME), 80: redirects("http://www.example.org/", AWAY)}
    found = drift(*(Seen(facts, f"{host}:{port}") for host in ("192.0.2.1", "192.0.2.2") for port, facts in at.items()))
    assert (found.addresses, found.differences) == (("192.0.2.1", "192.0.2.2"), ())


@pytest.mark.parametrize("unknown", [
    plain("http://www.example.org/", stopped="timeout", unfollowed=HOME),
    plain("http://www.example.org/", stopped="malformed"),
    seen(end=PathEnd.ISSUER_MISSING),
])  # fmt: skip
def test_what_does_not_show_whether_it_differs_is_no_health(unknown: Facts) -> None:
    with pytest.raises(Undecided):
        drift(*everywhere(unknown))


def test_addresses_that_were_not_seen_in_all_are_no_health() -> None:
    """The DNS named one of them to whoever asked for the certificate, and the other to whoever asked for versions."""
    with pytest.raises(Undecided, match=r"192\.0\.2") as undecided:
        drift(Seen(seen(), ONE), Seen(versions("cd"), TWO))
    assert undecided.value.reason is Reason.NOT_OBSERVED
    assert not drift(Seen(offer(), ONE), Seen(offer(), TWO), Seen(ends(HttpEnd.HTTPS), "192.0.2.1:80")).differences


def test_one_address_whose_plain_port_leads_nowhere_is_one_address() -> None:
    found = drift(Seen(offer(), ONE), Unseen(PlainHttp, "", Reason.OUT_OF_SCOPE, ""))
    assert found.addresses == ("192.0.2.1",)
