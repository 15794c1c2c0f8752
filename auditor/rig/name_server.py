"""A DNS server on loopback that knows a few aliases, and gives every other name one address."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

import dns.exception
import dns.flags
import dns.message
import dns.rdataclass
import dns.rdatatype
import dns.rrset

TTL_S = 60
ADDRESS = "192.0.2.80"  # of every name that is no alias (RFC 5737)
DATAGRAM = 4_096  # bytes


@contextmanager
def name_server(aliases: Mapping[str, str]) -> Iterator[int]:
    """Answer until the end of the block; gives the UDP port. `aliases`: name → where it leads, without a final dot."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as listening:
        listening.bind(("127.0.0.1", 0))
        listening.settimeout(0.1)
        stopped = threading.Event()

        def serve() -> None:
            while not stopped.is_set():
                try:
                    asked, whom = listening.recvfrom(DATAGRAM)
                    listening.sendto(_answer(asked, aliases), whom)
                except (TimeoutError, dns.exception.DNSException, ConnectionError):
                    continue

        serving = threading.Thread(target=serve)
        serving.start()
        try:
            port: int = listening.getsockname()[1]
            yield port
        finally:
            stopped.set()
            serving.join()


def _answer(asked: bytes, aliases: Mapping[str, str]) -> bytes:
    """Aliases first, then the address of where they end; nothing for what else is asked."""
    question = dns.message.from_wire(asked)
    answer = dns.message.make_response(question)
    answer.flags |= dns.flags.RA  # it knows what it says
    name, kind = question.question[0].name, question.question[0].rdtype
    while (target := aliases.get(name.to_text(omit_final_dot=True).lower())) is not None:
        alias = dns.rrset.from_text(name, TTL_S, dns.rdataclass.IN, dns.rdatatype.CNAME, f"{target}.")
        answer.answer.append(alias)
        name = alias[0].target
    if kind == dns.rdatatype.A:
        answer.answer.append(dns.rrset.from_text(name, TTL_S, dns.rdataclass.IN, dns.rdatatype.A, ADDRESS))
    return answer.to_wire()
