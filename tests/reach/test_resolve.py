"""The addresses behind a name: both kinds, or a reason of their own; and the same ones for every probe of a look."""

from __future__ import annotations

import math
import socket
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest

from auditor.errors import Unreachable
from auditor.facts.tls import TlsVersions
from auditor.model import Asset, Reason, Tier
from auditor.probe import Seen, Unseen
from auditor.probes.tls import TlsProbe
from auditor.reach import Access, Endpoint, Limits, Reach, Reaches, Target
from auditor.reach import resolve as resolving
from auditor.reach.login import login_of
from auditor.reach.resolve import addresses_of
from auditor.reach.ssh_road import _dialled as _dialled_ssh
from auditor.rig.authority import Authority
from auditor.rig.web import Site, server_context, web_listener

NAME = "www.rig.example"
KINDS = {"192.0.2.1": socket.AF_INET, "2001:db8::1": socket.AF_INET6}
TRY_AGAIN = socket.gaierror(socket.EAI_AGAIN, "Temporary failure in name resolution")
NO_ADDRESS = socket.gaierror(socket.EAI_NODATA, "No address associated with hostname")
NO_KIND = socket.gaierror(socket.EAI_ADDRFAMILY, "Address family for hostname not supported")
NO_NAME = socket.gaierror(socket.EAI_NONAME, "Name or service not known")


@pytest.fixture(autouse=True)
def hosts_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    path = tmp_path / "hosts"
    path.write_text("127.0.0.1 localhost\n")
    monkeypatch.setattr(resolving, "HOSTS_FILE", path)
    return path


def resolver(monkeypatch: pytest.MonkeyPatch, alone: object, *both: str) -> list[tuple[str, int]]:
    """getaddrinfo as glibc has it: of both kinds together, what was found; of one alone, its own answer or error."""
    asked: list[tuple[str, int]] = []

    def answer(host: str, _: object, family: int, *__: object) -> list[tuple[object, ...]]:
        asked.append((host, family))
        told = both if family == socket.AF_UNSPEC else alone
        if isinstance(told, OSError):
            raise told
        assert isinstance(told, tuple)
        return [(KINDS[one], socket.SOCK_STREAM, 6, "", (one, 0)) for one in told]

    monkeypatch.setattr(socket, "getaddrinfo", answer)
    return asked


@pytest.mark.parametrize(("seen", "kind", "family"), [
    ("192.0.2.1", "IPv6", socket.AF_INET6),
    ("2001:db8::1", "IPv4", socket.AF_INET),
])  # fmt: skip
def test_addresses_that_nobody_could_tell_of_are_not_passed_over(
    monkeypatch: pytest.MonkeyPatch, seen: str, kind: str, family: int
) -> None:
    """SERVFAIL or REFUSED for one kind alone: getaddrinfo gives the other, and no word of it."""
    asked = resolver(monkeypatch, TRY_AGAIN, seen)
    found = addresses_of(NAME, 1.0)
    assert found.found == (seen,)
    assert found.unresolved == (kind, f"{NAME} (its {kind} addresses: Temporary failure in name resolution)")
    assert asked[1] == (f"{NAME}.", family)


@pytest.mark.parametrize("error", [NO_ADDRESS, NO_KIND, NO_NAME])
def test_a_name_that_has_no_address_of_a_kind_has_none(monkeypatch: pytest.MonkeyPatch, error: OSError) -> None:
    resolver(monkeypatch, error, "192.0.2.1")
    assert addresses_of(NAME, 1.0) == resolving.Addresses(("192.0.2.1",))


def test_what_is_told_the_second_time_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    resolver(monkeypatch, ("2001:db8::1",), "192.0.2.1")
    assert addresses_of(NAME, 1.0).found == ("192.0.2.1", "2001:db8::1")


def test_the_operators_own_word_is_not_asked_about(monkeypatch: pytest.MonkeyPatch, hosts_file: Path) -> None:
    """A name of the hosts file leads where that says, and its public addresses are somebody else's."""
    hosts_file.write_text(f"192.0.2.1\tother {NAME.upper()} # here\n")
    asked = resolver(monkeypatch, TRY_AGAIN, "192.0.2.1")
    assert addresses_of(NAME, 1.0) == resolving.Addresses(("192.0.2.1",))
    assert len(asked) == 1


