"""The further rules for certificates, on facts made by hand."""

from __future__ import annotations

import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from auditor.derive import Placed, Undecided
from auditor.facts.caa import CaaFound, CaaPermission, CaaRecord, CaaSeen, CaaSet
from auditor.facts.certificate_variants import CertificateVariant, NamelessCertificate, Staple, Variant, VariantKey
from auditor.facts.certificates import (
    UNKNOWN_HASH,
    Certificate,
    CertificateInFull,
    CertificateReuse,
    CertificateSeen,
    KeyKind,
    KeyShown,
    KeyUsage,
    KeyUse,
    LeafDetail,
    LoggedCertificate,
    PathEnd,
    Sct,
)
from auditor.facts.revocation import Revocation, RevocationAnswer, RevocationSource, RevocationState
from auditor.facts.tls import TlsVersion
from auditor.facts.tls_exchange import OldHello, TlsOptions
from auditor.facts.tls_suites import TlsSuites, Unsettled, VersionSuites
from auditor.model import Outcome, Reason, Severity
from auditor.plugins import load
from auditor.probe import Seen, Unseen
from auditor.registers import caa_names, distrusted_authorities, known_keys, lifetime_limits
from checks import (
    certificate_chains,
    certificate_issuers,
    certificate_keys,
    certificate_life,
    certificate_reuse,
    certificate_revocation,
    certificate_variants,
    certificates,
)
from checks.derivations.caa_permission import caa_found, caa_permission
from checks.derivations.certificate_faults import stapled_answer, variant_faults
from checks.derivations.certificate_in_full import certificate_in_full
from checks.derivations.certificate_key_usage import signing_key
from checks.derivations.certificate_reuse import certificate_reuse as reuse
from checks.derivations.certificate_trust import certificate_trust
from checks.derivations.key_shown import key_shown, variant_key
from checks.derivations.logged_certificate import logged_certificate
from tests.checks.test_certificates import NOW, certificate, seen

PASS, FAIL, NOT_APPLICABLE = Outcome.PASS, Outcome.FAIL, Outcome.NOT_APPLICABLE
DAY, SECOND = timedelta(days=1), timedelta(seconds=1)
DETAIL = LeafDetail(
    spki_sha256="aa" * 32,
    modulus="",
    exponent="",
    issuer_organization="Let's Encrypt",
    scts=(),
    must_staple=False,
)


def shown(leaf: Certificate | None = None, *, is_public: bool = True, **changes: object) -> CertificateSeen:
    """What a public service shows. `changes`: of the leaf's detail."""
    path = (leaf or certificate(), certificate("CN=intermediate"))
    detail = replace(DETAIL, **changes)  # type: ignore[arg-type]
    return replace(seen(*path), detail=detail, is_public_store=is_public)


def in_full(facts: CertificateSeen) -> CertificateInFull:
    found = certificate_in_full.derive(facts)
    assert isinstance(found, CertificateInFull)
    return found


def lasting(days: float, since: str) -> Certificate:
    """A leaf that is valid for so many days, the last second counted."""
    start = datetime.fromisoformat(since).replace(tzinfo=UTC)
    return certificate(not_before=start, not_after=start + days * DAY - SECOND)


def test_what_an_older_version_saw_is_not_judged_by_what_it_did_not_read() -> None:
    with pytest.raises(Undecided) as undecided:
        certificate_in_full.derive(seen())
    assert undecided.value.reason is Reason.NOT_OBSERVED


# How long a certificate lives, and when it is renewed.


