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
from dataclasses import dataclass, field
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit
from xml.sax.saxutils import escape

from auditor.rig.aws_beside import beside

ACCOUNT = "123456789012"
HOP_BY_HOP = frozenset({"connection", "transfer-encoding", "content-length", "server", "date"})
Tree = Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Refusal:
    """An error answer."""

    code: str
    status: int = 403


@dataclass(frozen=True, slots=True, kw_only=True)
class CloudSeed:
    """What an account holds. `tables`: (region, action) → rows, or a refusal; what is not named is empty.

    `managers`: key ARN → AWS or CUSTOMER; of other keys the key service says nothing. `denied`: buckets.
    """

    regions: tuple[str, ...] = ("us-east-1",)
    tables: Mapping[tuple[str, str], tuple[Tree, ...] | Refusal] = field(default_factory=dict)
    managers: Mapping[str, str] = field(default_factory=dict)
    denied: frozenset[str] = frozenset()
    page: int = 1_000  # rows of a page


@dataclass(frozen=True, slots=True)
class Cloud:
    """A running cloud. `asked`: "ec2:DescribeVolumes us-east-1" of every question that it answered itself."""

    port: int
    asked: list[str]


# Action → the element that holds its rows, whether rows are <item> (EC2) or named (RDS), and the token's element.
LISTS = {
    "DescribeRegions": ("regionInfo", "item", ""),
    "DescribeVolumes": ("volumeSet", "item", "nextToken"),
    "DescribeInstances": ("reservationSet", "item", "nextToken"),
    "DescribeSnapshots": ("snapshotSet", "item", "nextToken"),
    "DescribeSnapshotAttribute": ("createVolumePermission", "item", ""),
    "DescribeDBInstances": ("DBInstances", "DBInstance", "Marker"),
    "DescribeDBClusters": ("DBClusters", "DBCluster", "Marker"),
    "DescribeDBSnapshots": ("DBSnapshots", "DBSnapshot", "Marker"),
    "DescribeDBClusterSnapshots": ("DBClusterSnapshots", "DBClusterSnapshot", "Marker"),
}


def volume(name: str, *, key: str = "", instance: str = "", device: str = "") -> Tree:
    """As DescribeVolumes shows one. Without `key` it is not encrypted."""
    plugged = [{"volumeId": name, "instanceId": instance, "device": device, "status": "attached"}] if instance else []
    encrypted = {"encrypted": "true", "kmsKeyId": key} if key else {"encrypted": "false"}
    return {"volumeId": name, "status": "in-use", "size": "8", "attachmentSet": plugged, **encrypted}


def instance(name: str) -> Tree:
    """One reservation with one instance, as DescribeInstances shows it."""
    return {"reservationId": "r-0", "instancesSet": [{"instanceId": name}]}


def snapshot(name: str, *, key: str = "") -> Tree:
    encrypted = {"encrypted": "true", "kmsKeyId": key} if key else {"encrypted": "false"}
    return {"snapshotId": name, "ownerId": ACCOUNT, "status": "completed", **encrypted}


def database(name: str, *, key: str = "", engine: str = "postgres", public: str = "false") -> Tree:
    """`public` "": the answer does not say whether it has an address on the Internet."""
    told = {"PubliclyAccessible": public} if public else {}
    encrypted = {"StorageEncrypted": "true", "KmsKeyId": key} if key else {"StorageEncrypted": "false"}
    return {"DBInstanceIdentifier": name, "Engine": engine, **told, **encrypted}


@contextmanager
def cloud(seeded: CloudSeed | Callable[[], CloudSeed], tls: ssl.SSLContext, behind: str = "") -> Iterator[Cloud]:
    """Serve while the block lasts. `behind`: the S3 server for everything else, "http://HOST:PORT".

    `seeded`: what the account holds, or a function that says what it holds now.
    """
    asked: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        wbufsize = -1

        def do_GET(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", "0")))
            try:
                self._answer(body)
            except OSError:
                self.close_connection = True

        do_HEAD = do_POST = do_GET  # noqa: N815 - the base class looks for these names

        def _answer(self, body: bytes) -> None:
            seed = seeded() if callable(seeded) else seeded
            service, region = _place_of(self.headers.get("Host", ""))
            form = {name: values[0] for name, values in parse_qs(body.decode("latin-1")).items()}
            if service in ("ec2", "rds", "sts"):
                asked.append(f"{service}:{form.get('Action', '')} {region}")
                self._send(*_told(seed, service, region, form))
            elif service == "kms":
                named = str(json.loads(body).get("KeyId", ""))
                asked.append(f"kms:{self.headers.get('X-Amz-Target', '').rpartition('.')[2]} {region}")
                self._send(*_key(seed, named, self.headers.get("X-Amz-Target", "")), kind="application/x-amz-json-1.1")
            elif answer := beside(self.headers.get("Host", ""), self.path):
                status, content, kind = answer
                self._send(status, content, kind=kind)
            elif _bucket_of(self.headers.get("Host", ""), self.path) in seed.denied:
                self._send(403, b"<Error><Code>AccessDenied</Code><Message>Access Denied</Message></Error>")
            else:
                self._pass_on(body)

        def _pass_on(self, body: bytes) -> None:
            connection = HTTPConnection(urlsplit(behind).netloc, timeout=20)
            try:
                connection.request(self.command, self.path, body, dict(self.headers.items()))
                answer = connection.getresponse()
                content = _as_today(answer.read()) if "encryption" in self.path else answer.read()
                headers = [one for one in answer.getheaders() if one[0].lower() not in HOP_BY_HOP]
                self._send(answer.status, content, headers=dict(headers))
            finally:
                connection.close()

        def _send(
            self, status: int, body: bytes, *, kind: str = "text/xml", headers: Mapping[str, str] | None = None
        ) -> None:
            self.send_response(status)
            for name, value in {"Content-Type": kind, "x-amzn-requestid": "RIG1", **(headers or {})}.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class's own word
            """Tests read `asked`; the terminal stays quiet."""

    server = _Server(("127.0.0.1", 0), Handler)
    # Each thread shakes hands with its own client: one that says nothing keeps nobody else waiting.
    server.socket = tls.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
    serving = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    serving.start()
    try:
        yield Cloud(server.server_address[1], asked)
    finally:
        server.shutdown()
        serving.join()
        server.server_close()


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request: object, client_address: object) -> None:
        """A client that has had enough is no news for the terminal."""
        if not isinstance(sys.exc_info()[1], OSError):
            super().handle_error(request, client_address)  # type: ignore[arg-type]


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


