"""Starts Debian's OpenSSH server on loopback, for tests, with keys and configuration of its own. Needs root."""

from __future__ import annotations

import os
import pwd
import shutil
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

SSHD = "/usr/sbin/sshd"
START_S = 10.0
PRIVILEGE_SEPARATION = Path("/run/sshd")  # compiled into Debian's sshd; made by its init script otherwise
CONFIGURATION = """\
ListenAddress 127.0.0.1:{port}
{host_keys}
AuthorizedKeysFile {authorized}
PidFile none
UsePAM no
StrictModes no
PermitRootLogin prohibit-password
PasswordAuthentication no
KbdInteractiveAuthentication no
LogLevel VERBOSE
{extra}
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenSsh:
    """A running sshd. `host_keys`: its public keys as the inventory pins them, by type; `log`: its own words."""

    port: int
    user: str
    identity: Path
    host_keys: dict[str, str]
    log_path: Path

    @property
    def address(self) -> str:
        return f"ssh://{self.user}@127.0.0.1:{self.port}"

    @property
    def log(self) -> str:
        return self.log_path.read_text(errors="replace")


@contextmanager
def start_sshd(
    folder: Path,
    *,
    types: tuple[str, ...] = ("ed25519",),
    extra: str = "",
    made: Callable[[Path], None] = lambda public: None,
) -> Iterator[OpenSsh]:
    """Run sshd until the end of the block. Raises RuntimeError with its own complaint when it does not start.

    `made`: is given the public half of the first host key before sshd starts.
    """
    folder.mkdir(exist_ok=True)
    PRIVILEGE_SEPARATION.mkdir(mode=0o755, exist_ok=True)
    keys = {kind: make_key(folder / f"host_{kind}", kind) for kind in types}
    made(folder / f"host_{types[0]}.pub")
    identity = folder / "identity"
    (folder / "authorized").write_text(make_key(identity, "ed25519") + "\n")
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    lines = "\n".join(f"HostKey {folder / f'host_{kind}'}" for kind in types)
    configuration = folder / "sshd_config"
    configuration.write_text(
        CONFIGURATION.format(port=port, host_keys=lines, authorized=folder / "authorized", extra=extra)
    )
    log = folder / "sshd.log"
    process = subprocess.Popen([SSHD, "-D", "-f", str(configuration), "-E", str(log)])
    try:
        _await(process, port, log)
        user = pwd.getpwuid(os.getuid()).pw_name
        yield OpenSsh(port=port, user=user, identity=identity, host_keys=keys, log_path=log)
    finally:
        process.terminate()
        process.wait(START_S)


def make_key(path: Path, kind: str) -> str:
    """Make a key pair; the public half as "type base64"."""
    keygen = shutil.which("ssh-keygen") or "ssh-keygen"
    bits = ["-b", "2048"] if kind == "rsa" else []
    subprocess.run([keygen, "-q", "-t", kind, *bits, "-N", "", "-C", "test", "-f", str(path)], check=True)
    return " ".join(path.with_suffix(".pub").read_text().split()[:2])


def _await(process: subprocess.Popen[bytes], port: int, log: Path) -> None:
    until = time.monotonic() + START_S
    while time.monotonic() < until and process.poll() is None:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            time.sleep(0.02)
        else:
            return
    raise RuntimeError(f"sshd did not start: {log.read_text() if log.exists() else 'no log'}")
