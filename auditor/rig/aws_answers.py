"""What EC2, RDS, STS and KMS answer of an account of the rig: their lists as pages of XML, and keys as JSON."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from xml.sax.saxutils import escape

from auditor.rig.aws_account import ACCOUNT, CloudSeed, Refusal, Tree

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


def told(seed: CloudSeed, service: str, region: str, form: Mapping[str, str]) -> tuple[int, bytes]:
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


def key_told(seed: CloudSeed, named: str, action: str) -> tuple[int, bytes]:
    manager = seed.managers.get(named)
    if manager is None:
        return 400, json.dumps({"__type": "AccessDeniedException"}).encode()
    answers: dict[str, Callable[[], object]] = {
        "DescribeKey": lambda: {"KeyMetadata": _metadata(named, manager)},
        "GetKeyRotationStatus": lambda: {"KeyRotationEnabled": True},
        "GetKeyPolicy": lambda: {"Policy": json.dumps(_key_policy(named))},
        "ListGrants": lambda: {"Grants": [], "Truncated": False},
    }
    return 200, json.dumps(answers[action]()).encode()


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