@pytest.mark.parametrize(
    ("life_days", "left_days", "overdue", "due"),
    [
        (90, 89, PASS, PASS),
        (90, 29.5, PASS, PASS),
        (90, 27.1, PASS, PASS),
        (90, 26.9, PASS, FAIL),
        (90, 15.1, PASS, FAIL),
        (90, 14.9, FAIL, FAIL),
        (90, 0.1, FAIL, FAIL),
        (6, 1.9, PASS, PASS),
        (6, 1.7, FAIL, FAIL),
        (15, 3.1, PASS, FAIL),
        (15, 2.9, FAIL, FAIL),
        (398, 120, PASS, PASS),
        (398, 119, PASS, FAIL),
        (398, 66, FAIL, FAIL),
        (90, -1, NOT_APPLICABLE, NOT_APPLICABLE),
        (90, 91, NOT_APPLICABLE, NOT_APPLICABLE),  # not valid yet
    ],
)
def test_renewal_is_measured_by_the_lifetime(
    life_days: float, left_days: float, overdue: Outcome, due: Outcome
) -> None:
    end = NOW + left_days * DAY
    facts = seen(certificate(not_before=end - life_days * DAY + SECOND, not_after=end))
    assert certificate_life.renewal_overdue.judge(facts).outcome is overdue
    assert certificate_life.renewal_due.judge(facts).outcome is due


def test_dates_of_any_year_are_measured() -> None:
    first, last = datetime(1, 1, 2, tzinfo=UTC), datetime(9999, 12, 31, 23, 59, 58, tzinfo=UTC)
    for leaf in (certificate(not_before=first, not_after=last), certificate(not_before=last, not_after=first)):
        facts = shown(leaf)
        for rule in (*certificate_life.CHECKS, *certificates.CHECKS):
            if rule.reads in (CertificateSeen, CertificateInFull):
                rule.judge(in_full(facts) if rule.reads is CertificateInFull else facts)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("days", "since", "outcome"),
    [
        (1, "2015-01-01", NOT_APPLICABLE),
        (825, "2018-03-01", PASS),
        (826, "2018-03-01", FAIL),
        (398, "2020-09-01", PASS),
        (399, "2020-09-01", FAIL),
        (398, "2026-03-14", PASS),
        (200, "2026-03-15", PASS),
        (201, "2026-03-15", FAIL),
        (398, "2026-03-15", FAIL),
        (100, "2027-03-15", PASS),
        (101, "2027-03-15", FAIL),
        (47, "2029-03-15", PASS),
        (48, "2029-03-15", FAIL),
    ],
)
def test_the_limit_is_that_of_the_day_of_issue(days: int, since: str, outcome: Outcome) -> None:
    assert certificate_life.lives_too_long.judge(in_full(shown(lasting(days, since)))).outcome is outcome


@pytest.mark.parametrize("days", [825, 398, 200, 100, 47])
def test_a_second_more_is_a_day_more(days: int) -> None:
    """BR 6.3.2: both ends count, a day has 86,400 seconds, and what is beyond them is one more day."""
    limit = next(limit for limit in lifetime_limits() if limit.days == days)
    whole = lasting(days, limit.since.isoformat())
    for more, outcome in ((-SECOND, PASS), (0 * SECOND, PASS), (SECOND, FAIL)):
        facts = in_full(shown(replace(whole, not_after=whole.not_after + more)))
        assert certificate_life.lives_too_long.judge(facts).outcome is outcome


@pytest.mark.parametrize(
    ("from_midnight", "first_log", "outcome"),
    [
        (-1, None, PASS),  # nothing but its own first second tells when it was issued
        (0, None, FAIL),
        (-1, -1, PASS),
        (-3600, 0, FAIL),  # dated back: browsers go by the first second, the authority's own rule by the day of signing
        (-3600, 3600, FAIL),
        (-3600, -1, PASS),
        (0, -3600, FAIL),  # dated ahead: browsers refuse it
    ],
)
def test_the_day_of_issue_is_the_later_of_its_first_second_and_the_first_log(
    from_midnight: int, first_log: int | None, outcome: Outcome
) -> None:
    """The limit fell from 398 to 200 days at midnight of 2026-03-15."""
    midnight = datetime(2026, 3, 15, tzinfo=UTC)
    start = midnight + from_midnight * SECOND
    leaf = certificate(not_before=start, not_after=start + 398 * DAY - SECOND)
    logs = () if first_log is None else (first_log + 7200, first_log)
    scts = tuple(Sct(log=f"{at:x}", at=midnight + at * SECOND) for at in logs)
    verdict = certificate_life.lives_too_long.judge(in_full(shown(leaf, scts=scts)))
    assert verdict.outcome is outcome
    issued = "2026-03-15" if outcome is FAIL else "2026-03-14"
    assert f"issued {issued}" in verdict.evidence[0].seen


