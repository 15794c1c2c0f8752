"""One DNS question: a real signed zone, and resolvers that fail in every way that we know of."""

from __future__ import annotations

import json
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

import dns.flags
import dns.message
import dns.name
import dns.rcode
import dns.rrset
import pytest

from auditor.errors import Unreachable
from auditor.model import Asset, Reason, Tier
from auditor.probes.caa import climb
from auditor.reach import Access, Fence, Limits, Reach, Reaches, Target
from auditor.reach.dns import Caa, ask_caa
from auditor.rig.authority import Authority
from auditor.rig.listener import Listener
from auditor.rig.web import Site, server_context, web_listener
from tests.cli.front_door import FrontDoor
from tests.rig.knot import knot
from tests.rig.nginx import free_port
from tests.rig.unbound import anchor_of, unbound

NAME = "www.rig.example"
LETS = Caa(0, b"issue", b"letsencrypt.org")
RECORD = '0 issue "letsencrypt.org"'
Answer = Callable[[dns.message.Message], bytes]

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


def reach(
    port: int,
    *,
    tiers: frozenset[Tier] = frozenset(Tier),
    fence: Fence | None = None,
    seconds: float = 0.5,
    **more: object,
) -> Reach:
    nameservers = () if port == 0 else (Target("127.0.0.1", port),)
    access = Access(
        nameservers=nameservers,
        limits=Limits(operation_s=seconds),
        fence=fence or Fence(),
        **more,  # type: ignore[arg-type]
    )
    return Reaches(access).of(Asset(id="a", kind="web", address=f"https://{NAME}/", system="s", tiers=tiers))


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
    assert said == ["unknown not_observed unknown out_of_scope", "pass None", "unknown dns unknown not_observed"]


@contextmanager
def resolver(udp: Answer, tcp: Answer | None = None) -> Iterator[int]:
    """Answers each question with what `udp` and `tcp` make of it."""
    with socket.socket(type=socket.SOCK_DGRAM) as datagrams, socket.create_server(("127.0.0.1", 0)) as streams:
        number: int = streams.getsockname()[1]
        datagrams.bind(("127.0.0.1", number))
        threads = [
            threading.Thread(target=_serve_udp, args=(datagrams, udp), daemon=True),
            threading.Thread(target=_serve_tcp, args=(streams, tcp or udp), daemon=True),
        ]
        for thread in threads:
            thread.start()
        yield number
        for one in (datagrams, streams):
            with suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)


def _serve_udp(server: socket.socket, answer: Answer) -> None:
    with suppress(OSError, ValueError):
        while True:
            question, guest = server.recvfrom(4_096)
            if not question:
                return
            server.sendto(answer(dns.message.from_wire(question)), guest)


def _serve_tcp(server: socket.socket, answer: Answer) -> None:
    with suppress(OSError):
        while True:
            guest, _ = server.accept()
            with guest:
                question = guest.recv(4_096)[2:]
                content = answer(dns.message.from_wire(question))
                guest.sendall(len(content).to_bytes(2, "big") + content)


def answering(*records: str, rcode: dns.rcode.Rcode = dns.rcode.NOERROR, flags: int = dns.flags.RA) -> Answer:
    def answer(question: dns.message.Message) -> bytes:
        made = dns.message.make_response(question)
        made.flags |= flags
        made.set_rcode(rcode)
        if records:
            made.answer.append(dns.rrset.from_text(question.question[0].name, 60, "IN", "CAA", *records))
        return made.to_wire(max_size=65_535)

    return answer


def alias(target: Callable[[dns.name.Name], str]) -> Answer:
    def answer(question: dns.message.Message) -> bytes:
        made = dns.message.make_response(question)
        name = question.question[0].name
        made.answer.append(dns.rrset.from_text(name, 60, "IN", "CNAME", target(name)))
        return made.to_wire()

    return answer


