"""Play Heartbleed (CVE-2014-0160) against one address through sslyze, and print what the server did as JSON.

A program of its own (`python heartbleed.py ADDRESS PORT SERVER-NAME SECONDS`), run with the deep environment's
interpreter. It knows nothing of the auditor, and prints no byte that the server sent.

sslyze writes the hello and the malformed heartbeats, but its verdict is not taken for a negative: it reads a timeout,
a close and any alert as "not vulnerable", and infers the same from TLS 1.3 (`plugins/heartbleed_plugin.py` of 6.3.1).
Everything that the server sent is therefore kept and read again here, and each conversation gets one word:

leaked         a heartbeat response came back: the server answered a request that RFC 6520 section 4 tells it to discard
alert          it sent its whole flight, then an alert
ignored        it sent its whole flight, said nothing, and closed when a fatal alert told it to: it was listening
closed         it sent its whole flight, then closed or reset the connection
open, hung_up  (no heartbeat was sent) after its flight it waited, as a server must; or it did not
refused        it answered the hello with an alert; `alert` holds its number
other_version  it chose another version: heartbeats of the wrong version prove nothing
silent, cut, reset, not_tls, inconsistent, timeout, connection_refused, unreachable     nothing was learned
"""

from __future__ import annotations

import ipaddress
import json
import os
import signal
import socket
import sys
import time
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

SCHEMA = "auditor/heartbleed/1"
VERSIONS = {0x0300: "SSL_3_0", 0x0301: "TLS_1_0", 0x0302: "TLS_1_1", 0x0303: "TLS_1_2"}
ALERT, HANDSHAKE, HEARTBEAT = 21, 22, 24
SERVER_HELLO, SERVER_HELLO_DONE = 2, 14
PROTOCOL_VERSION, UNRECOGNIZED_NAME, CLOSE_NOTIFY = 70, 112, 0
LEARNED = frozenset({"leaked", "alert", "ignored", "closed", "refused", "other_version"})
PLANTED = b"\x01" * 10  # what sslyze's request carries, so that the answer holds our bytes and not the server's memory

MOST_CONVERSATIONS = 8  # connections: the caller reserves them
MOST_BYTES = 131_072
PATIENCE_S = 5.0  # for the server's flight
QUIET_S = 1.5  # after the flight, for a leak, a close or an alert
PAUSE_S = 0.5  # between conversations: alone, and not in a hurry


@dataclass(frozen=True)
class Reading:
    """What a server's bytes say, up to the first byte that is no TLS."""

    version: int | None = None  # of the ServerHello
    done: bool = False  # ServerHelloDone was seen
    alert: int | None = None  # the first that ends something
    leaked: bool = False
    is_tls: bool = True


def read(raw: bytes) -> Reading:
    """Read records (RFC 5246 section 6.2.1) and the handshake messages in them, however they are cut."""
    handshake, alert, leaked, at = bytearray(), None, False, 0
    while at < len(raw):
        kind, end = raw[at], at + 5 + int.from_bytes(raw[at + 3 : at + 5], "big")
        if kind not in range(20, 25) or raw[at + 1 : at + 2] not in {b"", b"\x03"}:
            return Reading(*_messages(handshake), alert, leaked, is_tls=False)
        body = raw[at + 5 : end]
        if kind == HANDSHAKE:
            handshake += body
        elif kind == ALERT and alert is None and _ends_something(body):
            alert = body[1]
        elif kind == HEARTBEAT and body[:1] == b"\x02" and PLANTED in body:
            leaked = True
        at = end
    return Reading(*_messages(handshake), alert, leaked)


def _ends_something(alert: bytes) -> bool:
    """A warning that the name is not known is read past: a ServerHello follows it (RFC 6066 section 3)."""
    return len(alert) >= 2 and alert[1] != CLOSE_NOTIFY and alert[:2] != bytes((1, UNRECOGNIZED_NAME))


def _messages(handshake: bytearray) -> tuple[int | None, bool]:
    """The ServerHello's version, and whether ServerHelloDone came."""
    version, done, at = None, False, 0
    while at + 4 <= len(handshake):
        if handshake[at] == SERVER_HELLO and version is None and at + 6 <= len(handshake):
            version = int.from_bytes(handshake[at + 4 : at + 6], "big")
        done = done or handshake[at] == SERVER_HELLO_DONE
        at += 4 + int.from_bytes(handshake[at + 1 : at + 4], "big")
    return version, done