def test_a_limit_that_begins_in_its_lifetime_is_announced_and_not_judged() -> None:
    verdict = certificate_life.lives_too_long.judge(in_full(shown(lasting(200, "2026-11-01"))))
    assert verdict.outcome is PASS
    assert "From 2027-03-15 only 100 days" in verdict.summary
    short = certificate_life.lives_too_long.judge(in_full(shown(lasting(90, "2027-02-01"))))
    assert "2027" not in short.summary.replace("2027-02-01", "")


@pytest.mark.parametrize("changes", [{"is_public": False}, {}])
def test_limits_are_for_public_authorities(changes: dict[str, bool]) -> None:
    facts = shown(lasting(3650, "2026-04-01"), **changes)  # type: ignore[arg-type]
    if not changes:
        facts = replace(facts, end=PathEnd.UNKNOWN_ROOT, anchor=None)
    assert certificate_life.lives_too_long.judge(in_full(facts)).outcome is NOT_APPLICABLE


# What the key may be used for.

SIGN, ENCRYPT, AGREE = KeyUsage.SIGN, KeyUsage.ENCRYPT, KeyUsage.AGREE


@pytest.mark.parametrize(
    ("kind", "usages", "outcome"),
    [
        (KeyKind.EC, None, PASS),
        (KeyKind.EC, (SIGN,), PASS),
        (KeyKind.EC, (SIGN, ENCRYPT), PASS),
        (KeyKind.EC, (ENCRYPT,), FAIL),
        (KeyKind.EC, (AGREE,), FAIL),
        (KeyKind.EC, (), FAIL),
        (KeyKind.ED25519, (ENCRYPT,), FAIL),
        (KeyKind.DSA, (AGREE,), FAIL),
        (KeyKind.RSA, (SIGN,), PASS),
        (KeyKind.RSA, (ENCRYPT,), PASS),
        (KeyKind.RSA, (), FAIL),
        (KeyKind.OTHER, (ENCRYPT,), PASS),
        (KeyKind.OTHER, (), FAIL),
    ],
)
def test_clients_refuse_a_key_that_may_not_take_part(
    kind: KeyKind, usages: tuple[KeyUsage, ...] | None, outcome: Outcome
) -> None:
    facts = certificate_trust.derive(shown(certificate(key_kind=kind), usages=usages))
    assert certificates.untrusted.judge(facts).outcome is outcome  # type: ignore[arg-type]


ECDHE, DHE, STATIC, NEW, OTHER_KEY = 0xC02F, 0x009E, 0x009C, 0x1301, 0xC02B
LEFT_OPEN = Unsettled(reason=Reason.TIMEOUT.word, detail="silence")