def asking(name: str, number: int, kind: str = "CAA") -> dns.message.Message:
    made = dns.message.make_query(name, kind)
    made.id = number
    return made


def of_another(record: str, kind: str) -> Answer:
    """A record that was not asked for, under a question of another type."""

    def answer(question: dns.message.Message) -> bytes:
        name, ttl, _, rdtype, *rest = record.split(" ", 4)
        made = dns.message.make_response(asking(NAME, question.id, kind))
        made.answer.append(dns.rrset.from_text(name, int(ttl), "IN", rdtype, " ".join(rest)))
        return made.to_wire()

    return answer


def ask(port: int) -> tuple[Caa, ...]:
    return ask_caa(NAME, (Target("127.0.0.1", port),), seconds=0.5)


@pytest.mark.parametrize(
    ("answer", "found"),
    [
        (answering(RECORD), (LETS,)),
        (answering(RECORD, rcode=dns.rcode.NOERROR, flags=0), (LETS,)),
        (answering(), ()),
        (answering(rcode=dns.rcode.NXDOMAIN), ()),
    ],
)
def test_an_answer_is_read(answer: Answer, found: tuple[Caa, ...]) -> None:
    with resolver(answer) as port:
        assert ask(port) == found


def test_a_cut_answer_is_asked_for_again_over_tcp() -> None:
    with resolver(answering(flags=dns.flags.TC | dns.flags.RA), answering(RECORD)) as port:
        assert ask(port) == (LETS,)


@pytest.mark.parametrize(
    "answer",
    [
        answering(rcode=dns.rcode.SERVFAIL),
        answering(rcode=dns.rcode.REFUSED),
        answering(flags=0),
        answering(*(f'0 issue "ca{number}.example"' for number in range(60))),
        alias(lambda name: f"x.{name}"),
        alias(str),
        lambda _: b"",
        lambda _: b"garbage",
        lambda question: question.to_wire(),  # a question is no answer
        lambda question: answering(RECORD)(asking("www.other.example", question.id)),
        lambda question: answering(RECORD)(asking(NAME, question.id ^ 1)),
        of_another(f"{NAME}. 60 IN CAA {RECORD}", "A"),
    ],
)
def test_an_answer_that_says_nothing_is_a_reason_in_time(answer: Answer) -> None:
    began = time.monotonic()
    with resolver(answer) as port, pytest.raises(Unreachable) as unreachable:
        ask(port)
    assert unreachable.value.reason is Reason.DNS
    assert time.monotonic() - began < 1.5


def test_records_of_another_name_are_none_of_this_one() -> None:
    def answer(question: dns.message.Message) -> bytes:
        made = dns.message.make_response(question)
        made.flags |= dns.flags.RA
        made.answer.append(dns.rrset.from_text("www.other.example.", 60, "IN", "CAA", RECORD))
        return made.to_wire()

    with resolver(answer) as port:
        assert ask(port) == ()


def test_a_resolver_that_says_nothing_is_not_waited_for_past_the_deadline() -> None:
    began = time.monotonic()
    with socket.socket(type=socket.SOCK_DGRAM) as silent:
        silent.bind(("127.0.0.1", 0))
        with pytest.raises(Unreachable) as unreachable:
            ask(silent.getsockname()[1])
    assert (unreachable.value.reason, "did not answer in time" in unreachable.value.detail) == (Reason.DNS, True)
    assert time.monotonic() - began < 1.5


def test_the_whole_way_up_has_one_deadline() -> None:
    """Each name is answered just in time for itself."""

    def late(question: dns.message.Message) -> bytes:
        time.sleep(0.3)
        return answering(rcode=dns.rcode.NXDOMAIN)(question)

    began = time.monotonic()
    with resolver(late) as port, pytest.raises(Unreachable):
        climb("a.b.c.d.e.f.rig.example", reach(port))
    assert time.monotonic() - began < 1.5


