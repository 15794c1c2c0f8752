"""Keys beside SSL 2.0: at home, at another asset, nowhere, and where nobody could look."""

from __future__ import annotations

from auditor.derive import Placed
from auditor.facts.certificates import CertificateInFull, KeyKind, KeyShown, LeafDetail
from auditor.facts.drown import DrownExposure
from auditor.facts.tls import TlsVersions
from auditor.model import Outcome, Reason
from auditor.probe import Seen, Unseen
from checks.derivations.drown import drown as derivation
from checks.derivations.key_shown import key_shown
from checks.drown import drown
from tests.checks.test_certificates import certificate, seen
from tests.checks.test_tls import versions

AT = "192.0.2.1:443"


def shows(asset: str, key: str, kind: KeyKind = KeyKind.RSA) -> Placed:
    detail = LeafDetail(spki_sha256=key, modulus="", exponent="", issuer_organization="", scts=(), must_staple=False)
    one = seen(certificate(key_kind=kind, key_bits=2048), detail=detail)
    full = CertificateInFull(observed_at=one.observed_at, seen=one, detail=detail)
    return Placed(asset, Seen(key_shown.derive(full), AT))


def speaks(asset: str, accepted: str, unknown: str = "", locus: str = AT) -> Placed:
    return Placed(asset, Seen(versions(accepted, unknown), locus))


def outcome(asset: str, *placed: Placed) -> Outcome | Reason:
    (sight,) = [one.observation for one in derivation.derive(placed) if one.asset == asset]
    if isinstance(sight, Unseen):
        return sight.reason
    assert isinstance(sight.facts, DrownExposure)
    return drown.judge(sight.facts).outcome


def test_a_key_that_stands_where_ssl2_is_spoken() -> None:
    mail = (shows("mail/old", "k"), speaks("mail/old", "2c"))
    site = (shows("site/www", "k"), speaks("site/www", "cd"))
    other = (shows("shop/www", "z"), speaks("shop/www", "cd"))
    for asset, expected in (("mail/old", Outcome.FAIL), ("site/www", Outcome.FAIL), ("shop/www", Outcome.PASS)):
        assert outcome(asset, *mail, *site, *other) is expected


def test_the_evidence_names_the_place() -> None:
    placed = (shows("a/a", "k"), speaks("a/a", "cd"), shows("b/b", "k"), speaks("b/b", "2c", locus="[::1]:25"))
    (sight,) = [one.observation for one in derivation.derive(placed) if one.asset == "a/a"]
    assert isinstance(sight, Seen)
    assert isinstance(sight.facts, DrownExposure)
    assert drown.judge(sight.facts).evidence[0].looked_at == "b/b at [::1]:25"


def test_a_key_of_another_kind_is_not_exposed() -> None:
    placed = (shows("a/a", "k", KeyKind.EC), speaks("a/a", "2c"))
    assert outcome("a/a", *placed) is Outcome.NOT_APPLICABLE


def test_where_a_sharer_could_not_be_seen_nobody_knows() -> None:
    mine = (shows("a/a", "k"), speaks("a/a", "cd"))
    dark = Placed("b/b", Unseen(TlsVersions, AT, Reason.TIMEOUT, "b"))
    assert outcome("a/a", *mine, shows("b/b", "k"), dark) is Reason.TIMEOUT
    assert outcome("a/a", *mine, shows("b/b", "z"), dark) is Outcome.PASS
    assert outcome("a/a", *mine, shows("b/b", "k"), speaks("b/b", "c", "2")) is Reason.TIMEOUT
    assert outcome("a/a", *mine, dark) is Outcome.PASS, "a dark asset whose keys nobody knows is no sharer"


def test_a_place_with_ssl2_whose_key_nobody_saw_may_have_this_one() -> None:
    mine = (shows("a/a", "k"), speaks("a/a", "cd"))
    blind = Placed("b/b", Unseen(KeyShown, AT, Reason.TLS_FAILED, "b"))
    assert outcome("a/a", *mine, blind, speaks("b/b", "2")) is Reason.TLS_FAILED
    assert outcome("a/a", *mine, blind, speaks("b/b", "c")) is Outcome.PASS


def test_one_proven_place_settles_it() -> None:
    mine = (shows("a/a", "k"), speaks("a/a", "cd"))
    dark = Placed("c/c", Unseen(TlsVersions, AT, Reason.TIMEOUT, "c"))
    found = (shows("b/b", "k"), speaks("b/b", "2c"), shows("c/c", "k"), dark)
    assert outcome("a/a", *mine, *found) is Outcome.FAIL


def test_without_a_certificate_nothing_is_known() -> None:
    blind = Placed("a/a", Unseen(KeyShown, AT, Reason.REFUSED, "a"))
    assert outcome("a/a", blind, speaks("a/a", "cd")) is Reason.REFUSED
    assert outcome("a/a", speaks("a/a", "cd")) is Reason.NOT_OBSERVED
    assert outcome("a/a", shows("a/a", "k"), blind, speaks("a/a", "cd")) is Reason.REFUSED
    assert list(derivation.derive(())) == []
