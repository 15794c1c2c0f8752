"""An S3 server on loopback that answers from a table: a healthy bucket, but for what a test makes it say.

It checks no signature. The healthy bodies follow the samples of the S3 API reference. Every request is kept, so that a
test can count them.
"""

from __future__ import annotations

import ssl
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from email.message import Message
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

NAMESPACE = 'xmlns="http://s3.amazonaws.com/doc/2006-03-01/"'
LISTING = f"<ListBucketResult {NAMESPACE}><Name>b</Name><IsTruncated>true</IsTruncated></ListBucketResult>"
HTML = "<html><body><h1>Sign in to the guest network</h1></body></html>"
ACL = f"""<AccessControlPolicy {NAMESPACE}><Owner><ID>75aa57</ID></Owner><AccessControlList><Grant>
<Grantee xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:type="CanonicalUser"><ID>75aa57</ID></Grantee>
<Permission>FULL_CONTROL</Permission></Grant></AccessControlList></AccessControlPolicy>"""
POLICY = """{"Version": "2012-10-17", "Statement": {"Effect": "Deny", "Principal": "*", "Action": "s3:*",
"Resource": ["arn:aws:s3:::b", "arn:aws:s3:::b/*"], "Condition": {"BoolIfExists": {"aws:SecureTransport": "false"}}}}"""


@dataclass(frozen=True, slots=True)
class Says:
    """One answer, whole."""

    body: str | bytes = ""
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)

    def play(self, handler: BaseHTTPRequestHandler, stopped: threading.Event) -> None:  # noqa: ARG002
        body = self.body.encode() if isinstance(self.body, str) else self.body
        handler.send_response(self.status)
        for name, value in {"Content-Length": str(len(body)), "x-amz-request-id": "RIG1", **self.headers}.items():
            handler.send_header(name, value)
        handler.end_headers()
        handler.wfile.write(body)


@dataclass(frozen=True, slots=True)
class Drips:
    """Writes a chunk every `pause_s` seconds and never ends: an endless body without a pause, a drip with one."""

    chunk: bytes = b"<Grant>" * 1_000
    pause_s: float = 0.0
    in_header: bool = False

    def play(self, handler: BaseHTTPRequestHandler, stopped: threading.Event) -> None:
        handler.close_connection = True
        if not self.in_header:
            handler.send_response(200)
            handler.end_headers()
        while not stopped.is_set():
            handler.wfile.write(self.chunk)
            handler.wfile.flush()
            time.sleep(self.pause_s)


@dataclass(frozen=True, slots=True)
class Hangs:
    """Takes the question and says nothing."""

    def play(self, handler: BaseHTTPRequestHandler, stopped: threading.Event) -> None:
        handler.close_connection = True
        stopped.wait()


@dataclass(frozen=True, slots=True)
class Drops:
    """Closes the connection without an answer."""

    def play(self, handler: BaseHTTPRequestHandler, stopped: threading.Event) -> None:  # noqa: ARG002
        handler.close_connection = True


@dataclass(frozen=True, slots=True)
class OwnedByAnother:
    """Refuses whoever expects an owner, as S3 does where the expectation is wrong; tells everybody else."""

    then: Says

    def play(self, handler: BaseHTTPRequestHandler, stopped: threading.Event) -> None:
        expects = "x-amz-expected-bucket-owner" in handler.headers
        (DENIED if expects else self.then).play(handler, stopped)


Behaviour = Says | Drips | Hangs | Drops | OwnedByAnother


def error(code: str, status: int, **headers: str) -> Says:
    return Says(f"<Error><Code>{code}</Code><Message>no</Message></Error>", status, headers)


DENIED = error("AccessDenied", 403)
SLOW_DOWN = error("SlowDown", 503)

