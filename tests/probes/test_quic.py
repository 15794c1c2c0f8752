"""Who advertises HTTP/3 is asked for its versions of QUIC by one datagram, and nobody else is sent anything."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from auditor.errors import Unreachable
from auditor.facts.quic import QuicVersions
from auditor.facts.web import HttpsService
from auditor.model import Asset, Reason, Tier
from auditor.observe import Looking
from auditor.plugins import Parts, load
from auditor.probe import Probe, Seen, Unseen
from auditor.probes.quic import QuicProbe
from auditor.probes.web import WebProbe
from auditor.reach import Access, Fence, Limits, Reaches, Target
from auditor.rig.authority import Authority, Issued
from auditor.rig.web import Site, server_context, web_listener
from tests.probes.test_quic_packet import VERSION_1, VERSION_2
from tests.rig.nginx import free_port
from tests.rig.quic import DRAFT_29, Datagrams, quic_server, shakes_hands, udp_port

HOST = "www.rig.example"
LOCUS = "127.0.0.1:443"
TIERS = frozenset({Tier.NIGHTLY, Tier.ONLINE})
SAME = 'h3=":443"; ma=86400'
ROOT = Authority.root()


@pytest.fixture(scope="module")
def leaf() -> Issued:
    return ROOT.leaf(HOST)


@dataclass
class Service:
    """A web service whose UDP port is somebody else's: with connect-to both lie at one number."""

    pem: Path
    tcp_connections: int = 0

    def look(
        self,
        udp: int,
        *headers: str,
        tiers: frozenset[Tier] = TIERS,
        url: str = f"https://{HOST}/",
        fence: Fence | None = None,
    ) -> tuple[tuple[Seen | Unseen, ...], int]:
        """What is seen by the probes for the web and for QUIC, and the connections that were counted."""
        site = Site(headers=tuple(("Alt-Svc", header) for header in headers))
        with web_listener(site, server_context(self.pem), port=udp) as https:
            places = {(HOST, port): (Target("127.0.0.1", https.port),) for port in (443, 8443)}
            access = Access(
                connect_to={**places, (HOST, 80): (Target("127.0.0.1", https.port),)},
                limits=Limits(operation_s=1.0, pause_s=0.0),
                fence=fence or Fence(),
            )
            run = Reaches(access)
            asset = Asset(id="a", kind="web", address=url, system="s", tiers=tiers)
            probes: tuple[Probe, ...] = (WebProbe(), QuicProbe())
            looking = Looking(Parts(checks=(), derivations=(), probes=probes, origins={}), run, frozenset(Tier))
            sights = looking.asset(asset).sights
            self.tcp_connections = https.listener.connections
            return sights, run.connections


@pytest.fixture
def service(leaf: Issued, tmp_path: Path) -> Service:
    return Service(leaf.write(tmp_path / "leaf.pem"))


@pytest.fixture
def silent() -> Iterator[Datagrams]:
    with udp_port(lambda _: []) as rig:
        yield rig


def told(sights: tuple[Seen | Unseen, ...]) -> Seen | Unseen:
    (one,) = [sight for sight in sights if _type(sight) is QuicVersions]
    return one


def _type(sight: Seen | Unseen) -> type[object]:
    return sight.facts_type if isinstance(sight, Unseen) else type(sight.facts)


def facts(sights: tuple[Seen | Unseen, ...]) -> QuicVersions:
    sight = told(sights)
    assert isinstance(sight, Seen), sight
    assert isinstance(sight.facts, QuicVersions)
    assert sight.locus == LOCUS
    return sight.facts


def unseen(sights: tuple[Seen | Unseen, ...]) -> Unseen:
    sight = told(sights)
    assert isinstance(sight, Unseen), sight
    assert sight.locus == LOCUS
    return sight


@pytest.mark.parametrize("versions", [[VERSION_1], [VERSION_2, VERSION_1], [DRAFT_29], [DRAFT_29, VERSION_1]])
def test_a_real_server_names_its_versions(service: Service, versions: list[int]) -> None:
    port = free_port()
    with quic_server(service.pem, port, versions):
        sights, counted = service.look(port, SAME)
        seen = facts(sights)
    assert seen.versions == tuple(versions)
    assert seen.protocols == ("h3",)
    assert seen.url == f"https://{HOST}/"
    assert counted == service.tcp_connections + 1


def test_a_real_client_can_speak_what_the_real_server_names(service: Service, tmp_path: Path) -> None:
    ca, port = tmp_path / "ca.pem", free_port()
    ca.write_bytes(ROOT.pem)
    with quic_server(service.pem, port, [VERSION_1]):
        (version,) = facts(service.look(port, SAME)[0]).versions
        assert shakes_hands(HOST, port, ca, [version]) == version
        assert shakes_hands(HOST, port, ca, [VERSION_2]) is None


@pytest.mark.parametrize(
    "headers",
    [
        (),
        ("clear",),
        ('h3=":443"; ma=0',),
        ('h2=":443"',),
        ('h3=":8443"',),
        ('h3="alt.example:443"',),
        ('h3="169.254.169.254:443"', 'h3="[::1]:443"'),
    ],
)
def test_who_does_not_advertise_it_at_its_own_place_is_sent_nothing(
    service: Service, silent: Datagrams, headers: tuple[str, ...]
) -> None:
    sights, counted = service.look(silent.port, *headers)
    assert facts(sights).protocols == ()
    assert silent.came == []
    assert counted == service.tcp_connections


