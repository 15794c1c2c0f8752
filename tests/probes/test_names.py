"""Names are followed to their end: a real signed zone behind a real resolver, and servers that lead in circles."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice

import dns.flags
import dns.message
import dns.rcode
import dns.rrset
import pytest

from auditor.errors import Unreachable
from auditor.facts.names import NameChain, NameEnd
from auditor.model import Asset, Reason, Tier
from auditor.probe import Seen, Unseen
from auditor.probes.names import NamesProbe, PortNamesProbe, chain_of
from auditor.reach import Access, Fence, Limits, Reach, Reaches, Target
from tests.reach.dns_rig import resolver
from tests.rig.knot import knot
from tests.rig.nginx import free_port
from tests.rig.unbound import anchor_of, unbound

ZONE = """
$TTL 60
@         SOA   ns hostmaster 1 3600 600 86400 60
@         NS    ns
ns        A     127.0.0.1
direct    A     192.0.2.1
six       AAAA  2001:db8::1
text      TXT   "nothing"
one       CNAME two
two       CNAME three
three     CNAME direct
to-six    CNAME six
to-text   CNAME text
to-none   CNAME nowhere
round     CNAME trip
trip      CNAME round
"""


@pytest.fixture(scope="module")
def ports(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, int]]:
    """The zone's own server, which follows nothing, and a resolver that follows all."""
    zone, recursive = free_port(), free_port()
    with knot(tmp_path_factory.mktemp("knot"), "rig.example", ZONE, zone):
        anchor = anchor_of("rig.example", zone)
        with unbound(tmp_path_factory.mktemp("unbound"), "rig.example", zone, anchor, recursive):
            yield {"knot": zone, "unbound": recursive}


def reach(port: int, *, address: str = "https://www.rig.example/", **more: object) -> Reach:
    nameservers = () if port == 0 else (Target("127.0.0.1", port),)
    access = Access(nameservers=nameservers, limits=Limits(operation_s=2.0), **more)  # type: ignore[arg-type]
    asset = Asset(id="a", kind="web", address=address, system="s", tiers=frozenset(Tier))
    return Reaches(access).of(asset)


@pytest.mark.root
@pytest.mark.parametrize("server", ["knot", "unbound"])
@pytest.mark.parametrize(
    ("name", "aliases", "end"),
    [
        ("direct", (), NameEnd.ADDRESS),
        ("six", (), NameEnd.ADDRESS),
        ("text", (), NameEnd.NO_ADDRESS),
        ("nowhere", (), NameEnd.NO_NAME),
        ("ONE", ("two", "three", "direct"), NameEnd.ADDRESS),
        ("to-six", ("six",), NameEnd.ADDRESS),
        ("to-text", ("text",), NameEnd.NO_ADDRESS),
        ("to-none", ("nowhere",), NameEnd.NO_NAME),
    ],
)
def test_a_name_is_followed_to_its_end(
    ports: dict[str, int], server: str, name: str, aliases: tuple[str, ...], end: NameEnd
) -> None:
    seen = chain_of(f"{name}.rig.example", reach(ports[server]))
    assert (seen.aliases, seen.end) == (tuple(f"{alias}.rig.example" for alias in aliases), end)
    assert seen.resolver == f"127.0.0.1:{ports[server]}"
    assert seen.name == f"{name.lower()}.rig.example"


@pytest.mark.root
@pytest.mark.parametrize("server", ["knot", "unbound"])
def test_a_circle_is_a_reason(ports: dict[str, int], server: str) -> None:
    with pytest.raises(Unreachable) as unreachable:
        chain_of("round.rig.example", reach(ports[server]))
    assert unreachable.value.reason is Reason.DNS


def _hop(question: dns.message.Message) -> bytes:
    """A server that answers each name with an alias one number higher, for ever, and recurses not."""
    answer = dns.message.make_response(question)
    name = question.question[0].name
    number = int(name.labels[0] or b"0")
    answer.answer.append(dns.rrset.from_text(name, 60, "IN", "CNAME", f"{number + 1}.rig.example."))
    return answer.to_wire()


def test_aliases_without_end_are_a_reason_soon() -> None:
    with resolver(_hop) as port, pytest.raises(Unreachable, match="never end"):
        chain_of("0.rig.example", reach(port))


def test_who_is_led_elsewhere_or_is_an_address_is_not_asked_for() -> None:
    elsewhere = reach(0, connect_to={("www.rig.example", 443): (Target("127.0.0.1", 1),)})
    assert chain_of("www.rig.example", elsewhere).why_not
    assert chain_of("192.0.2.7", reach(1)).why_not


def test_what_is_excluded_is_not_asked_for() -> None:
    fence = Fence(excluded=frozenset({"rig.example"}))
    with pytest.raises(Unreachable) as unreachable:
        chain_of("www.rig.example", reach(1, fence=fence))
    assert unreachable.value.reason is Reason.OUT_OF_SCOPE


def _leads(question: dns.message.Message) -> bytes:
    answer = dns.message.make_response(question)
    answer.flags |= dns.flags.RA
    target = "elm.s3-website-us-east-1.amazonaws.com."
    answer.answer.append(dns.rrset.from_text(question.question[0].name, 60, "IN", "CNAME", target))
    answer.answer.append(dns.rrset.from_text(target, 60, "IN", "A", "192.0.2.9"))
    return answer.to_wire()


@pytest.mark.parametrize(
    ("probe", "address"),
    [(NamesProbe(), "https://www.rig.example/"), (PortNamesProbe(), "tls://www.rig.example:993")],
)
def test_both_kinds_of_assets_tell_of_the_bucket_behind(probe: NamesProbe | PortNamesProbe, address: str) -> None:
    with resolver(_leads) as port:
        one = reach(port, address=address)
        sight, told = islice(probe.observe(one.asset, one), 2)
    assert isinstance(sight, Seen)
    assert isinstance(sight.facts, NameChain)
    assert isinstance(told, Unseen)  # nobody's credential to ask with
    assert told.reason is Reason.NO_CREDENTIAL
    storage = sight.facts.storage
    assert storage
    assert (storage.bucket, storage.is_alias) == ("www.rig.example", True)
    assert "www.rig.example" in next(iter(probe.plan(one.asset)))