@pytest.mark.parametrize(
    ("kind", "usages", "taken", "left_open", "outcome"),
    [
        (KeyKind.RSA, (ENCRYPT,), (ECDHE, STATIC), None, FAIL),
        (KeyKind.RSA, (ENCRYPT,), (DHE,), None, FAIL),
        (KeyKind.RSA, (ENCRYPT,), (NEW,), None, FAIL),
        (KeyKind.RSA, (ENCRYPT,), (STATIC, ECDHE), LEFT_OPEN, FAIL),
        (KeyKind.RSA, (), (ECDHE,), None, FAIL),
        (KeyKind.RSA, (ENCRYPT,), (STATIC,), None, PASS),
        (KeyKind.RSA, (ENCRYPT,), (STATIC, OTHER_KEY), None, PASS),  # another certificate's key signs
        (KeyKind.RSA, (ENCRYPT,), (STATIC,), LEFT_OPEN, None),
        (KeyKind.RSA, (ENCRYPT, SIGN), (ECDHE,), None, PASS),
        (KeyKind.RSA, (SIGN,), (ECDHE,), LEFT_OPEN, PASS),
        (KeyKind.EC, (ENCRYPT,), (OTHER_KEY,), None, NOT_APPLICABLE),
        (KeyKind.RSA, None, (ECDHE,), None, None),  # an older version looked
    ],
)
def test_a_key_signs_only_if_it_may(
    kind: KeyKind,
    usages: tuple[KeyUsage, ...] | None,
    taken: tuple[int, ...],
    left_open: Unsettled | None,
    outcome: Outcome | None,
) -> None:
    full = in_full(shown(certificate(key_kind=kind), usages=usages))
    row = VersionSuites(version=TlsVersion.TLS12, accepted=taken, unsettled=left_open)
    suites = TlsSuites(observed_at=NOW, versions=(row,))
    if outcome is None:
        with pytest.raises(Undecided):
            signing_key.derive(full, suites)
        return
    found = signing_key.derive(full, suites)
    assert certificate_keys.key_may_not_sign.judge(found).outcome is outcome  # type: ignore[arg-type]


# The chain as it is sent.

LEAF = certificate("CN=leaf", issuer="CN=lower")
LOWER = certificate("CN=lower", issuer="CN=upper")
UPPER = certificate("CN=upper", issuer="CN=root")
ROOT = certificate("CN=root", issuer="CN=root", is_self_signed=True)
CROSS = certificate("CN=root", issuer="CN=older root", sha256="cc")
STRAY = certificate("CN=stray", issuer="CN=elsewhere")


@pytest.mark.parametrize(
    ("sent", "more", "outcome", "word"),
    [
        ((LEAF,), 0, NOT_APPLICABLE, ""),
        ((LEAF, LOWER), 0, PASS, ""),
        ((LEAF, LOWER, UPPER), 0, PASS, ""),
        ((LEAF, LOWER, UPPER, CROSS), 0, PASS, ""),
        ((LEAF, UPPER, LOWER), 0, FAIL, "before"),
        ((LEAF, LOWER, UPPER, ROOT), 0, FAIL, "root"),
        ((LEAF, LOWER, LOWER), 0, FAIL, "sent before"),
        ((LEAF, LEAF), 0, FAIL, "sent before"),
        ((LEAF, LOWER, STRAY), 0, FAIL, "none of the others"),
        ((LEAF, LOWER), 1, FAIL, "unreadable"),
        ((LEAF, LOWER), 98, FAIL, "too many"),
    ],
)
def test_chains_are_short_and_in_order(sent: tuple[Certificate, ...], more: int, outcome: Outcome, word: str) -> None:
    facts = seen(LEAF, sent=sent, sent_count=len(sent) + more)
    verdict = certificate_chains.untidy_chain.judge(facts)
    assert verdict.outcome is outcome
    assert word in " ".join(row.seen for row in verdict.evidence)


# Keys.


@pytest.mark.parametrize(
    ("changes", "outcome"),
    [
        ({}, PASS),
        ({"spki_sha256": ""}, NOT_APPLICABLE),
        ({"spki_sha256": next(iter(known_keys()))}, FAIL),
        ({"modulus": f"{(2**61 - 1) * (2**89 - 1):x}", "exponent": "10001"}, PASS),
        ({"modulus": f"{(2**61 - 1) * (2**89 - 1):x}", "exponent": "1"}, FAIL),
        ({"modulus": f"{7919 * 3 * (2**89 - 1):x}", "exponent": "10001"}, FAIL),
        ({"modulus": f"{(2**127 - 1) ** 2:x}", "exponent": "10001"}, FAIL),
        ({"modulus": "0", "exponent": "10001"}, FAIL),
    ],
)
def test_keys_that_are_no_secret(changes: dict[str, str], outcome: Outcome) -> None:
    assert certificate_keys.compromised_key.judge(in_full(shown(None, **changes))).outcome is outcome


