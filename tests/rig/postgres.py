"""Starts Debian's PostgreSQL on a Unix socket, for tests, with a cluster of its own. Needs root."""

from __future__ import annotations

import itertools
import os
import pwd
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

USER = "postgres"  # it does not run as root
START_S = 60.0
SETTINGS = (
    "fsync=off",
    "synchronous_commit=off",
    "full_page_writes=off",
    "max_connections=30",
    "autovacuum=off",
    "shared_buffers=16MB",
    "max_wal_size=256MB",
    "logging_collector=off",
    "log_min_messages=warning",
)


@dataclass(kw_only=True)
class Postgres:
    """A running server. `folder`: of its socket; `port`: names the socket, and is the TCP port where it listens."""

    folder: Path
    port: int
    process: subprocess.Popen[bytes]
    numbers: Iterator[int] = field(default_factory=itertools.count)

    def url(self, database: str) -> str:
        return f"postgresql://{USER}@localhost:{self.port}/{database}?host={self.folder}"

    def make(self, template: str = "template0") -> str:
        """A new database, empty or as the template is: its name."""
        name = f"store_{next(self.numbers)}"
        self.say(f"create database {name} template {template}")
        return name

    def drop(self, name: str) -> None:
        self.say(f"drop database {name} with (force)")

    def say(self, sql: str, database: str = "postgres") -> str:
        """What psql prints, without headings. Raises CalledProcessError."""
        words = (f"--host={self.folder}", f"--port={self.port}", f"--username={USER}", f"--dbname={database}")
        command = [_program("psql"), *words, "-v", "ON_ERROR_STOP=1", "-qtAc", sql]
        return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()

    def stop(self) -> None:
        """At once, as if the machine lost its power; its connections break."""
        self.process.send_signal(3)
        self.process.wait(START_S)


@contextmanager
def start_postgres(*settings: str, hba: str = "local all all trust", tls: bytes = b"") -> Iterator[Postgres]:
    """Run a server until the end of the block. `settings`: name=value; `hba`: lines of pg_hba.conf; `tls`: PEM.

    Texts are sorted as people do it (ICU's en-US), which is not how Python and SQLite do it. Raises RuntimeError with
    its own complaint when it does not start.
    """
    folder = Path(tempfile.mkdtemp(prefix="postgres-"))
    owner = pwd.getpwnam(USER)
    os.chown(folder, owner.pw_uid, owner.pw_gid)
    try:
        data = folder / "data"
        words = ("--auth=trust", "--encoding=UTF8", "--locale=C.UTF-8", "--locale-provider=icu", "--icu-locale=en-US")
        _run_as_owner(_program("initdb"), f"--pgdata={data}", f"--username={USER}", "--no-sync", *words)
        (data / "pg_hba.conf").write_text(hba + "\n")
        if tls:
            held = data / "tls.pem"
            held.touch(0o600)
            os.chown(held, owner.pw_uid, owner.pw_gid)
            held.write_bytes(tls)
            settings += ("ssl=on", f"ssl_cert_file={held}", f"ssl_key_file={held}")
        port = _free_port()
        chosen = (*SETTINGS, "listen_addresses=", f"port={port}", f"unix_socket_directories={folder}", *settings)
        flags = [word for setting in chosen for word in ("-c", setting)]
        with (folder / "log").open("wb") as log:
            process = subprocess.Popen(
                [_program("postgres"), "-D", str(data), *flags],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                user=owner.pw_uid,
                group=owner.pw_gid,
                extra_groups=[],
                cwd=folder,
            )
        try:
            _await(folder / f".s.PGSQL.{port}", process, folder / "log")
            yield Postgres(folder=folder, port=port, process=process)
        finally:
            if process.poll() is None:
                process.send_signal(3)  # SIGQUIT: at once; nothing of it is needed any more
                process.wait(START_S)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _program(name: str) -> str:
    """Debian keeps the server's programs out of the search path: /usr/lib/postgresql/15/bin."""
    found = sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{name}"), key=lambda path: int(path.parts[-3]))
    if not found:
        raise RuntimeError(f"{name} is not installed: apt-get install postgresql")
    return str(found[-1])


def _run_as_owner(*words: str) -> None:
    found = subprocess.run(["runuser", "-u", USER, "--", *words], check=False, capture_output=True, text=True, cwd="/")
    if found.returncode:
        raise RuntimeError(f"{words[0]} failed: {found.stdout}{found.stderr}")


def _free_port() -> int:
    with socket.socket() as candidate:
        candidate.bind(("127.0.0.1", 0))
        return int(candidate.getsockname()[1])


def _await(path: Path, process: subprocess.Popen[bytes], log: Path) -> None:
    until = time.monotonic() + START_S
    while time.monotonic() < until and process.poll() is None:
        with suppress(OSError), socket.socket(socket.AF_UNIX) as one:
            one.connect(str(path))
            if "ready to accept" in log.read_text(errors="replace") or _answers(path):
                return
        time.sleep(0.05)
    raise RuntimeError(f"PostgreSQL does not answer: {log.read_text(errors='replace')}")


def _answers(path: Path) -> bool:
    words = (f"--host={path.parent}", f"--port={path.name.rpartition('.')[2]}")
    return subprocess.run([_program("pg_isready"), "-q", *words], check=False).returncode == 0
