"""What is concluded of a web service from its chains, its header and its certificate."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from auditor.derive import Undecided
from auditor.facts.certificates import Certificate, CertificateSeen, KeyKind, PathEnd
from auditor.facts.web import Chain, Hop, Hsts, HstsState, HttpEnd, HttpsService, PlainHttp, Redirects
from auditor.model import Reason
from checks.derivations.certificate_trust import certificate_trust
from checks.derivations.effective_hsts import effective_hsts
from checks.derivations.http_outcome import http_outcome, redirect_safety

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)
LOOP, PRIVATE, OUTSIDE, TIMEOUT = "redirect_loop", "private_space", "out_of_scope", "timeout"


def hop(url: str, status: int = 301, *, body: bool = False) -> Hop:
    scheme, _, rest = url.partition("://")
    return Hop(url=url, scheme=scheme, host=rest.partition("/")[0], status=status, has_body=body)


def chain(*hops: Hop, stopped: str = "", at: str = "") -> Chain:
    return Chain(hops=hops, stopped=stopped, unfollowed=at, unfollowed_scheme=at.partition(":")[0])


PAGE = {"status": 200, "body": True}
H, S = "http://a.example/", "https://a.example/"


@pytest.mark.parametrize(
    ("way", "end"),
    [
        (None, HttpEnd.CLOSED),
        (chain(hop(H), hop(S, **PAGE)), HttpEnd.HTTPS),
        (chain(hop(H), hop(H + "x"), hop(S, **PAGE)), HttpEnd.HTTPS),
        (chain(hop(H), hop(S, 500)), HttpEnd.HTTPS),
        (chain(hop(H, **PAGE)), HttpEnd.CONTENT),
        (chain(hop(H, 401)), HttpEnd.CONTENT),
        (chain(hop(H), hop(H + "x", **PAGE)), HttpEnd.CONTENT),
        (chain(hop(H), hop(S), hop(H + "x", **PAGE)), HttpEnd.CONTENT),
        (chain(hop(H, 200)), HttpEnd.NO_CONTENT),
        (chain(hop(H, 301)), HttpEnd.NO_CONTENT),
        (chain(hop(H, 404, body=True)), HttpEnd.NO_CONTENT),
        (chain(hop(H, 503, body=True)), HttpEnd.NO_CONTENT),
        (chain(hop(H), stopped=OUTSIDE, at="https://login.example.net/"), HttpEnd.HTTPS),
        (chain(hop(H), stopped=TIMEOUT, at=S), HttpEnd.HTTPS),
        (chain(hop(H), hop(S), stopped=LOOP, at=S), HttpEnd.HTTPS),
        (chain(hop(H), stopped=LOOP, at=H), Reason.REDIRECT_LOOP),
        (chain(hop(H), hop(S), stopped=LOOP, at=H), Reason.REDIRECT_LOOP),
        (chain(hop(H), hop(S), hop(H + "x"), stopped=LOOP, at=S), Reason.REDIRECT_LOOP),
        (chain(hop(H), stopped=PRIVATE, at="http://10.0.0.1/"), Reason.PRIVATE_SPACE),
        (chain(hop(H), stopped=PRIVATE, at="https://10.0.0.1/"), Reason.PRIVATE_SPACE),
        (chain(hop(H), stopped=OUTSIDE, at="http://elsewhere.example.net/"), Reason.OUT_OF_SCOPE),
        (chain(hop(H), stopped=OUTSIDE, at="ftp://a.example/"), Reason.OUT_OF_SCOPE),
        (chain(hop(H), stopped=OUTSIDE, at="javascript:alert(1)"), Reason.OUT_OF_SCOPE),
        (chain(hop(H), stopped="malformed"), Reason.MALFORMED),
        (chain(hop(H), stopped=TIMEOUT, at=H + "x"), Reason.TIMEOUT),
    ],
)
def test_where_plain_http_ends(way: Chain | None, end: HttpEnd | Reason) -> None:
    plain = PlainHttp(observed_at=NOW, url=H, chain=way)
    if isinstance(end, HttpEnd):
        assert http_outcome.derive(plain).end is end  # type: ignore[attr-defined]
        return
    with pytest.raises(Undecided) as undecided:
        http_outcome.derive(plain)
    assert undecided.value.reason is end


@pytest.mark.parametrize(
    ("way", "found"),
    [
        (None, ""),
        (chain(hop(H), hop(S, **PAGE)), ""),
        (chain(hop(S, **PAGE)), ""),
        (chain(hop(H, **PAGE)), ""),
        (chain(hop(S), stopped=OUTSIDE, at="https://login.example.net/"), ""),
        (chain(hop(S), hop(H, **PAGE)), f"{S} → {H}"),
        (chain(hop(S), hop(H), hop(S + "x", **PAGE)), f"{S} → {H}"),
        (chain(hop(H), hop(S), stopped=LOOP, at=H), f"{S} → {H}"),
        (chain(hop(S), stopped=OUTSIDE, at="http://elsewhere.example.net/"), f"{S} → http://elsewhere.example.net/"),
        (chain(hop(S), stopped=PRIVATE, at="http://10.0.0.1/"), f"{S} → http://10.0.0.1/"),
        (chain(hop(S), stopped=LOOP, at=S), Reason.REDIRECT_LOOP),
        (chain(hop(S), stopped=TIMEOUT, at=S + "x"), Reason.TIMEOUT),
        (chain(hop(S), stopped=PRIVATE, at="https://10.0.0.1/"), Reason.PRIVATE_SPACE),
        (chain(hop(S), stopped=OUTSIDE, at="ftp://a.example/"), Reason.OUT_OF_SCOPE),
        (chain(hop(H), stopped=OUTSIDE, at="http://elsewhere.example.net/"), Reason.OUT_OF_SCOPE),
        (chain(hop(S), stopped="malformed"), Reason.MALFORMED),
    ],
)
def test_a_downgrade_that_was_seen_counts_and_its_absence_needs_the_whole_chain(
    way: Chain | None, found: str | Reason
) -> None:
    redirects = Redirects(observed_at=NOW, url=S, chain=way)
    if isinstance(found, str):
        assert redirect_safety.derive(redirects).downgrade == found  # type: ignore[attr-defined]
        return
    with pytest.raises(Undecided) as undecided:
        redirect_safety.derive(redirects)
    assert undecided.value.reason is found


LEAF = Certificate(
    subject="CN=a.example",
    issuer="CN=issuer",
    serial="1",
    sha256="00",
    not_before=NOW - timedelta(days=1),
    not_after=NOW + timedelta(days=1),
    key_kind=KeyKind.EC,
    key_bits=256,
    signature_hash="sha256",
    is_self_signed=False,
    for_servers=True,
)


def seen(leaf: Certificate = LEAF, end: PathEnd = PathEnd.ANCHORED, name: str = "a.example") -> CertificateSeen:
    return CertificateSeen(
        observed_at=NOW,
        asked_name="a.example",
        leaf=leaf,
        dns_names=(name,),
        ip_addresses=(),
        sent=(leaf,),
        sent_count=1,
        path=(leaf,),
        anchor=LEAF if end.is_anchored else None,
        end=end,
        refusal="path length constraint exceeded" if end is PathEnd.REFUSED else "",
        store="roots",
    )


CLIENT = replace(LEAF, for_servers=False)
EXPIRED = replace(LEAF, not_after=NOW - timedelta(days=1))


@pytest.mark.parametrize(
    ("certificate", "trusted"),
    [
        (seen(), True),
        (seen(end=PathEnd.ANCHORED_WITH_HELP), True),
        (seen(EXPIRED), True),
        (seen(name="b.example"), True),
        (seen(end=PathEnd.SELF_SIGNED), False),
        (seen(end=PathEnd.UNKNOWN_ROOT), False),
        (seen(end=PathEnd.REFUSED), False),
        (seen(CLIENT), False),
        (seen(CLIENT, PathEnd.ISSUER_MISSING), False),
    ],
)
def test_trust_is_told_apart_from_dates_and_names(certificate: CertificateSeen, trusted: bool) -> None:
    assert (certificate_trust.derive(certificate).distrust == "") is trusted  # type: ignore[attr-defined]


def test_a_missing_issuer_leaves_trust_undecided() -> None:
    with pytest.raises(Undecided) as undecided:
        certificate_trust.derive(seen(end=PathEnd.ISSUER_MISSING))
    assert undecided.value.reason is Reason.CHAIN_INCOMPLETE


def service(headers: tuple[str, ...], hsts: Hsts | None, *, address: bool = False) -> HttpsService:
    return HttpsService(
        observed_at=NOW, url=S, host="a.example", host_is_address=address, status=200, hsts_headers=headers, hsts=hsts
    )


YEAR = service(("max-age=31536000",), Hsts(max_age_s=31_536_000))
ABSENT = service((), None)


@pytest.mark.parametrize(
    ("answer", "certificate", "state"),
    [
        (YEAR, seen(), HstsState.KEPT),
        (YEAR, seen(end=PathEnd.ANCHORED_WITH_HELP), HstsState.KEPT),
        (YEAR, seen(EXPIRED), HstsState.BAD_CERTIFICATE),
        (YEAR, seen(name="b.example"), HstsState.BAD_CERTIFICATE),
        (YEAR, seen(end=PathEnd.SELF_SIGNED), HstsState.BAD_CERTIFICATE),
        (YEAR, seen(EXPIRED, PathEnd.ISSUER_MISSING), HstsState.BAD_CERTIFICATE),
        (ABSENT, seen(), HstsState.ABSENT),
        (ABSENT, seen(end=PathEnd.ISSUER_MISSING), HstsState.ABSENT),
        (service(("max-age=x",), None), seen(), HstsState.INVALID),
        (service(("max-age=0",), Hsts(max_age_s=0)), seen(), HstsState.SWITCHED_OFF),
        (service(("max-age=9",), Hsts(max_age_s=9), address=True), seen(), HstsState.ADDRESS),
    ],
)
def test_what_a_browser_makes_of_hsts(answer: HttpsService, certificate: CertificateSeen, state: HstsState) -> None:
    assert effective_hsts.derive(answer, certificate).state is state  # type: ignore[attr-defined]


def test_a_good_header_with_a_certificate_of_unknown_trust_is_undecided() -> None:
    with pytest.raises(Undecided) as undecided:
        effective_hsts.derive(YEAR, seen(end=PathEnd.ISSUER_MISSING))
    assert undecided.value.reason is Reason.CHAIN_INCOMPLETE
