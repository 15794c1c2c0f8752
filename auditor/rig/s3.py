"""An S3 API on loopback (moto), with the defaults that buckets are born with since 2023 set explicitly.

moto still answers as before 2023: no default encryption, lists active, nothing blocked. So every seed says what its
bucket is like, and what a seed does not say is what AWS does today. moto keeps what it is told and enforces little
of it: it shows configuration, never enforcement.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.client import HTTPConnection
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from boto3.session import Session
from botocore.config import Config
from moto.server import ThreadedMotoServer

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mypy_boto3_s3 import S3Client

ACCESS_KEY = "AKIAEXAMPLEEXAMPLE00"
SECRET_KEY = "an-example-and-no-secret"
REGION = "eu-west-1"
KEY_ID = "arn:aws:kms:eu-west-1:123456789012:key/0f1e2d3c-4b5a-6978-8796-a5b4c3d2e1f0"
ALL_USERS = "http://acs.amazonaws.com/groups/global/AllUsers"


@dataclass(frozen=True, slots=True, kw_only=True)
class BucketSeed:
    """One bucket. The defaults are those of AWS since 2023, and a policy that refuses requests without TLS."""

    name: str
    algorithm: str | None = "AES256"  # None: no default encryption
    key_id: str | None = None
    ownership: str | None = "BucketOwnerEnforced"
    blocks: bool | None = True  # all four flags; None: no public access block
    public_permissions: tuple[str, ...] = ()  # granted to AllUsers by the bucket's list: READ, WRITE, …
    tls_only: bool = True
    statements: tuple[Mapping[str, object], ...] = ()  # further policy statements
    region: str = REGION
    tags: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))

    @property
    def policy(self) -> str | None:
        """The policy document; None if nothing is said in it."""
        statements = [*([tls_only_statement(self.name)] if self.tls_only else []), *map(dict, self.statements)]
        return json.dumps({"Version": "2012-10-17", "Statement": statements}) if statements else None


def tls_only_statement(bucket: str) -> dict[str, object]:
    """The Deny in the form that Ceph enforces too (its plain `Bool` never matches)."""
    return {
        "Sid": "TlsOnly",
        "Effect": "Deny",
        "Principal": "*",
        "Action": "s3:*",
        "Resource": [f"arn:aws:s3:::{bucket}", f"arn:aws:s3:::{bucket}/*"],
        "Condition": {"BoolIfExists": {"aws:SecureTransport": "false"}},
    }


def public_read_statement(bucket: str, action: str = "s3:GetObject") -> dict[str, object]:
    """What makes a bucket readable by everybody."""
    return {
        "Sid": "PublicRead",
        "Effect": "Allow",
        "Principal": "*",
        "Action": action,
        "Resource": f"arn:aws:s3:::{bucket}/*",
    }


@contextmanager
def s3_server(seeds: Iterable[BucketSeed] = ()) -> Iterator[str]:
    """Serve the seeds on loopback while the block lasts; gives the endpoint URL.

    moto has one world per process, which the end of the block empties: one server at a time.
    """
    logging.getLogger("werkzeug").setLevel(logging.ERROR)  # it would write every request to the terminal
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    try:
        host, port = server.get_host_and_port()
        url = f"http://{host}:{port}"
        plant(url, seeds)
        yield url
    finally:
        _forget_everything(*server.get_host_and_port())
        server.stop()


def _forget_everything(host: str, port: int) -> None:
    connection = HTTPConnection(host, port, timeout=10)
    connection.request("POST", "/moto-api/reset")
    connection.getresponse().read()
    connection.close()


def plant(url: str, seeds: Iterable[BucketSeed]) -> None:
    """Make the buckets. Only the rig writes; the auditor cannot."""
    by_region: dict[str, list[BucketSeed]] = {}
    for seed in seeds:
        by_region.setdefault(seed.region, []).append(seed)
    for region, ones in by_region.items():
        client = rig_client(url, region)
        try:
            for one in ones:
                _plant(client, one)
        finally:
            client.close()


def rig_client(url: str, region: str = REGION) -> S3Client:
    session = Session(aws_access_key_id=ACCESS_KEY, aws_secret_access_key=SECRET_KEY, region_name=region)
    config = Config(s3={"addressing_style": "path"}, proxies={}, retries={"total_max_attempts": 1})
    client: S3Client = session.client("s3", endpoint_url=url, config=config)
    return client


def _plant(client: S3Client, seed: BucketSeed) -> None:
    place: Any = {"LocationConstraint": seed.region}
    ownership: Any = {"ObjectOwnership": seed.ownership} if seed.ownership else {}
    client.create_bucket(Bucket=seed.name, CreateBucketConfiguration=place, **ownership)
    if seed.public_permissions:
        _grant_to_everybody(client, seed)
    if seed.algorithm:
        client.put_bucket_encryption(Bucket=seed.name, ServerSideEncryptionConfiguration=_encryption(seed))
    if seed.policy:
        client.put_bucket_policy(Bucket=seed.name, Policy=seed.policy)
    if seed.tags:
        tags: Any = [{"Key": key, "Value": value} for key, value in seed.tags.items()]
        client.put_bucket_tagging(Bucket=seed.name, Tagging={"TagSet": tags})
    if seed.blocks is not None:
        flags = ("BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets")
        block: Any = dict.fromkeys(flags, seed.blocks)
        client.put_public_access_block(Bucket=seed.name, PublicAccessBlockConfiguration=block)


def _grant_to_everybody(client: S3Client, seed: BucketSeed) -> None:
    listed: Any = client.get_bucket_acl(Bucket=seed.name)
    everybody = {"Type": "Group", "URI": ALL_USERS}
    public = [{"Grantee": everybody, "Permission": permission} for permission in seed.public_permissions]
    policy: Any = {"Owner": listed["Owner"], "Grants": [*listed["Grants"], *public]}
    client.put_bucket_acl(Bucket=seed.name, AccessControlPolicy=policy)


def _encryption(seed: BucketSeed) -> Any:
    key = {"KMSMasterKeyID": seed.key_id} if seed.key_id else {}
    return {"Rules": [{"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": seed.algorithm, **key}}]}