@pytest.mark.parametrize(
    ("kind", "exponent", "outcome"),
    [
        (KeyKind.RSA, "10001", PASS),
        (KeyKind.RSA, "10003", PASS),
        (KeyKind.RSA, "ffff", FAIL),
        (KeyKind.RSA, "3", FAIL),
        (KeyKind.RSA, "1", NOT_APPLICABLE),
        (KeyKind.EC, "", NOT_APPLICABLE),
        (KeyKind.RSA, "f" * 2_000, PASS),
    ],
)
def test_exponents(kind: KeyKind, exponent: str, outcome: Outcome) -> None:
    facts = shown(certificate(key_kind=kind), exponent=exponent, modulus=exponent and "ab1")
    assert certificate_keys.small_exponent.judge(in_full(facts)).outcome is outcome


@pytest.mark.parametrize(
    ("hashed", "outcome"),
    [
        ("sha256", PASS),
        ("sha1", FAIL),
        ("md5", FAIL),
        ("md4", FAIL),
        ("md2", FAIL),
        ("", PASS),
        (UNKNOWN_HASH, NOT_APPLICABLE),
    ],
)
@pytest.mark.parametrize("place", [0, 1])
def test_signatures_of_every_certificate_of_the_path(hashed: str, outcome: Outcome, place: int) -> None:
    path = [certificate(), certificate("CN=intermediate")]
    path[place] = replace(path[place], signature_hash=hashed)
    assert certificates.forgeable_signature.judge(seen(*path)).outcome is outcome
    path[place] = replace(path[place], is_self_signed=True)
    assert certificates.forgeable_signature.judge(seen(*path)).outcome is PASS


# Issuers.

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
    verdict = certificate_issuers.distrusted_issuer.judge(in_full(facts))
    assert (verdict.outcome, word in verdict.summary) == (outcome, True)
    private = replace(facts, is_public_store=False)
    assert certificate_issuers.distrusted_issuer.judge(in_full(private)).outcome is NOT_APPLICABLE


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
    facts = CaaFound(observed_at=NOW, issuer="x", found_at=found_at, listed=(), why_not=why_not)
    assert certificate_issuers.no_caa.judge(facts).outcome is outcome


def test_that_there_are_records_is_known_whoever_issued() -> None:
    facts = in_full(shown(issuer_organization="Nobody Knows Ltd"))
    caa = CaaSeen(observed_at=NOW, for_name=records(LETS), for_wildcard=records())
    found = caa_found.derive(facts, caa)
    assert certificate_issuers.no_caa.judge(found).outcome is PASS  # type: ignore[arg-type]


@pytest.mark.parametrize("issuer", ["", "Nobody Knows Ltd", "Unlisted Trust, Inc."])
@pytest.mark.parametrize("allowed", sorted({domain for domains in caa_names().values() for domain in domains})[::7])
def test_an_authority_that_we_do_not_know_is_never_accused(issuer: str, allowed: str) -> None:
    facts = in_full(shown(issuer_organization=issuer))
    caa = CaaSeen(observed_at=NOW, for_name=records(f"0 issue {allowed}"), for_wildcard=records())
    with pytest.raises(Undecided):
        caa_permission.derive(facts, caa)


# Revocation and staples.


def said(state: RevocationState | None) -> RevocationAnswer:
    if state is None:
        return RevocationAnswer(subject="CN=a", serial="1", source=RevocationSource.NONE)
    return RevocationAnswer(subject="CN=a", serial="1", source=RevocationSource.CRL, state=state, said_at=NOW)


GOOD, REVOKED = RevocationState.GOOD, RevocationState.REVOKED


