"""The rules for ports that go over to TLS: good, bad, boundary, empty and hostile facts, each with its outcome."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from auditor.facts.starttls import LoginBeforeTls, Spoken, StartTls, TlsStart
from auditor.facts.tls import TlsVersion
from auditor.facts.tls_suites import AnonymousSuites, TlsSuites, VersionSuites
from auditor.model import Outcome, Severity
from checks.derivations.tls_suites import anonymous_suites
from checks.starttls import CHECKS, login_before_tls, not_offered
from checks.tls_suites import anonymous_suite

NOW = datetime(2026, 5, 4, tzinfo=UTC)
PASS, FAIL, NOT_APPLICABLE = Outcome.PASS, Outcome.FAIL, Outcome.NOT_APPLICABLE


@pytest.mark.parametrize(
    ("spoken", "start", "answer", "expected"),
    [
        pytest.param(Spoken.SMTP, TlsStart.UPGRADED, "", PASS, id="mail goes over"),
        pytest.param(Spoken.POSTGRESQL, TlsStart.UPGRADED, "", PASS, id="a database goes over"),
        pytest.param(Spoken.SMTP, TlsStart.DECLINED, "STARTTLS is not listed", FAIL, id="mail does not"),
        pytest.param(Spoken.LDAP, TlsStart.DECLINED, "result code 2", FAIL, id="a directory does not"),
        pytest.param(Spoken.TLS, TlsStart.DIRECT, "", NOT_APPLICABLE, id="TLS at once"),
    ],
)
def test_what_goes_over_to_tls_passes(spoken: Spoken, start: TlsStart, answer: str, expected: Outcome) -> None:
    verdict = not_offered.judge(StartTls(observed_at=NOW, spoken=spoken, start=start, answer=answer))
    assert verdict.outcome is expected
    assert answer in "".join(row.seen for row in verdict.evidence)


@pytest.mark.parametrize(
    ("spoken", "mechanisms", "takes_password", "expected"),
    [
        pytest.param(Spoken.SMTP, (), False, PASS, id="nothing is listed"),
        pytest.param(Spoken.SMTP, ("CRAM-MD5", "GSSAPI", "SCRAM-SHA-256"), False, PASS, id="no readable one"),
        pytest.param(Spoken.SMTP, ("SCRAM-SHA-256-PLUS", "EXTERNAL", "NTLM"), False, PASS, id="nor here"),
        pytest.param(Spoken.SMTP, ("PLAINER", "XLOGIN"), False, PASS, id="names that only look like it"),
        pytest.param(Spoken.SMTP, ("PLAIN",), False, FAIL, id="PLAIN"),
        pytest.param(Spoken.SMTP, ("SCRAM-SHA-256", "LOGIN"), False, FAIL, id="LOGIN among good ones"),
        pytest.param(Spoken.SMTP, ("XOAUTH2",), False, FAIL, id="a token is as good as a password"),
        pytest.param(Spoken.SMTP, ("OAUTHBEARER",), False, FAIL, id="the newer token"),
        pytest.param(Spoken.IMAP, (), True, FAIL, id="the LOGIN command is open"),
        pytest.param(Spoken.IMAP, ("PLAIN",), False, FAIL, id="LOGIN disabled, AUTH=PLAIN not"),
        pytest.param(Spoken.IMAP, ("GSSAPI",), False, PASS, id="IMAP with tickets alone"),
        pytest.param(Spoken.POP3, (), True, FAIL, id="USER"),
        pytest.param(Spoken.POP3, (), False, PASS, id="POP3 without USER"),
        pytest.param(Spoken.LDAP, (), False, NOT_APPLICABLE, id="a directory tells nobody"),
        pytest.param(Spoken.POSTGRESQL, (), False, NOT_APPLICABLE, id="nor does PostgreSQL"),
        pytest.param(Spoken.MYSQL, (), False, NOT_APPLICABLE, id="nor MySQL"),
        pytest.param(Spoken.TLS, (), False, NOT_APPLICABLE, id="TLS at once"),
        pytest.param(Spoken.SMTP, ("\x1b[2J\ufffd", "A" * 20), False, PASS, id="names of a hostile server"),
    ],
)
def test_no_password_goes_before_tls(
    spoken: Spoken, mechanisms: tuple[str, ...], takes_password: bool, expected: Outcome
) -> None:
    facts = LoginBeforeTls(observed_at=NOW, spoken=spoken, mechanisms=mechanisms, takes_password=takes_password)
    assert login_before_tls.judge(facts).outcome is expected


def test_facts_hold_no_empty_truth() -> None:
    for spoken, start, answer in (
        (Spoken.SMTP, TlsStart.DECLINED, ""),
        (Spoken.SMTP, TlsStart.UPGRADED, "no"),
        (Spoken.SMTP, TlsStart.DIRECT, ""),
        (Spoken.TLS, TlsStart.UPGRADED, ""),
    ):
        with pytest.raises(ValueError, match=r"TLS|a no"):
            StartTls(observed_at=NOW, spoken=spoken, start=start, answer=answer)
    with pytest.raises(ValueError, match="does not tell"):
        LoginBeforeTls(observed_at=NOW, spoken=Spoken.LDAP, mechanisms=("PLAIN",))


def test_each_rule_has_its_severity() -> None:
    assert {check.id: check.severity for check in CHECKS} == {
        "starttls-not-offered": Severity.CRITICAL,
        "starttls-login-before-tls": Severity.HIGH,
        "starttls-injection": Severity.HIGH,
    }


ECDHE, ADH = 0xC02F, 0x0034


@pytest.mark.parametrize(
    ("opportunistic", "suites", "expected"),
    [
        (False, (ECDHE,), PASS),
        (False, (ECDHE, ADH), FAIL),
        (False, (ADH,), FAIL),
        (True, (ECDHE, ADH), NOT_APPLICABLE),
        (True, (ADH,), NOT_APPLICABLE),
    ],
)
def test_a_suite_without_proof_harms_only_those_who_ask_for_one(
    opportunistic: bool, suites: tuple[int, ...], expected: Outcome
) -> None:
    row = VersionSuites(version=TlsVersion.TLS12, accepted=suites, unsettled=None)
    answer = anonymous_suites.derive(TlsSuites(observed_at=NOW, versions=(row,), opportunistic=opportunistic))
    assert isinstance(answer, AnonymousSuites)
    assert anonymous_suite.judge(answer).outcome is expected
