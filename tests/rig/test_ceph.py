"""What Ceph's S3 gateway does with the settings that it takes: the measured traps, so that a newer one is noticed."""

from __future__ import annotations

import json
from collections.abc import Iterator
from http.client import HTTPConnection
from typing import Any

import pytest
from boto3.session import Session
from botocore.config import Config
from botocore.exceptions import ClientError

from tests.rig.ceph import ACCESS_KEY, SECRET_KEY, STRANGER_KEY, STRANGER_SECRET, Ceph, shared_ceph

ALL_FLAGS = ("BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets")


@pytest.fixture(scope="session")
def ceph(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ceph]:
    base = tmp_path_factory.getbasetemp()
    with shared_ceph((base.parent if base.name.startswith("popen-") else base) / "ceph") as running:
        yield running


def owner(ceph: Ceph, access_key: str = ACCESS_KEY, secret_key: str = SECRET_KEY) -> Any:
    session = Session(aws_access_key_id=access_key, aws_secret_access_key=secret_key, region_name="us-east-1")
    config = Config(s3={"addressing_style": "path"}, proxies={}, retries={"total_max_attempts": 1})
    return session.client("s3", endpoint_url=ceph.url, config=config)


def make(ceph: Ceph, name: str, condition: dict[str, Any] | None = None, *, public: bool = True) -> Any:
    """A bucket with one object that everybody may read, but for what a Deny with `condition` says. Gives its client."""
    client = owner(ceph)
    client.create_bucket(Bucket=name)
    client.put_object(Bucket=name, Key="canary", Body=b"everybody may know this")
    both = [f"arn:aws:s3:::{name}", f"arn:aws:s3:::{name}/*"]
    statements: list[dict[str, Any]] = []
    if public:
        actions = ["s3:GetObject", "s3:ListBucket"]
        statements.append({"Effect": "Allow", "Principal": "*", "Action": actions, "Resource": both})
    if condition:
        deny = {"Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": both, "Condition": condition}
        statements.append(deny)
    if statements:
        policy = json.dumps({"Version": "2012-10-17", "Statement": statements})
        client.put_bucket_policy(Bucket=name, Policy=policy)
    return client


def status_of(ceph: Ceph, path: str) -> int:
    """Of an answer to somebody without a credential, over plain HTTP."""
    connection = HTTPConnection("127.0.0.1", ceph.plain_port, timeout=20)
    try:
        connection.request("GET", path)
        return connection.getresponse().status
    finally:
        connection.close()


@pytest.mark.parametrize(
    ("name", "condition", "status"),
    [
        ("transport-bool", {"Bool": {"aws:SecureTransport": "false"}}, 200),
        ("transport-if-exists", {"BoolIfExists": {"aws:SecureTransport": "false"}}, 403),
        ("transport-null", {"Null": {"aws:SecureTransport": "true"}}, 403),
        ("transport-not-true", {"StringNotEqualsIfExists": {"aws:SecureTransport": "true"}}, 403),
    ],
)
def test_a_deny_that_asks_for_false_stops_no_plain_http(
    ceph: Ceph, name: str, condition: dict[str, Any], status: int
) -> None:
    make(ceph, name, condition)
    assert status_of(ceph, f"/{name}/canary") == status


def test_restrict_public_buckets_is_kept_and_not_enforced(ceph: Ceph) -> None:
    client = make(ceph, "restricted")
    client.put_public_access_block(Bucket="restricted", PublicAccessBlockConfiguration=dict.fromkeys(ALL_FLAGS, True))
    kept = client.get_public_access_block(Bucket="restricted")["PublicAccessBlockConfiguration"]
    assert kept["RestrictPublicBuckets"]
    assert status_of(ceph, "/restricted/canary") == 200
    assert status_of(ceph, "/restricted?list-type=2") == 200


def test_ignore_public_acls_is_kept_for_the_lists_of_objects_as_well(ceph: Ceph) -> None:
    client = make(ceph, "ignoring", public=False)
    client.put_object_acl(Bucket="ignoring", Key="canary", ACL="public-read")
    client.put_bucket_acl(Bucket="ignoring", ACL="public-read")
    assert status_of(ceph, "/ignoring/canary") == status_of(ceph, "/ignoring?list-type=2") == 200
    client.put_public_access_block(Bucket="ignoring", PublicAccessBlockConfiguration={"IgnorePublicAcls": True})
    assert status_of(ceph, "/ignoring/canary") == status_of(ceph, "/ignoring?list-type=2") == 403


def test_object_ownership_is_not_known(ceph: Ceph) -> None:
    client = make(ceph, "owned", public=False)
    client.put_object_acl(Bucket="owned", Key="canary", ACL="public-read")
    enforced = {"Rules": [{"ObjectOwnership": "BucketOwnerEnforced"}]}
    with pytest.raises(ClientError):
        client.put_bucket_ownership_controls(Bucket="owned", OwnershipControls=enforced)
    assert status_of(ceph, "/owned/canary") == 200


def test_encryption_with_the_servers_own_key_is_taken_and_not_done(ceph: Ceph) -> None:
    client = make(ceph, "encryption", public=False)
    body = b"a record that nobody should find on a disk"
    client.put_object(Bucket="encryption", Key="own", Body=body, ServerSideEncryption="AES256")
    client.put_object(Bucket="encryption", Key="by-key", Body=body, ServerSideEncryption="aws:kms", SSEKMSKeyId="city")
    assert ceph.at_rest("own") == body
    assert body not in ceph.at_rest("by-key")


def test_default_encryption_cannot_be_set_and_its_question_gets_a_listing(ceph: Ceph) -> None:
    client = make(ceph, "default-encryption", public=False)
    rule = {"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}}
    with pytest.raises(ClientError):
        client.put_bucket_encryption(Bucket="default-encryption", ServerSideEncryptionConfiguration={"Rules": [rule]})
    answer = client.get_bucket_encryption(Bucket="default-encryption")
    assert answer["ServerSideEncryptionConfiguration"] == {}  # what the SDK makes of a listing


def test_its_own_opinion_of_public_is_wrong_both_ways(ceph: Ceph) -> None:
    """A policy for one's own user counts as public; one for any network of a private range does not."""
    client = make(ceph, "opinion", public=False)
    both = ["arn:aws:s3:::opinion", "arn:aws:s3:::opinion/*"]
    own = {"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam:::user/owner"}, "Action": "s3:*", "Resource": both}
    pinned = {"StringLike": {"aws:SourceVpc": "vpc-*"}}
    wide = {"Effect": "Allow", "Principal": "*", "Action": "s3:*", "Resource": both, "Condition": pinned}
    opinions = []
    for statement in (own, wide):
        policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
        client.put_bucket_policy(Bucket="opinion", Policy=policy)
        opinions.append(client.get_bucket_policy_status(Bucket="opinion")["PolicyStatus"]["IsPublic"])
    assert opinions == [True, False]


def test_an_expected_owner_is_not_compared(ceph: Ceph) -> None:
    client = make(ceph, "owned", public=False)
    client.get_bucket_location(Bucket="owned", ExpectedBucketOwner="000000000000")
    stranger = owner(ceph, STRANGER_KEY, STRANGER_SECRET)
    with pytest.raises(ClientError):
        stranger.head_bucket(Bucket="owned")
