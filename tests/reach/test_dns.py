"""One DNS question: a real signed zone, and resolvers that fail in every way that we know of."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from auditor.errors import Unreachable
from auditor.model import Reason
from auditor.probes.caa import climb
from auditor.rig.authority import Authority
from auditor.rig.web import Site, server_context, web_listener
from tests.cli.front_door import FrontDoor
from tests.reach.dns_rig import reach
from tests.rig.knot import knot
from tests.rig.nginx import free_port
from tests.rig.unbound import anchor_of, unbound

ZONE = """
$TTL 60
@         SOA   ns hostmaster 1 3600 600 86400 60
@         NS    ns
@         CAA   0 issue "letsencrypt.org"
@         CAA   0 iodef "mailto:security@rig.example"
ns        A     127.0.0.1
www       A     192.0.2.1
closed    CAA   0 issue ";"
deep.www  A     192.0.2.1
alias     CNAME closed
round     CNAME trip
trip      CNAME round
far       CNAME elsewhere.example.
strict    CAA   128 tbs "unknown"
told      CAA   0 issue "letsencrypt.org"
sub       NS    ns.sub
ns.sub    A     127.0.0.1
across    CNAME www.sub
"""


@pytest.fixture(scope="module")
def port(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    number = free_port()
    with knot(tmp_path_factory.mktemp("knot"), "rig.example", ZONE, number):
        yield number


@pytest.mark.root
@pytest.mark.parametrize(
    ("name", "found_at", "values"),
    [
        ("rig.example", "rig.example", ["letsencrypt.org", "mailto:security@rig.example"]),
        ("www.rig.example", "rig.example", ["letsencrypt.org", "mailto:security@rig.example"]),
        ("deep.www.rig.example", "rig.example", ["letsencrypt.org", "mailto:security@rig.example"]),
        ("no.such.rig.example", "rig.example", ["letsencrypt.org", "mailto:security@rig.example"]),
        ("closed.rig.example", "closed.rig.example", [";"]),
        ("alias.rig.example", "alias.rig.example", [";"]),
        ("below.closed.rig.example", "closed.rig.example", [";"]),
        ("strict.rig.example", "strict.rig.example", ["unknown"]),
    ],
)
def test_the_first_records_on_the_way_up_count(port: int, name: str, found_at: str, values: list[str]) -> None:
    found = climb(name, reach(port))
    assert (found.found_at, sorted(one.value for one in found.records)) == (found_at, values)
    assert found.asked[0] == name


@pytest.mark.root
@pytest.mark.parametrize("name", ["round.rig.example", "far.rig.example", "www.other.example"])
def test_loops_and_what_the_server_does_not_know_are_reasons(port: int, name: str) -> None:
    """Knot answers REFUSED for zones of others."""
    with pytest.raises(Unreachable) as unreachable:
        climb(name, reach(port))
    assert unreachable.value.reason is Reason.DNS


@pytest.mark.root
@pytest.mark.parametrize("name", ["sub.rig.example", "www.sub.rig.example", "across.rig.example"])
def test_a_server_that_only_says_whom_else_to_ask_says_nothing_of_records(port: int, name: str) -> None:
    """The zone's own server, named as the resolver: what lies in a zone below it does not know."""
    for ask in (climb, lambda name, reach: reach.aliases(name, seconds=0.5)):
        with pytest.raises(Unreachable) as unreachable:
            ask(name, reach(port))
        assert unreachable.value.reason is Reason.DNS
        assert "only said whom else to ask" in unreachable.value.detail


ANCHOR_OF_NOBODY = f"rig.example. DS 12345 13 2 {'ab' * 32}"


@pytest.fixture(scope="module")
def validators(port: int, tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, int]]:
    """Unbound with the zone's own anchor, and with one that its keys do not fit: a zone that somebody forged."""
    ports = {"genuine": free_port(), "forged": free_port()}
    anchors = {"genuine": anchor_of("rig.example", port), "forged": ANCHOR_OF_NOBODY}
    with ExitStack() as servers:
        for kind, number in ports.items():
            folder = tmp_path_factory.mktemp(kind)
            servers.enter_context(unbound(folder, "rig.example", port, anchors[kind], number))
        yield ports


@pytest.mark.root
@pytest.mark.parametrize(
    ("name", "found_at"),
    [
        ("www.rig.example", "rig.example"),
        ("no.such.rig.example", "rig.example"),
        ("alias.rig.example", "alias.rig.example"),
        ("www.other.example", ""),
    ],
)
def test_a_validating_resolver_answers_from_the_signed_zone(
    validators: dict[str, int], name: str, found_at: str
) -> None:
    found = climb(name, reach(validators["genuine"], seconds=3.0))
    assert found.found_at == found_at


@pytest.mark.root
@pytest.mark.parametrize("name", ["www.rig.example", "no.such.rig.example", "closed.rig.example"])
def test_what_does_not_validate_is_unknown_and_never_absent(validators: dict[str, int], name: str) -> None:
    """A forger who takes the records away would else be taken at his word: "there are none"."""
    with pytest.raises(Unreachable) as unreachable:
        climb(name, reach(validators["forged"], seconds=3.0))
    assert unreachable.value.reason is Reason.DNS
    assert "SERVFAIL" in unreachable.value.detail


@pytest.mark.root
def test_the_resolver_that_is_named_on_the_command_line_is_the_one_that_is_asked(
    validators: dict[str, int], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    """Also for a service that the connect-to file leads to this machine: by naming one, the operator says whose DNS."""
    name = "told.rig.example"
    issued = Authority.root().leaf(name)
    front_door = FrontDoor(monkeypatch, capsys)
    said: list[str] = []
    resolvers = [(), (f"127.0.0.1:{validators['genuine']}",), (f"127.0.0.1:{validators['forged']}",)]
    with web_listener(Site(), server_context(issued.write(tmp_path / "leaf.pem"))) as server:
        places = tmp_path / "connect-to"
        places.write_text(f"{name}:443 127.0.0.1:{server.port}\n{name}:80 127.0.0.1:{server.port}\n")
        for named in resolvers:
            words = [f"--nameserver={one}" for one in named]
            left = front_door("check", f"https://{name}/", f"--connect-to={places}", "--json", *words)
            rows = [one for one in json.loads(left.out)["findings"] if one["check"] == "certificate-no-caa"]
            said.append(" ".join(sorted({f"{one['outcome']} {one['reason']}" for one in rows})))
    assert said == ["unknown out_of_scope", "pass None", "unknown dns"]
