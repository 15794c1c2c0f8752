"""SSH servers that misuse whoever looks at them, each kind in turn, in a process of their own."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import paramiko

from auditor.rig.ssh_replay import Door, SshServer, replaying


def _marker(command: str) -> bytes:
    return command.rsplit(maxsplit=1)[-1].encode()


def _endless(channel: paramiko.Channel, command: str, script: bytes) -> None:  # noqa: ARG001 - an `Answer`
    channel.sendall(_marker(command) + b" BEGIN x\n")
    while True:
        channel.sendall(b"y" * 32_768)


def _endless_errors(channel: paramiko.Channel, command: str, script: bytes) -> None:  # noqa: ARG001 - an `Answer`
    while True:
        channel.sendall_stderr(b"y" * 32_768)


def _drips(channel: paramiko.Channel, command: str, script: bytes) -> None:  # noqa: ARG001 - an `Answer`
    channel.sendall(_marker(command) + b" BEGIN x\n")
    while channel.get_transport().is_active():
        channel.sendall(b"z")
        time.sleep(0.5)


def _silent(channel: paramiko.Channel, command: str, script: bytes) -> None:  # noqa: ARG001 - an `Answer`
    while channel.get_transport().is_active():
        time.sleep(0.1)


def _no_status(channel: paramiko.Channel, command: str, script: bytes) -> None:
    marker = _marker(command)
    channel.sendall(marker + b" BEGIN x\n" + marker + b" END x rc=0\n" + marker + b" DONE\n")
    channel.shutdown_write()
    _silent(channel, command, script)


class Mute(Door):
    """Never answers an exec request."""

    def check_channel_exec_request(self, channel: paramiko.Channel, command: bytes) -> bool:  # noqa: ARG002
        self.server.is_over.wait()
        return False


KINDS = (
    (_endless, Door),
    (_endless_errors, Door),
    (_drips, Door),
    (_silent, Door),
    (_no_status, Door),
    (replaying("luks"), Mute),
)


@contextmanager
def hostile_servers(count: int, settings: Path) -> Iterator[tuple[str, ...]]:
    """The port of each at 127.0.0.1. They show the pinned key, so that they get as far as they can."""
    plan = json.loads(settings.read_text())
    host_key = settings.parent / "sshd" / "host_ed25519"
    command = [sys.executable, "-m", "bench.ssh_hostile", str(count), str(host_key), f"{plan['identity']}.pub"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stdin=subprocess.PIPE, text=True)
    try:
        assert process.stdout
        yield tuple(process.stdout.readline().split())
    finally:
        process.terminate()
        process.wait(30)


def main() -> int:
    count, host_key, identity = int(sys.argv[1]), sys.argv[2], Path(sys.argv[3]).read_text().split()[1]
    key = paramiko.Ed25519Key.from_private_key_file(host_key)
    servers = []
    for number in range(count):
        answer, door = KINDS[number % len(KINDS)]
        server = SshServer(answer, authorized=identity, host_keys=(key,), door=door)
        servers.append(server.__enter__())
    print(*(server.port for server in servers), flush=True)
    with suppress(KeyboardInterrupt):
        threading.Event().wait()
    return 0


if __name__ == "__main__":
    sys.exit(main())
