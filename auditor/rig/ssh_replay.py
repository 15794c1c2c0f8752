"""An SSH server on loopback that replays what real servers answered, and says that it does. For tests and the demo.

Never part of looking. `SshServer` can also be given another `answer` or another `door`: the tests' hostile servers.
"""

from __future__ import annotations

import io
import logging
import re
import socket
import threading
from collections.abc import Callable
from contextlib import closing, suppress
from importlib.resources import files
from pathlib import Path
from types import TracebackType
from typing import Self

import paramiko
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from paramiko.common import (
    AUTH_FAILED,
    AUTH_SUCCESSFUL,
    OPEN_FAILED_ADMINISTRATIVELY_PROHIBITED,
    OPEN_SUCCEEDED,
)

RECORDINGS = ("luks", "plain", "plainswap", "zoo")
SAYS_SO = "This is no real server: it replays a recording for a demonstration."
RECORDED_MARKER = re.compile(rb"^([0-9a-f]{16}) BEGIN ", re.MULTILINE)
STDIN_BYTES = 1_048_576
PATIENCE_S = 10.0
# Of what paramiko offers as a server: what no current server does.
RETIRED = {
    "ciphers": ["3des-cbc", "aes128-cbc", "aes192-cbc", "aes256-cbc"],
    "macs": ["hmac-md5", "hmac-md5-96", "hmac-sha1", "hmac-sha1-96"],
}
LOG = logging.getLogger("auditor.rig.paramiko")
LOG.addHandler(logging.NullHandler())
LOG.propagate = False

Answer = Callable[[paramiko.Channel, str, bytes], None]  # (channel, command, what came on standard input)


def replaying(recording: str) -> Answer:
    """The answer that sends one of `RECORDINGS` with the asked marker, a section that says so, and exit status 0."""
    raw = files("auditor.rig").joinpath("recordings", f"{recording}.txt").read_bytes()
    found = RECORDED_MARKER.search(raw)
    if not found:
        raise ValueError(f"recording {recording} has no marker")
    recorded = found[1]

    def answer(channel: paramiko.Channel, command: str, _script: bytes) -> None:
        marker = command.rsplit(maxsplit=1)[-1].encode()
        notice = b"%b BEGIN recording\n%b %b\n%b END recording rc=0\n"
        channel.sendall(notice % (marker, SAYS_SO.encode(), recording.encode(), marker))
        channel.sendall(raw.replace(recorded, marker))
        channel.send_exit_status(0)

    return answer


class Door(paramiko.ServerInterface):
    """Who may come in: one public key, any user. Counts what is offered."""

    def __init__(self, server: SshServer) -> None:
        self.server = server

    def get_allowed_auths(self, username: str) -> str:  # noqa: ARG002 - paramiko's interface
        return "publickey"

    def check_auth_publickey(self, username: str, key: paramiko.PKey) -> int:
        self.server.offers.append((username, key.get_base64()))
        known = key.get_base64() == self.server.authorized
        return AUTH_SUCCESSFUL if known else AUTH_FAILED

    def check_channel_request(self, kind: str, chanid: int) -> int:  # noqa: ARG002 - paramiko's interface
        return OPEN_SUCCEEDED if kind == "session" else OPEN_FAILED_ADMINISTRATIVELY_PROHIBITED

    def check_channel_exec_request(self, channel: paramiko.Channel, command: bytes) -> bool:
        self.server.execs.append(command.decode())
        self.server.start(lambda: self.server.serve(channel, command.decode()))
        return True

    def get_banner(self) -> tuple[str, str]:
        return (f"{SAYS_SO}\r\n", "en")


class SshServer:
    """Listens on an ephemeral port of 127.0.0.1 while its `with` block lasts.

    `authorized`: the base64 of the public key that may log in. It keeps what came: `connections`, `offers` (user, key),
    `execs` (commands), `transports` (one per connection).
    """

    def __init__(
        self,
        answer: Answer,
        *,
        authorized: str = "",
        host_keys: tuple[paramiko.PKey, ...] = (),
        door: type[Door] = Door,
    ) -> None:
        self.answer = answer
        self.authorized = authorized
        self.host_keys = host_keys or (new_key(),)
        self.connections = 0
        self.offers: list[tuple[str, str]] = []
        self.execs: list[str] = []
        self.is_over = threading.Event()
        self._door = door
        self._threads: list[threading.Thread] = []
        self.transports: list[paramiko.Transport] = []
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]

    @property
    def host_key(self) -> str:
        """Its first host key as the inventory pins it: "ssh-ed25519 AAAA…"."""
        return f"{self.host_keys[0].get_name()} {self.host_keys[0].get_base64()}"

    def __enter__(self) -> Self:
        self.start(self._accept)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.is_over.set()
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for transport in self.transports:
            transport.close()
            transport.join(PATIENCE_S)
            transport.packetizer.complete_handshake()  # stops a timer of paramiko's that would outlive it
        for thread in self._threads:
            thread.join(PATIENCE_S)

    def start(self, work: Callable[[], None]) -> None:
        thread = threading.Thread(target=work, daemon=True)
        self._threads.append(thread)
        thread.start()

    def serve(self, channel: paramiko.Channel, command: str) -> None:
        """Read standard input to its end, answer, hang up. A client that is gone already ends it quietly."""
        with suppress(OSError, EOFError, paramiko.SSHException), closing(channel):
            channel.settimeout(PATIENCE_S)
            script = b""
            while len(script) < STDIN_BYTES and (data := channel.recv(32_768)):
                script += data
            self.answer(channel, command, script)

    def _accept(self) -> None:
        while not self.is_over.is_set():
            try:
                connection, _ = self._listener.accept()
            except OSError:  # the listener was closed
                return
            self.connections += 1
            self._welcome(connection)

    def _welcome(self, connection: socket.socket) -> None:
        transport = paramiko.Transport(connection, disabled_algorithms=RETIRED)
        transport.set_log_channel(LOG.name)
        transport.local_version = "SSH-2.0-auditor_rig_replaying_a_recording"
        for key in self.host_keys:
            transport.add_server_key(key)
        self.transports.append(transport)
        transport.start_server(event=threading.Event(), server=self._door(self))


def new_key() -> paramiko.PKey:
    """A fresh Ed25519 key."""
    return paramiko.Ed25519Key.from_private_key(io.StringIO(_openssh(Ed25519PrivateKey.generate())))


def write_identity(path: Path) -> str:
    """Write a fresh private key (mode 0600). Returns the base64 of its public half, for `SshServer(authorized=…)`."""
    text = _openssh(Ed25519PrivateKey.generate())
    path.touch(mode=0o600)
    path.write_text(text, encoding="ascii")
    return paramiko.Ed25519Key.from_private_key(io.StringIO(text)).get_base64()


def _openssh(key: Ed25519PrivateKey) -> str:
    return key.private_bytes(Encoding.PEM, PrivateFormat.OpenSSH, NoEncryption()).decode("ascii")