def _told(seed: CloudSeed, service: str, region: str, form: Mapping[str, str]) -> tuple[int, bytes]:
    action = form.get("Action", "")
    if action == "GetCallerIdentity":
        inner = f"<GetCallerIdentityResult><Account>{ACCOUNT}</Account></GetCallerIdentityResult>"
        return 200, f"<{action}Response>{inner}</{action}Response>".encode()
    key = (region, f"{action} {form['SnapshotId']}" if "SnapshotId" in form else action)
    for named in ("DBSnapshotIdentifier", "DBClusterSnapshotIdentifier"):
        key = (region, f"{action} {form[named]}") if named in form else key
    if "RestorableBy.1" in form:
        key = (region, f"{action} public")
    rows = seed.tables.get(key, ())
    if isinstance(rows, Refusal):
        return rows.status, _refused(service, rows.code)
    if action == "DescribeRegions":
        rows = tuple({"regionName": name} for name in seed.regions)
    if action == "GetEbsEncryptionByDefault":
        return 200, _wrapped(service, action, _xml({"ebsEncryptionByDefault": "true" if rows else "false"}))
    if action.endswith("SnapshotAttributes"):
        of = action.removeprefix("Describe").removesuffix("Attributes")
        shared = {f"{of}AttributesResult": {f"{of}Attributes": Named(f"{of}Attribute", rows)}}
        return 200, _wrapped(service, action, _xml(shared))
    return 200, _wrapped(service, action, _page(seed, action, rows, form))


@dataclass(frozen=True, slots=True)
class Named:
    """Rows in elements of one name."""

    name: str
    rows: tuple[object, ...]


def _page(seed: CloudSeed, action: str, rows: tuple[Tree, ...], form: Mapping[str, str]) -> str:
    holder, name, token = LISTS[action]
    first = int(form.get("NextToken") or form.get("Marker") or 0)
    following = {token: str(first + seed.page)} if token and first + seed.page < len(rows) else {}
    return _xml({holder: Named(name, rows[first : first + seed.page]), **following})


def _wrapped(service: str, action: str, content: str) -> bytes:
    inner = f"<{action}Result>{content}</{action}Result>" if service == "rds" else content
    return f"<{action}Response>{inner}<requestId>RIG1</requestId></{action}Response>".encode()


def _refused(service: str, code: str) -> bytes:
    error = f"<Error><Code>{code}</Code><Message>no</Message></Error>"
    if service == "ec2":
        return f"<Response><Errors>{error}</Errors><RequestID>RIG1</RequestID></Response>".encode()
    return f"<ErrorResponse>{error}<RequestId>RIG1</RequestId></ErrorResponse>".encode()


def _xml(tree: object) -> str:
    if isinstance(tree, Mapping):
        return "".join(f"<{name}>{_xml(value)}</{name}>" for name, value in tree.items())
    if isinstance(tree, Named):
        return "".join(f"<{tree.name}>{_xml(row)}</{tree.name}>" for row in tree.rows)
    if isinstance(tree, (list, tuple)):
        return "".join(f"<item>{_xml(row)}</item>" for row in tree)
    return escape(str(tree))


def _key(seed: CloudSeed, named: str, target: str) -> tuple[int, bytes]:
    manager = seed.managers.get(named)
    if manager is None:
        return 400, json.dumps({"__type": "AccessDeniedException"}).encode()
    answers: dict[str, Callable[[], object]] = {
        "DescribeKey": lambda: {"KeyMetadata": _metadata(named, manager)},
        "GetKeyRotationStatus": lambda: {"KeyRotationEnabled": True},
        "GetKeyPolicy": lambda: {"Policy": json.dumps(_key_policy(named))},
        "ListGrants": lambda: {"Grants": [], "Truncated": False},
    }
    return 200, json.dumps(answers[target.rpartition(".")[2]]()).encode()


def _metadata(named: str, manager: str) -> Mapping[str, object]:
    return {
        "KeyId": named.rpartition("/")[2],
        "Arn": named,
        "AWSAccountId": named.split(":")[4],
        "KeyManager": manager,
        "KeyState": "Enabled",
        "Enabled": True,
        "Origin": "AWS_KMS",
        "MultiRegion": False,
    }


def _key_policy(named: str) -> Mapping[str, object]:
    root = f"arn:aws:iam::{named.split(':')[4]}:root"
    allow = {"Effect": "Allow", "Principal": {"AWS": root}, "Action": "kms:*", "Resource": "*"}
    return {"Version": "2012-10-17", "Statement": [allow]}
