"""Which answers of a storage server may reach the SDK's parser: well-formed ones to the question asked. Opens nothing.

Servers that do not know a sub-resource answer 200 with a listing of the bucket; the SDK parses that to an empty answer,
which reads as "nothing configured". So the root element, or the key that JSON must have, is compared with the question
before the SDK sees it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from xml.etree import ElementTree
from xml.sax.saxutils import escape

from auditor.errors import Unreachable
from auditor.model import Reason
from auditor.reach.s3_unread import local_name, require_readable

# Root elements by operation (S3, S3 Control, STS, EC2 and RDS API references; the same in the SDK's service models).
ROOTS = {
    "DescribeDBClusterSnapshotAttributes": "DescribeDBClusterSnapshotAttributesResponse",
    "DescribeDBClusterSnapshots": "DescribeDBClusterSnapshotsResponse",
    "DescribeDBClusters": "DescribeDBClustersResponse",
    "DescribeDBInstances": "DescribeDBInstancesResponse",
    "DescribeDBSnapshotAttributes": "DescribeDBSnapshotAttributesResponse",
    "DescribeDBSnapshots": "DescribeDBSnapshotsResponse",
    "DescribeInstances": "DescribeInstancesResponse",
    "DescribeRegions": "DescribeRegionsResponse",
    "DescribeSnapshotAttribute": "DescribeSnapshotAttributeResponse",
    "DescribeSnapshots": "DescribeSnapshotsResponse",
    "DescribeVolumes": "DescribeVolumesResponse",
    "GetAccessPoint": "GetAccessPointResult",
    "GetAccessPointPolicy": "GetAccessPointPolicyResult",
    "GetAccessPointPolicyStatus": "GetAccessPointPolicyStatusResult",
    "GetBucketAcl": "AccessControlPolicy",
    "GetBucketEncryption": "ServerSideEncryptionConfiguration",
    "GetBucketLifecycleConfiguration": "LifecycleConfiguration",
    "GetBucketLocation": "LocationConstraint",
    "GetBucketLogging": "BucketLoggingStatus",
    "GetBucketNotificationConfiguration": "NotificationConfiguration",
    "GetBucketOwnershipControls": "OwnershipControls",
    "GetBucketPolicy": "",  # the one answer that is not XML: the policy's JSON text
    "GetBucketPolicyStatus": "PolicyStatus",
    "GetBucketReplication": "ReplicationConfiguration",
    "GetBucketTagging": "Tagging",
    "GetBucketVersioning": "VersioningConfiguration",
    "GetBucketWebsite": "WebsiteConfiguration",
    "GetCallerIdentity": "GetCallerIdentityResponse",
    "GetEbsEncryptionByDefault": "GetEbsEncryptionByDefaultResponse",
    "GetMultiRegionAccessPointPolicy": "GetMultiRegionAccessPointPolicyResult",
    "GetObjectLockConfiguration": "ObjectLockConfiguration",
    "GetPublicAccessBlock": "PublicAccessBlockConfiguration",
    "ListAccessGrantsInstances": "ListAccessGrantsInstancesResult",
    "ListAccessPoints": "ListAccessPointsResult",
    "ListBucketInventoryConfigurations": "ListInventoryConfigurationsResult",
    "ListBuckets": "ListAllMyBucketsResult",
    "ListDirectoryBuckets": "ListAllMyDirectoryBucketsResult",
    "ListMultiRegionAccessPoints": "ListMultiRegionAccessPointsResult",
    "ListObjectVersions": "ListVersionsResult",
    "ListObjectsV2": "ListBucketResult",
}
ALSO = {"GetPublicAccessBlock": "BlockPublicAccessBlockConfiguration"}  # Ceph's word for the same content, up to 18
# The key that the answer must have, and what it holds, by operation (their API references).
KEYS: dict[str, tuple[str, type]] = {
    "DescribeBuckets": ("buckets", list),
    "DescribeKey": ("KeyMetadata", dict),
    "DescribeOrganization": ("Organization", dict),
    "GetFindingStatistics": ("countsByGroup", list),
    "GetKeyPolicy": ("Policy", str),
    "GetKeyRotationStatus": ("KeyRotationEnabled", bool),
    "GetMacieSession": ("status", str),
    "ListGrants": ("Grants", list),
    "ListTableBuckets": ("tableBuckets", list),
}
NOT_ENABLED = "NotEnabled"  # a code of our own, where a service's code stands for a lack of permission as well
SAID_WITH_IT = {("GetMacieSession", "AccessDeniedException"): "Macie is not enabled"}  # the message; its dot may lack
ERROR_HEADERS = frozenset({"x-amzn-errortype", "x-amzn-query-error"})  # where JSON services repeat the code
TOLD = 128  # characters kept of what a server says of itself
_CODE = re.compile(r"[A-Za-z0-9.]{1,80}")
REGION = re.compile(r"[a-z0-9-]{1,40}")


def require_answer(operation: str, body: bytes, where: str) -> None:
    """Raise Unreachable(MALFORMED) unless a success answer fits the question, one of `ROOTS` or `KEYS`."""
    if operation == "GetObject":
        return  # its content may be anything
    if operation in KEYS:
        _require_json(operation, body, where)
    elif ROOTS.get(operation) == "":
        if not _is_text(body) or not body.lstrip().startswith(b"{"):
            raise Unreachable(Reason.MALFORMED, f"{where} answered {operation} with something other than a policy")
    else:
        root = _root_of(body)
        if root is None or operation not in ROOTS or local_name(root.tag) not in _roots_of(operation):
            raise Unreachable(Reason.MALFORMED, f"{where} answered {operation} with {_in_words(root)}")
        require_readable(operation, root, where)


def _in_words(root: ElementTree.Element | None) -> str:
    if root is None:
        return "something other than XML"
    if local_name(root.tag) == ROOTS["ListObjectsV2"]:
        return "a list of its objects, as servers do that do not know the question"
    return f"a {local_name(root.tag)[:40]!r} element"


def _roots_of(operation: str) -> frozenset[str]:
    """The documented root element, and those by which other servers name the question itself."""
    said = {ROOTS[operation], ALSO.get(operation, ROOTS[operation])}
    return frozenset({*said, *(f"{operation}{ending}" for ending in ("Output", "Response", "Result"))})


def _require_json(operation: str, body: bytes, where: str) -> None:
    key, kind = KEYS[operation]
    said = _json_of(body)
    if said is None or not isinstance(said.get(key), kind):
        raise Unreachable(Reason.MALFORMED, f"{where} answered {operation} without a {key!r}")


def plain_error(operation: str, body: bytes, status: int, headers: Iterable[tuple[str, str]] = ()) -> bytes:
    """An error answer with nothing in it but code and region, in the form that the SDK's parser of the operation takes.

    Hostile nesting and empty bodies make the SDK's parsers stumble; the code alone decides. Where there is none, the
    HTTP `status` stands in for it.
    """
    if operation in KEYS:
        code = _told_apart(operation, _json_code(body, headers), body)
        return json.dumps({"__type": code or str(status)}).encode()
    code, region = told_error(body, status)
    inner = f"<Code>{escape(code)}</Code><Message/>" + (f"<Region>{escape(region)}</Region>" if region else "")
    return f"<ErrorResponse><Error>{inner}</Error><RequestId/></ErrorResponse>".encode()


def told_error(body: bytes, status: int) -> tuple[str, str]:
    """Code and region of an error answer in XML; "" where no region is told. The `status` stands in for the code."""
    root = _root_of(body)
    return _text_of(root, "Code", _CODE) or str(status), _text_of(root, "Region", REGION)


def told_location(body: bytes) -> str | None:
    """What GetBucketLocation answers, and the SDK's models cannot say: the text of the root; None where it has none."""
    root = _root_of(body)
    return None if root is None else root.text


