"""A look leaves no ring of objects behind: it would stay until Python looks for rings, which it seldom does."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from auditor.facts.tls import TlsVersion
from auditor.model import Asset, Tier
from auditor.observe import Looking
from auditor.plugins import Parts
from auditor.probe import Probe
from auditor.probes.names import NamesProbe
from auditor.probes.quic import QuicProbe
from auditor.probes.tls import TlsProbe
from auditor.probes.web import WebProbe
from auditor.reach import Access, Reaches, Target
from auditor.rig.authority import Authority
from auditor.rig.replies import Alert
from auditor.rig.responder import Responder, ServerHello, speaks
from auditor.rig.web import Site, server_context, web_listener
from tests.rig.nginx import free_port

HOST = "www.rig.example"
TIERS = frozenset({Tier.NIGHTLY, Tier.ONLINE})
OURS = ("auditor.probes", "auditor.reach")


@contextmanager
def rings() -> Iterator[list[str]]:
    """The names of our classes of which the block left instances in rings."""
    found: list[str] = []
    gc.collect()
    gc.disable()
    gc.set_debug(gc.DEBUG_SAVEALL)
    try:
        yield found
        gc.collect()
        found += [type(one).__name__ for one in gc.garbage if type(one).__module__.startswith(OURS)]
    finally:
        gc.set_debug(0)
        gc.garbage.clear()
        gc.enable()


def look(https: int, http: int, roots: Path, *probes: Probe) -> None:
    places = {(HOST, asked): (Target("127.0.0.1", port),) for asked, port in ((443, https), (80, http))}
    parts = Parts(checks=(), derivations=(), probes=probes, origins={})
    looking = Looking(parts, Reaches(Access(connect_to=places, ca_file=roots)), TIERS)
    sights = looking.asset(Asset(id="a", kind="web", address=f"https://{HOST}/", system="s", tiers=TIERS)).sights
    assert len(sights) >= sum(len(probe.yields) for probe in probes)


@pytest.fixture(scope="module")
def authority() -> Authority:
    return Authority.root()


@pytest.fixture
def roots(authority: Authority, tmp_path: Path) -> Path:
    path = tmp_path / "roots.pem"
    path.write_bytes(authority.pem)
    return path


def test_a_look_at_a_web_service_leaves_none(authority: Authority, roots: Path, tmp_path: Path) -> None:
    context = server_context(authority.leaf(HOST).write(tmp_path / "leaf.pem"))
    redirect = Site(redirects={"*": (301, f"https://{HOST}/")})
    with web_listener(Site(), context) as https, web_listener(redirect) as http, rings() as found:
        look(https.port, http.port, roots, TlsProbe(), WebProbe())
    assert found == []


@pytest.mark.parametrize("header", ['h3=":443"', 'h3=":443', "clear"])
def test_a_look_at_what_advertises_http3_leaves_none(
    authority: Authority, roots: Path, tmp_path: Path, header: str
) -> None:
    """Nobody answers by UDP."""
    context = server_context(authority.leaf(HOST).write(tmp_path / "leaf.pem"))
    with web_listener(Site(headers=(("Alt-Svc", header),)), context) as https, rings() as found:
        look(https.port, free_port(), roots, WebProbe(), QuicProbe())
    assert found == []


@pytest.mark.parametrize("target", ["https://elsewhere.rig.example/", "https://b.s3.amazonaws.com/"])
def test_a_look_at_redirects_leaves_none(roots: Path, target: str) -> None:
    """The bucket cannot be asked for: no account is audited."""
    with web_listener(Site(redirects={"*": (301, target)})) as http, rings() as found:
        look(free_port(), http.port, roots, WebProbe(), NamesProbe())
    assert found == []


def test_a_look_at_ports_where_nobody_is_leaves_none(roots: Path) -> None:
    with rings() as found:
        look(free_port(), free_port(), roots, TlsProbe(), WebProbe())
    assert found == []


def test_a_look_at_a_server_that_declines_most_versions_leaves_none(roots: Path) -> None:
    table = speaks(refusing=Alert(40)) | {TlsVersion.TLS12: ServerHello(suites=(0xC02F,))}
    with Responder(table) as server, rings() as found:
        look(server.port, server.port, roots, TlsProbe())
    assert found == []
