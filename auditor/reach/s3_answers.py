"""Which answers of an S3 server may reach the SDK's parser: well-formed ones to the question asked. Opens nothing.

Servers that do not know a sub-resource answer 200 with a listing of the bucket; the SDK parses that to an empty answer,
which reads as "nothing configured". So the root element is compared with the question before the SDK sees it.
"""

from __future__ import annotations

import re
from xml.etree import ElementTree
from xml.sax.saxutils import escape

from auditor.errors import Unreachable
from auditor.model import Reason

# Root elements by operation (S3, S3 Control and STS API references; the same in the SDK's service models).
ROOTS = {
    "GetBucketAcl": "AccessControlPolicy",
    "GetBucketEncryption": "ServerSideEncryptionConfiguration",
    "GetBucketLocation": "LocationConstraint",
    "GetBucketOwnershipControls": "OwnershipControls",
    "GetBucketPolicy": "",  # the one answer that is not XML: the policy's JSON text
    "GetBucketTagging": "Tagging",
    "GetCallerIdentity": "GetCallerIdentityResponse",
    "GetPublicAccessBlock": "PublicAccessBlockConfiguration",
}
_CODE = re.compile(r"[A-Za-z0-9.]{1,80}")
_REGION = re.compile(r"[a-z0-9-]{1,40}")


def require_answer(operation: str, body: bytes, where: str) -> None:
    """Raise Unreachable(MALFORMED) unless a success answer fits the question, one of `ROOTS`."""
    if ROOTS.get(operation) == "":
        if not _is_text(body) or not body.lstrip().startswith(b"{"):
            raise Unreachable(Reason.MALFORMED, f"{where} answered {operation} with something other than a policy")
        return
    root = _root_of(body)
    if root is None or _local(root.tag) != ROOTS.get(operation):
        seen = f"a {_local(root.tag)[:40]!r} element" if root is not None else "something other than XML"
        raise Unreachable(Reason.MALFORMED, f"{where} answered {operation} with {seen}")


def plain_error(body: bytes, status: int) -> bytes:
    """An error answer with nothing in it but code and region, in the form that every parser of the SDK takes.

    Hostile nesting and empty bodies make the SDK's parsers stumble; the code alone decides. Where there is none, the
    HTTP `status` stands in for it.
    """
    root = _root_of(body)
    code = _text_of(root, "Code", _CODE) or str(status)
    region = _text_of(root, "Region", _REGION)
    inner = f"<Code>{escape(code)}</Code><Message/>" + (f"<Region>{escape(region)}</Region>" if region else "")
    return f"<ErrorResponse><Error>{inner}</Error><RequestId/></ErrorResponse>".encode()


def _root_of(body: bytes) -> ElementTree.Element | None:
    """The root element of a document without declarations of its own: no entity is ever expanded."""
    if b"<!" in body.replace(b"<![CDATA[", b""):
        return None
    try:
        return ElementTree.fromstring(body)  # noqa: S314 - declarations were refused above, the length is bounded
    except ElementTree.ParseError:
        return None


def _text_of(root: ElementTree.Element | None, name: str, shape: re.Pattern[str]) -> str:
    if root is None or _local(root.tag) not in ("Error", "ErrorResponse"):
        return ""
    for element in root.iter():
        if _local(element.tag) == name:
            text = (element.text or "").strip()
            return text if shape.fullmatch(text) else ""
    return ""


def _local(tag: str) -> str:
    return tag.rpartition("}")[2]


def _is_text(body: bytes) -> bool:
    try:
        body.decode()
    except UnicodeDecodeError:
        return False
    return True
