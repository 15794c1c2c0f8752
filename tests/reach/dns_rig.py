"""Resolvers on loopback that answer what they are told to, and a reach that asks them."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

import dns.flags
import dns.message
import dns.name
import dns.rcode
import dns.rrset

from auditor.model import Asset, Tier
from auditor.reach import Access, Fence, Limits, Reach, Reaches, Target

NAME = "www.rig.example"
Answer = Callable[[dns.message.Message], bytes]


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


def alias(target: Callable[[dns.name.Name], str]) -> Answer:
    def answer(question: dns.message.Message) -> bytes:
        made = dns.message.make_response(question)
        name = question.question[0].name
        made.answer.append(dns.rrset.from_text(name, 60, "IN", "CNAME", target(name)))
        return made.to_wire()

    return answer


@contextmanager
def resolver(udp: Answer, tcp: Answer | None = None) -> Iterator[int]:
    """Answers each question with what `udp` and `tcp` make of it."""
    with socket.socket(type=socket.SOCK_DGRAM) as datagrams, socket.create_server(("127.0.0.1", 0)) as streams:
        number: int = streams.getsockname()[1]
        datagrams.bind(("127.0.0.1", number))
        threads = [
            threading.Thread(target=serve_udp, args=(datagrams, udp), daemon=True),
            threading.Thread(target=_serve_tcp, args=(streams, tcp or udp), daemon=True),
        ]
        for thread in threads:
            thread.start()
        yield number
        for one in (datagrams, streams):
            with suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)


def serve_udp(server: socket.socket, answer: Answer) -> None:
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
