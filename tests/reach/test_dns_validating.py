"""CAA through a resolver that validates: a signed zone that Knot serves, and Unbound before it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import dns.dnssec
import dns.message
import dns.name
import dns.query
import dns.rdatatype
import dns.rrset
import pytest

from auditor.errors import Unreachable
from auditor.model import Reason
from auditor.probes.caa import climb
from auditor.reach.dns import Caa
from tests.reach.test_dns import ZONE, reach
from tests.rig.knot import knot
from tests.rig.nginx import free_port
from tests.rig.unbound import unbound

pytestmark = pytest.mark.root
ORIGIN = "rig.example"


@dataclass(frozen=True)
class Resolvers:
    """Ports of two resolvers of one zone. `betrayed` was told another key than the one that signs it."""

    trusting: int
    betrayed: int


@pytest.fixture(scope="module")
def resolvers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Resolvers]:
    server, found, nobody = free_port(), Resolvers(free_port(), free_port()), free_port()
    first, second = tmp_path_factory.mktemp("unbound"), tmp_path_factory.mktemp("unbound-betrayed")
    with knot(tmp_path_factory.mktemp("knot"), ORIGIN, ZONE, server):
        anchor = anchor_of(server)
        forged = f"{anchor.rpartition(' ')[0]} {'0' * len(anchor.rpartition(' ')[2])}"
        with (
            unbound(first, ORIGIN, server=server, anchor=anchor, port=found.trusting, nobody=nobody),
            unbound(second, ORIGIN, server=server, anchor=forged, port=found.betrayed, nobody=nobody),
        ):
            yield found


def anchor_of(server: int) -> str:
    """The DS record of the zone's key-signing key (RFC 4034 section 5)."""
    answer = dns.query.tcp(dns.message.make_query(ORIGIN, dns.rdatatype.DNSKEY), "127.0.0.1", 5, server)
    (keys,) = (one for one in answer.answer if one.rdtype == dns.rdatatype.DNSKEY)
    signing = next(key for key in keys if key.flags & 1)
    return f"{ORIGIN}. DS {dns.dnssec.make_ds(dns.name.from_text(ORIGIN), signing, 'SHA256')}"


@pytest.mark.parametrize(
    ("name", "found_at", "values"),
    [
        ("rig.example", "rig.example", ["letsencrypt.org", "mailto:security@rig.example"]),
        ("no.such.rig.example", "rig.example", ["letsencrypt.org", "mailto:security@rig.example"]),
        ("alias.rig.example", "alias.rig.example", [";"]),
        ("below.closed.rig.example", "closed.rig.example", [";"]),
    ],
)
def test_a_signed_zone_is_read_through_it(resolvers: Resolvers, name: str, found_at: str, values: list[str]) -> None:
    found = climb(name, reach(resolvers.trusting))
    assert (found.found_at, sorted(one.value for one in found.records)) == (found_at, values)


@pytest.mark.parametrize("name", ["rig.example", "no.such.rig.example", "alias.rig.example"])
def test_what_it_does_not_believe_is_no_absence(resolvers: Resolvers, name: str) -> None:
    """It answers SERVFAIL (RFC 4035 section 5.5), which says nothing of the records."""
    with pytest.raises(Unreachable) as unreachable:
        climb(name, reach(resolvers.betrayed))
    assert unreachable.value.reason is Reason.DNS
    assert "SERVFAIL" in unreachable.value.detail


@pytest.mark.parametrize("name", ["round.rig.example", "far.rig.example", "www.other.example"])
def test_loops_and_names_that_nobody_answers_for_are_reasons(resolvers: Resolvers, name: str) -> None:
    with pytest.raises(Unreachable) as unreachable:
        climb(name, reach(resolvers.trusting))
    assert unreachable.value.reason is Reason.DNS


def test_the_records_are_the_same_as_from_the_zones_own_server(resolvers: Resolvers) -> None:
    assert Caa(0, b"issue", b"letsencrypt.org") in reach(resolvers.trusting).caa("rig.example", seconds=0.5)
