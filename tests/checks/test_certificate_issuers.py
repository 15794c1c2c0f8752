"""Who issued it: issuers that browsers do not believe, logs, and what CAA allows."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from auditor.derive import Undecided
from auditor.facts.caa import CaaFound, CaaPermission, CaaRecord, CaaSeen, CaaSet
from auditor.facts.certificates import (
    CertificateInFull,
    LoggedCertificate,
    PathEnd,
    Sct,
)
from auditor.facts.tls import TlsVersion
from auditor.facts.tls_exchange import OldHello, TlsOptions
from auditor.model import Outcome, Reason
from auditor.probe import Seen, Unseen
from auditor.registers import caa_names, distrusted_authorities
from checks import (
    certificate_issuers,
)
from checks.derivations.caa_permission import caa_found, caa_permission
from checks.derivations.logged_certificate import logged_certificate
from tests.checks.certificate_rows import DAY, FAIL, NOT_APPLICABLE, PASS, ROOT, in_full, shown, traced
from tests.checks.test_certificates import NOW, certificate

NETLOCK = next(one for one in distrusted_authorities() if one.name == "Netlock")


@pytest.mark.parametrize(
    ("root", "organization", "issued", "outcome", "word"),
    [
        ("", "Let's Encrypt", "2026-05-01", PASS, "No browser"),
        (NETLOCK.root, "", "2025-07-31", PASS, "successor"),
        (NETLOCK.root, "", "2025-08-01", FAIL, "Netlock"),
        ("", r"Entrust\, Inc.", "2024-11-11", PASS, "successor"),
        ("", r"Entrust\, Inc.", "2024-11-12", FAIL, "Entrust"),
        ("", "WoSign CA Limited", "2016-01-01", FAIL, "WoSign"),
        ("", "Not WoSign CA Limited", "2016-01-01", PASS, "No browser"),
        ("", "", "2026-05-01", PASS, "No browser"),
    ],
)
def test_issuers_that_browsers_do_not_believe(
    root: str, organization: str, issued: str, outcome: Outcome, word: str
) -> None:
    """The root's owner counts: a distrusted name on an intermediate of another authority is no fault."""
    at = datetime.fromisoformat(issued).replace(tzinfo=UTC)
    facts = shown(issuer_organization="Entrust Limited", scts=(Sct(log="ab", at=at), Sct(log="cd", at=at + DAY)))
    subject = f"CN=Root,OU=x\\,O=y,O={organization},C=US"
    facts = replace(facts, anchor=replace(ROOT, subject=subject, sha256=root or "00"))
    verdict = certificate_issuers.distrusted_issuer.judge(traced(facts))
    assert (verdict.outcome, word in verdict.summary) == (outcome, True)
    private = replace(facts, is_public_store=False)
    assert certificate_issuers.distrusted_issuer.judge(traced(private)).outcome is NOT_APPLICABLE


@pytest.mark.parametrize("end", [PathEnd.ISSUER_MISSING, PathEnd.REFUSED])
def test_without_a_root_nobody_can_tell_whose_it_is(end: PathEnd) -> None:
    """Entrust's customers forget intermediates, too."""
    facts = replace(shown(scts=()), end=end, anchor=None)
    with pytest.raises(Undecided) as undecided:
        traced(facts)
    assert undecided.value.reason is Reason.CHAIN_INCOMPLETE
    assert traced(replace(facts, is_public_store=False)).full.seen.end is end
    alone = replace(facts, path=(*facts.path, ROOT))
    assert traced(alone).full.seen.path[-1] == ROOT


