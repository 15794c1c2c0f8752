"""One SSH connection, with paramiko: keys exchanged, one key offered, then one exec or a way through it.

paramiko's own timeouts do not bound a run: an unanswered exec, a missing exit status and one byte every half second
hang for ever. So a watchdog closes the connection at the deadline, whatever it waits for.
"""

from __future__ import annotations

import logging
import secrets
import struct
import threading
import time
from contextlib import suppress

import paramiko
from paramiko.ssh_exception import BadAuthenticationType, IncompatiblePeer, PartialAuthentication

from auditor.errors import Unreachable
from auditor.model import Reason
from auditor.reach.host_keys import ALGORITHMS, ShownKey
from auditor.reach.ssh_greeting import read_greeting
from auditor.reach.ssh_output import STATUS_S, Reading, ShellOutput
from auditor.reach.ssh_wire import Wire
from auditor.reach.stream import reason_of

COMMAND = "/bin/sh -s {marker}"  # the script itself goes to standard input: no file, nothing of it in ps
NO_MORE_S = 86_400.0  # a way through is watched by those who go it
# Still in paramiko 5's default offer. ETM, GCM and CTR remain.
WEAK = {
    "ciphers": ["3des-cbc", "aes128-cbc", "aes192-cbc", "aes256-cbc"],
    "macs": ["hmac-md5", "hmac-md5-96", "hmac-sha1-96"],
}
HUMAN = frozenset({"keyboard-interactive", "password"})
# What paramiko raises out of its own methods when a server's message cannot be read.
UNREADABLE = (EOFError, ValueError, LookupError, TypeError, AttributeError, ArithmeticError, struct.error)
LIBRARY = (paramiko.SSHException, OSError, *UNREADABLE)

# paramiko logs what servers send. Without a handler here that would reach the terminal, control characters and all.
LOG = logging.getLogger("auditor.reach.paramiko")
LOG.addHandler(logging.NullHandler())
LOG.propagate = False


