"""Stands before the S3 server of the comparison: with TLS as AWS, or plain for scanners that take an endpoint.

It can refuse every question about a bucket, so that nothing but the list of buckets can be seen.
"""

from __future__ import annotations

import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit

HOP_BY_HOP = frozenset({"connection", "transfer-encoding", "content-length", "server", "date"})
DENIED = b"<Error><Code>AccessDenied</Code><Message>Access Denied</Message></Error>"


class Front(ThreadingHTTPServer):
    """`deny`: refuse what is asked of a bucket. `asked`: requests so far. `is_tls`: it is asked over TLS."""

    daemon_threads = True
    request_queue_size = 256

    def __init__(self, behind: str) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.behind = urlsplit(behind).netloc
        self.deny = self.is_tls = False
        self.asked = 0

    def handle_error(self, *_: object) -> None:
        """A scanner that hangs up is no event."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    wbufsize = -1
    server: Front

    def do_GET(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", "0")))
        self.server.asked += 1
        host, path = self.headers.get("Host", ""), urlsplit(self.path).path
        is_of_bucket = host.split(".")[0].startswith("elm-") or path.startswith("/elm-")
        if self.server.deny and (is_of_bucket or ".s3-control." in host or "s3control" in host):
            self._send(403, DENIED if self.command != "HEAD" else b"", {})
            return
        connection = HTTPConnection(self.server.behind, timeout=60)
        try:
            connection.request(self.command, self.path, body, dict(self.headers.items()))
            answer = connection.getresponse()
            headers = {name: value for name, value in answer.getheaders() if name.lower() not in HOP_BY_HOP}
            self._send(answer.status, answer.read(), headers)
        finally:
            connection.close()

    do_HEAD = do_POST = do_PUT = do_GET  # noqa: N815 - the base class looks for these names

    def _send(self, status: int, body: bytes, headers: dict[str, str]) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class's own word
        """Quiet."""


@contextmanager
def front(behind: str, tls: ssl.SSLContext | None = None) -> Iterator[Front]:
    server = Front(behind)
    server.is_tls = tls is not None
    if tls is not None:
        server.socket = tls.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
    serving = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    serving.start()
    try:
        yield server
    finally:
        server.shutdown()
        serving.join()
        server.server_close()
