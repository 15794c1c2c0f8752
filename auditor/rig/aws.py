"""AWS on loopback, as far as an account's disks go: EC2, RDS, KMS and STS answer from a table; the rest is passed on.

It listens with TLS and is found by names like ec2.us-east-1.amazonaws.com, which a connect-to file leads to it. What is
asked of S3 goes to the server behind it, but for the buckets that it denies.
"""

from __future__ import annotations

import json
import ssl
import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import cast
from urllib.parse import parse_qs, urlsplit

from auditor.rig.aws_account import CloudSeed
from auditor.rig.aws_answers import key_told, told
from auditor.rig.aws_beside import JSON, XML, beside

HOP_BY_HOP = frozenset({"connection", "transfer-encoding", "content-length", "server", "date"})
DENIED = b"<Error><Code>AccessDenied</Code><Message>Access Denied</Message></Error>"


@dataclass(frozen=True, slots=True)
class Cloud:
    """A running cloud. `asked`: "ec2:DescribeVolumes us-east-1" of every question that it answered itself."""

    port: int
    asked: list[str]


@contextmanager
def cloud(seeded: CloudSeed | Callable[[], CloudSeed], tls: ssl.SSLContext, behind: str = "") -> Iterator[Cloud]:
    """Serve while the block lasts. `behind`: the S3 server for everything else, "http://HOST:PORT".

    `seeded`: what the account holds, or a function that says what it holds now.
    """
    server = _Server(seeded, behind)
    # Each thread shakes hands with its own client: one that says nothing keeps nobody else waiting.
    server.socket = tls.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
    serving = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    serving.start()
    try:
        yield Cloud(server.server_address[1], server.asked)
    finally:
        server.shutdown()
        serving.join()
        server.server_close()


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, seeded: CloudSeed | Callable[[], CloudSeed], behind: str) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self._seeded = seeded
        self.behind = behind
        self.asked: list[str] = []

    @property
    def seed(self) -> CloudSeed:
        """What the account holds now."""
        return self._seeded() if callable(self._seeded) else self._seeded

    def handle_error(self, request: object, client_address: object) -> None:
        """A client that has had enough is no news for the terminal."""
        if not isinstance(sys.exc_info()[1], OSError):
            super().handle_error(request, client_address)  # type: ignore[arg-type]


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    wbufsize = -1

    @property
    def _cloud(self) -> _Server:
        return cast("_Server", self.server)

    @property
    def _host(self) -> str:
        return self.headers.get("Host", "")

    def do_GET(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", "0")))
        try:
            self._answer(body)
        except OSError:
            self.close_connection = True

    do_HEAD = do_POST = do_GET  # noqa: N815 - the base class looks for these names

    def _answer(self, body: bytes) -> None:
        service, region = _place_of(self._host)
        if service == "kms":
            self._of_a_key(region, body)
        elif service:
            self._of_a_list(service, region, body)
        elif answer := beside(self._host, self.path):
            status, content, kind = answer
            self._send(status, content, kind=kind)
        elif _bucket_of(self._host, self.path) in self._cloud.seed.denied:
            self._send(403, DENIED)
        else:
            self._pass_on(body)

    def _of_a_list(self, service: str, region: str, body: bytes) -> None:
        form = {name: values[0] for name, values in parse_qs(body.decode("latin-1")).items()}
        self._cloud.asked.append(f"{service}:{form.get('Action', '')} {region}")
        self._send(*told(self._cloud.seed, service, region, form))

    def _of_a_key(self, region: str, body: bytes) -> None:
        action = self.headers.get("X-Amz-Target", "").rpartition(".")[2]
        self._cloud.asked.append(f"kms:{action} {region}")
        self._send(*key_told(self._cloud.seed, str(json.loads(body).get("KeyId", "")), action), kind=JSON)

    def _pass_on(self, body: bytes) -> None:
        connection = HTTPConnection(urlsplit(self._cloud.behind).netloc, timeout=20)
        try:
            connection.request(self.command, self.path, body, dict(self.headers.items()))
            answer = connection.getresponse()
            content = _as_today(answer.read()) if "encryption" in self.path else answer.read()
            headers = [one for one in answer.getheaders() if one[0].lower() not in HOP_BY_HOP]
            self._send(answer.status, content, headers=dict(headers))
        finally:
            connection.close()

    def _send(self, status: int, body: bytes, *, kind: str = XML, headers: Mapping[str, str] | None = None) -> None:
        self.send_response(status)
        for name, value in {"Content-Type": kind, "x-amzn-requestid": "RIG1", **(headers or {})}.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class's own word
        """Tests read `asked`; the terminal stays quiet."""


def _as_today(content: bytes) -> bytes:
    """Since April 2026 new buckets refuse keys that callers bring; the server behind does not know the setting."""
    end = b"</ApplyServerSideEncryptionByDefault>"
    blocked = b"<BlockedEncryptionTypes><EncryptionType>SSE-C</EncryptionType></BlockedEncryptionTypes>"
    return content.replace(end, end + blocked)


def _place_of(host: str) -> tuple[str, str]:
    """Service and region of "ec2.us-east-1.amazonaws.com"; others: "" and "" (S3 and its buckets)."""
    words = host.partition(":")[0].split(".")
    if words[0] in ("ec2", "rds", "sts", "kms"):
        return words[0], words[1] if len(words) == 4 else ""
    return "", ""


def _bucket_of(host: str, path: str) -> str:
    name, dot, _ = host.partition(".s3.")
    return name if dot else urlsplit(path).path.split("/")[1]