@pytest.mark.parametrize(
    ("states", "outcome", "pointer"),
    [
        ((GOOD,), PASS, PASS),
        ((GOOD, GOOD), PASS, PASS),
        ((REVOKED, GOOD), FAIL, PASS),
        ((GOOD, REVOKED), FAIL, PASS),
        ((GOOD, None), PASS, PASS),
        ((None, REVOKED), FAIL, FAIL),
        ((None,), NOT_APPLICABLE, FAIL),
    ],
)
def test_what_authorities_say(states: tuple[RevocationState | None, ...], outcome: Outcome, pointer: Outcome) -> None:
    facts = Revocation(
        observed_at=NOW, asked_name="a", answers=tuple(map(said, states)), lifetime_s=90 * 86_400, is_public_store=True
    )
    assert certificate_revocation.revoked.judge(facts).outcome is outcome
    assert certificate_revocation.no_revocation_pointer.judge(facts).outcome is pointer
    for milder in (replace(facts, lifetime_s=864_000), replace(facts, is_public_store=False)):
        assert certificate_revocation.no_revocation_pointer.judge(milder).outcome is NOT_APPLICABLE


@pytest.mark.parametrize(
    ("must", "staple", "missing", "taken_back"),
    [
        (False, None, NOT_APPLICABLE, NOT_APPLICABLE),
        (True, None, FAIL, NOT_APPLICABLE),
        (True, Staple(problem="it is out of date"), FAIL, NOT_APPLICABLE),
        (True, Staple(answer=said(GOOD)), PASS, PASS),
        (False, Staple(answer=said(REVOKED)), NOT_APPLICABLE, FAIL),
        (True, Staple(answer=said(RevocationState.UNKNOWN_THERE)), FAIL, NOT_APPLICABLE),
    ],
)
def test_staples(must: bool, staple: Staple | None, missing: Outcome, taken_back: Outcome) -> None:
    facts = CertificateVariant(
        observed_at=NOW, variant=Variant.ECDSA, seen=shown(must_staple=must), is_usual=True, staple=staple
    )
    found = stapled_answer.derive(facts)
    assert certificate_variants.staple_missing.judge(found).outcome is missing  # type: ignore[arg-type]
    assert certificate_variants.revoked_by_staple.judge(found).outcome is taken_back  # type: ignore[arg-type]


# What some clients are shown.

WEAK = certificate(key_kind=KeyKind.RSA, key_bits=1024)
BROKEN = certificate(key_kind=KeyKind.RSA, key_bits=512)


@pytest.mark.parametrize(
    ("shows", "invalid", "weak"),
    [
        (shown(), PASS, PASS),
        (shown(WEAK), PASS, FAIL),
        (shown(BROKEN), FAIL, FAIL),
        (shown(certificate(not_after=NOW - DAY)), FAIL, PASS),
        (shown(certificate(signature_hash="sha1")), FAIL, PASS),
        (shown(certificate(for_servers=False)), FAIL, PASS),
        (shown(spki_sha256=next(iter(known_keys()))), FAIL, PASS),
        (replace(shown(), anchor=replace(ROOT, subject="CN=a,O=WoSign CA Limited")), FAIL, PASS),
        (replace(shown(), dns_names=("other.example",)), FAIL, PASS),
        (replace(shown(), end=PathEnd.SELF_SIGNED, anchor=None), FAIL, PASS),
        (replace(shown(), end=PathEnd.ANCHORED_WITH_HELP), PASS, FAIL),
        (None, NOT_APPLICABLE, NOT_APPLICABLE),
    ],
)
def test_variants(shows: CertificateSeen | None, invalid: Outcome, weak: Outcome) -> None:
    facts = CertificateVariant(observed_at=NOW, variant=Variant.RSA, seen=shows, refusal="" if shows else "alert 40")
    found = variant_faults.derive(facts)
    assert certificate_variants.variant_invalid.judge(found).outcome is invalid  # type: ignore[arg-type]
    assert certificate_variants.variant_weak.judge(found).outcome is weak  # type: ignore[arg-type]
    if shows:
        usual = variant_faults.derive(replace(facts, is_usual=True))
        assert certificate_variants.variant_invalid.judge(usual).outcome is NOT_APPLICABLE  # type: ignore[arg-type]


