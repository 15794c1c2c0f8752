"""TLSA and HTTPS records are read from a real signed zone, and compared with what a real server shows."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from pathlib import Path

import dns.flags
import dns.message
import dns.rrset
import pytest
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from auditor.errors import Unreachable
from auditor.facts.service_records import HttpsRecord, HttpsRecordsSeen, TlsaSeen
from auditor.model import Asset, Reason, Tier
from auditor.probe import Seen, Unseen
from auditor.probes.service_records import PortTlsaProbe, ServiceRecordsProbe, https_records_of, tlsa_of
from auditor.reach import Access, Limits, Reach, Reaches, Target
from auditor.rig.authority import Authority, Issued
from auditor.rig.web import Site, server_context, web_listener
from tests.cli.front_door import FrontDoor
from tests.reach.dns_rig import resolver
from tests.rig.knot import knot
from tests.rig.nginx import free_port
from tests.rig.unbound import anchor_of, unbound

KEY = "ab" * 32
ISSUED = Authority.root().leaf("shown.rig.example")


def key_of(issued: Issued) -> str:
    key = issued.certificate.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return hashlib.sha256(key).hexdigest()


ZONE = f"""
$TTL 60
@               SOA   ns hostmaster 1 3600 600 86400 60
@               NS    ns
ns              A     127.0.0.1
www             A     192.0.2.1
www             HTTPS 1 . alpn=h2,h3 port=8443 ipv4hint=192.0.2.1 ipv6hint=2001:db8::1
_443._tcp.www   TLSA  3 1 1 {KEY}
_443._tcp.www   TLSA  2 0 0 {"cd" * 200}
_25._tcp.mail   TLSA  3 1 2 {"ef" * 64}
cdn             A     198.51.100.7
cdn             AAAA  2001:db8::7
other           HTTPS 1 cdn alpn=h2
apex            HTTPS 0 cdn
lost            HTTPS 1 nowhere
alias           CNAME www
_8443._https.odd HTTPS 1 . alpn=h2
shown           A     192.0.2.1
_443._tcp.shown TLSA  3 1 1 {key_of(ISSUED)}
wrong           A     192.0.2.1
_443._tcp.wrong TLSA  3 1 1 {KEY}
"""


@pytest.fixture(scope="module")
def ports(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, int]]:
    """The zone's own server, which vouches for nothing, and a resolver that validates."""
    zone, recursive = free_port(), free_port()
    with knot(tmp_path_factory.mktemp("knot"), "rig.example", ZONE, zone):
        anchor = anchor_of("rig.example", zone)
        with unbound(tmp_path_factory.mktemp("unbound"), "rig.example", zone, anchor, recursive):
            yield {"knot": zone, "unbound": recursive}


def reach(port: int, *, address: str = "https://www.rig.example/", tiers: frozenset[Tier] = frozenset(Tier)) -> Reach:
    access = Access(nameservers=(Target("127.0.0.1", port),), limits=Limits(operation_s=2.0))
    return Reaches(access).of(Asset(id="a", kind="web", address=address, system="s", tiers=tiers))


@pytest.mark.root
def test_tlsa_records_are_read_and_vouched_for(ports: dict[str, int]) -> None:
    validated, bare = (tlsa_of("WWW.rig.example.", 443, reach(ports[one])) for one in ("unbound", "knot"))
    assert (validated.name, validated.is_signed) == ("_443._tcp.www.rig.example", True)
    whole, by_hash = sorted(validated.records, key=lambda one: one.usage)
    assert (by_hash.text, by_hash.sha256) == (f"3 1 1 {KEY}", KEY)
    assert whole.sha256 == hashlib.sha256(bytes.fromhex("cd" * 200)).hexdigest()
    assert len(whole.data) == 128
    assert (sorted(bare.records, key=repr), bare.is_signed) == (sorted(validated.records, key=repr), False)


@pytest.mark.root
def test_that_there_are_none_is_told_too(ports: dict[str, int]) -> None:
    none = tlsa_of("ns.rig.example", 443, reach(ports["unbound"]))
    assert (none.records, none.is_signed) == ((), True)
    assert not https_records_of("ns.rig.example", 443, reach(ports["unbound"])).records


@pytest.mark.root
def test_a_port_has_records_of_its_own(ports: dict[str, int]) -> None:
    mail = Asset(id="m", kind="tls", address="smtp://mail.rig.example:25", system="s", tiers=frozenset(Tier))
    (sight,) = PortTlsaProbe().observe(mail, reach(ports["unbound"], address=mail.address))
    assert isinstance(sight.facts, TlsaSeen)
    (record,) = sight.facts.records
    assert (sight.facts.name, record.matching, record.sha256) == ("_25._tcp.mail.rig.example", 2, "")