@pytest.mark.parametrize(("logs", "outcome"), [(0, None), (1, None), (2, PASS)])
def test_without_a_root_enough_logs_are_enough(logs: int, outcome: Outcome | None) -> None:
    scts = tuple(Sct(log=f"{number:02x}", at=NOW) for number in range(logs))
    leaf = certificate(not_before=NOW - DAY, not_after=NOW + 80 * DAY)
    facts = replace(shown(leaf, scts=scts), end=PathEnd.ISSUER_MISSING, anchor=None)
    options = Seen(TlsOptions(observed_at=NOW, hello=OLD_HELLO), "x:443")
    rows = {CertificateInFull: {"x:443": Seen(in_full(facts), "x:443")}, TlsOptions: {"x:443": options}}
    if outcome is None:
        with pytest.raises(Undecided) as undecided:
            logged_certificate.derive(rows)
        assert undecided.value.reason is Reason.CHAIN_INCOMPLETE
    else:
        assert certificate_issuers.not_logged.judge(logged_certificate.derive(rows)).outcome is outcome  # type: ignore[arg-type]


OLD_HELLO = OldHello(
    version=TlsVersion.TLS12,
    has_extended_master_secret=True,
    has_secure_renegotiation=True,
    compression=0,
    has_tickets=False,
    protocol="",
    has_staple=False,
    has_scts=False,
    wants_client_certificate=False,
    leaf=certificate().sha256,
    chain_length=2,
)


@pytest.mark.parametrize(
    ("logs", "life", "hello", "outcome"),
    [
        (2, 90, None, PASS),
        (3, 90, None, PASS),
        (2, 180, None, PASS),
        (3, 181, None, PASS),
        (2, 181, OLD_HELLO, FAIL),
        (1, 90, OLD_HELLO, FAIL),
        (0, 90, OLD_HELLO, FAIL),
        (0, 90, replace(OLD_HELLO, has_scts=True, logs=("aa", "bb")), PASS),
        (0, 398, replace(OLD_HELLO, has_staple=True, logs=("aa", "bb")), PASS),
        (1, 90, replace(OLD_HELLO, has_scts=True, logs=("aa",)), FAIL),  # browsers do not add them up
        (0, 90, replace(OLD_HELLO, has_scts=True, logs=()), FAIL),
        (0, 90, replace(OLD_HELLO, has_staple=True, logs=()), FAIL),  # a staple is no log
        (0, 90, replace(OLD_HELLO, has_scts=True), None),  # an older version did not read them
        (0, 90, replace(OLD_HELLO, has_staple=True), None),
        (2, 90, replace(OLD_HELLO, has_staple=True), PASS),
        (0, 90, replace(OLD_HELLO, leaf="another"), None),
        (0, 90, None, None),
    ],
)
def test_logs(logs: int, life: int, hello: OldHello | None, outcome: Outcome | None) -> None:
    """Too few in the certificate accuse nobody while they may come in a handshake that was not seen."""
    leaf = certificate(not_before=NOW - DAY, not_after=NOW - DAY + life * DAY)
    facts = in_full(shown(leaf, scts=tuple(Sct(log=f"{number:02x}", at=NOW) for number in range(logs))))
    options = Seen(TlsOptions(observed_at=NOW, hello=hello), "x:443")
    rows = {CertificateInFull: {"x:443": Seen(facts, "x:443")}, TlsOptions: {"x:443": options}}
    if outcome is None:
        with pytest.raises(Undecided):
            logged_certificate.derive(rows)
        return
    found = logged_certificate.derive(rows)
    assert isinstance(found, LoggedCertificate)
    assert certificate_issuers.not_logged.judge(found).outcome is outcome


def test_the_same_log_twice_is_one_log() -> None:
    facts = in_full(shown(scts=(Sct(log="ab", at=NOW), Sct(log="ab", at=NOW + DAY))))
    with pytest.raises(Undecided):
        logged_certificate.derive({CertificateInFull: {"x": Seen(facts, "x")}})


