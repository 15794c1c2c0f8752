"""Real TLS servers on loopback, each in a process of its own, and what another scanner says of them."""

from __future__ import annotations

import json
import socket
import subprocess
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.rig.nginx import free_port

HOST = "service.example"
DEEP = Path(__file__).parents[2] / ".venv-deep" / "bin" / "python"
START_S = 60.0  # Java, on a machine with much else to do
JAVA = Path(__file__).with_name("Peer.java")  # a server of Java with all that it can do, and a client

SSLYZE = """
from sslyze import *
import json, sys
names = ["ssl_3_0", "tls_1_0", "tls_1_1", "tls_1_2", "tls_1_3"]
commands = {ScanCommand[n.upper() + "_CIPHER_SUITES"] for n in names} | {ScanCommand.ELLIPTIC_CURVES,
    ScanCommand.TLS_COMPRESSION, ScanCommand.SESSION_RENEGOTIATION, ScanCommand.TLS_FALLBACK_SCSV}
scanner = Scanner(per_server_concurrent_connections_limit=2)
where = ServerNetworkLocation(hostname=sys.argv[1], ip_address="127.0.0.1", port=int(sys.argv[2]))
scanner.queue_scans([ServerScanRequest(server_location=where, scan_commands=commands)])
for one in scanner.get_results():
    seen = one.scan_result
    curves = seen.elliptic_curves.result.supported_curves or []
    print(json.dumps({
        "suites": {n: [c.cipher_suite.name for c in getattr(seen, n + "_cipher_suites").result.accepted_cipher_suites]
                   for n in names},
        "curves": [c.name.lower() for c in curves],
        "compression": seen.tls_compression.result.supports_compression,
        "renegotiation": seen.session_renegotiation.result.supports_secure_renegotiation,
        "fallback": seen.tls_fallback_scsv.result.supports_fallback_scsv,
    }))
"""

# pyOpenSSL brings an OpenSSL with hybrid groups.
HYBRID = """
import socket, sys, threading
from OpenSSL import SSL
context = SSL.Context(SSL.TLS_SERVER_METHOD)
context.use_certificate_file(sys.argv[2]); context.use_privatekey_file(sys.argv[2])
def serve(guest):
    connection = SSL.Connection(context, guest); connection.set_accept_state()
    try: connection.do_handshake()
    except SSL.Error: pass
    guest.close()
listening = socket.create_server(("127.0.0.1", int(sys.argv[1])))
while True:
    threading.Thread(target=serve, args=(listening.accept()[0],), daemon=True).start()
"""


@contextmanager
def running(command: Sequence[str | Path], port: int) -> Iterator[int]:
    """A server program until the end of the block; its port answers first."""
    quiet = subprocess.DEVNULL
    process = subprocess.Popen(list(command), stdin=quiet, stdout=quiet, stderr=quiet)
    try:
        until = time.monotonic() + START_S
        while True:
            assert process.poll() is None, f"{command[0]} ended with {process.returncode}"
            try:
                socket.create_connection(("127.0.0.1", port), timeout=1.0).close()
                break
            except OSError:
                assert time.monotonic() < until, f"{command[0]} does not answer"
                time.sleep(0.03)
        yield port
    finally:
        process.terminate()
        process.wait(10)


@contextmanager
def s_server(pem: Path, *options: str) -> Iterator[int]:
    port = free_port()
    where = ["-accept", f"127.0.0.1:{port}", "-cert", str(pem), "-key", str(pem), "-quiet"]
    with running(["openssl", "s_server", *where, *options], port):
        yield port


def key_file(folder: Path, *options: str) -> Path:
    """A key and its self-signed certificate in one PEM file."""
    path = folder / "-".join(("key", *options)).replace(":", "")
    command = ["openssl", "req", "-x509", "-nodes", "-days", "9", "-subj", f"/CN={HOST}", "-newkey", *options]
    made = subprocess.run([*command, "-keyout", "/dev/stdout", "-out", "/dev/stdout"], capture_output=True, check=True)
    path.write_bytes(made.stdout)
    return path


def java_keys(path: Path, pem: Path) -> Path:
    """A key and its certificate as Java reads them."""
    command = ["openssl", "pkcs12", "-export", "-in", pem, "-inkey", pem, "-passout", "pass:secret", "-out", path]
    subprocess.run(command, check=True, capture_output=True)
    return path


def sslyze_on(port: int) -> dict[str, Any]:
    """What sslyze says of the same server."""
    if not DEEP.exists():
        pytest.skip("sslyze is not there to compare with; `make deep` installs it")
    command = [DEEP, "-W", "ignore", "-c", SSLYZE, HOST, str(port)]
    run = subprocess.run(command, capture_output=True, check=True, text=True, timeout=120)
    found: dict[str, Any] = json.loads(run.stdout)
    return found


def openssl_picks(port: int, *options: str) -> str:
    """The suite of a handshake that the openssl program completes; "" for none. A transcript made there and then."""
    command = ["openssl", "s_client", "-connect", f"127.0.0.1:{port}", "-servername", HOST, *options]
    run = subprocess.run(command, input="", capture_output=True, text=True, timeout=20, check=False)
    line = next((line for line in run.stdout.splitlines() if line.startswith("New, ")), "")
    return "" if "(NONE)" in line else line.rpartition("Cipher is ")[2]
