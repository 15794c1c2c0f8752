"""One question by UDP: inside the same fence and budget as a connection, bounded in time, bytes and datagrams."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from auditor.errors import Unreachable
from auditor.model import Asset, Reason
from auditor.reach import Access, Endpoint, Fence, Limits, Reach, Reaches
from auditor.reach.datagrams import LONGEST, MOST_STRAYS
from tests.rig.nginx import free_port
from tests.rig.quic import udp_port

LOOPBACK = "127.0.0.1"
SOON_S = 0.3


def reach(limits: Limits | None = None, *, address: str = "x://127.0.0.1", fence: Fence | None = None) -> Reach:
    access = Access(limits=limits or Limits(pause_s=0), fence=fence or Fence())
    return Reaches(access).of(Asset(id="a", kind="x", address=address, system=""))


def endpoint(port: int, *, host: str = LOOPBACK, address: str = LOOPBACK) -> Endpoint:
    return Endpoint(host, port, address, port)


def good(datagram: bytes) -> bytes | None:
    return datagram if datagram.startswith(b"good") else None


def ask(looking: Reach, where: Endpoint, *, seconds: float = SOON_S) -> bytes:
    return looking.ask_by_datagram(where, b"question", good, seconds=seconds)


def reason(looking: Reach, where: Endpoint) -> Reason:
    began = time.monotonic()
    with pytest.raises(Unreachable) as caught:
        ask(looking, where)
    assert time.monotonic() - began < 3 * SOON_S
    return caught.value.reason


@pytest.mark.parametrize("address", [LOOPBACK, "::1"])
def test_one_datagram_goes_out_and_its_answer_is_read(address: str) -> None:
    looking = reach()
    with udp_port(lambda data: [b"good " + data], address=address) as rig:
        assert ask(looking, endpoint(rig.port, address=address)) == b"good question"
    assert rig.came == [b"question"]
    assert looking.connections(LOOPBACK) == 1


def test_silence_is_a_timeout_that_says_what_it_may_be() -> None:
    with udp_port(lambda _: []) as rig:
        with pytest.raises(Unreachable, match="which a firewall on the way may drop") as caught:
            ask(reach(), endpoint(rig.port))
        assert caught.value.reason is Reason.TIMEOUT
        assert len(rig.came) == 1


def test_a_closed_port_is_refused() -> None:
    assert reason(reach(), endpoint(free_port())) is Reason.REFUSED


def test_what_is_no_answer_is_passed_over() -> None:
    with udp_port(lambda _: [b"", b"bad", b"good " + b"x" * LONGEST, b"good"]) as rig:
        assert ask(reach(), endpoint(rig.port)) == b"good"


def test_nothing_but_what_is_no_answer_could_not_be_read() -> None:
    with udp_port(lambda _: [b"bad"]) as rig:
        assert reason(reach(), endpoint(rig.port)) is Reason.MALFORMED


def test_a_flood_is_not_read_to_its_end() -> None:
    with udp_port(lambda _: [b"bad"] * MOST_STRAYS + [b"good"]) as rig:
        began = time.monotonic()
        with pytest.raises(Unreachable) as caught:
            ask(reach(), endpoint(rig.port), seconds=20)
        assert caught.value.reason is Reason.MALFORMED
        assert time.monotonic() - began < 10


@contextmanager
def from_elsewhere() -> Iterator[int]:
    """A port whose good answers come from another one."""
    with (
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asked,
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as other,
    ):
        for one in (asked, other):
            one.bind((LOOPBACK, 0))

        def work() -> None:
            _, guest = asked.recvfrom(100)
            other.sendto(b"good", guest)

        thread = threading.Thread(target=work)
        thread.start()
        yield asked.getsockname()[1]
        thread.join()


def test_an_answer_from_another_port_is_none() -> None:
    with from_elsewhere() as port:
        assert reason(reach(), endpoint(port)) is Reason.TIMEOUT


def test_it_counts_as_a_connection_of_the_hosts_budget() -> None:
    with udp_port(lambda _: [b"good"]) as rig:
        looking = reach(Limits(connections_per_host=2))
        for _ in range(2):
            ask(looking, endpoint(rig.port))
        assert reason(looking, endpoint(rig.port)) is Reason.BUDGET
        assert looking.connections(LOOPBACK) == 2
        assert len(rig.came) == 2


def test_it_ends_with_the_hosts_time() -> None:
    with udp_port(lambda _: []) as rig:
        looking = reach(Limits(host_s=0.2))
        began = time.monotonic()
        with pytest.raises(Unreachable):
            ask(looking, endpoint(rig.port), seconds=30)
        assert time.monotonic() - began < 10
        assert reason(looking, endpoint(rig.port)) is Reason.DEADLINE


def reason_in_the_end(looking: Reach, where: Endpoint) -> None:
    with pytest.raises(Unreachable):
        ask(looking, where, seconds=30)


def test_no_more_are_in_flight_than_connections_may_be() -> None:
    """While one is waited for, whoever comes next waits until the host's time is over, and sends nothing."""
    heard = threading.Event()
    with udp_port(lambda _: heard.set() or []) as rig:
        looking = reach(Limits(in_flight_per_host=1, host_s=0.6))
        first = threading.Thread(target=reason_in_the_end, args=(looking, endpoint(rig.port)))
        first.start()
        assert heard.wait(10)
        with pytest.raises(Unreachable) as caught:
            ask(looking, endpoint(rig.port))
        first.join()
        assert caught.value.reason is Reason.DEADLINE
        assert len(rig.came) == 1


@pytest.mark.parametrize(
    ("where", "fence", "why"),
    [
        (endpoint(9, host="stranger.example"), Fence(), Reason.PRIVATE_SPACE),
        (endpoint(9, host="stranger.example", address="10.1.2.3"), Fence(), Reason.PRIVATE_SPACE),
        (endpoint(9, host="elm.example", address="169.254.169.254"), Fence(), Reason.PRIVATE_SPACE),
        (endpoint(9, host="elm.example", address="::ffff:169.254.169.254"), Fence(), Reason.PRIVATE_SPACE),
        (endpoint(9), Fence(excluded=frozenset({LOOPBACK})), Reason.OUT_OF_SCOPE),
    ],
)
def test_nothing_is_sent_where_no_connection_may_go(where: Endpoint, fence: Fence, why: Reason) -> None:
    looking = reach(address="x://elm.example", fence=fence)
    assert reason(looking, where) is why
    assert looking.connections(where.host) == 0


def test_its_silence_says_nothing_of_the_endpoints_connections() -> None:
    looking = reach()
    with udp_port(lambda _: []) as rig:
        for _ in range(3):
            assert reason(looking, endpoint(rig.port)) is Reason.TIMEOUT
        with pytest.raises(Unreachable) as caught, looking.stream(endpoint(rig.port)):
            pass
    assert caught.value.reason is Reason.REFUSED  # dialled, and not given up