@pytest.mark.root
@pytest.mark.parametrize(
    ("name", "port", "expected"),
    [
        (
            "www",
            443,
            HttpsRecord(
                is_alias=False,
                target="www.rig.example",
                addresses=None,
                port=8443,
                protocols=("h2", "h3"),
                has_ech=False,
                hints=("192.0.2.1", "2001:db8::1"),
            ),
        ),
        (
            "other",
            443,
            HttpsRecord(
                is_alias=False,
                target="cdn.rig.example",
                addresses=("198.51.100.7", "2001:db8::7"),
                port=None,
                protocols=("h2",),
                has_ech=False,
                hints=(),
            ),
        ),
        (
            "apex",
            443,
            HttpsRecord(
                is_alias=True,
                target="cdn.rig.example",
                addresses=("198.51.100.7", "2001:db8::7"),
                port=None,
                protocols=(),
                has_ech=False,
                hints=(),
            ),
        ),
        (
            "lost",
            443,
            HttpsRecord(
                is_alias=False,
                target="nowhere.rig.example",
                addresses=(),
                port=None,
                protocols=(),
                has_ech=False,
                hints=(),
            ),
        ),
        (
            "odd",
            8443,
            HttpsRecord(
                is_alias=False,
                target="odd.rig.example",
                addresses=None,
                port=None,
                protocols=("h2",),
                has_ech=False,
                hints=(),
            ),
        ),
    ],
)
def test_https_records_are_read(ports: dict[str, int], name: str, port: int, expected: HttpsRecord) -> None:
    found = https_records_of(f"{name}.rig.example", port, reach(ports["unbound"]))
    assert found.records == (expected,)


@pytest.mark.root
def test_an_alias_is_followed_to_the_records(ports: dict[str, int]) -> None:
    for server in ("knot", "unbound"):
        (record,) = https_records_of("alias.rig.example", 443, reach(ports[server])).records
        assert (record.target, record.addresses, record.port) == ("alias.rig.example", None, 8443)


@pytest.mark.root
def test_one_that_is_not_answered_leaves_the_other_seen(ports: dict[str, int]) -> None:
    """Knot refuses to speak of zones of others."""
    asset = Asset(id="a", kind="web", address="https://www.elsewhere.example/", system="s", tiers=frozenset(Tier))
    sights = list(ServiceRecordsProbe().observe(asset, reach(ports["knot"], address=asset.address)))
    assert [(one.facts_type, one.reason) for one in sights if isinstance(one, Unseen)] == [
        (TlsaSeen, Reason.DNS),
        (HttpsRecordsSeen, Reason.DNS),
    ]


def test_a_service_that_is_named_by_an_address_has_none() -> None:
    asset = Asset(id="a", kind="web", address="https://[2001:db8::1]/", system="s", tiers=frozenset(Tier))
    sights = list(ServiceRecordsProbe().observe(asset, reach(1, address=asset.address)))
    assert [isinstance(one, Seen) and bool(getattr(one.facts, "why_not", "")) for one in sights] == [True, True]


def test_who_is_led_elsewhere_is_not_asked_for() -> None:
    """The public DNS knows nothing of a service that the connect-to file leads to another place."""
    access = Access(connect_to={("www.rig.example", 443): (Target("127.0.0.1", 1),)})
    asset = Asset(id="a", kind="web", address="https://www.rig.example/", system="s", tiers=frozenset(Tier))
    sights = list(ServiceRecordsProbe().observe(asset, Reaches(access).of(asset)))
    assert [isinstance(one, Seen) and "connect-to" in getattr(one.facts, "why_not", "") for one in sights] == [True] * 2


def test_the_nightly_tier_asks_nobody() -> None:
    with pytest.raises(Unreachable) as unreachable:
        tlsa_of("www.rig.example", 443, reach(1, tiers=frozenset({Tier.NIGHTLY})))
    assert unreachable.value.reason is Reason.OUT_OF_SCOPE


def _many(question: dns.message.Message) -> bytes:
    """HTTPS records that lead to a hundred names."""
    answer = dns.message.make_response(question)
    answer.flags |= dns.flags.RA
    rows = [f"1 n{number}.example." for number in range(40)]
    answer.answer.append(dns.rrset.from_text_list(question.question[0].name, 60, "IN", "HTTPS", rows))
    return answer.to_wire()


def test_records_without_end_are_a_reason() -> None:
    with resolver(_many) as port, pytest.raises(Unreachable) as unreachable:
        https_records_of("www.rig.example", 443, reach(port))
    assert unreachable.value.reason is Reason.TOO_LONG


@pytest.mark.root
@pytest.mark.parametrize(("name", "outcome"), [("shown", "pass"), ("wrong", "fail")])
def test_the_front_door_compares_the_records_with_the_certificate(
    ports: dict[str, int],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
    name: str,
    outcome: str,
) -> None:
    host = f"{name}.rig.example"
    with web_listener(Site(), server_context(ISSUED.write(tmp_path / "leaf.pem"))) as server:
        places = tmp_path / "connect-to"
        places.write_text(f"{host}:443 127.0.0.1:{server.port}\n{host}:80 127.0.0.1:{server.port}\n")
        words = [f"--connect-to={places}", f"--nameserver=127.0.0.1:{ports['unbound']}", "--json"]
        left = FrontDoor(monkeypatch, capsys)("check", f"https://{host}/", *words)
    rows = {one["check"]: one for one in json.loads(left.out)["findings"]}
    assert rows["tlsa-mismatch"]["outcome"] == outcome
    assert rows["https-record-elsewhere"]["outcome"] == "not_applicable"
    assert any(row["seen"] == "the zone is signed" for row in rows["tlsa-mismatch"]["evidence"])
