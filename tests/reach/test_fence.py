"""Nothing outside the declared scope is dialled, and a stranger's word leads nobody into private space."""

from __future__ import annotations

import ipaddress
import socket
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from auditor.errors import Unreachable
from auditor.model import Asset, Reason, Tier
from auditor.reach import Access, Fence, Limits, Reach, Reaches, Target, read_connect_to
from auditor.reach.fence import is_metadata, is_private

CITY = Fence(
    suffixes=frozenset({"city.example"}),
    networks=(ipaddress.ip_network("192.0.2.0/24"),),
    excluded=frozenset({"plant.city.example", "127.0.0.66"}),
)


def reach(
    address: str = "https://www.city.example", *, tiers: frozenset[Tier] = frozenset(), **access: object
) -> Reach:
    asset = Asset(id="a", kind="web", address=address, system="", tiers=tiers)
    return Reaches(Access(**access)).of(asset)  # type: ignore[arg-type]


def refused(looking: Reach, host: str, port: int = 443) -> Reason:
    with pytest.raises(Unreachable) as caught:
        looking.endpoints(host, port)
    return caught.value.reason


@pytest.mark.parametrize(
    ("host", "admitted"),
    [
        ("www.city.example", True),
        ("city.example", True),
        ("CITY.example.", True),
        ("evil-city.example", False),
        ("city.example.evil.example", False),
        ("plant.city.example", False),
        ("pump.plant.city.example", False),
        ("192.0.2.9", True),
        ("192.0.3.9", False),
        ("::1", False),
    ],
)
def test_the_fence(host: str, admitted: bool) -> None:
    assert CITY.admits(host) is admitted


def test_a_host_outside_the_scope_is_not_even_resolved() -> None:
    assert refused(reach(fence=CITY), "elsewhere.example") is Reason.OUT_OF_SCOPE


def test_an_excluded_address_behind_a_listed_name_is_not_dialled(monkeypatch: pytest.MonkeyPatch) -> None:
    row = (socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.66", 0))
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: [row])  # a city's own DNS, which may say anything
    assert refused(reach(fence=CITY), "www.city.example") is Reason.OUT_OF_SCOPE


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1", "10.1.2.3", "172.16.0.1", "192.168.1.1", "169.254.1.1", "100.64.0.1", "0.0.0.0", "::1", "fe80::1",
        "fc00::1", "::ffff:127.0.0.1", "64:ff9b::7f00:1", "2002:7f00:1::", "224.0.0.1", "ff02::1",
    ],
)  # fmt: skip
def test_private_space_in_every_dress(address: str) -> None:
    assert is_private(address)


@pytest.mark.parametrize("address", ["8.8.8.8", "2606:4700::1111", "64:ff9b::808:808"])
def test_public_space(address: str) -> None:
    assert not is_private(address)


@given(st.ip_addresses(v=4))
def test_an_ipv4_address_in_ipv6_clothes_stays_what_it_is(address: ipaddress.IPv4Address) -> None:
    assert is_private(f"::ffff:{address}") is is_private(str(address))


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "[::1]".strip("[]")])
def test_a_public_asset_does_not_lead_into_private_space(host: str) -> None:
    looking = reach("https://www.city.example", connect_to={("www.city.example", 443): (Target("127.0.0.1", 1),)})
    assert refused(looking, host) is Reason.PRIVATE_SPACE


def test_an_asset_that_is_declared_in_private_space_may_lead_there() -> None:
    assert [endpoint.address for endpoint in reach("https://127.0.0.1").endpoints("127.0.0.2", 80)] == ["127.0.0.2"]


@pytest.mark.parametrize("address", ["169.254.169.254", "::ffff:169.254.169.254", "fd00:ec2::254"])
def test_the_metadata_address_is_never_asked_even_where_it_is_declared(address: str) -> None:
    assert is_metadata(address)
    looking = reach(f"http://[{address}]" if ":" in address else f"http://{address}")
    assert refused(looking, address, 80) is Reason.PRIVATE_SPACE


def test_a_name_that_does_not_exist_is_a_reason() -> None:
    assert refused(reach(limits=Limits(operation_s=2)), "nobody.invalid") is Reason.DNS


def test_a_repository_outside_the_scope_is_asked_in_the_online_tier_alone() -> None:
    place = {("ca.example", 80): (Target("127.0.0.1", 9),)}
    online = reach(tiers=frozenset({Tier.ONLINE}), fence=CITY, connect_to=place)
    assert [endpoint.port for endpoint in online.repository("ca.example", 80)] == [9]
    with pytest.raises(Unreachable):
        reach(fence=CITY, connect_to=place).repository("ca.example", 80)
    with pytest.raises(Unreachable):
        online.repository("pump.plant.city.example", 80)


def test_a_port_that_the_connect_to_file_leaves_out_is_not_looked_for_elsewhere() -> None:
    looking = reach("https://127.0.0.1", connect_to={("127.0.0.1", 443): (Target("127.0.0.1", 1),)})
    assert refused(looking, "127.0.0.1", 80) is Reason.OUT_OF_SCOPE


def test_several_connect_to_lines_are_several_addresses(tmp_path: Path) -> None:
    path = tmp_path / "connect-to"
    path.write_text("www.city.example:443 127.0.0.1:1 # one\nWWW.city.example:443 127.0.0.2:2\n", encoding="utf-8")
    found = reach(connect_to=read_connect_to(path)).endpoints("www.city.example", 443)
    assert [(endpoint.locus, endpoint.port) for endpoint in found] == [("127.0.0.1:443", 1), ("127.0.0.2:443", 2)]