HEALTHY: Mapping[str, Behaviour] = {
    "location": Says(f"<LocationConstraint {NAMESPACE}>eu-west-1</LocationConstraint>"),
    "policy": Says(POLICY),
    "publicAccessBlock": Says(
        "<PublicAccessBlockConfiguration><BlockPublicAcls>true</BlockPublicAcls>"
        "<IgnorePublicAcls>true</IgnorePublicAcls><BlockPublicPolicy>true</BlockPublicPolicy>"
        "<RestrictPublicBuckets>true</RestrictPublicBuckets></PublicAccessBlockConfiguration>"
    ),
    "ownershipControls": Says(
        "<OwnershipControls><Rule><ObjectOwnership>BucketOwnerEnforced</ObjectOwnership></Rule></OwnershipControls>"
    ),
    "acl": Says(ACL),
    "encryption": Says(
        "<ServerSideEncryptionConfiguration><Rule><ApplyServerSideEncryptionByDefault><SSEAlgorithm>aws:kms"
        "</SSEAlgorithm><KMSMasterKeyID>arn:aws:kms:eu-west-1:123456789012:key/k</KMSMasterKeyID>"
        "</ApplyServerSideEncryptionByDefault></Rule></ServerSideEncryptionConfiguration>"
    ),
    "tagging": Says("<Tagging><TagSet><Tag><Key>owner</Key><Value>it</Value></Tag></TagSet></Tagging>"),
    "policyStatus": Says("<PolicyStatus><IsPublic>false</IsPublic></PolicyStatus>"),
    "versioning": Says("<VersioningConfiguration><Status>Enabled</Status></VersioningConfiguration>"),
    "object-lock": error("ObjectLockConfigurationNotFoundError", 404),
    "replication": error("ReplicationConfigurationNotFoundError", 404),
    "lifecycle": Says(
        "<LifecycleConfiguration><Rule><ID>all</ID><Filter/><Status>Enabled</Status><Expiration><Days>30</Days>"
        "</Expiration><NoncurrentVersionExpiration><NoncurrentDays>7</NoncurrentDays></NoncurrentVersionExpiration>"
        "<AbortIncompleteMultipartUpload><DaysAfterInitiation>3</DaysAfterInitiation></AbortIncompleteMultipartUpload>"
        "</Rule></LifecycleConfiguration>"
    ),
    "logging": Says(
        "<BucketLoggingStatus><LoggingEnabled><TargetBucket>logs</TargetBucket><TargetPrefix/></LoggingEnabled>"
        "</BucketLoggingStatus>"
    ),
    "website": error("NoSuchWebsiteConfiguration", 404),
}
WEEKLY: Mapping[str, Behaviour] = {  # what the deep tier asks
    "notification": Says(f"<NotificationConfiguration {NAMESPACE}/>"),
    "inventory": Says(
        "<ListInventoryConfigurationsResult><IsTruncated>false</IsTruncated></ListInventoryConfigurationsResult>"
    ),
}
SUB_RESOURCES = tuple(HEALTHY)
ACCOUNT = "123456789012"
ACCOUNT_ANSWERS: Mapping[str, Behaviour] = {  # what AWS's services beside S3 say of the account
    "identity": Says(
        '<GetCallerIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><GetCallerIdentityResult>'
        f"<Account>{ACCOUNT}</Account></GetCallerIdentityResult></GetCallerIdentityResponse>"
    ),
    "accountBlock": HEALTHY["publicAccessBlock"],
    "buckets": Says(
        f"<ListAllMyBucketsResult {NAMESPACE}><Owner><ID>75aa57</ID></Owner><Buckets><Bucket><Name>b</Name>"
        "<CreationDate>2020-01-01T00:00:00.000Z</CreationDate><BucketRegion>eu-west-1</BucketRegion></Bucket></Buckets>"
        "</ListAllMyBucketsResult>"
    ),
    "accessPoints": Says("<ListAccessPointsResult><AccessPointList/></ListAccessPointsResult>"),
    "accessPoint": Says(
        "<GetAccessPointResult><Name>door</Name><Bucket>b</Bucket><NetworkOrigin>Internet</NetworkOrigin>"
        "<PublicAccessBlockConfiguration><BlockPublicAcls>true</BlockPublicAcls><IgnorePublicAcls>true"
        "</IgnorePublicAcls><BlockPublicPolicy>true</BlockPublicPolicy><RestrictPublicBuckets>true"
        "</RestrictPublicBuckets></PublicAccessBlockConfiguration></GetAccessPointResult>"
    ),
    "accessPointPolicy": error("NoSuchAccessPointPolicy", 404),
    "accessPointStatus": error("NoSuchAccessPointPolicy", 404),
    "multiRegion": Says("<ListMultiRegionAccessPointsResult><AccessPoints/></ListMultiRegionAccessPointsResult>"),
    "multiRegionPolicy": error("NoSuchAccessPointPolicy", 404),
    "directoryBuckets": Says(
        "<ListAllMyDirectoryBucketsResult><Buckets><Bucket><Name>d--euw1-az1--x-s3</Name></Bucket></Buckets>"
        "</ListAllMyDirectoryBucketsResult>"
    ),
    "tableBuckets": Says('{"tableBuckets": []}'),
    "DescribeOrganization": Says('{"Organization": {"Id": "o-a1b2c3d4e5", "MasterAccountId": "123456789012"}}'),
    "DescribeKey": Says(
        '{"KeyMetadata": {"AWSAccountId": "123456789012", "KeyId": "k", "Arn": '
        '"arn:aws:kms:eu-west-1:123456789012:key/k", "KeyManager": "CUSTOMER", "KeyState": "Enabled", "Origin": '
        '"AWS_KMS", "MultiRegion": false}}'
    ),
    "GetKeyRotationStatus": Says('{"KeyRotationEnabled": true, "RotationPeriodInDays": 365}'),
    "GetKeyPolicy": Says(
        '{"Policy": "{\\"Statement\\": [{\\"Effect\\": \\"Allow\\", \\"Principal\\": {\\"AWS\\": '
        '\\"arn:aws:iam::123456789012:root\\"}, \\"Action\\": \\"kms:*\\", \\"Resource\\": \\"*\\"}]}"}'
    ),
}
NOT_CONFIGURED: Mapping[str, Behaviour] = {
    "policy": error("NoSuchBucketPolicy", 404),
    "publicAccessBlock": error("NoSuchPublicAccessBlockConfiguration", 404),
    "ownershipControls": error("OwnershipControlsNotFoundError", 404),
    "encryption": error("ServerSideEncryptionConfigurationNotFoundError", 404),
    "tagging": error("NoSuchTagSet", 404),
    "lifecycle": error("NoSuchLifecycleConfiguration", 404),
    "versioning": Says("<VersioningConfiguration/>"),
    "logging": Says("<BucketLoggingStatus/>"),
}


MACIE: Mapping[str, Behaviour] = {
    "macieSession": Says('{"status": "ENABLED"}'),
    "macieBuckets": Says(
        '{"buckets": [{"bucketName": "b", "classifiableObjectCount": 7, "objectCount": 9, '
        '"lastAutomatedDiscoveryTime": "2026-11-01T00:00:00Z"}]}'
    ),
    "macieFindings": Says('{"countsByGroup": []}'),
}
OBJECTS: Mapping[str, Behaviour] = {
    "versions": Says("<ListVersionsResult><IsTruncated>false</IsTruncated></ListVersionsResult>")
}
ALL_ANSWERS: Mapping[str, Behaviour] = {**HEALTHY, **WEEKLY, **OBJECTS, **MACIE, **ACCOUNT_ANSWERS}


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
        case ["accesspoint"]:
            return "accessPoints"
        case ["accesspoint", _]:
            return "accessPoint"
        case ["accesspoint", _, "policy"]:
            return "accessPointPolicy"
        case ["accesspoint", _, "policyStatus"]:
            return "accessPointStatus"
        case ["mrap", "instances", *named]:
            return "multiRegionPolicy" if named else "multiRegion"
    return "accountBlock"
