"""Resolvers that lie, drip, fail or say nothing, and which names are asked of them at all."""

from __future__ import annotations

import socket
import threading
import time
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
from auditor.reach import Fence, Reach, Target
from auditor.reach.dns import Caa, ask_caa
from auditor.rig.listener import Listener
from tests.reach.dns_rig import NAME, Answer, alias, answering, reach, resolver, serve_udp

LETS = Caa(0, b"issue", b"letsencrypt.org")
RECORD = '0 issue "letsencrypt.org"'


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
        threading.Thread(target=serve_udp, args=(datagrams, cut), daemon=True).start()
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
