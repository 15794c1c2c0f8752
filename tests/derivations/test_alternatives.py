"""Where Alt-Svc headers lead is told only where all of them were read."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from auditor.codec import decode, encode
from auditor.derive import Undecided
from auditor.facts.alt_svc import Alternative, AlternativesRead
from auditor.facts.web import HttpsService
from auditor.model import Reason
from checks.derivations.alternatives import alternatives_read

NOW = datetime(2026, 6, 1, tzinfo=UTC)
SAME = 'h3=":443"; ma=60'


def service(
    headers: tuple[str, ...] | None, *, url: str = "https://a.example/", host: str = "a.example"
) -> HttpsService:
    return HttpsService(
        observed_at=NOW,
        url=url,
        host=host,
        host_is_address=False,
        status=200,
        hsts_headers=(),
        hsts=None,
        alt_svc_headers=headers,
    )


def read(facts: HttpsService) -> AlternativesRead:
    derived = alternatives_read.derive(facts)
    assert isinstance(derived, AlternativesRead)
    return derived


@pytest.mark.parametrize(
    ("headers", "elsewhere"),
    [
        ((), []),
        ((SAME,), []),
        (('h2="A.example.:443"', SAME), []),
        (("clear",), []),
        (('h3="b.example:443"', SAME), [("b.example", 443)]),
        (('h3=":8443"',), [("", 8443)]),
    ],
)
def test_where_the_headers_lead(headers: tuple[str, ...], elsewhere: list[tuple[str, int]]) -> None:
    derived = read(service(headers))
    assert [(one.host, one.port) for one in derived.elsewhere] == elsewhere
    assert (derived.host, derived.port, derived.headers) == ("a.example", 443, headers)


def test_the_services_own_port_is_that_of_its_url() -> None:
    derived = read(service((SAME, 'h3=":8443"'), url="https://a.example:8443/x"))
    assert derived.elsewhere == (Alternative(protocol="h3", host="", port=443, max_age_s=60),)


def test_a_service_may_be_named_by_an_address() -> None:
    header = 'h3="[2001:db8:0::1]:443"'
    assert not read(service((header,), url="https://[2001:db8::1]/", host="2001:db8::1")).elsewhere


@pytest.mark.parametrize(
    ("headers", "reason"),
    [
        (None, Reason.NOT_OBSERVED),
        (("banana",), Reason.MALFORMED),
        ((SAME, "…"), Reason.MALFORMED),
        (('h3="<script>:443"',), Reason.MALFORMED),
    ],
)
def test_what_was_not_read_is_undecided(headers: tuple[str, ...] | None, reason: Reason) -> None:
    with pytest.raises(Undecided) as undecided:
        alternatives_read.derive(service(headers))
    assert undecided.value.reason is reason


def test_what_an_older_version_kept_is_read_and_is_not_taken_for_no_header() -> None:
    kept = encode(service(None)).replace(b',"alt_svc_headers":null', b"").replace(b'"alt_svc_headers":null,', b"")
    assert b"alt_svc" not in kept
    facts = decode(kept, [HttpsService])
    assert isinstance(facts, HttpsService)
    assert facts.alt_svc_headers is None
