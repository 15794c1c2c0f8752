"""Twenty kinds of bucket, for the comparison with other scanners: each a setting that somebody gets wrong, or right."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

ACCOUNT, STRANGER = "123456789012", "999988887777"
FOREIGN_KEY = f"arn:aws:kms:us-east-1:{STRANGER}:key/0f1e2d3c-4b5a-6978-8796-a5b4c3d2e1f0"
ALL, ACCOUNTS = (f"http://acs.amazonaws.com/groups/global/{name}" for name in ("AllUsers", "AuthenticatedUsers"))
SHUT = dict.fromkeys(("BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets"), True)
Statement = Mapping[str, Any]


@dataclass(frozen=True)
class Archetype:
    """One kind. `statements`: a template each, in which BUCKET stands for the bucket's ARN."""

    name: str
    what: str
    statements: tuple[Statement, ...] = ()
    is_bare: bool = False  # the policy's Statement is one object and no list, as the grammar allows
    blocks: Mapping[str, bool] | None = field(default_factory=lambda: dict(SHUT))
    algorithm: str = "AES256"
    key: str = ""
    enforced: bool = True
    group: str = ""  # that a list grants READ
    website: bool = False

    def policy(self, bucket: str) -> str | None:
        if not self.statements:
            return None
        said: object = self.statements[0] if self.is_bare else list(self.statements)
        text = json.dumps({"Version": "2012-10-17", "Statement": said})
        return text.replace("BUCKET", f"arn:aws:s3:::{bucket}")


def tls_only(**other: object) -> Statement:
    made: dict[str, object] = {
        "Effect": "Deny",
        "Principal": "*",
        "Action": "s3:*",
        "Resource": ["BUCKET", "BUCKET/*"],
        "Condition": {"Bool": {"aws:SecureTransport": "false"}},
    }
    return made | other


def lets(principal: object = "*", condition: object = None, **other: object) -> Statement:
    made = {"Effect": "Allow", "Principal": principal, "Action": "s3:GetObject", "Resource": "BUCKET/*"}
    return made | ({"Condition": condition} if condition else {}) | other


def _not_principal() -> Statement:
    made = dict(lets(NotPrincipal={"AWS": f"arn:aws:iam::{STRANGER}:root"}))
    del made["Principal"]
    return made


ORGANISATION = {"StringNotEquals": {"aws:PrincipalOrgID": "o-a1b2c3d4e5"}}
ANY_VPC = {"StringLike": {"aws:SourceVpc": "vpc-*"}}
HALVES = {"IpAddress": {"aws:SourceIp": ["0.0.0.0/1", "128.0.0.0/1"]}}
FACEBOOK = {"Federated": "graph.facebook.com"}
ROLE = {"AWS": f"arn:aws:iam::{ACCOUNT}:role/loader"}
ARCHETYPES = (
    Archetype("a01", "as new, with a TLS-only statement", (tls_only(),)),
    Archetype("a02", "default key of a foreign account", (tls_only(),), algorithm="aws:kms", key=FOREIGN_KEY),
    Archetype("a03", "policy lets everybody read, nothing blocks", (tls_only(), lets()), blocks=None),
    Archetype("a04", "the same, held back by RestrictPublicBuckets", (tls_only(), lets())),
    Archetype(
        "a05", "everybody from any VPC", (tls_only(), lets(condition=ANY_VPC)), blocks=None
    ),
    Archetype("a06", "everybody from both halves of the Internet", (tls_only(), lets(condition=HALVES)), blocks=None),
    Archetype("a07", "as new, public access block off, policy private", (tls_only(),), blocks=None),
    Archetype("a08", "TLS-only for reading one folder", (tls_only(Action="s3:Get*", Resource="BUCKET/public/*"),)),
    Archetype("a09", "TLS-only for one role", (tls_only(Principal=ROLE),)),
    Archetype("a10", "no policy"),
    Archetype("a11", "a list grants everybody READ", (tls_only(),), blocks=None, enforced=False, group=ALL),
    Archetype("a12", "the same, held back by IgnorePublicAcls", (tls_only(),), enforced=False, group=ALL),
    Archetype("a13", "a list grants any AWS account READ", (tls_only(),), blocks=None, enforced=False, group=ACCOUNTS),
    Archetype("a14", "a foreign account may read", (tls_only(), lets({"AWS": f"arn:aws:iam::{STRANGER}:root"}))),
    Archetype("a15", "everybody but one account may read", (tls_only(), _not_principal()), blocks=None),
    Archetype(
        "a16",
        "everybody may read, and a Deny shuts out all but the organisation",
        (
            tls_only(),
            lets(),
            lets(Effect="Deny", Action="s3:*", Resource=["BUCKET", "BUCKET/*"], condition=ORGANISATION),
        ),
        blocks=None,
    ),
    Archetype("a17", "whoever has a Facebook login", (tls_only(), lets(FACEBOOK)), blocks=None),
    Archetype("a18", "everybody may read; Statement is one object", (lets(),), is_bare=True, blocks=None),
    Archetype(
        "a19",
        "everybody whose organisation is ours, or who has none (IfExists)",
        (tls_only(), lets(condition={"StringEqualsIfExists": {"aws:PrincipalOrgID": "o-a1b2c3d4e5"}})),
        blocks=None,
    ),
    Archetype("a20", "served as a website", (lets(),), blocks=None, website=True),
)  # fmt: skip


def buckets(count: int) -> dict[str, Archetype]:
    """Names of so many buckets, each with its kind: as many of every kind."""
    return {f"elm-{one.name}-{number:03}": one for number in range(-(-count // len(ARCHETYPES))) for one in ARCHETYPES}


def plant(client: Any, name: str, one: Archetype) -> None:
    """Make one bucket of this kind."""
    client.create_bucket(Bucket=name, ObjectOwnership="BucketOwnerEnforced" if one.enforced else "ObjectWriter")
    rule = {"SSEAlgorithm": one.algorithm} | ({"KMSMasterKeyID": one.key} if one.key else {})
    client.put_bucket_encryption(
        Bucket=name, ServerSideEncryptionConfiguration={"Rules": [{"ApplyServerSideEncryptionByDefault": rule}]}
    )
    if one.group:
        owner = client.get_bucket_acl(Bucket=name)["Owner"]
        grants = [
            {"Grantee": {"Type": "CanonicalUser", "ID": owner["ID"]}, "Permission": "FULL_CONTROL"},
            {"Grantee": {"Type": "Group", "URI": one.group}, "Permission": "READ"},
        ]
        client.put_bucket_acl(Bucket=name, AccessControlPolicy={"Grants": grants, "Owner": owner})
    if one.website:
        client.put_bucket_website(Bucket=name, WebsiteConfiguration={"IndexDocument": {"Suffix": "index.html"}})
    if one.blocks:
        client.put_public_access_block(Bucket=name, PublicAccessBlockConfiguration=dict(one.blocks))
    policy = one.policy(name)
    if policy:
        client.put_bucket_policy(Bucket=name, Policy=policy)
