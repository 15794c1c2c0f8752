"""One command over SSH, with paramiko: pinned host key, one key offered, one exec, bounded in time and bytes.

paramiko's own timeouts do not bound a run: an unanswered exec, a missing exit status and one byte every half second
hang for ever, and after a kill `recv` returns b"" like a proper end. So a watchdog closes the connection at the
deadline, everything received is counted, and an answer counts as whole only if its last line carries the marker that
was made for this run, the exit status is 0, and the watchdog did not fire.

The server's host key is compared before anything is offered to it. Prompts are not answered, passwords not sent.
"""

from __future__ import annotations

import logging
import secrets
import struct
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

import paramiko
from paramiko.ssh_exception import BadAuthenticationType, IncompatiblePeer, PartialAuthentication

from auditor.errors import Unreachable
from auditor.model import Reason
from auditor.reach.host_keys import ALGORITHMS, Pins, fingerprint, pins_for
from auditor.reach.identity import identity_for
from auditor.reach.login import Login, login_of
from auditor.reach.ssh_wire import Wire
from auditor.reach.stream import reason_of

if TYPE_CHECKING:
    from auditor.reach import Reach

COMMAND = "/bin/sh -s {marker}"  # the script itself goes to standard input: no file, nothing of it in ps
POLL_S = 0.1  # how long one look at a stream may wait; the deadline is kept between looks
STATUS_S = 2.0  # from the end of the output to the exit status
FIRST_LINE_SHARE = 3  # a shell prints its first marker at once: a third of the time is patience enough
PROTOCOL_BYTES = 1_048_576  # allowed beside the output itself: key exchange, padding, ignored messages
# Still in paramiko 5's default offer. ETM, GCM and CTR remain.
WEAK = {
    "ciphers": ["3des-cbc", "aes128-cbc", "aes192-cbc", "aes256-cbc"],
    "macs": ["hmac-md5", "hmac-md5-96", "hmac-sha1-96"],
}
NEXT_ADDRESS = frozenset({Reason.REFUSED, Reason.NO_ROUTE, Reason.TIMEOUT, Reason.RESET})
HUMAN = frozenset({"keyboard-interactive", "password"})
# What paramiko raises out of its own methods when a server's message cannot be read.
UNREADABLE = (EOFError, ValueError, LookupError, TypeError, AttributeError, ArithmeticError, struct.error)
HOW_TO_PIN = "compare it on the server, then pin it in the inventory (host_key) or in the --known-hosts file"
LIBRARY = (paramiko.SSHException, OSError, *UNREADABLE)

# paramiko logs what servers send. Without a handler here that would reach the terminal, control characters and all.
LOG = logging.getLogger("auditor.reach.paramiko")
LOG.addHandler(logging.NullHandler())
LOG.propagate = False


@dataclass(frozen=True, slots=True)
class ShellOutput:
    """What the script printed, whole, and the marker that frames it."""

    text: bytes
    marker: str


def run_script(reach: Reach, script: bytes, *, seconds: float) -> ShellOutput:
    """Run a POSIX sh script on the asset. It gets a random marker as $1 and must end with the line `MARKER DONE`.

    `seconds` bounds everything from the first dial on; `limits.shell_bytes` what it may print. A fingerprint as pin
    does not tell the key's type: a few more connections may then be needed to be shown the right key.
    Raises Unreachable.
    """
    until = time.monotonic() + seconds
    login = login_of(reach.asset.address)
    pins = pins_for(reach.asset.host_key, reach.access.known_hosts, login)
    with identity_for(reach.asset, reach.access) as key, _verified(reach, login, pins, until) as session:
        session.log_in(login.user, key)
        return session.run(script, reach.limits.shell_bytes)


@contextmanager
def _verified(reach: Reach, login: Login, pins: Pins, until: float) -> Iterator[Session]:
    """A connection to the server that holds a pinned key, before anything was offered to it."""
    wanted = pins.key_types()
    if not wanted:
        raise Unreachable(Reason.HOST_KEY_UNKNOWN, f"{login.place} (only keys of retired types are pinned)")
    while True:
        with ExitStack() as stack:
            session = stack.enter_context(_session(reach, login, until))
            key_type, blob = session.host_key([one for kind in wanted for one in ALGORITHMS[kind]])
            shown = f"{login.place} shows {key_type} {fingerprint(blob)}"
            if not pins:
                raise Unreachable(Reason.HOST_KEY_UNKNOWN, f"{shown}; {HOW_TO_PIN}")
            if pins.admit(key_type, blob):
                yield session
                return
            others = [one for one in session.host_key_algorithms() if one not in ALGORITHMS[key_type]]
        wanted = tuple(one for one in wanted if one != key_type and set(ALGORITHMS[one]) & set(others))
        if not pins.fingerprints or not wanted:
            raise Unreachable(Reason.HOST_KEY_CHANGED, shown)


