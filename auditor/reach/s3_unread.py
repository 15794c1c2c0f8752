"""What the SDK misreads or leaves out in silence, where the answer would then mean something else. Opens nothing.

It takes every word but "true" for false, and drops elements that its models do not know.
"""

from __future__ import annotations

from xml.etree import ElementTree

from auditor.errors import Unreachable
from auditor.model import Reason

# Elements that hold a truth, as far as they are used here.
TRUTHS = frozenset(
    {
        "BlockPublicAcls",
        "BlockPublicPolicy",
        "BucketKeyEnabled",
        "Encrypted",
        "ExpiredObjectDeleteMarker",
        "IgnorePublicAcls",
        "IsEnabled",
        "IsPublic",
        "IsTruncated",
        "PubliclyAccessible",
        "RestrictPublicBuckets",
        "StorageEncrypted",
        "ebsEncryptionByDefault",
        "encrypted",
    }
)
LIFECYCLE = "GetBucketLifecycleConfiguration"
PARTS = frozenset({"Filter", "And"})  # of a lifecycle rule: which objects it is for (S3 API reference, below)
KNOWN = frozenset({"And", "ObjectSizeGreaterThan", "ObjectSizeLessThan", "Prefix", "Tag"})


def require_readable(operation: str, root: ElementTree.Element, where: str) -> None:
    """Raise Unreachable(MALFORMED) for a truth that is neither "true" nor "false", and a filter that is not known.

    A rule whose filter is left out would count for the whole bucket. Ceph has one for archive zones alone.
    """
    for element in root.iter():
        name = local_name(element.tag)
        if name in TRUTHS and element.text not in ("true", "false"):
            raise Unreachable(Reason.MALFORMED, f"{where} answered {operation} with an odd {name}")
        if operation == LIFECYCLE and name in PARTS and not {local_name(one.tag) for one in element} <= KNOWN:
            raise Unreachable(Reason.MALFORMED, f"{where} answered {operation} with a filter that is not known here")


def local_name(tag: str) -> str:
    """Without its name space."""
    return tag.rpartition("}")[2]