def test_a_variant_whose_issuer_is_missing_is_undecided() -> None:
    facts = replace(shown(), end=PathEnd.ISSUER_MISSING, anchor=None)
    with pytest.raises(Undecided):
        variant_faults.derive(CertificateVariant(observed_at=NOW, variant=Variant.RSA, seen=facts))


@pytest.mark.parametrize(
    ("shows", "is_usual", "invalid", "names"),
    [
        (seen(), False, PASS, PASS),
        (seen(dns_names=("other.example.org",)), False, PASS, PASS),
        (seen(certificate(not_after=NOW - DAY)), False, FAIL, PASS),
        (seen(certificate(not_after=NOW - DAY)), True, NOT_APPLICABLE, PASS),
        (seen(end=PathEnd.SELF_SIGNED), False, FAIL, PASS),
        (seen(end=PathEnd.ISSUER_MISSING), False, NOT_APPLICABLE, PASS),
        (seen(dns_names=("www.example.org", "srv-db01.corp")), False, PASS, FAIL),
        (seen(dns_names=("srv-db01",)), False, PASS, FAIL),
        (seen(ip_addresses=("10.1.2.3",)), False, PASS, FAIL),
        (seen(ip_addresses=("8.8.8.8",)), False, PASS, PASS),
        (seen(certificate("CN=vcenter.city.internal,O=City")), False, PASS, FAIL),
        (seen(certificate("CN=Kubernetes Ingress Controller Fake Certificate")), False, PASS, PASS),
        (None, False, NOT_APPLICABLE, NOT_APPLICABLE),
    ],
)
def test_the_certificate_without_a_name(
    shows: CertificateSeen | None, is_usual: bool, invalid: Outcome, names: Outcome
) -> None:
    facts = NamelessCertificate(
        observed_at=NOW,
        asked_name="www.example.org",
        seen=shows,
        refusal="" if shows else "alert 112",
        is_usual=is_usual,
    )
    assert certificate_variants.nameless_invalid.judge(facts).outcome is invalid
    assert certificate_variants.nameless_private_names.judge(facts).outcome is names
    inside = replace(facts, asked_name="intranet.corp")
    assert certificate_variants.nameless_private_names.judge(inside).outcome is NOT_APPLICABLE


# Shared keys.


def placed(asset: str, *, key: str = "k", name: str | None = None, names: tuple[str, ...] = ()) -> Placed:
    facts = replace(
        shown(spki_sha256=key), asked_name=name or f"{asset.replace('/', '-')}.example.org", dns_names=names
    )
    return Placed(asset, Seen(key_shown.derive(in_full(facts)), "x:443"))


def shared(*rows: Placed) -> dict[str, CertificateReuse | Unseen]:
    told = {one.asset: one.observation for one in reuse.derive(rows)}
    return {asset: one.facts if isinstance(one, Seen) else one for asset, one in told.items()}  # type: ignore[misc]


def outcomes(*rows: Placed) -> dict[str, tuple[Outcome, Outcome] | None]:
    return {
        asset: (
            (certificate_reuse.key_shared.judge(one).outcome, certificate_reuse.wildcard_spread.judge(one).outcome)
            if isinstance(one, CertificateReuse)
            else None
        )
        for asset, one in shared(*rows).items()
    }


def test_what_waits_for_all_assets_says_what_the_certificate_said() -> None:
    facts = replace(shown(spki_sha256="k"), asked_name="a.example.org", dns_names=("*.Example.org", "a.example.org"))
    told = key_shown.derive(in_full(facts))
    assert isinstance(told, KeyShown)
    kind = facts.leaf.key_kind is KeyKind.RSA
    assert (told.asked_name, told.spki_sha256, told.is_rsa) == ("a.example.org", "k", kind)
    assert (told.wildcards, told.observed_at) == (("*.example.org",), facts.observed_at)
    unread = CertificateVariant(observed_at=NOW, variant=Variant.RSA, seen=replace(facts, detail=None))
    assert variant_key.derive(unread) == VariantKey(observed_at=NOW, shown=replace(told, spki_sha256=""))
    refused = CertificateVariant(observed_at=NOW, variant=Variant.RSA, seen=None, refusal="alert 40")
    assert variant_key.derive(refused) == VariantKey(observed_at=NOW, shown=None)