def _json_code(body: bytes, headers: Iterable[tuple[str, str]]) -> str:
    """`__type` or the header, without the name space before # and the address after a colon."""
    said = (_json_of(body) or {}).get("__type")
    named = [value for name, value in headers if name.lower() == "x-amzn-errortype"]
    for text in (said, *named):
        code = text.rpartition("#")[2].partition(":")[0] if isinstance(text, str) else ""
        if _CODE.fullmatch(code):
            return code
    return ""


def _told_apart(operation: str, code: str, body: bytes) -> str:
    wanted, answer = SAID_WITH_IT.get((operation, code)), _json_of(body) or {}
    said = answer.get("message", answer.get("Message"))
    return NOT_ENABLED if wanted and isinstance(said, str) and said.strip().removesuffix(".") == wanted else code


def _json_of(body: bytes) -> dict[str, object] | None:
    try:
        said = json.loads(body)
    except (ValueError, RecursionError):
        return None
    return said if isinstance(said, dict) else None


def told_of(body: bytes) -> tuple[str, str, str, str]:
    """Of any answer: its root element, and code, message and owner's id if it is an error or names one; "" for none."""
    root = _root_of(body)
    if root is None:
        return "", "", "", ""
    texts: dict[str, str] = {}
    for element in root.iter():
        texts.setdefault(local_name(element.tag), (element.text or "").strip()[:TOLD])
    return local_name(root.tag)[:TOLD], _text_of(root, "Code", _CODE), texts.get("Message", ""), texts.get("ID", "")


def _root_of(body: bytes) -> ElementTree.Element | None:
    """The root element of a document without declarations of its own: no entity is ever expanded.

    Read as UTF-8, which S3 speaks, whatever the document says of itself: in another encoding a declaration would not
    be seen.
    """
    if b"\0" in body or b"<!" in body.replace(b"<![CDATA[", b""):
        return None
    try:
        return ElementTree.fromstring(body.decode())  # noqa: S314 - declarations were refused above, length is bounded
    except (UnicodeDecodeError, ElementTree.ParseError):
        return None


def _text_of(root: ElementTree.Element | None, name: str, shape: re.Pattern[str]) -> str:
    error = root.find("Errors/Error") if root is not None and root.tag == "Response" else root  # EC2 wraps its errors
    if error is None or local_name(error.tag) not in ("Error", "ErrorResponse"):
        return ""
    for element in error.iter():
        if local_name(element.tag) == name:
            text = (element.text or "").strip()
            return text if shape.fullmatch(text) else ""
    return ""


def _is_text(body: bytes) -> bool:
    try:
        body.decode()
    except UnicodeDecodeError:
        return False
    return True
