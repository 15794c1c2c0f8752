"""A load balancer that leaks behind session ids (Ticketbleed): a real server, and a relay that changes its ServerHello.

Everything else is the server's own, tickets among it. The relay does what the advisory says of F5's: whoever resumes
with a short session id gets 32 bytes back.
"""

from __future__ import annotations

import selectors
import socket
from collections.abc import Callable

from auditor.rig.listener import Listener

FULL = 32  # bytes of a session id at most (RFC 5246 section 7.4.1.2)
MEMORY = b"(what lay in the load balancer's memory)"
Change = Callable[[bytes, bytes], bytes]  # the session ids of client and server → what the client gets


def leaks(theirs: bytes, ours: bytes) -> bytes:
    """As F5's did: only what is given back, which is where a ticket was taken."""
    return (ours + MEMORY)[:FULL] if ours and ours == theirs else ours


def keeps(_: bytes, ours: bytes) -> bytes:
    return ours


def makes_up(theirs: bytes, ours: bytes) -> bytes:
    return MEMORY[:FULL] if ours and ours == theirs else ours


def relay(target: Callable[[int], int], change: Change = keeps) -> Listener:
    """`target`: the server's port for the n-th connection, from 1."""

    def serve(client: socket.socket, number: int) -> None:
        with socket.create_connection(("127.0.0.1", target(number))) as server:
            hello = _record(client)
            server.sendall(hello)
            answer = _record(server)
            if answer[:1] == b"\x16":
                answer = _rewritten(answer, change(session_of(hello), session_of(answer)))
            client.sendall(answer)
            _pass_on(client, server)

    return Listener(serve)


def session_of(record: bytes) -> bytes:
    """The session id of a hello that begins a record."""
    return record[44 : 44 + record[43]] if len(record) > 43 else b""


def _rewritten(record: bytes, session: bytes) -> bytes:
    """The record with this session id in its first message, all lengths made right."""
    end = 9 + int.from_bytes(record[6:9], "big")
    body = record[9:43] + bytes((len(session),)) + session + record[44 + record[43] : end]
    messages = record[5:6] + len(body).to_bytes(3, "big") + body + record[end:]
    return record[:3] + len(messages).to_bytes(2, "big") + messages


def _record(connection: socket.socket) -> bytes:
    head = connection.recv(5, socket.MSG_WAITALL)
    return head + connection.recv(int.from_bytes(head[3:5], "big"), socket.MSG_WAITALL)


def _pass_on(client: socket.socket, server: socket.socket) -> None:
    with selectors.DefaultSelector() as selector:
        selector.register(client, selectors.EVENT_READ, server)
        selector.register(server, selectors.EVENT_READ, client)
        while True:
            for key, _ in selector.select():
                data = key.fileobj.recv(16_384)  # type: ignore[union-attr]
                if not data:
                    return
                key.data.sendall(data)
