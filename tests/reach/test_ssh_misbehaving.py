"""Servers that are no SSH servers, or that let us in and then misbehave: each is given up, and with a reason."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import paramiko
import pytest
from paramiko.common import AUTH_FAILED

from auditor.model import Reason
from auditor.reach import Limits
from auditor.rig.ssh_replay import Answer, Door, SshServer, replaying
from tests.reach.ssh_rig import (
    PATIENT,
    address_of,
    asset,
    refusal,
    the_identity,  # noqa: F401 - fixtures
)

pytestmark = pytest.mark.root  # Debian's servers take part
QUICK = Limits(operation_s=1.5, shell_s=1.5)  # for servers that only the deadline ends


def _flood(connection: socket.socket) -> None:
    while True:
        connection.sendall(b"x" * 65_536)


def _lines(connection: socket.socket) -> None:
    while True:
        connection.sendall(b"please wait\r\n" * 1000)


def _drip(connection: socket.socket) -> None:
    for byte in b"SSH-2.0-OpenSSH_9.2p1 Debian-2 a very slow one\r\n" * 9:
        connection.sendall(bytes([byte]))
        time.sleep(0.05)


def _silent(connection: socket.socket) -> None:
    while connection.recv(65_536):
        pass


# --- servers that are no SSH servers, or no longer --------------------------------------------------------------------


@pytest.mark.parametrize(
    ("talk", "reasons"),
    [
        (_flood, {Reason.NOT_SSH}),
        (_lines, {Reason.NOT_SSH}),
        (_drip, {Reason.TIMEOUT}),
        (_silent, {Reason.TIMEOUT}),
        (lambda c: c.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n"), {Reason.NOT_SSH}),
        (lambda c: c.sendall(b"SSH-1.5-OpenSSH_3.0\r\n"), {Reason.SSH_TOO_OLD, Reason.MALFORMED}),
        (lambda c: c.sendall(b"SSH-2.0-x\r\n" + bytes(range(256)) * 64), {Reason.MALFORMED, Reason.CLOSED}),
        (  # where the packet is cut, its empty lists are read first: then nothing that it offers can be used
            lambda c: c.sendall(b"SSH-2.0-x\r\n\x00\x00\x00\x0c\x0a\x14" + b"\xff" * 200),
            {Reason.MALFORMED, Reason.CLOSED, Reason.SSH_TOO_OLD},
        ),
        (lambda c: c.sendall(b"SSH-2.0-x\r\n"), {Reason.CLOSED}),
        (lambda c: None, {Reason.CLOSED, Reason.RESET}),
    ],
    ids=["flood", "lines", "drip", "silent", "http", "ssh1", "garbage", "bad lists", "ends", "closes"],
)
def test_a_server_that_does_not_speak_ssh_is_given_up(
    identity: tuple[Path, str], talk: Callable[[socket.socket], None], reasons: set[Reason]
) -> None:
    limits = QUICK if Reason.TIMEOUT in reasons else PATIENT
    with _listening(talk) as port:
        assert refusal(asset(f"ssh://a@127.0.0.1:{port}", "SHA256:x"), identity[0], limits).reason in reasons


def test_a_closed_port_is_refused(identity: tuple[Path, str]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    assert refusal(asset(f"ssh://a@127.0.0.1:{port}", "SHA256:x"), identity[0]).reason is Reason.REFUSED


def _marked(command: str, text: str) -> bytes:
    return text.format(m=command.rsplit(maxsplit=1)[-1]).encode()


def _until_they_hang_up(channel: paramiko.Channel) -> None:
    while channel.get_transport().is_active():
        time.sleep(0.02)


def _endless(channel: paramiko.Channel, command: str, script: bytes) -> None:
    channel.sendall(_marked(command, "{m} BEGIN x\n"))
    while True:
        channel.sendall(b"y" * 32_768)


def _endless_errors(channel: paramiko.Channel, command: str, script: bytes) -> None:
    while True:
        channel.sendall_stderr(b"y" * 32_768)


def _cut(channel: paramiko.Channel, command: str, script: bytes) -> None:
    channel.sendall(_marked(command, "{m} BEGIN sysblk\nvda dev=254:0\n"))
    channel.send_exit_status(0)


def _dies(channel: paramiko.Channel, command: str, script: bytes) -> None:
    channel.sendall(_marked(command, "{m} BEGIN sysblk\nvda dev=254:0\n"))
    channel.get_transport().sock.shutdown(socket.SHUT_RDWR)


def _no_status(channel: paramiko.Channel, command: str, script: bytes) -> None:
    channel.sendall(_marked(command, "{m} BEGIN x\n{m} END x rc=0\n{m} DONE\n"))


def _hangs_after_eof(channel: paramiko.Channel, command: str, script: bytes) -> None:
    _no_status(channel, command, script)
    channel.shutdown_write()
    _until_they_hang_up(channel)


def _drips(channel: paramiko.Channel, command: str, script: bytes) -> None:
    """The first line at once, so that it is no question of patience with a shell; then one byte at a time."""
    channel.sendall(_marked(command, "{m} BEGIN x\n"))
    for byte in b"z" * 200:
        channel.sendall(bytes([byte]))
        time.sleep(0.05)


def _fails(channel: paramiko.Channel, command: str, script: bytes) -> None:
    _no_status(channel, command, script)
    channel.send_exit_status(3)


def _menu(channel: paramiko.Channel, command: str, script: bytes) -> None:
    channel.sendall(b"Press Enter to continue\r\n")
    _until_they_hang_up(channel)


def _unavailable(channel: paramiko.Channel, command: str, script: bytes) -> None:
    channel.sendall(b"This account is currently not available.\n")
    channel.send_exit_status(1)


def _expired(channel: paramiko.Channel, command: str, script: bytes) -> None:
    """OpenSSH's words for a login whose password must be changed first."""
    channel.sendall_stderr(b"WARNING: Your password has expired.\nPassword change required but no TTY available.\n")
    channel.send_exit_status(1)