def test_an_answer_that_drips_over_tcp_is_left_at_the_deadline() -> None:
    """Each byte comes in time for a deadline that counts from the last one."""

    def drip(guest: socket.socket, _: int) -> None:
        guest.recv(4_096)
        for byte in b"\x01\x00" + bytes(30):
            guest.sendall(bytes([byte]))
            time.sleep(0.1)

    began = time.monotonic()
    with socket.socket(type=socket.SOCK_DGRAM) as datagrams, Listener(drip) as streams:
        datagrams.bind(("127.0.0.1", streams.port))
        cut = answering(flags=dns.flags.TC | dns.flags.RA)
        threading.Thread(target=_serve_udp, args=(datagrams, cut), daemon=True).start()
        with pytest.raises(Unreachable) as unreachable:
            ask(streams.port)
        assert time.monotonic() - began < 1.5
    assert unreachable.value.reason is Reason.DNS


def answers_with(count: int) -> list[tuple[object, ...]]:
    """What getaddrinfo says of a name with so many addresses."""
    addresses = (f"192.0.2.{n}" if n < 250 else f"198.51.100.{n - 250}" for n in range(count))
    return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, 0)) for address in addresses]


@pytest.mark.parametrize("count", [65, 500])
def test_a_name_of_hundreds_of_addresses_is_a_reason(count: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """None of them is left out in silence: the weakest may be the last."""
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: answers_with(count))
    with pytest.raises(Unreachable) as unreachable:
        reach(1).endpoints(NAME, 443)
    assert unreachable.value.reason is Reason.TOO_LONG
    assert f"{count} addresses" in unreachable.value.detail


def test_a_name_of_many_addresses_is_looked_at_wherever_it_leads(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: answers_with(64))
    assert len(reach(1).endpoints(NAME, 443)) == 64


def test_the_next_resolver_is_asked_where_one_fails() -> None:
    with resolver(answering(rcode=dns.rcode.SERVFAIL)) as broken, resolver(answering(RECORD)) as good:
        both = (Target("127.0.0.1", broken), Target("127.0.0.1", good))
        assert ask_caa(NAME, both, seconds=1.0) == (LETS,)


@pytest.mark.parametrize("name", ["a" * 64 + ".example", "a..example", ".".join(["a"] * 200)])
def test_a_name_that_can_be_none_is_a_reason(name: str) -> None:
    with pytest.raises(Unreachable) as unreachable:
        ask_caa(name, (Target("127.0.0.1", 1),), seconds=0.1)
    assert unreachable.value.reason is Reason.DNS


def test_a_name_of_many_labels_is_not_climbed() -> None:
    with pytest.raises(Unreachable) as unreachable:
        climb(".".join(["a"] * 60), reach(1))
    assert unreachable.value.reason is Reason.TOO_LONG


@pytest.mark.parametrize(
    "closed",
    [
        reach(1, tiers=frozenset({Tier.NIGHTLY})),
        reach(1, fence=Fence(excluded=frozenset({"rig.example"}))),
        reach(0, connect_to={(NAME, 443): (Target("127.0.0.1", 1),)}),
    ],
    ids=["nightly", "excluded", "connect-to"],
)
def test_what_is_out_of_scope_is_not_asked(closed: Reach) -> None:
    with pytest.raises(Unreachable) as unreachable:
        closed.caa(NAME, seconds=0.1)
    assert unreachable.value.reason is Reason.OUT_OF_SCOPE


def test_own_authorities_and_addresses_are_bound_by_no_record(tmp_path: Path) -> None:
    from auditor.probes.caa import CaaProbe

    probe = CaaProbe()
    (own,) = probe.observe(
        Asset(id="a", kind="web", address=f"https://{NAME}/", system="s"), reach(1, ca_file=tmp_path)
    )
    (address,) = probe.observe(Asset(id="a", kind="web", address="https://192.0.2.1/", system="s"), reach(1))
    assert [one.facts.why_not[:11] for one in (own, address)] == ["the run tru", "the service"]  # type: ignore[attr-defined]
