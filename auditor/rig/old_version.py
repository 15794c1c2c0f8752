"""A port that speaks SSL 2.0 beside what a server behind it speaks: copiers and the like of the 2000s."""

from __future__ import annotations

import socket

from auditor.facts.tls import TlsVersion
from auditor.rig.client_hello import read_hello
from auditor.rig.faults import FaultProxy
from auditor.rig.responder import Ssl2ServerHello, reply_to

SSL2_RECORD = 0x80  # the first bit of a record with a header of two bytes (draft-hickman-netscape-ssl-00 section 1.1)


class Ssl2Proxy(FaultProxy):
    """Answers SSL 2.0 hellos itself, and passes every other connection on to the server."""

    def _meet(self, client: socket.socket, number: int) -> None:
        start = client.recv(1, socket.MSG_PEEK)
        if not start or not start[0] & SSL2_RECORD:
            super()._meet(client, number)
            return
        hello = read_hello(client)
        if hello is not None and hello.version is TlsVersion.SSL2:
            reply_to(hello, Ssl2ServerHello()).play(client)


def beside_ssl2(target: tuple[str, int]) -> Ssl2Proxy:
    """Before the server at this address and port."""
    return Ssl2Proxy(target, lambda _: None)
