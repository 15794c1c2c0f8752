"""Starts Debian's Postfix and Dovecot on loopback, for tests, each with folders of its own. Needs root."""

from __future__ import annotations

import os
import pwd
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

START_S = 20.0
MASTER = "/usr/lib/postfix/sbin/master"
DOVECOT = "/usr/sbin/dovecot"
QUEUES = {"pid": 0o755, "private": 0o700, "public": 0o710, "active": 0o700, "incoming": 0o700, "deferred": 0o700}

MAIN = """\
compatibility_level = 3.6
queue_directory = {root}/queue
data_directory = {root}/data
maillog_file = {root}/log
maillog_file_prefixes = {root}
mail_owner = postfix
inet_interfaces = loopback-only
inet_protocols = ipv4
myhostname = mx1.elm.example
mydestination =
local_recipient_maps =
{settings}
"""
SERVICES = """\
127.0.0.1:{port} inet n - n - - smtpd
tlsmgr unix - - n 1000? 1 tlsmgr
anvil unix - - n - 1 anvil
postlog unix-dgram n - n - 1 postlogd
"""
DOVECOT_CONFIGURATION = """\
base_dir = {root}/run
state_dir = {root}/state
log_path = {root}/log
protocols = imap pop3
passdb {{
  driver = static
  args = nopassword=y
}}
service imap-login {{
  inet_listener imap {{
    address = {address}
    port = {ports[0]}
  }}
  inet_listener imaps {{
    address = {address}
    port = {ports[2]}
  }}
}}
service pop3-login {{
  inet_listener pop3 {{
    address = {address}
    port = {ports[1]}
  }}
  inet_listener pop3s {{
    port = 0
  }}
}}
service stats {{
  client_limit = 100
}}
ssl_cert = <{pem}
ssl_key = <{pem}
{settings}
"""


@contextmanager
def start_postfix(port: int, *settings: str) -> Iterator[Path]:
    """Run its SMTP server until the end of the block: the path of its log. `settings`: lines of main.cf."""
    root = Path(tempfile.mkdtemp(prefix="postfix-"))
    root.chmod(0o755)
    owner = pwd.getpwnam("postfix").pw_uid
    for name, mode in {"conf": 0o755, "data": 0o700, "queue": 0o755}.items():
        (root / name).mkdir(mode)
    os.chown(root / "data", owner, -1)
    for name, mode in QUEUES.items():
        (root / "queue" / name).mkdir()
        (root / "queue" / name).chmod(mode)
        os.chown(root / "queue" / name, 0 if name == "pid" else owner, -1)
    (root / "conf" / "main.cf").write_text(MAIN.format(root=root, settings="\n".join(settings)))
    (root / "conf" / "master.cf").write_text(SERVICES.format(port=port))
    with _running([MASTER, "-c", str(root / "conf"), "-d"], root, ("127.0.0.1", port), b"220 "):
        yield root / "log"


@contextmanager
def start_dovecot(ports: tuple[int, int, int], pem: Path, *settings: str, address: str = "127.0.0.1") -> Iterator[Path]:
    """Run its login servers until the end of the block: the path of its log.

    `ports`: of IMAP, POP3 and of IMAP inside TLS. `settings`: lines of dovecot.conf. It takes a client of its own
    address for a safe one: with `address` 127.0.0.2 a client of loopback (127.0.0.1) is a stranger.
    """
    root = Path(tempfile.mkdtemp(prefix="dovecot-"))
    root.chmod(0o755)
    text = DOVECOT_CONFIGURATION.format(root=root, ports=ports, pem=pem, address=address, settings="\n".join(settings))
    (root / "dovecot.conf").write_text(text)
    with _running([DOVECOT, "-F", "-c", str(root / "dovecot.conf")], root, (address, ports[0]), b"* OK"):
        yield root / "log"


@contextmanager
def _running(command: list[str], root: Path, place: tuple[str, int], greeting: bytes) -> Iterator[None]:
    """One program and its children, which it takes with it. Raises RuntimeError with its log where it stays silent."""
    if not Path(command[0]).exists():
        raise RuntimeError(f"{command[0]} is not installed: apt-get install postfix dovecot-imapd dovecot-pop3d")
    with (root / "output").open("wb") as output:
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=output, stderr=output)
    try:
        _await(place, greeting, process, root)
        yield
    finally:
        process.terminate()
        process.wait(START_S)
        shutil.rmtree(root, ignore_errors=True)


def _await(place: tuple[str, int], greeting: bytes, process: subprocess.Popen[bytes], root: Path) -> None:
    until = time.monotonic() + START_S
    while time.monotonic() < until and process.poll() is None:
        with suppress(OSError), socket.create_connection(place, timeout=START_S) as one:
            if one.recv(100).startswith(greeting):
                return
        time.sleep(0.05)
    said = [path.read_text(errors="replace") for path in (root / "output", root / "log") if path.exists()]
    raise RuntimeError(f"it does not answer: {' '.join(said)}")