def _says_expired(channel: paramiko.Channel, command: str, script: bytes) -> None:
    """A whole answer in which the words stand somewhere."""
    channel.sendall(_marked(command, "{m} BEGIN x\npassword has expired\n{m} END x rc=0\n{m} NOT DONE\n"))
    channel.send_exit_status(0)


def _ignored(channel: paramiko.Channel, command: str, script: bytes) -> None:
    """Messages that mean nothing (SSH_MSG_IGNORE), without end."""
    while channel.get_transport().is_active():
        channel.get_transport().send_ignore(30_000)


def _echoes(channel: paramiko.Channel, command: str, script: bytes) -> None:
    """A marker that is not this run's."""
    channel.sendall(b"0123456789abcdef BEGIN x\n0123456789abcdef DONE\n")
    channel.send_exit_status(0)


# --- servers that let us in and then misbehave ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("answer", "reason", "limits"),
    [
        (_endless, Reason.TOO_LONG, PATIENT),
        (_endless_errors, Reason.TOO_LONG, PATIENT),
        (_cut, Reason.TRUNCATED, PATIENT),
        (_dies, Reason.TRUNCATED, PATIENT),
        (_no_status, Reason.TRUNCATED, PATIENT),
        (_hangs_after_eof, Reason.TIMEOUT, PATIENT),
        (_drips, Reason.TIMEOUT, QUICK),
        (_fails, Reason.MALFORMED, PATIENT),
        (_menu, Reason.NO_SHELL, Limits(operation_s=10.0, shell_s=6.0)),
        (_unavailable, Reason.NO_SHELL, PATIENT),
        (_echoes, Reason.NO_SHELL, PATIENT),
        (_expired, Reason.NEEDS_HUMAN, PATIENT),
        (_says_expired, Reason.TRUNCATED, PATIENT),
        (_ignored, Reason.TOO_LONG, PATIENT),
    ],
)
def test_an_answer_that_is_not_whole_does_not_count(
    identity: tuple[Path, str], answer: Answer, reason: Reason, limits: Limits
) -> None:
    with SshServer(answer, authorized=identity[1]) as server:
        assert refusal(asset(address_of(server), server.host_key), identity[0], limits).reason is reason


class Mute(Door):
    """Never answers an exec request."""

    def check_channel_exec_request(self, channel: paramiko.Channel, command: bytes) -> bool:
        self.server.is_over.wait(3)
        return False


class NoExec(Door):
    def check_channel_exec_request(self, channel: paramiko.Channel, command: bytes) -> bool:
        return False


class NoSession(Door):
    def check_channel_request(self, kind: str, chanid: int) -> int:
        return paramiko.common.OPEN_FAILED_ADMINISTRATIVELY_PROHIBITED


@pytest.mark.parametrize(
    ("door", "reason"), [(Mute, Reason.TIMEOUT), (NoExec, Reason.NO_SHELL), (NoSession, Reason.NO_SHELL)]
)
def test_a_server_that_runs_nothing_is_given_up(identity: tuple[Path, str], door: type[Door], reason: Reason) -> None:
    limits = QUICK if door is Mute else PATIENT
    with SshServer(replaying("luks"), authorized=identity[1], door=door) as server:
        assert refusal(asset(address_of(server), server.host_key), identity[0], limits).reason is reason


class Shouts(Door):
    """A notice before the login that is longer than all that it may say."""

    def get_banner(self) -> tuple[str, str]:
        return ("x" * 2_000_000, "en")


class Thinks(Door):
    """Never says whether the key is good."""

    def check_auth_publickey(self, username: str, key: paramiko.PKey) -> int:
        self.server.is_over.wait(3)
        return AUTH_FAILED


@pytest.mark.parametrize(
    ("door", "reason", "limits"),
    [(Shouts, Reason.TOO_LONG, PATIENT), (Thinks, Reason.TIMEOUT, QUICK)],
)
def test_a_server_that_never_comes_to_the_login_is_given_up(
    identity: tuple[Path, str], door: type[Door], reason: Reason, limits: Limits
) -> None:
    with SshServer(replaying("luks"), authorized=identity[1], door=door) as server:
        assert refusal(asset(address_of(server), server.host_key), identity[0], limits).reason is reason


def test_nothing_stays_behind_after_a_server_that_hangs(identity: tuple[Path, str]) -> None:
    before = set(threading.enumerate())
    with _listening(_silent) as port:
        refusal(asset(f"ssh://a@127.0.0.1:{port}", "SHA256:x"), identity[0], Limits(operation_s=1, shell_s=0.5))
    assert set(threading.enumerate()) <= before


def test_what_a_server_says_reaches_no_terminal(identity: tuple[Path, str], capfd: pytest.CaptureFixture[str]) -> None:
    with _listening(lambda c: c.sendall(b"\x1b]0;owned\x07\r\n" * 200)) as port:
        refused = refusal(asset(f"ssh://a@127.0.0.1:{port}", "SHA256:x"), identity[0])
    assert "owned" not in str(refused)
    assert capfd.readouterr() == ("", "")


@contextmanager
def _listening(talk: Callable[[socket.socket], None]) -> Iterator[int]:
    """A socket that talks to each who connects, until they hang up."""
    listener = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        with suppress(OSError):
            while True:
                connection, _ = listener.accept()
                with connection, suppress(OSError):
                    talk(connection)

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    try:
        yield listener.getsockname()[1]
    finally:
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        thread.join(10)
