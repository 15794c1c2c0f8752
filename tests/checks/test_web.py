"""The rules for web services, on facts made by hand."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from auditor.facts.web import (
    EffectiveHsts,
    HstsState,
    HttpEnd,
    HttpOutcome,
    HttpsAnswer,
    HttpsOffer,
    RedirectSafety,
)
from auditor.model import Outcome, Severity
from checks import web

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)
PASS, FAIL, NOT_APPLICABLE = Outcome.PASS, Outcome.FAIL, Outcome.NOT_APPLICABLE
YEAR = 31_536_000


def hsts(state: HstsState = HstsState.KEPT, max_age_s: int | None = YEAR, header: str = "max-age=…") -> EffectiveHsts:
    return EffectiveHsts(
        observed_at=NOW,
        url="https://a.example/",
        state=state,
        header=header,
        max_age_s=max_age_s,
        certificate_fault="the certificate is out of date" if state is HstsState.BAD_CERTIFICATE else "",
    )


def outcome(end: HttpEnd) -> HttpOutcome:
    return HttpOutcome(observed_at=NOW, end=end, url="http://a.example/", way="http://a.example/ (200)")


@pytest.mark.parametrize(
    ("answer", "status", "verdict"),
    [
        (HttpsAnswer.TLS, None, PASS),
        (HttpsAnswer.TLS, 200, PASS),
        (HttpsAnswer.REFUSED, 200, FAIL),
        (HttpsAnswer.NAME_REFUSED, 301, FAIL),
        (HttpsAnswer.PLAIN_HTTP, None, FAIL),
    ],
)
def test_no_https(answer: HttpsAnswer, status: int | None, verdict: Outcome) -> None:
    facts = HttpsOffer(observed_at=NOW, url="https://a.example/", answer=answer, plain_http_status=status)
    assert web.no_https.judge(facts).outcome is verdict


@pytest.mark.parametrize("answer", [HttpsAnswer.REFUSED, HttpsAnswer.NAME_REFUSED])
def test_a_dead_host_is_not_a_host_without_https(answer: HttpsAnswer) -> None:
    with pytest.raises(ValueError, match="unseen"):
        HttpsOffer(observed_at=NOW, url="https://a.example/", answer=answer)


@pytest.mark.parametrize(
    ("end", "redirect", "content"),
    [
        (HttpEnd.CLOSED, NOT_APPLICABLE, NOT_APPLICABLE),
        (HttpEnd.HTTPS, PASS, PASS),
        (HttpEnd.NO_CONTENT, FAIL, PASS),
        (HttpEnd.CONTENT, FAIL, FAIL),
    ],
)
def test_plain_http(end: HttpEnd, redirect: Outcome, content: Outcome) -> None:
    assert web.http_not_redirected.judge(outcome(end)).outcome is redirect
    assert web.content_over_http.judge(outcome(end)).outcome is content


@pytest.mark.parametrize(
    ("way", "downgrade", "verdict"),
    [
        ("https://a (200)", "", PASS),
        ("https://a (301) → http://b (200)", "https://a → http://b", FAIL),
        ("https://<script>\x1b[2J (301) → http://=cmd()", "https://<script>\x1b[2J → http://=cmd()", FAIL),
        ("", "", NOT_APPLICABLE),
    ],
)
def test_downgrade(way: str, downgrade: str, verdict: Outcome) -> None:
    facts = RedirectSafety(observed_at=NOW, url="https://a", way=way, downgrade=downgrade)
    assert web.https_downgrade.judge(facts).outcome is verdict


@pytest.mark.parametrize(
    ("facts", "missing", "fleeting", "short"),
    [
        (hsts(), PASS, PASS, PASS),
        (hsts(max_age_s=2 * YEAR), PASS, PASS, PASS),
        (hsts(max_age_s=YEAR - 1), PASS, PASS, FAIL),
        (hsts(max_age_s=15_552_000), PASS, PASS, FAIL),
        (hsts(max_age_s=15_551_999), PASS, FAIL, FAIL),
        (hsts(max_age_s=1), PASS, FAIL, FAIL),
        (hsts(HstsState.SWITCHED_OFF, 0), FAIL, NOT_APPLICABLE, NOT_APPLICABLE),
        (hsts(HstsState.ABSENT, None, ""), FAIL, NOT_APPLICABLE, NOT_APPLICABLE),
        (hsts(HstsState.INVALID, None, "max-age=banana"), FAIL, NOT_APPLICABLE, NOT_APPLICABLE),
        (hsts(HstsState.BAD_CERTIFICATE), FAIL, NOT_APPLICABLE, NOT_APPLICABLE),
        (hsts(HstsState.ADDRESS, None, ""), NOT_APPLICABLE, NOT_APPLICABLE, NOT_APPLICABLE),
    ],
)
def test_hsts(facts: EffectiveHsts, missing: Outcome, fleeting: Outcome, short: Outcome) -> None:
    assert web.hsts_missing.judge(facts).outcome is missing
    assert web.hsts_fleeting.judge(facts).outcome is fleeting
    assert web.hsts_short.judge(facts).outcome is short


@pytest.mark.parametrize(
    ("seconds", "said"), [(15_552_000, True), (15_768_000, True), (15_000_000, False), (60, False)]
)
def test_half_a_year_is_called_so(seconds: int, said: bool) -> None:
    (row,) = web.hsts_short.judge(hsts(max_age_s=seconds)).evidence
    assert ("half a year" in row.seen) is said


def test_hsts_without_a_lifetime_is_not_kept() -> None:
    with pytest.raises(ValueError, match="lifetime"):
        hsts(HstsState.KEPT, 0)


def test_severities_follow_the_calibration() -> None:
    assert {rule.id: rule.severity for rule in web.CHECKS} == {
        "web-no-https": Severity.CRITICAL,
        "web-http-not-redirected": Severity.MEDIUM,
        "web-content-over-http": Severity.HIGH,
        "web-https-downgrade": Severity.HIGH,
        "web-hsts-missing": Severity.MEDIUM,
        "web-hsts-fleeting": Severity.MEDIUM,
        "web-hsts-short": Severity.LOW,
    }
