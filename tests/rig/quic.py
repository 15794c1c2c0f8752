"""A real QUIC server on loopback (aioquic), and UDP ports that answer as they are told to. Know nobody who looks."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from aioquic.asyncio import connect, serve
from aioquic.quic.configuration import QuicConfiguration

VERSION_1, VERSION_2, DRAFT_29 = 0x00000001, 0x6B3343CF, 0xFF00001D
ALPN = ["h3"]
START_S = 10.0


@contextmanager
def quic_server(pem: Path, port: int, versions: list[int]) -> Iterator[None]:
    """Speak HTTP/3's QUIC at 127.0.0.1 until the end of the block. `pem`: the certificate and its key."""
    loop, is_up = asyncio.new_event_loop(), threading.Event()
    configuration = QuicConfiguration(is_client=False, alpn_protocols=ALPN, supported_versions=versions)
    configuration.load_cert_chain(pem, pem)

    async def run() -> None:
        server = await serve("127.0.0.1", port, configuration=configuration)
        is_up.set()
        try:
            await asyncio.Event().wait()
        finally:
            server.close()

    task = loop.create_task(run())

    def work() -> None:
        with contextlib.suppress(asyncio.CancelledError):
            loop.run_until_complete(task)

    thread = threading.Thread(target=work)
    thread.start()
    try:
        assert is_up.wait(START_S)
        yield
    finally:
        loop.call_soon_threadsafe(task.cancel)
        thread.join()
        loop.close()


def shakes_hands(name: str, port: int, ca: Path, versions: list[int]) -> int | None:
    """The version in which a client of these versions completes a handshake; None: it does not."""
    configuration = QuicConfiguration(
        is_client=True, alpn_protocols=ALPN, supported_versions=versions, server_name=name, idle_timeout=2.0
    )
    configuration.original_version = versions[0]
    configuration.load_verify_locations(str(ca))

    async def shake() -> int | None:
        try:
            async with connect("127.0.0.1", port, configuration=configuration) as client:
                version: int | None = client._quic._version  # it tells nobody otherwise
                return version
        except ConnectionError:
            return None

    return asyncio.run(shake())


class Datagrams:
    """A UDP port. `came`: the datagrams, in order."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.came: list[bytes] = []


@contextmanager
def udp_port(answers: Callable[[bytes], Iterable[bytes]], *, address: str = "127.0.0.1") -> Iterator[Datagrams]:
    """Answer each datagram with those that `answers` makes of it, from the port that it came to."""
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    with socket.socket(family, socket.SOCK_DGRAM) as server:
        server.bind((address, 0))
        rig = Datagrams(server.getsockname()[1])
        stop = socket.socket(family, socket.SOCK_DGRAM)

        def work() -> None:
            while True:
                data, guest = server.recvfrom(65_536)
                if guest == stop.getsockname():
                    return
                rig.came.append(data)
                for answer in answers(data):
                    server.sendto(answer, guest)

        with stop:
            stop.bind((address, 0))
            thread = threading.Thread(target=work)
            thread.start()
            try:
                yield rig
            finally:
                stop.sendto(b"", (address, rig.port))
                thread.join()