def word_for(reading: Reading, *, asked: int, ending: str, sslyze_says: bool) -> str:
    """The word for a conversation in which heartbeats were sent. `ending`: timeout, closed, reset or ignored."""
    if reading.leaked:
        return "leaked"
    if sslyze_says:
        return "inconsistent"
    if reading.version is None or not reading.done:
        return _word_for_no_flight(reading, ending)
    if reading.version != asked:
        return "other_version"
    if reading.alert is not None:
        return "alert"
    return {"ignored": "ignored", "closed": "closed", "reset": "closed"}.get(ending, "silent")


def _word_for_no_flight(reading: Reading, ending: str) -> str:
    if not reading.is_tls:
        return "not_tls"
    if reading.alert is not None and reading.version is None:
        return "refused"
    return {"closed": "cut", "reset": "reset"}.get(ending, "silent")


class Line:
    """The connected socket as sslyze uses it: keeps what came, with a deadline over all of it and a byte limit."""

    def __init__(self, connected: socket.socket, until: float) -> None:
        self._socket = connected
        self._until = until
        self.received = b""
        self.ending = ""

    def send(self, data: bytes) -> int:
        self._socket.settimeout(self._allowed())
        self._socket.sendall(data)
        return len(data)

    def recv(self, size: int) -> bytes:
        try:
            self._socket.settimeout(self._allowed())
            data = self._socket.recv(size)
        except TimeoutError:
            self.ending = self.ending or "timeout"
            raise
        except OSError:
            self.ending = "reset"
            raise
        if not data:
            self.ending = "closed"
        self.received += data
        return data

    def listen(self) -> None:
        """Receive until the server has said what there is to learn, or nothing more comes."""
        while not self.ending and not self._is_settled():
            try:
                self.recv(16_384)
            except OSError:
                return

    def hang_up(self) -> None:
        """Tell the server to close, by a fatal alert (RFC 5246 section 7.2), and see whether it listens."""
        if self.ending != "timeout":
            return
        self.ending = ""
        try:
            self.send(bytes((ALERT, 3, 3, 0, 2, 2, 40)))
            while not self.ending:
                self.recv(16_384)
        except OSError:
            pass
        self.ending = "ignored" if self.ending in {"closed", "reset"} else "timeout"

    def _is_settled(self) -> bool:
        seen = read(self.received)
        return seen.leaked or seen.alert is not None or not seen.is_tls

    def _allowed(self) -> float:
        """Seconds for the next operation. Less patience once the flight is complete."""
        remaining = self._until - time.monotonic()
        if remaining <= 0 or len(self.received) > MOST_BYTES:
            raise TimeoutError
        return min(remaining, QUIET_S if read(self.received).done else PATIENCE_S)


@dataclass(frozen=True)
class Target:
    address: str
    port: int
    server_name: str  # "" for none: an address is never sent as a name (RFC 6066 section 3)
    until: float  # monotonic seconds


@dataclass(frozen=True)
class Offer:
    """`legacy`: OpenSSL 1.0.2 with every suite it has, for servers that know nothing newer."""

    version: int
    legacy: bool = True


OFFERS = (Offer(0x0303, legacy=False), Offer(0x0303), Offer(0x0302), Offer(0x0301))


def interview(target: Target) -> list[dict[str, Any]]:
    """Converse until something is settled: down the versions while hellos are refused, twice for every negative."""
    rows: list[dict[str, Any]] = []
    offers = list(OFFERS)
    while offers and len(rows) < MOST_CONVERSATIONS - 3:
        offer = offers.pop(0)
        rows.append(_once_more_if_nothing_was_learned(target, offer, rows))
        seen = rows[-1]
        if seen["answer"] not in {"refused", "other_version"}:
            return rows + _confirmation(target, offer, seen)
        offers = _offers_after(seen, offer, offers, rows)
    return rows


def _offers_after(seen: dict[str, Any], offer: Offer, left: list[Offer], rows: list[dict[str, Any]]) -> list[Offer]:
    """The version that the server chose, if that is new; after a refusal what is left, without a version not spoken."""
    if seen["answer"] == "other_version":
        is_new = seen["chosen"] in VERSIONS and all(row["version"] != VERSIONS[seen["chosen"]] for row in rows)
        return [Offer(seen["chosen"])] if is_new else []
    return [later for later in left if seen["alert"] != PROTOCOL_VERSION or later.version < offer.version]