BLIND = Unseen(KeyShown, "x:443", Reason.TIMEOUT, "x")


@pytest.mark.parametrize(
    ("rows", "told"),
    [
        ((placed("a/1"),), {"a/1": (PASS, PASS)}),
        ((placed("a/1", key="1"), placed("b/1", key="2")), {"a/1": (PASS, PASS), "b/1": (PASS, PASS)}),
        ((placed("a/1"), placed("b/1")), {"a/1": (FAIL, PASS), "b/1": (FAIL, PASS)}),
        ((placed("a/1"), placed("a/2")), {"a/1": (PASS, PASS), "a/2": (PASS, PASS)}),
        ((placed("a/1", name="n"), placed("b/1", name="n")), {"a/1": (PASS, PASS), "b/1": (PASS, PASS)}),
        (
            (placed("a/1", name="n"), placed("b/1", name="n"), placed("c/1")),
            {"a/1": (FAIL, PASS), "b/1": (FAIL, PASS), "c/1": (FAIL, PASS)},
        ),
        (
            (placed("a/1", name="n"), placed("b/1", name="n"), placed("a/2")),
            {"a/1": (PASS, PASS), "b/1": (FAIL, PASS), "a/2": (FAIL, PASS)},
        ),
        ((placed("a/1", key=""), placed("b/1", key="")), {"a/1": (PASS, PASS), "b/1": (PASS, PASS)}),
        (
            tuple(placed(f"{system}/1", key=system, names=("*.example.org",)) for system in "abc"),
            dict.fromkeys(("a/1", "b/1", "c/1"), (PASS, FAIL)),
        ),
        (
            tuple(placed(f"{system}/1", key=system, names=("*.example.org",)) for system in "ab"),
            dict.fromkeys(("a/1", "b/1"), (PASS, PASS)),
        ),
        ((placed("a/1"), Placed("b/1", BLIND)), {"a/1": (PASS, PASS), "b/1": None}),
        ((placed("a/1"), placed("b/1"), Placed("b/1", BLIND)), {"a/1": (FAIL, PASS), "b/1": (FAIL, PASS)}),
        ((), {}),
    ],
)
def test_keys_and_wildcards_across_the_inventory(
    rows: tuple[Placed, ...], told: dict[str, tuple[Outcome, Outcome] | None]
) -> None:
    assert outcomes(*rows) == told


def test_a_large_inventory_is_compared_in_time() -> None:
    rows = tuple(placed(f"s{number}/1", key=f"{number % 900}", names=("*.example.org",)) for number in range(1_000))
    began = time.process_time()
    told = shared(*rows)["s0/1"]
    assert time.process_time() - began < 1.5
    assert isinstance(told, CertificateReuse)
    assert [one.count for one in (*told.keys, *told.wildcards)] == [1, 999]
    assert len(told.wildcards[0].assets) == 10


def test_uses_are_told_by_name() -> None:
    told = shared(placed("a/1"), placed("b/1"))["a/1"]
    assert isinstance(told, CertificateReuse)
    assert told.keys == (KeyUse(what="k", assets=("b/1",), count=1, systems=2),)


def test_severities_follow_the_calibration() -> None:
    """Mandatory rules hold a letter down; what is left undone besides costs an A+ alone."""
    severities = {check.id: check.severity for check in load().checks if check.id.startswith("certificate-")}
    assert {rule for rule, severity in severities.items() if severity is Severity.CRITICAL} == {
        "certificate-untrusted",
        "certificate-wrong-name",
        "certificate-expired",
        "certificate-broken-key",
        "certificate-forgeable-signature",
        "certificate-compromised-key",
        "certificate-distrusted-issuer",
        "certificate-revoked",
        "certificate-revoked-by-staple",
        "certificate-variant-invalid",
    }
    assert Severity.HIGH not in severities.values()
