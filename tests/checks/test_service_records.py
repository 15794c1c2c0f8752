"""What the DNS says of one service: keys that it may show, and other doors for browsers."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from auditor.derive import Undecided
from auditor.deriving import Sights
from auditor.facts.certificate_variants import CertificateVariant, Variant
from auditor.facts.certificates import CertificateSeen, PathEnd
from auditor.facts.names import NameChain, NameEnd
from auditor.facts.service_records import (
    HttpsDoors,
    HttpsRecord,
    HttpsRecordsSeen,
    TlsaFit,
    TlsaRecord,
    TlsaSeen,
)
from auditor.facts.web import HttpsAnswer, HttpsOffer
from auditor.model import Outcome, Reason
from auditor.probe import Seen, Unseen
from checks.derivations.https_doors import https_doors
from checks.derivations.tlsa_fit import tlsa_fit
from checks.service_records import https_record_elsewhere, tlsa_mismatch
from tests.checks.certificate_rows import DETAIL, FAIL, NOT_APPLICABLE, PASS
from tests.checks.test_certificates import certificate

AT = datetime(2026, 6, 1, tzinfo=UTC)
ONE, TWO, SIX = "192.0.2.1:443", "192.0.2.2:443", "[2001:db8::1]:443"
LEAF, ISSUER, ROOT, OTHER = ("11" * 32, "22" * 32, "33" * 32, "44" * 32)
LEAF_KEY, ISSUER_KEY, ROOT_KEY, OTHER_KEY = ("a1" * 32, "a2" * 32, "a3" * 32, "a4" * 32)


def seen(**changes: object) -> CertificateSeen:
    """A leaf, its issuer, which is sent, and a root, which is not."""
    leaf, issuer, root = (
        certificate(f"CN={name}", sha256=sha256)
        for name, sha256 in (("www.example.gov", LEAF), ("issuer", ISSUER), ("root", ROOT))
    )
    whole = CertificateSeen(
        observed_at=AT,
        asked_name="www.example.gov",
        leaf=leaf,
        dns_names=("www.example.gov",),
        ip_addresses=(),
        sent=(leaf, issuer),
        sent_count=2,
        path=(leaf, issuer),
        anchor=root,
        end=PathEnd.ANCHORED,
        store="roots",
        detail=replace(DETAIL, spki_sha256=LEAF_KEY),
        issuer_keys=(ISSUER_KEY, ROOT_KEY),
    )
    return replace(whole, **changes)  # type: ignore[arg-type]


def record(usage: int, selector: int, sha256: str, matching: int = 1) -> TlsaRecord:
    return TlsaRecord(usage=usage, selector=selector, matching=matching, data=sha256, sha256=sha256)


def records(*rows: TlsaRecord, **changes: object) -> TlsaSeen:
    whole = TlsaSeen(observed_at=AT, name="_443._tcp.www.example.gov", records=rows, resolver="127.0.0.1")
    return replace(whole, **changes)  # type: ignore[arg-type]


def fit(*sights: Seen | Unseen) -> TlsaFit:
    sorted_out = Sights.of(sights)
    found = tlsa_fit.derive({kind: sorted_out.get(kind) for kind in tlsa_fit.reads})
    assert isinstance(found, TlsaFit)
    return found


def outcome(*sights: Seen | Unseen) -> Outcome:
    return tlsa_mismatch.judge(fit(*sights)).outcome


UNANCHORED = {"end": PathEnd.UNKNOWN_ROOT, "anchor": None, "issuer_keys": (ISSUER_KEY,)}


@pytest.mark.parametrize(
    ("row", "changes", "expected"),
    [
        pytest.param(record(3, 1, LEAF_KEY), {}, PASS, id="the leaf's key"),
        pytest.param(record(3, 0, LEAF), {}, PASS, id="the leaf"),
        pytest.param(record(3, 1, OTHER_KEY), {}, FAIL, id="another key"),
        pytest.param(record(3, 0, LEAF_KEY), {}, FAIL, id="a key's hash where a certificate's belongs"),
        pytest.param(record(3, 1, ISSUER_KEY), {}, FAIL, id="the issuer's key for the leaf"),
        pytest.param(record(2, 1, ISSUER_KEY), {}, PASS, id="the issuer's key"),
        pytest.param(record(2, 0, ISSUER), {}, PASS, id="the issuer"),
        pytest.param(record(2, 1, LEAF_KEY), {}, FAIL, id="the leaf's key for the issuer"),
        pytest.param(record(2, 0, ROOT), {}, FAIL, id="a root by its hash that is not sent"),
        pytest.param(record(2, 0, ROOT, matching=0), {}, PASS, id="a root that the record itself holds"),
        pytest.param(record(2, 1, ISSUER_KEY), UNANCHORED, PASS, id="the city's own authority"),
        pytest.param(record(0, 1, ROOT_KEY), {}, PASS, id="the browsers' root"),
        pytest.param(record(0, 1, ISSUER_KEY), UNANCHORED, FAIL, id="an issuer that browsers do not believe"),
        pytest.param(record(1, 1, LEAF_KEY), {}, PASS, id="the leaf, and browsers believe it"),
        pytest.param(record(1, 1, LEAF_KEY), UNANCHORED, FAIL, id="the leaf, and browsers do not believe it"),
        pytest.param(record(9, 1, LEAF_KEY), {}, FAIL, id="a usage that nobody knows"),
        pytest.param(record(3, 9, LEAF_KEY), {}, FAIL, id="a part that nobody knows"),
        pytest.param(record(3, 1, "", matching=1), {}, FAIL, id="a hash that is too short"),
        pytest.param(record(3, 1, "", matching=9), {}, FAIL, id="a hash of a kind that nobody knows"),
    ],
)
def test_what_a_record_fits(row: TlsaRecord, changes: dict[str, object], expected: Outcome) -> None:
    assert outcome(Seen(records(row)), Seen(seen(**changes), ONE)) is expected


def test_one_record_of_several_is_enough() -> None:
    """While a key is changed, both stand there."""
    both = records(record(3, 1, OTHER_KEY), record(3, 1, LEAF_KEY))
    assert outcome(Seen(both), Seen(seen(), ONE)) is PASS


def test_each_address_and_each_kind_of_client_counts() -> None:
    old = certificate("CN=old", sha256=OTHER)
    key = replace(DETAIL, spki_sha256=OTHER_KEY)
    other = seen(leaf=old, sent=(old,), path=(old,), issuer_keys=(ROOT_KEY,), detail=key)
    variant = CertificateVariant(observed_at=AT, variant=Variant.RSA, seen=other)
    asked = Seen(records(record(3, 1, LEAF_KEY)))
    usual = Seen(seen(), ONE)
    assert fit(asked, usual, Seen(other, TWO)).unfit == (f"{TWO}: CN=old",)
    assert fit(asked, usual, Seen(variant, f"{ONE} RSA")).unfit == (f"{ONE} RSA: CN=old",)
    alike = replace(variant, seen=seen(), is_usual=True)
    declined = CertificateVariant(observed_at=AT, variant=Variant.ECDSA, seen=None, refusal="alert 40")
    assert not fit(asked, usual, Seen(alike, f"{ONE} RSA"), Seen(declined, f"{ONE} ECDSA")).unfit


def test_what_was_not_seen_is_no_fit() -> None:
    asked, dark = Seen(records(record(3, 1, LEAF_KEY))), Unseen(CertificateSeen, TWO, Reason.TIMEOUT, TWO)
    unread = Unseen(CertificateVariant, f"{ONE} RSA", Reason.RESET, ONE)
    for sights in ((dark,), (Seen(seen(), ONE), dark), (Seen(seen(), ONE), unread), ()):
        with pytest.raises(Undecided):
            fit(asked, *sights)
    assert fit(Seen(records(record(3, 1, OTHER_KEY))), Seen(seen(), ONE), dark).unfit
    with pytest.raises(Undecided):
        fit(Unseen(TlsaSeen, "", Reason.DNS, ""), Seen(seen(), ONE))


@pytest.mark.parametrize(
    ("row", "changes"),
    [
        (record(3, 1, "", matching=2), {}),
        (record(3, 1, OTHER_KEY), {"detail": None}),
        (record(3, 1, OTHER_KEY), {"detail": replace(DETAIL, spki_sha256="")}),
        (record(2, 1, OTHER_KEY), {"issuer_keys": None}),
        (record(2, 1, OTHER_KEY), {"issuer_keys": ("", ROOT_KEY)}),
    ],
)
def test_what_cannot_be_compared_is_undecided(row: TlsaRecord, changes: dict[str, object]) -> None:
    """Records by SHA-512, and keys that an older version did not read."""
    with pytest.raises(Undecided):
        fit(Seen(records(row)), Seen(seen(**changes), ONE))


def test_without_records_there_is_nothing_to_fit() -> None:
    assert outcome(Seen(records()), Seen(seen(), ONE)) is NOT_APPLICABLE
    by_address = TlsaSeen(observed_at=AT, name="_443._tcp.192.0.2.1", why_not="named by an address")
    assert outcome(Seen(by_address), Seen(seen(), ONE)) is NOT_APPLICABLE


@pytest.mark.parametrize(
    ("is_signed", "word"), [(True, "signed"), (False, "not signed"), (None, "not told: only a resolver")]
)
def test_whether_the_zone_is_signed_stands_beside_it(is_signed: bool | None, word: str) -> None:
    told = records(record(3, 1, LEAF_KEY), is_signed=is_signed)
    verdict = tlsa_mismatch.judge(fit(Seen(told), Seen(seen(), ONE)))
    (row,) = [one for one in verdict.evidence if one.looked_at == "their zone"]
    assert word in row.seen


@given(
    st.lists(
        st.builds(
            record,
            st.integers(0, 4),
            st.integers(0, 2),
            st.sampled_from([LEAF, ISSUER, ROOT, LEAF_KEY, ISSUER_KEY, ROOT_KEY, OTHER, ""]),
            st.integers(0, 3),
        ),
        min_size=1,
        max_size=4,
    ),
    st.builds(record, st.integers(0, 3), st.integers(0, 1), st.sampled_from([LEAF_KEY, OTHER_KEY, ISSUER])),
)
def test_a_further_record_never_unfits(rows: list[TlsaRecord], more: TlsaRecord) -> None:
    """What fits one of the records fits, whatever stands beside it, in whatever order."""
    try:
        fits = not fit(Seen(records(*rows)), Seen(seen(), ONE)).unfit
    except Undecided:
        return
    if fits:
        assert not fit(Seen(records(more, *reversed(rows))), Seen(seen(), ONE)).unfit


def https(**changes: object) -> HttpsRecord:
    whole = HttpsRecord(
        is_alias=False,
        target="www.example.gov",
        addresses=None,
        port=None,
        protocols=("h2", "h3"),
        has_ech=False,
        hints=(),
    )
    return replace(whole, **changes)  # type: ignore[arg-type]


def doors(*rows: HttpsRecord, at: tuple[str, ...] = (ONE, SIX), aliases: tuple[str, ...] = ()) -> HttpsDoors:
    said = HttpsRecordsSeen(observed_at=AT, name="www.example.gov", port=443, records=rows, resolver="192.0.2.53")
    chain = NameChain(
        observed_at=AT, name="www.example.gov", aliases=aliases, end=NameEnd.ADDRESS, resolver="192.0.2.53"
    )
    offers = [Seen(HttpsOffer(observed_at=AT, url="https://a/", answer=HttpsAnswer.TLS), locus) for locus in at]
    sorted_out = Sights.of([Seen(said), Seen(chain), *offers])
    found = https_doors.derive({kind: sorted_out.get(kind) for kind in https_doors.reads})
    assert isinstance(found, HttpsDoors)
    return found


CDN = {"target": "www.cdn.example", "addresses": ("198.51.100.7",)}


@pytest.mark.parametrize(
    ("row", "expected", "word"),
    [
        pytest.param(https(), PASS, "h2 and h3", id="the service itself"),
        pytest.param(https(port=443, has_ech=True), PASS, "ECH", id="its own port, said aloud"),
        pytest.param(https(hints=("192.0.2.9",)), PASS, "192.0.2.9", id="hints are told and not judged"),
        pytest.param(https(port=8443), FAIL, "port 8443", id="another port"),
        pytest.param(https(**CDN), FAIL, "198.51.100.7", id="another name elsewhere"),
        pytest.param(https(is_alias=True, **CDN), FAIL, "198.51.100.7", id="another name instead"),
        pytest.param(https(**(CDN | {"addresses": ("192.0.2.1",)})), PASS, "", id="another name, here"),
        pytest.param(https(**(CDN | {"addresses": ("2001:db8::1",)})), PASS, "", id="another name, here by IPv6"),
        pytest.param(
            https(**(CDN | {"addresses": ("192.0.2.1", "198.51.100.7")})), FAIL, "at 198.51.100.7", id="half of it here"
        ),
        pytest.param(https(**(CDN | {"addresses": ()})), FAIL, "no address", id="a name that leads nowhere"),
        pytest.param(https(is_alias=True, port=8443), PASS, "", id="an alias has no port"),
    ],
)
def test_where_an_https_record_leads(row: HttpsRecord, expected: Outcome, word: str) -> None:
    verdict = https_record_elsewhere.judge(doors(row))
    assert verdict.outcome is expected
    assert word in " ".join(one.seen for one in verdict.evidence)


def test_a_name_that_the_service_is_an_alias_of_is_no_other_door() -> None:
    assert not doors(https(**CDN), aliases=("www.cdn.example",)).unseen
    assert len(doors(https(), https(**CDN), https(**CDN)).unseen) == 1


def test_without_an_https_record_there_is_no_other_door() -> None:
    assert https_record_elsewhere.judge(doors()).outcome is NOT_APPLICABLE
    with pytest.raises(Undecided):
        doors(https(), at=())
    with pytest.raises(Undecided):
        https_doors.derive({HttpsRecordsSeen: {"": Unseen(HttpsRecordsSeen, "", Reason.DNS, "")}, HttpsOffer: {}})
