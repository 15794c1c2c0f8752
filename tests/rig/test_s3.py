"""The rig's buckets are what their seeds say, so that a verdict about them is a verdict about the auditor."""

from __future__ import annotations

import json

import pytest
from botocore.exceptions import ClientError

from auditor.rig.s3 import BucketSeed, plant, rig_client, s3_server


def test_a_bucket_is_born_as_aws_makes_them_today() -> None:
    with s3_server([BucketSeed(name="today")]) as url:
        client = rig_client(url)
        encryption = client.get_bucket_encryption(Bucket="today")["ServerSideEncryptionConfiguration"]["Rules"]
        assert encryption[0]["ApplyServerSideEncryptionByDefault"]["SSEAlgorithm"] == "AES256"
        ownership = client.get_bucket_ownership_controls(Bucket="today")["OwnershipControls"]["Rules"]
        assert [rule["ObjectOwnership"] for rule in ownership] == ["BucketOwnerEnforced"]
        block = client.get_public_access_block(Bucket="today")["PublicAccessBlockConfiguration"]
        assert list(block.values()) == [True] * 4
        statements = json.loads(client.get_bucket_policy(Bucket="today")["Policy"])["Statement"]
        assert [statement["Sid"] for statement in statements] == ["TlsOnly"]
        client.close()


def test_a_seed_may_take_every_default_away() -> None:
    bare = BucketSeed(name="bare", algorithm=None, ownership=None, blocks=None, tls_only=False)
    with s3_server([bare]) as url:
        client = rig_client(url)
        for ask in (
            client.get_bucket_encryption,
            client.get_bucket_ownership_controls,
            client.get_public_access_block,
            client.get_bucket_policy,
        ):
            with pytest.raises(ClientError):
                ask(Bucket="bare")
        client.close()


def test_public_permissions_stand_in_the_list() -> None:
    listed = BucketSeed(name="listed", ownership="ObjectWriter", public_permissions=("READ", "WRITE"))
    with s3_server([listed]) as url:
        client = rig_client(url)
        grants = client.get_bucket_acl(Bucket="listed")["Grants"]
        public = [grant["Permission"] for grant in grants if grant["Grantee"].get("URI", "").endswith("AllUsers")]
        assert public == ["READ", "WRITE"]
        client.close()


def test_a_server_leaves_nothing_to_the_next() -> None:
    with s3_server([BucketSeed(name="first")]):
        pass
    with s3_server() as url:
        client = rig_client(url)
        assert client.list_buckets()["Buckets"] == []
        plant(url, [BucketSeed(name="later")])
        assert [row["Name"] for row in client.list_buckets()["Buckets"]] == ["later"]
        client.close()
