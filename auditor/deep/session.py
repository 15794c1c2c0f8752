"""One address and what is known of it: which hello it answers, and how many connections and seconds are left."""

from __future__ import annotations

import os
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import Any

from .line import QUIET_S, Line
from .records import Reading

VERSIONS = {0x0300: "SSL_3_0", 0x0301: "TLS_1_0", 0x0302: "TLS_1_1", 0x0303: "TLS_1_2"}
PROTOCOL_VERSION = 70
# A word of every conversation in which something was learned of the server; the other words say why nothing was.
LEARNED = frozenset(
    {"leaked", "decrypted", "alert", "ignored", "closed", "flight", "accepted", "limited", "waited", "data"}
    | {"echoed", "no_ticket", "declined", "refused", "other_version", "client_certificate"}
)
UNOPENED = "unopened "  # begins the word for a connection that could not be made; its reason follows
MOST_CONVERSATIONS = 48  # connections of all tests together: the caller reserves them
MOST_OF_A_SEARCH = 5  # hellos until one is answered
OUR_LIMITS = frozenset({"budget", "deadline", f"{UNOPENED}budget", f"{UNOPENED}deadline"})
PAUSE_S = 0.5  # before a conversation that repeats one
PACE_S = 0.1  # before every other: alone, and not in a hurry
DOOR, LONGEST_WORD = "AUDITOR_DOOR", 64  # as in the auditor's `reach/door.py`
ALL_SUITES = "ALL:COMPLEMENTOFALL"


@dataclass(frozen=True)
class Target:
    address: str
    port: int
    server_name: str  # "" for none: an address is never sent as a name (RFC 6066 section 3)
    until: float  # monotonic seconds


@dataclass(frozen=True)
class Offer:
    """`legacy`: OpenSSL 1.0.2 with these suites, for servers that know nothing newer; else 1.1.1 with its defaults."""

    version: int
    legacy: bool = True
    suites: str = ALL_SUITES


OFFERS = (Offer(0x0303, legacy=False), Offer(0x0303), Offer(0x0302), Offer(0x0301))


@dataclass(frozen=True)
class Row:
    """One conversation: what was offered, one word for what came, and what else belongs to the word."""

    offer: Offer
    answer: str
    alert: int | None = None
    chosen: int | None = None  # the version that the server chose instead
    has_flight: bool = False
    more: dict[str, object] = field(default_factory=dict)

    def shape(self) -> dict[str, object]:
        shape: dict[str, object] = {"version": VERSIONS[self.offer.version], "answer": self.answer, **self.more}
        return shape if self.alert is None else {**shape, "alert": self.alert}


Play = Callable[[Offer], Row]


@dataclass
class Session:
    """`offer`: the hello that the server answers with a whole flight. `stuck`: what was tried instead, in vain."""

    target: Target
    left: int = MOST_CONVERSATIONS
    offer: Offer | None = None
    stuck: tuple[Row, ...] = ()

    def search(self, play: Play) -> list[Row]:
        """Play until something is settled: the known offer, or down the versions while hellos are refused."""
        if self.stuck:
            return list(self.stuck)
        rows: list[Row] = []
        offers = [self.offer] if self.offer else list(OFFERS)
        while offers and len(rows) < MOST_OF_A_SEARCH:
            offer = offers.pop(0)
            rows.append(self.play_until_learned(play, offer))
            if rows[-1].has_flight and self.offer is None:
                self.offer = offer
            if rows[-1].answer not in {"refused", "other_version"}:
                break
            offers = _offers_after(rows[-1], offers, rows)
        if self.offer is None:
            self.stuck = tuple(rows)
        return rows

    def play_until_learned(self, play: Play, offer: Offer) -> Row:
        """Once more, after a pause, where nothing was learned."""
        seen = play(offer)
        if seen.answer in LEARNED or seen.answer in OUR_LIMITS:
            return seen
        return self.again(play, offer)

    def play_to_complete(self, play: Play) -> tuple[Offer, Row]:
        """For what needs a whole handshake, once a hello is known: every suite first, then that hello.

        OpenSSL 1.0.2 knows most suites, and no X25519.
        """
        known = self.offer or OFFERS[0]
        offer = Offer(known.version)
        row = self.play_until_learned(play, offer)
        if row.answer == "refused" and known != offer:
            return known, self.play_until_learned(play, known)
        return offer, row

    def again(self, play: Play, offer: Offer) -> Row:
        time.sleep(PAUSE_S)
        return play(offer)

    @contextmanager
    def conversation(self, *, quiet_s: float = QUIET_S) -> Iterator[Line | str]:
        """One connection; or the word for why there is none."""
        remaining = self.target.until - time.monotonic()
        if self.left < 1 or remaining <= 0.1:
            yield "budget" if self.left < 1 else "deadline"
            return
        if self.left < MOST_CONVERSATIONS:
            time.sleep(min(PACE_S, remaining))
        self.left -= 1
        connected = _knock()
        if isinstance(connected, str):
            yield connected
            return
        with connected:
            yield Line(connected, self.target.until, quiet_s=quiet_s)

    def wait(self, offer: Offer) -> Row:
        """The hello and nothing else: does the server wait for the next message, as it must? open, or hung_up."""
        with self.conversation() as line:
            if isinstance(line, str):
                return Row(offer, line)
            say_hello(client_of(self.target, offer, line), line)
            line.listen()
            is_open = line.ending == "timeout" and line.reading.flight.done
            return Row(offer, "open" if is_open else "hung_up", has_flight=is_open)

    def greet(self, offer: Offer) -> Row:
        """The hello, answered by a whole flight or not."""
        with self.conversation() as line:
            if isinstance(line, str):
                return Row(offer, line)
            say_hello(client_of(self.target, offer, line), line)
            if line.await_flight() and line.reading.flight.version == offer.version:
                return Row(offer, "flight", has_flight=True)
            return row_without_flight(offer, line)