def test_both_kinds_are_asked_for_once(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = resolver(monkeypatch, TRY_AGAIN, "192.0.2.1", "2001:db8::1")
    assert addresses_of(NAME, 1.0).unresolved is None
    assert len(asked) == 1


def of(address: str = f"https://{NAME}/", **limits: float) -> Reach:
    asset = Asset(id="a", kind="web", address=address, system="s", tiers=frozenset({Tier.NIGHTLY, Tier.ONLINE}))
    return Reaches(Access(limits=Limits(**limits))).of(asset)  # type: ignore[arg-type]


def test_they_stand_last_among_the_addresses_and_cannot_be_dialled(monkeypatch: pytest.MonkeyPatch) -> None:
    resolver(monkeypatch, TRY_AGAIN, "192.0.2.1")
    reach = of()
    known, unknown = reach.endpoints(NAME, 443)
    assert (known.locus, unknown.locus) == ("192.0.2.1:443", "IPv6:443")
    with pytest.raises(Unreachable) as unreachable, reach.stream(unknown):
        pass
    assert unreachable.value.reason is Reason.DNS


def test_where_any_address_will_do_those_that_are_known_do(monkeypatch: pytest.MonkeyPatch) -> None:
    resolver(monkeypatch, TRY_AGAIN, "192.0.2.1")
    assert [one.address for one in of("https://192.0.2.1/").repository("crl.rig.example", 80)] == ["192.0.2.1"]


@pytest.fixture
def in_turn(monkeypatch: pytest.MonkeyPatch) -> Counter[str]:
    """A resolver that gives one address of two, another one each time."""
    given: Counter[str] = Counter()

    def answer(_: str, __: object, family: int, *more: object) -> list[tuple[object, ...]]:
        if family == socket.AF_INET6:
            raise NO_ADDRESS
        address = f"192.0.2.{1 + given.total() % 2}"
        given[address] += 1
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, 0))]

    monkeypatch.setattr(socket, "getaddrinfo", answer)
    return given


def test_all_that_is_asked_in_a_look_is_asked_of_the_same_addresses(in_turn: Counter[str]) -> None:
    """Else a certificate is seen at one of them and the versions at the other, and neither in full."""
    reach = of()
    places = {one.address for port in (443, 80, 443) for one in reach.endpoints(NAME, port)}
    assert places == {"192.0.2.1"}
    assert in_turn.total() == 1
    assert {one.address for one in of().endpoints(NAME, 443)} == {"192.0.2.2"}  # the next look


def test_a_failure_to_resolve_is_not_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    reach = of()
    monkeypatch.setattr(socket, "getaddrinfo", _raising(TRY_AGAIN))
    with pytest.raises(Unreachable):
        reach.endpoints(NAME, 443)
    resolver(monkeypatch, NO_ADDRESS, "192.0.2.1")
    assert [one.address for one in reach.endpoints(NAME, 443)] == ["192.0.2.1"]


def _raising(error: OSError) -> Callable[..., object]:
    def answer(*_: object, **__: object) -> object:
        raise error

    return answer


def test_the_known_addresses_are_looked_at_and_the_others_are_unknown(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    paper = Authority.root().leaf("localhost").write(tmp_path / "leaf.pem")
    with web_listener(Site(), server_context(paper)) as server:
        monkeypatch.setattr(socket, "getaddrinfo", _loopback_alone(socket.getaddrinfo))
        address = f"https://name.test:{server.port}/"
        asset = Asset(id="a", kind="web", address=address, system="s", tiers=frozenset({Tier.NIGHTLY}))
        sights = list(TlsProbe().observe(asset, Reaches(Access(limits=Limits(pause_s=0.0))).of(asset)))
    seen = {one.locus for one in sights if isinstance(one, Seen) and isinstance(one.facts, TlsVersions)}
    unseen = {(one.locus, one.reason) for one in sights if isinstance(one, Unseen) and one.facts_type is TlsVersions}
    assert seen == {f"127.0.0.1:{server.port}"}
    assert unseen == {(f"IPv6:{server.port}", Reason.DNS)}


def _loopback_alone(truly: Callable[..., object]) -> Callable[..., object]:
    def answer(host: str, *more: object, **options: object) -> object:
        if not host.startswith("name.test"):
            return truly(host, *more, **options)
        if more[1] == socket.AF_INET6:
            raise TRY_AGAIN
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", 0))]

    return answer


PLACES = {(NAME, 443): tuple(Target(f"127.0.0.{number}", 1) for number in (1, 2, 3))}


def test_each_address_behind_a_name_has_a_share_of_connections() -> None:
    """Else the versions of a few take it all, and nobody sees the certificate of any."""
    access = Access(limits=Limits(connections_per_host=2, pause_s=0.0), connect_to=PLACES)
    reach = Reaches(access).of(Asset(id="a", kind="web", address=f"https://{NAME}/", system="s"))
    endpoints = reach.endpoints(NAME, 443)
    said = [_dialled(reach, one) for one in endpoints * 3]
    assert said == [Reason.REFUSED] * 6 + [Reason.BUDGET] * 3
    assert reach.spare(NAME) == 0
    port = reach.through(lambda _: None, port=443)
    assert port.spare(NAME) == 6  # a port that is a service of its own, likewise


def _dialled(reach: Reach, endpoint: Endpoint) -> Reason:
    with pytest.raises(Unreachable) as unreachable, reach.stream(endpoint):
        pass
    return unreachable.value.reason


def test_a_server_is_told_of_by_the_addresses_that_are_known(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(socket, "getaddrinfo", _loopback_alone(socket.getaddrinfo))
    asset = Asset(id="a", kind="server", address="ssh://audit@name.test:1", system="s")
    reach = Reaches(Access(known_hosts=Path("/dev/null"))).of(asset)
    with pytest.raises(Unreachable) as unreachable, _dialled_ssh(reach, login_of(asset.address), math.inf):
        pass
    assert unreachable.value.reason is Reason.REFUSED
