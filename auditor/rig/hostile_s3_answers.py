"""What the S3 server on loopback can say: ways to answer, and the tables of a healthy bucket and account.

The healthy bodies follow the samples of the S3 API reference.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler

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
    "accessGrants": Says(
        "<ListAccessGrantsInstancesResult><AccessGrantsInstancesList/></ListAccessGrantsInstancesResult>"
    ),
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
    "ListGrants": Says('{"Grants": [], "Truncated": false}'),
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