@contextmanager
def _session(reach: Reach, login: Login, until: float) -> Iterator[Session]:
    with ExitStack() as stack:
        wire = stack.enter_context(_dialled(reach, login, until))
        session = Session(wire, login.place, until)
        stack.callback(session.close)
        yield session


@contextmanager
def _dialled(reach: Reach, login: Login, until: float) -> Iterator[Wire]:
    """The first address behind the name that answers."""
    refusal: Unreachable | None = None
    for endpoint in reach.endpoints(login.host, login.port):
        with ExitStack() as stack:
            try:
                patience = min(reach.limits.operation_s, max(0.1, until - time.monotonic()))
                stream = stack.enter_context(reach.stream(endpoint, seconds=patience))
            except Unreachable as error:
                if error.reason not in NEXT_ADDRESS:
                    raise
                refusal = error
                continue
            wire = Wire(stream.raw, reach.limits.shell_bytes + PROTOCOL_BYTES)
            stack.callback(wire.close)
            yield wire
            return
    raise refusal or Unreachable(Reason.DNS, login.host)


class Session:
    """One SSH connection. At the deadline a watchdog closes it, whatever it waits for."""

    def __init__(self, wire: Wire, place: str, until: float) -> None:
        self._wire = wire
        self._place = place
        self._until = until
        self._transport = paramiko.Transport(wire, disabled_algorithms=WEAK)
        self._transport.set_log_channel(LOG.name)
        # The watchdog comes first, so that "too late" has one cause.
        self._transport.banner_timeout = self._transport.handshake_timeout = self._left() + STATUS_S
        self._is_late = threading.Event()
        self._watchdog = threading.Timer(self._left(), self._bark)
        self._watchdog.daemon = True
        self._watchdog.start()

    def host_key(self, algorithms: list[str]) -> tuple[str, bytes]:
        """Exchange keys, asking for these host key algorithms. Returns (type, public blob) of the key that signed."""
        done = threading.Event()
        try:
            self._transport.get_security_options().key_types = tuple(algorithms)
            self._transport.start_client(event=done)
            done.wait(self._left())
            key = self._transport.get_remote_server_key()
        except LIBRARY as error:
            raise self._handshake_failure(algorithms) from error
        return key.get_name(), key.asbytes()

    def host_key_algorithms(self) -> tuple[str, ...]:
        return self._wire.host_key_algorithms()

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
            return self._answer(channel, marker, max_bytes)
        except LIBRARY as error:
            no_shell = self._transport.is_active() and isinstance(error, paramiko.SSHException)
            raise self._lost(error, Reason.NO_SHELL if no_shell else Reason.TRUNCATED) from error

    def close(self) -> None:
        self._watchdog.cancel()
        self._hang_up()
        if self._transport.is_alive():
            self._transport.join(1.0)
        self._transport.packetizer.complete_handshake()  # stops a timer of paramiko's that outlives a failed handshake
        if self._watchdog.is_alive():
            self._watchdog.join(1.0)

    def _answer(self, channel: paramiko.Channel, marker: str, max_bytes: int) -> ShellOutput:
        text = self._read(channel, marker, max_bytes)
        status = self._exit_status(channel)
        ends_whole = text.rstrip(b"\r\n").endswith(f"\n{marker} DONE".encode())
        if ends_whole and status == 0 and not self._is_late.is_set():
            return ShellOutput(text, marker)
        raise self._incomplete(channel, status, has_begun=_has_begun(text, marker), ends_whole=ends_whole)

    def _incomplete(
        self, channel: paramiko.Channel, status: int | None, *, has_begun: bool, ends_whole: bool
    ) -> Unreachable:
        """Why an answer does not count. A half-read one would look like a server without the disks that are missing."""
        if self._is_late.is_set():
            return self._failure(Reason.TIMEOUT)
        if self._wire.is_overrun:
            return self._failure(Reason.TOO_LONG)
        if status is None and not channel.closed:
            return self._failure(Reason.TIMEOUT, "no exit status")
        if status is not None and not has_begun:
            return self._failure(Reason.NO_SHELL, f"exit status {status}")
        if status is None or not ends_whole:
            return self._failure(Reason.TRUNCATED)
        return self._failure(Reason.MALFORMED, f"exit status {status}")

    def _read(self, channel: paramiko.Channel, marker: str, max_bytes: int) -> bytes:
        """Standard output up to its end. Standard error is drained beside it, counted and dropped."""
        text = bytearray()
        errors = 0
        patience = time.monotonic() + self._left() / FIRST_LINE_SHARE
        channel.settimeout(POLL_S)
        while not self._is_late.is_set():
            if len(text) + errors > max_bytes:
                raise self._failure(Reason.TOO_LONG, f"more than {max_bytes} bytes")
            while channel.recv_stderr_ready() and errors <= max_bytes:
                errors += len(channel.recv_stderr(32_768))
            try:
                data = channel.recv(32_768)
            except TimeoutError:
                if text and time.monotonic() > patience and not _has_begun(text, marker):
                    raise self._failure(Reason.NO_SHELL, "no line of the script came") from None
                continue
            if not data:
                break
            text += data
        return bytes(text)

    def _exit_status(self, channel: paramiko.Channel) -> int | None:
        """None where the server sent none in time: paramiko's own wait has no end."""
        until = time.monotonic() + min(STATUS_S, self._left())
        while not channel.exit_status_ready() and time.monotonic() < until:
            time.sleep(POLL_S / 5)
            if channel.recv_stderr_ready():
                channel.recv_stderr(32_768)
        return channel.exit_status if channel.exit_status_ready() and channel.exit_status >= 0 else None

    def _handshake_failure(self, algorithms: list[str]) -> Unreachable:
        error = self._transport.get_exception()
        if isinstance(error, IncompatiblePeer):
            offered = set(self._wire.host_key_algorithms())
            modern = {name for names in ALGORITHMS.values() for name in names}
            if offered & modern and not offered & set(algorithms):
                return self._failure(Reason.HOST_KEY_CHANGED, "it has no key of the pinned type any more")
            return self._failure(Reason.SSH_TOO_OLD)
        broken = isinstance(error, paramiko.SSHException) and self._wire.is_identified
        return self._lost(error, Reason.MALFORMED if broken else Reason.CLOSED)

    def _rejection(self, user: str) -> Unreachable:
        """What a login that did not succeed says, without answering any prompt."""
        error = self._transport.get_exception()
        if isinstance(error, (PartialAuthentication, BadAuthenticationType)):
            asks = HUMAN & set(error.allowed_types)
            return self._failure(Reason.NEEDS_HUMAN if asks else Reason.AUTH_FAILED, f"user {user}")
        if "info request" in str(error):  # paramiko 5.1's sentence for a prompt that nobody asked for
            return self._failure(Reason.NEEDS_HUMAN, f"user {user}")
        if error is None and self._transport.is_active() and self._left() > 0:
            return self._failure(Reason.AUTH_FAILED, f"user {user}")
        return self._lost(error, Reason.CLOSED)

    def _lost(self, error: BaseException | None, otherwise: Reason) -> Unreachable:
        """Why the connection is gone. `otherwise`: what a plain end means at this stage."""
        if self._wire.is_overrun:
            return self._failure(Reason.TOO_LONG if self._wire.is_identified else Reason.NOT_SSH)
        if self._is_late.is_set() or self._left() <= 0:
            return self._failure(Reason.TIMEOUT)
        if self._wire.received and not self._wire.is_identified:
            return self._failure(Reason.NOT_SSH)
        if isinstance(error, OSError):
            return self._failure(reason_of(error))
        unreadable = isinstance(error, UNREADABLE) and not isinstance(error, EOFError)
        return self._failure(Reason.MALFORMED if unreadable else otherwise)

    def _failure(self, reason: Reason, remark: str = "") -> Unreachable:
        return Unreachable(reason, f"{self._place} ({remark})" if remark else self._place)

    def _left(self) -> float:
        return max(0.0, self._until - time.monotonic())

    def _bark(self) -> None:
        self._is_late.set()
        self._hang_up()

    def _hang_up(self) -> None:
        self._wire.hang_up()
        self._transport.close()


def _has_begun(text: bytes | bytearray, marker: str) -> bool:
    return f"{marker} BEGIN ".encode() in text