def test_the_nightly_tier_sends_nothing_and_reads_the_header(service: Service, silent: Datagrams) -> None:
    sights, _ = service.look(silent.port, SAME, tiers=frozenset({Tier.NIGHTLY}))
    (web,) = [one.facts for one in sights if isinstance(one, Seen) and isinstance(one.facts, HttpsService)]
    assert web.alt_svc_headers == (SAME,)
    assert silent.came == []
    assert QuicVersions not in map(_type, sights)


def test_silence_is_asked_once_more_and_then_unseen(service: Service, silent: Datagrams) -> None:
    sights, counted = service.look(silent.port, SAME)
    assert unseen(sights).reason is Reason.TIMEOUT
    assert "UDP" in unseen(sights).detail
    assert [len(one) for one in silent.came] == [1_200, 1_200]
    assert len(set(silent.came)) == 2  # each with a version and ids of its own
    assert counted == service.tcp_connections + 2


def test_one_lost_datagram_loses_nothing(service: Service) -> None:
    lost = iter([True])
    with udp_port(lambda data: [] if next(lost, False) else [_negotiation(data, VERSION_1)]) as rig:
        assert facts(service.look(rig.port, SAME)[0]).versions == (VERSION_1,)
    assert len(rig.came) == 2


def test_a_closed_port_is_unseen(service: Service) -> None:
    assert unseen(service.look(free_port(), SAME)[0]).reason is Reason.REFUSED


@pytest.mark.parametrize("answer", [b"", b"\x80", b"HTTP/1.1 200 OK", b"\x80" + bytes(30), b"\xff" * 1_200])
def test_any_other_answer_is_unseen(service: Service, answer: bytes) -> None:
    with udp_port(lambda _: [answer]) as rig:
        assert unseen(service.look(rig.port, SAME)[0]).reason is Reason.MALFORMED


def test_who_repeats_the_question_names_no_version(service: Service) -> None:
    with udp_port(lambda data: [data]) as rig:
        assert unseen(service.look(rig.port, SAME)[0]).reason is Reason.MALFORMED


def test_stray_answers_are_not_believed_and_the_true_one_is(service: Service) -> None:
    with udp_port(lambda data: [_negotiation(data[:6] + b"another!" + data[14:], 7), _negotiation(data, 9)]) as rig:
        assert facts(service.look(rig.port, SAME)[0]).versions == (9,)


def test_a_header_that_cannot_be_read_is_unseen(service: Service, silent: Datagrams) -> None:
    sights, _ = service.look(silent.port, SAME, 'h3=":443')
    assert unseen(sights).reason is Reason.MALFORMED
    assert silent.came == []


def test_six_headers_are_too_many_to_tell(service: Service, silent: Datagrams) -> None:
    assert unseen(service.look(silent.port, *[SAME] * 6)[0]).reason is Reason.MALFORMED
    assert silent.came == []


def test_at_another_port_the_header_of_that_port_counts(service: Service, silent: Datagrams) -> None:
    url = f"https://{HOST}:8443/"
    sights, _ = service.look(silent.port, SAME, url=url)
    (at_443,) = [one for one in sights if isinstance(one, Seen) and isinstance(one.facts, QuicVersions)]
    assert isinstance(at_443.facts, QuicVersions)
    assert at_443.facts.protocols == ()
    assert silent.came == []


def test_where_no_page_was_answered_nothing_is_sent(tmp_path: Path) -> None:
    with udp_port(lambda _: []) as rig:
        access = Access(connect_to={(HOST, 443): (Target("127.0.0.1", rig.port),)}, limits=Limits(pause_s=0.0))
        asset = Asset(id="a", kind="web", address=f"https://{HOST}/", system="s", tiers=TIERS)
        (sight,) = QuicProbe().observe(asset, Reaches(access).of(asset))
        assert isinstance(sight, Unseen)
        assert sight.reason is Reason.REFUSED
        assert rig.came == []


def test_what_lies_outside_the_scope_is_not_asked() -> None:
    asset = Asset(id="a", kind="web", address=f"https://{HOST}/", system="s", tiers=TIERS)
    reach = Reaches(Access(fence=Fence(suffixes=frozenset({"elm.example"})))).of(asset)
    with pytest.raises(Unreachable) as caught:
        list(QuicProbe().observe(asset, reach))
    assert caught.value.reason is Reason.OUT_OF_SCOPE


def test_the_plan_tells_of_the_datagram_in_the_online_tier_alone() -> None:
    def planned(tiers: frozenset[Tier]) -> list[str]:
        asset = Asset(id="a", kind="web", address=f"https://{HOST}/", system="s", tiers=tiers)
        return [line for probe in load().probes_for(asset) for line in probe.plan(asset)]

    told = f"udp {HOST}:443 one datagram of QUIC, or two, to each address that advertises HTTP/3 there by Alt-Svc"
    assert [line for line in planned(TIERS) if line.startswith("udp")] == [told]
    assert not [line for line in planned(frozenset({Tier.NIGHTLY})) if "QUIC" in line]


def _negotiation(question: bytes, *versions: int) -> bytes:
    destination, source = question[6:14], question[15:23]
    listed = b"".join(version.to_bytes(4, "big") for version in versions)
    return b"\x80" + bytes(4) + b"\x08" + source + b"\x08" + destination + listed
