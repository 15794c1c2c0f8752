"""An S3 server on loopback that answers from a table: a healthy bucket, but for what a test makes it say.

It checks no signature. Every request is kept, so that a test can count them.
"""

from __future__ import annotations

import ssl
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from email.message import Message
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

from auditor.rig.hostile_s3_answers import ALL_ANSWERS, LISTING, Behaviour, Says


@dataclass(frozen=True, slots=True)
class HostileS3:
    """A running server. `asked`: sub-resource of every request so far ("" for none)."""

    url: str
    asked: list[str]


Choice = Mapping[str, Behaviour] | Callable[[str, int], Behaviour]


@contextmanager
def hostile_s3(
    says: Choice | None = None, *, otherwise: Behaviour | None = None, tls: ssl.SSLContext | None = None
) -> Iterator[HostileS3]:
    """Serve while the block lasts.

    `says`: behaviour by sub-resource, or a function of sub-resource and number of the request (from 1). `otherwise`:
    for sub-resources that are not named; None for a healthy bucket. `tls`: serve HTTPS, to play AWS itself.
    """
    stopped = threading.Event()
    asked: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        wbufsize = -1  # header and body leave together; in two parts the second waits for the client's delayed ACK

        def do_GET(self) -> None:
            self.rfile.read(int(self.headers.get("Content-Length", "0")))
            sub_resource = _sub_resource(self.headers, self.path)
            asked.append(sub_resource)
            try:
                _chosen(says or {}, sub_resource, len(asked), otherwise).play(self, stopped)
            except OSError:
                self.close_connection = True  # the client has had enough

        do_HEAD = do_POST = do_GET  # noqa: N815 - the base class looks for these names

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class's own word
            """Tests read `asked`; the terminal stays quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    if tls is not None:
        server.socket = tls.wrap_socket(server.socket, server_side=True)
    serving = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    serving.start()
    try:
        yield HostileS3(f"{'https' if tls else 'http'}://127.0.0.1:{server.server_address[1]}", asked)
    finally:
        stopped.set()
        server.shutdown()
        serving.join()
        server.server_close()


def _chosen(says: Choice, sub_resource: str, number: int, otherwise: Behaviour | None) -> Behaviour:
    if callable(says):
        return says(sub_resource, number)
    return says.get(sub_resource) or otherwise or ALL_ANSWERS.get(sub_resource, Says(LISTING))


def _sub_resource(headers: Message, path: str) -> str:
    """The word that tables use: S3's sub-resource, or what is asked of the account."""
    host, target = headers.get("Host", ""), headers.get("X-Amz-Target", "")
    parts = urlsplit(path)
    if target:
        return target.rpartition(".")[2]
    if ".s3-control." in host:
        return _of_control(parts.path)
    if host.startswith("macie2."):
        return {"/macie": "macieSession", "/datasources/s3": "macieBuckets"}.get(parts.path, "macieFindings")
    beside = {"sts": "identity", "s3express-control": "directoryBuckets", "s3tables": "tableBuckets"}
    if host.partition(".")[0] in beside:
        return beside[host.partition(".")[0]]
    named = parse_qs(parts.query, keep_blank_values=True)
    is_bucketless = parts.path == "/" and not host.startswith("b.")
    return next((name for name in named if name in ALL_ANSWERS), "buckets" if is_bucketless else "")


def _of_control(path: str) -> str:
    words = path.strip("/").split("/")[1:]
    match words:
        case ["accesspoint" | "accessgrantsinstances" as listed]:
            return {"accesspoint": "accessPoints"}.get(listed, "accessGrants")
        case ["accesspoint", _]:
            return "accessPoint"
        case ["accesspoint", _, "policy"]:
            return "accessPointPolicy"
        case ["accesspoint", _, "policyStatus"]:
            return "accessPointStatus"
        case ["mrap", "instances", *named]:
            return "multiRegionPolicy" if named else "multiRegion"
    return "accountBlock"