class Session:
    """A connection that was just dialled. `place`: what it leads to, in words."""

    def __init__(self, wire: Wire, place: str, until: float) -> None:
        self.place = place
        self._wire = wire
        self._until = until
        self._transport = paramiko.Transport(wire, disabled_algorithms=WEAK)  # type: ignore[arg-type]
        self._transport.set_log_channel(LOG.name)
        # The watchdog comes first, so that "too late" has one cause.
        self._transport.banner_timeout = self._transport.handshake_timeout = self._left() + STATUS_S
        self._is_late = threading.Event()
        self._watchdog = threading.Timer(self._left(), self._bark)
        self._watchdog.daemon = True
        self._watchdog.start()

    @property
    def heard(self) -> bytes:
        """How the server began."""
        return self._wire.head

    @property
    def is_active(self) -> bool:
        return self._transport.is_active()

    def host_key(self, algorithms: list[str]) -> ShownKey:
        """Exchange keys, asking for these host key algorithms: the key that signed."""
        done = threading.Event()
        try:
            self._transport.get_security_options().key_types = tuple(algorithms)
            self._transport.start_client(event=done)
            done.wait(self._left())
            key = self._transport.get_remote_server_key()
        except LIBRARY as error:
            raise self._handshake_failure(algorithms) from error
        came_in = key.public_blob.key_blob if key.public_blob else b""
        return ShownKey(key_type=key.get_name(), bits=key.get_bits(), blob=key.asbytes(), certificate=came_in)

    def offered_host_keys(self) -> frozenset[str]:
        """The host key algorithms that the server named; none where it got no further."""
        try:
            return frozenset(read_greeting(self._wire.head).host_key_algorithms)
        except ValueError:
            return frozenset()

    def log_in(self, user: str, key: paramiko.PKey) -> None:
        """Offer one key, once."""
        done = threading.Event()
        try:
            self._transport.auth_publickey(user, key, event=done)
        except LIBRARY as error:
            raise self._lost(error, Reason.CLOSED) from error
        done.wait(self._left())
        if not self._transport.is_authenticated():
            raise self._rejection(user)

    def run(self, script: bytes, max_bytes: int) -> ShellOutput:
        """One exec of the script."""
        marker = secrets.token_hex(8)
        try:
            channel = self._transport.open_session(timeout=self._left())
            channel.exec_command(COMMAND.format(marker=marker))
            with suppress(OSError):  # a login that runs a command of its own need not read ours; its output will tell
                channel.settimeout(self._left())
                channel.sendall(script)
                channel.shutdown_write()
            reading = Reading(channel, marker, self._until, self._is_late)
            return reading.whole(max_bytes, is_overrun=lambda: self._wire.is_overrun)
        except Unreachable as incomplete:
            raise self.failure(incomplete.reason, incomplete.detail) from incomplete
        except LIBRARY as error:
            no_shell = self._transport.is_active() and isinstance(error, paramiko.SSHException)
            raise self._lost(error, Reason.NO_SHELL if no_shell else Reason.TRUNCATED) from error

    def stay_open(self) -> None:
        """From here on it is a way through to others, each of whom keeps the time of its own connection."""
        self._watchdog.cancel()
        self._until = time.monotonic() + NO_MORE_S

    def way_to(self, host: str, port: int, seconds: float) -> paramiko.Channel:
        """A connection from the server there on to another (RFC 4254 section 7.2)."""
        try:
            return self._transport.open_channel("direct-tcpip", (host, port), ("127.0.0.1", 0), timeout=seconds)
        except paramiko.ChannelException as error:
            raise self.failure(Reason.REFUSED, f"it opened no way to {host}:{port}") from error
        except LIBRARY as error:
            raise self._lost(error, Reason.TIMEOUT) from error

    def close(self) -> None:
        self._watchdog.cancel()
        self._hang_up()
        if self._transport.is_alive():
            self._transport.join(1.0)
        self._transport.packetizer.complete_handshake()  # stops a timer of paramiko's that outlives a failed handshake
        if self._watchdog.is_alive():
            self._watchdog.join(1.0)

    def failure(self, reason: Reason, remark: str = "") -> Unreachable:
        return Unreachable(reason, f"{self.place} ({remark})" if remark else self.place)

    def _handshake_failure(self, algorithms: list[str]) -> Unreachable:
        error = self._transport.get_exception()
        if self._speaks_only_protocol_1():
            return self.failure(Reason.SSH_TOO_OLD, "it speaks protocol 1 only")
        if isinstance(error, IncompatiblePeer):
            offered = self.offered_host_keys()
            modern = {name for names in ALGORITHMS.values() for name in names}
            if offered & modern and not offered & set(algorithms):
                return self.failure(Reason.HOST_KEY_CHANGED, "it has no key of the pinned type any more")
            return self.failure(Reason.SSH_TOO_OLD)
        broken = isinstance(error, paramiko.SSHException) and self._wire.is_identified
        return self._lost(error, Reason.MALFORMED if broken else Reason.CLOSED)

    def _speaks_only_protocol_1(self) -> bool:
        try:
            return read_greeting(self._wire.head).is_protocol_1_only
        except ValueError:
            return False

    def _rejection(self, user: str) -> Unreachable:
        """What a login that did not succeed says, without answering any prompt."""
        error = self._transport.get_exception()
        if isinstance(error, (PartialAuthentication, BadAuthenticationType)):
            asks = HUMAN & set(error.allowed_types)
            return self.failure(Reason.NEEDS_HUMAN if asks else Reason.AUTH_FAILED, f"user {user}")
        if "info request" in str(error):  # paramiko 5.1's sentence for a prompt that nobody asked for
            return self.failure(Reason.NEEDS_HUMAN, f"user {user}")
        if error is None and self._transport.is_active() and self._left() > 0:
            return self.failure(Reason.AUTH_FAILED, f"user {user}")
        return self._lost(error, Reason.CLOSED)

    def _lost(self, error: BaseException | None, otherwise: Reason) -> Unreachable:
        """Why the connection is gone. `otherwise`: what a plain end means at this stage."""
        if self._wire.is_overrun:
            return self.failure(Reason.TOO_LONG if self._wire.is_identified else Reason.NOT_SSH)
        if self._is_late.is_set() or self._left() <= 0:
            return self.failure(Reason.TIMEOUT)
        if self._wire.received and not self._wire.is_identified:
            return self.failure(Reason.NOT_SSH)
        if isinstance(error, OSError):
            return self.failure(reason_of(error))
        unreadable = isinstance(error, UNREADABLE) and not isinstance(error, EOFError)
        return self.failure(Reason.MALFORMED if unreadable else otherwise)

    def _left(self) -> float:
        return max(0.0, self._until - time.monotonic())

    def _bark(self) -> None:
        self._is_late.set()
        self._hang_up()

    def _hang_up(self) -> None:
        self._wire.hang_up()
        self._transport.close()