def _once_more_if_nothing_was_learned(target: Target, offer: Offer, rows: list[dict[str, Any]]) -> dict[str, Any]:
    if rows:
        time.sleep(PAUSE_S)
    seen = converse(target, offer)
    if seen["answer"] in LEARNED:
        return seen
    time.sleep(PAUSE_S)
    return converse(target, offer)


def _confirmation(target: Target, offer: Offer, seen: dict[str, Any]) -> list[dict[str, Any]]:
    """A negative is asked again; where a close was the answer, a connection without heartbeats must stay open."""
    if seen["answer"] not in {"alert", "ignored", "closed"}:
        return []
    time.sleep(PAUSE_S)
    rows = [converse(target, offer)]
    if "closed" in {seen["answer"], rows[0]["answer"]}:
        time.sleep(PAUSE_S)
        rows.append(converse(target, offer, heartbeats=False))
    return rows


def converse(target: Target, offer: Offer, *, heartbeats: bool = True) -> dict[str, Any]:
    """One connection: hello, malformed heartbeats (or none), and the word for what came."""
    remaining = max(0.1, target.until - time.monotonic())
    try:
        connected = socket.create_connection((target.address, target.port), timeout=min(PATIENCE_S, remaining))
    except TimeoutError:
        return _row(offer, "timeout")
    except ConnectionRefusedError:
        return _row(offer, "connection_refused")
    except OSError:
        return _row(offer, "unreachable")
    with connected:
        line = Line(connected, target.until)
        if not heartbeats:
            return _row(offer, _wait_undisturbed(_client(target, offer, line), line))
        says = _play_heartbleed(_client(target, offer, line))
        line.listen()
        if line.ending == "timeout" and read(line.received).done:
            line.hang_up()
        reading = read(line.received)
        word = word_for(reading, asked=offer.version, ending=line.ending, sslyze_says=says)
        return _row(offer, word, reading)


def _client(target: Target, offer: Offer, line: Line) -> Any:
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
        client.set_cipher_list("ALL:COMPLEMENTOFALL")
    client.set_underlying_socket(line)
    return client


def _play_heartbleed(client: Any) -> bool:
    """sslyze's own script and verdict."""
    from sslyze.plugins import heartbleed_plugin as plugin  # noqa: PLC0415

    try:
        plugin._do_handshake_with_heartbleed(client)
    except plugin._VulnerableToHeartbleed:
        return True
    except (plugin._NotVulnerableToHeartbleed, ValueError, OSError):
        return False  # a ValueError is its parser giving up on bytes that are read again here
    return False


def _wait_undisturbed(client: Any, line: Line) -> str:
    """The same hello and nothing else: does the server wait for the next message, as it must?"""
    from sslyze.plugins.heartbleed_plugin import WantReadError  # noqa: PLC0415 - nassl's

    with suppress(OSError):  # `listen` finds out the same
        try:
            client._ssl.do_handshake()
        except WantReadError:
            client._flush_ssl_engine()
    line.listen()
    return "open" if line.ending == "timeout" and read(line.received).done else "hung_up"


def _row(offer: Offer, word: str, reading: Reading | None = None) -> dict[str, Any]:
    row: dict[str, Any] = {"version": VERSIONS[offer.version], "answer": word}
    if word == "refused" and reading is not None:
        row["alert"] = reading.alert
    if word == "other_version" and reading is not None:
        row["chosen"] = reading.version
    return row


def main(arguments: list[str]) -> None:
    address, port, server_name, seconds = arguments
    signal.alarm(int(float(seconds)) + 10)  # should the parent be gone, nobody else would end this process
    from sslyze.__version__ import __version__  # noqa: PLC0415

    name = "" if _is_address(server_name) else server_name.encode("idna").decode("ascii")
    target = Target(address, int(port), name, time.monotonic() + float(seconds))
    answer = {"schema": SCHEMA, "tool": f"sslyze {__version__}", "conversations": interview(target)}
    sys.stdout.write(json.dumps(answer) + "\n")


def _is_address(text: str) -> bool:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True


if __name__ == "__main__":
    try:
        main(sys.argv[1:])
    except ModuleNotFoundError as error:
        sys.stderr.write(f"{error.name} is not installed there\n")
        sys.exit(os.EX_UNAVAILABLE)