def test_the_worst_address_counts_and_what_is_unseen_is_no_health() -> None:
    good = Seen(in_full(shown(scts=(Sct(log="ab", at=NOW), Sct(log="cd", at=NOW)))), "a")
    bad, silent = Seen(in_full(shown()), "b"), Unseen(CertificateInFull, "c", Reason.TIMEOUT, "c")
    options = {"b": Seen(TlsOptions(observed_at=NOW, hello=OLD_HELLO), "b")}
    found = logged_certificate.derive({CertificateInFull: {"a": good, "b": bad, "c": silent}, TlsOptions: options})
    assert certificate_issuers.not_logged.judge(found).outcome is FAIL  # type: ignore[arg-type]
    for rows in ({"a": good, "c": silent}, {"c": silent}, {}):
        with pytest.raises(Undecided):
            logged_certificate.derive({CertificateInFull: rows})


def test_nobody_wants_logs_where_no_certificate_is_looked_at() -> None:
    options = {"b": Seen(TlsOptions(observed_at=NOW, hello=None), "b")}
    found = logged_certificate.derive({TlsOptions: options})
    assert certificate_issuers.not_logged.judge(found).outcome is NOT_APPLICABLE  # type: ignore[arg-type]


def records(*lines: str) -> CaaSet:
    made = []
    for line in lines:
        flags, tag, value = line.split(" ", 2)
        made.append(CaaRecord(flags=int(flags), tag=tag, value=value))
    return CaaSet(name="x", found_at="example.org" if made else "", records=tuple(made), asked=("x",))


LETS, OTHER = "0 issue letsencrypt.org", "0 issue digicert.com"


@pytest.mark.parametrize(
    ("for_name", "for_wildcard", "names", "issuer", "outcome"),
    [
        ((LETS,), (), ("www.example.org",), "Let's Encrypt", PASS),
        (("0 issue LetsEncrypt.org; validationmethods=dns-01",), (), ("www.example.org",), "Let's Encrypt", PASS),
        ((OTHER, LETS), (), ("www.example.org",), "Let's Encrypt", PASS),
        ((OTHER,), (), ("www.example.org",), "Let's Encrypt", FAIL),
        (("0 issue ;",), (), ("www.example.org",), "Let's Encrypt", FAIL),
        (("0 issue %%%",), (), ("www.example.org",), "Let's Encrypt", FAIL),
        (("0 iodef mailto:a@example.org",), (), ("www.example.org",), "Let's Encrypt", PASS),
        (("128 tbs x", LETS), (), ("www.example.org",), "Let's Encrypt", FAIL),
        (("128 issue letsencrypt.org",), (), ("www.example.org",), "Let's Encrypt", PASS),
        (("0 tbs x", LETS), (), ("www.example.org",), "Let's Encrypt", PASS),
        ((LETS, "0 issuewild ;"), (), ("www.example.org",), "Let's Encrypt", PASS),
        ((), (LETS, "0 issuewild ;"), ("*.example.org",), "Let's Encrypt", FAIL),
        ((OTHER,), (LETS,), ("*.example.org",), "Let's Encrypt", PASS),
        ((LETS,), (OTHER, "0 issuewild letsencrypt.org"), ("*.example.org",), "Let's Encrypt", PASS),
        ((), (), ("www.example.org",), "Let's Encrypt", NOT_APPLICABLE),
        ((LETS,), (), ("other.example",), "Let's Encrypt", NOT_APPLICABLE),
        ((LETS,), (), ("www.example.org",), "Nobody Knows Ltd", None),
        (("0 issue globalsign.com",), (), ("www.example.org",), "Nobody Knows Ltd", PASS),  # its root's owner
        (("0 issue ;",), (), ("www.example.org",), "Nobody Knows Ltd", FAIL),
        ((LETS,), (), ("www.example.org",), "", None),
        # Its root's owner is allowed, who may do the issuing; and names that our list may lack.
        (("0 issue globalsign.com",), (), ("www.example.org",), "Let's Encrypt", None),
        (("0 issue telia.fi",), (), ("www.example.org",), "Telia Company AB", None),
        (("0 issue dtrust.net",), (), ("www.example.org",), "D-Trust GmbH", None),
        (("0 issue www.cybertrust.co.jp",), (), ("www.example.org",), "SECOM Trust Systems CO.,LTD.", None),
        (("0 issue secom.example",), (), ("www.example.org",), "SECOM Trust Systems CO.,LTD.", None),
        (("0 issue a.de",), (), ("www.example.org",), "Actalis S.p.A.", FAIL),  # one letter tells nobody
        (("0 issue localhost",), (), ("www.example.org",), "Actalis S.p.A.", FAIL),
    ],
)
def test_caa_against_the_issuer(
    for_name: tuple[str, ...],
    for_wildcard: tuple[str, ...],
    names: tuple[str, ...],
    issuer: str,
    outcome: Outcome | None,
) -> None:
    root = replace(ROOT, subject="CN=Root,O=GlobalSign nv-sa")
    facts = in_full(replace(shown(issuer_organization=issuer), dns_names=names, anchor=root))
    caa = CaaSeen(observed_at=NOW, for_name=records(*for_name), for_wildcard=records(*for_wildcard))
    if outcome is None:
        with pytest.raises(Undecided):
            caa_permission.derive(facts, caa)
        return
    found = caa_permission.derive(facts, caa)
    assert isinstance(found, CaaPermission)
    assert certificate_issuers.caa_forbids.judge(found).outcome is outcome


