"""Starts Debian's nginx with given server blocks on loopback, for tests. Knows nothing of what is looked at."""

from __future__ import annotations

import random
import re
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

NGINX = "/usr/sbin/nginx"
START_S = 10.0
LISTEN = re.compile(r"\blisten\s+(?:(127\.[\d.]+|\[::1\]):)?(\d+)\b")

# One process, in the foreground, with nothing outside its prefix: it is stopped by its own pid and leaves no trace.
CONFIGURATION = """\
daemon off;
master_process off;
pid {prefix}/nginx.pid;
error_log {prefix}/error.log info;
events {{ worker_connections 256; }}
http {{
    access_log {prefix}/access.log;
    client_body_temp_path {prefix}/body;
    proxy_temp_path {prefix}/proxy;
    fastcgi_temp_path {prefix}/fastcgi;
    uwsgi_temp_path {prefix}/uwsgi;
    scgi_temp_path {prefix}/scgi;
{servers}
}}
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Nginx:
    """A running nginx. `ports` are those of its `listen` lines, in order; the logs lie in `prefix`."""

    prefix: Path
    ports: tuple[int, ...]

    @property
    def access_log(self) -> str:
        return (self.prefix / "access.log").read_text()

    @property
    def error_log(self) -> str:
        return (self.prefix / "error.log").read_text()


@contextmanager
def start_nginx(tmp_path: Path, servers: str) -> Iterator[Nginx]:
    """Run nginx until the end of the block; every `listen` line must answer first.

    `servers`: whole `server { … }` blocks with `listen 127.0.0.1:PORT …;` lines, ports from `free_port()`.
    Raises RuntimeError with nginx's own complaint when it does not start.
    """
    prefix = tmp_path / f"nginx-{random.randrange(16**8):08x}"
    prefix.mkdir()
    (prefix / "nginx.conf").write_text(CONFIGURATION.format(prefix=prefix, servers=servers))
    listens = [(address.strip("[]") or "127.0.0.1", int(port)) for address, port in LISTEN.findall(servers)]
    command = [NGINX, "-p", str(prefix), "-c", str(prefix / "nginx.conf"), "-e", str(prefix / "error.log")]
    with (prefix / "stderr.log").open("wb") as stderr:
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=stderr, stderr=stderr)
    try:
        for listen in listens:
            _await(listen, process, prefix)
        yield Nginx(prefix=prefix, ports=tuple(port for _, port in listens))
    finally:
        process.terminate()
        process.wait(START_S)


def free_port() -> int:
    """A loopback port below the range that the kernel hands out to clients, so that nobody takes it meanwhile."""
    while True:
        port = random.randrange(10_240, 32_768)
        with socket.socket() as candidate:
            try:
                candidate.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port


def _await(listen: tuple[str, int], process: subprocess.Popen[bytes], prefix: Path) -> None:
    until = time.monotonic() + START_S
    while time.monotonic() < until and process.poll() is None:
        try:
            socket.create_connection(listen, timeout=1).close()
        except OSError:
            time.sleep(0.01)
        else:
            return
    complaint = (prefix / "error.log").read_text() if (prefix / "error.log").exists() else ""
    raise RuntimeError(f"nginx does not answer on {listen}: {complaint}{(prefix / 'stderr.log').read_text()}")