def _knock() -> socket.socket | str:
    """A connection from the auditor, which opens it; or the word for why there is none."""
    door = int(os.environ[DOOR])
    with socket.socket(fileno=os.dup(door)) as knocking:
        knocking.send(b"?")
        word, descriptors, _, _ = socket.recv_fds(knocking, LONGEST_WORD, 1)
    if descriptors:
        return socket.socket(fileno=descriptors[0])
    return UNOPENED + word.decode("ascii").strip() if word else "deadline"


def _offers_after(seen: Row, left: list[Offer], rows: list[Row]) -> list[Offer]:
    """The version that the server chose, if that is new; after a refusal what is left, without a version not spoken."""
    if seen.answer == "other_version":
        is_new = seen.chosen in VERSIONS and all(row.offer.version != seen.chosen for row in rows)
        return [Offer(seen.chosen)] if is_new and seen.chosen is not None else []
    return [later for later in left if seen.alert != PROTOCOL_VERSION or later.version < seen.offer.version]


def row_without_flight(offer: Offer, line: Line) -> Row:
    """The row for a hello that was not answered by a whole flight of the version asked for."""
    reading = line.reading
    flight = reading.flight
    if flight.done and flight.version != offer.version:
        return Row(offer, "other_version", chosen=flight.version)
    if reading.alert is not None and flight.version is None:
        return Row(offer, "refused", alert=reading.alert)
    return Row(offer, _word_for_nothing(reading, line.ending))


def _word_for_nothing(reading: Reading, ending: str) -> str:
    if not reading.is_tls:
        return "not_tls"
    if reading.alert is not None:
        return "broken_off"
    return {"closed": "cut", "reset": "reset"}.get(ending, "silent")


def client_of(target: Target, offer: Offer, line: Line) -> Any:
    """sslyze's TLS client for this offer, on our line. Neither a resolver nor a proxy is asked."""
    from sslyze.connection_helpers.tls_connection import SslConnection  # noqa: PLC0415 - only the deep environment has it
    from sslyze.server_connectivity import TlsVersionEnum  # noqa: PLC0415
    from sslyze.server_setting import ServerNetworkConfiguration, ServerNetworkLocation  # noqa: PLC0415

    client = SslConnection(
        server_location=ServerNetworkLocation(target.address, target.port, ip_address=target.address),
        network_configuration=ServerNetworkConfiguration(target.server_name or target.address),
        tls_version=TlsVersionEnum[VERSIONS[offer.version]],
        should_ignore_client_auth=True,
        should_use_legacy_openssl=offer.legacy,
        should_enable_server_name_indication=bool(target.server_name),
    ).ssl_client
    if offer.legacy:
        client.set_cipher_list(offer.suites)
    client.set_underlying_socket(line)
    return client


def say_hello(client: Any, line: Line) -> None:
    """Send the hello; what comes of it is for the listening."""
    from sslyze.plugins.heartbleed_plugin import WantReadError  # noqa: PLC0415 - nassl's

    with suppress(OSError):
        try:
            client._ssl.do_handshake()
        except WantReadError:
            client._flush_ssl_engine()
    if line.ending == "timeout":
        line.listen_again()


def complete(client: Any, offer: Offer, line: Line) -> Row | None:
    """Complete a handshake; the row to say where that fails."""
    from sslyze.connection_helpers.tls_connection import ClientCertificateRequested  # noqa: PLC0415 - nassl's
    from sslyze.plugins.session_renegotiation_plugin import OpenSSLError  # noqa: PLC0415 - nassl's

    try:
        client.do_handshake()
    except (ClientCertificateRequested, OpenSSLError, OSError):
        flight = line.reading.flight
        if not flight.done or flight.version != offer.version:
            return row_without_flight(offer, line)
        return Row(offer, "client_certificate" if flight.wants_certificate else "unfinished", has_flight=True)
    return None


def wire_version(client: Any) -> Any:
    """The version as tls_parser wants it in a record."""
    from sslyze.plugins.openssl_ccs_injection_plugin import tls_parser  # noqa: PLC0415

    return tls_parser.tls_version.TlsVersionEnum[client._ssl_version.name]