@pytest.mark.parametrize(
    ("found_at", "why_not", "outcome"), [("a", "", PASS), ("", "", FAIL), ("", "own", NOT_APPLICABLE)]
)
def test_a_name_without_caa(found_at: str, why_not: str, outcome: Outcome) -> None:
    facts = CaaFound(
        observed_at=NOW, issuer="x", found_at=found_at, listed=(), is_bounding=bool(found_at), why_not=why_not
    )
    assert certificate_issuers.no_caa.judge(facts).outcome is outcome


def test_that_there_are_records_is_known_whoever_issued() -> None:
    facts = in_full(shown(issuer_organization="Nobody Knows Ltd"))
    caa = CaaSeen(observed_at=NOW, for_name=records(LETS), for_wildcard=records())
    found = caa_found.derive(facts, caa)
    assert certificate_issuers.no_caa.judge(found).outcome is PASS  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("said", "names", "outcome"),
    [
        ("0 iodef mailto:a@example.org", "www.example.org", FAIL),
        ("0 issuemail letsencrypt.org", "www.example.org", FAIL),
        ("0 issuewild ;", "www.example.org", FAIL),
        ("0 issuewild ;", "*.example.org", PASS),
        ("0 issue ;", "www.example.org", PASS),
        ("0 issue ;", "*.example.org", PASS),
        ("0 tbs x", "www.example.org", FAIL),
        ("128 tbs x", "www.example.org", PASS),
    ],
)
def test_records_that_leave_it_to_anybody_are_as_good_as_none(said: str, names: str, outcome: Outcome) -> None:
    """RFC 8659 section 4.2: without a record of its kind in the set, every authority may issue."""
    facts = in_full(replace(shown(), dns_names=(names,)))
    caa = CaaSeen(observed_at=NOW, for_name=records(said), for_wildcard=records(said))
    found = caa_found.derive(facts, caa)
    assert certificate_issuers.no_caa.judge(found).outcome is outcome  # type: ignore[arg-type]


@pytest.mark.parametrize("issuer", ["", "Nobody Knows Ltd", "Unlisted Trust, Inc."])
@pytest.mark.parametrize("allowed", sorted({domain for domains in caa_names().values() for domain in domains})[::7])
def test_an_authority_that_we_do_not_know_is_never_accused(issuer: str, allowed: str) -> None:
    facts = in_full(shown(issuer_organization=issuer))
    caa = CaaSeen(observed_at=NOW, for_name=records(f"0 issue {allowed}"), for_wildcard=records())
    with pytest.raises(Undecided):
        caa_permission.derive(facts, caa)
