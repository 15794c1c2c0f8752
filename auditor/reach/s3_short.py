"""The short way of a question about a bucket: what the SDK would send, without having it worked out for each bucket.

The SDK writes down once how it asks a thing of any bucket: nothing of that is sent, and no address, header or region is
listed here a second time. What it wrote is then filled in, signed (`s3_signing`) and carried for each bucket, and the
SDK's own parser reads the answer (`s3_readings`). Whatever is out of the ordinary is left to the SDK: odd names, other
parameters, another way to sign, a bucket that lies elsewhere.

One thing is asked in another way than the SDK's: where it puts the name before AWS's own host, it stands in the path.
"""

from __future__ import annotations

import re
import time
from collections.abc import Mapping
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from botocore.exceptions import ClientError, NoCredentialsError

from auditor.reach.s3_answers import told_error
from auditor.reach.s3_readings import Readings, by_name, metadata_of
from auditor.reach.s3_request import request_of
from auditor.reach.s3_signing import NOTHING, Credential, Signer, Unsigned
from auditor.records import dataclass

if TYPE_CHECKING:
    from botocore.awsrequest import AWSPreparedRequest
    from botocore.client import BaseClient
    from botocore.credentials import Credentials

    from auditor.reach.s3_calls import Question
    from auditor.reach.s3_carry import Carrier

OWNER = "ExpectedBucketOwner"
OWNER_HEADER = "x-amz-expected-bucket-owner"
ANY_OWNER = "000000000000"
# Names that need no quoting, stand in a host's name, and are none of AWS's own kinds (aliases, directories and so on).
PLAIN = re.compile(r"(?!.*--|.*-s3alias$)[a-z0-9][a-z0-9-]{1,61}[a-z0-9]")
SHORT = re.compile(r"[a-z0-9]{1,2}")  # some servers take them; the SDK asks by path
ACCOUNT = re.compile(r"[0-9]{12}")
ANY_PLAIN, ANY_SHORT = "an-example", "an"
SIGNED = re.compile(r"AWS4-HMAC-SHA256 Credential=[^,]*/[0-9]{8}/([a-z0-9-]+)/(s3)/aws4_request, ")
# AWS's usual endpoints of a region, which take a name in the path as well (S3 user guide, "Path-style requests"). So
# the buckets of a region share their connections; before the host each name is one more host to find and to greet.
BY_PATH_AS_WELL = re.compile(r"s3\.(dualstack\.)?([a-z]{2,4}(-[a-z]+){1,3}-[0-9]{1,2}\.)?amazonaws\.com(\.cn)?")
# What the SDK sends beside the header of the owner. Its own counting of calls (amz-sdk-…) is for its retries.
ITS_OWN = frozenset({"authorization", "user-agent", "x-amz-content-sha256", "x-amz-date", "x-amz-security-token"})
LEFT_OUT = frozenset({"amz-sdk-invocation-id", "amz-sdk-request"})
# What makes the SDK look for a bucket in another region.
ELSEWHERE = frozenset({"PermanentRedirect", "IllegalLocationConstraintException"})
ELSEWHERE_STATUS = frozenset({301, 302, 307})
WRONGLY_SIGNED = "AuthorizationHeaderMalformed"  # where it names the region


@dataclass(frozen=True, slots=True)
class Form:
    """How a thing is asked of any bucket of one region. `by_path`: the name stands there, not before the host."""

    scheme: str
    host: str
    by_path: bool
    query: str
    region: str
    service: str
    agent: str

    def asked(self, name: str, owner: str) -> Unsigned:
        host = self.host if self.by_path else f"{name}.{self.host}"
        headers = ((OWNER_HEADER, owner),) if owner else ()
        return Unsigned(host, f"/{name}" if self.by_path else "/", f"{self.query}=", headers)

    def url(self, asked: Unsigned) -> str:
        return f"{self.scheme}://{asked.host}{asked.path}?{self.query}"


class ShortWay:
    """That of one client, which stands for a profile and a region. Safe between threads. `credentials` None: none."""

    def __init__(self, client: BaseClient, credentials: Credentials | None, carrier: Carrier) -> None:
        self._client = client
        self._credentials = credentials
        self._carrier = carrier
        self._signer = Signer()
        self._readings = Readings(client.meta.service_model)
        self._forms: dict[tuple[str, bool, bool], Form | None] = {}
        self._elsewhere: set[str] = set()

    def answer(self, question: Question) -> Mapping[str, object] | None:
        """As the SDK's client gives it. None: this question is one for the SDK. Raises ClientError, as it does."""
        name, owner = question.parameters.get("Bucket"), question.parameters.get(OWNER, "")
        if not _is_plain(name, owner, question) or name in self._elsewhere:
            return None
        operation = self._client.meta.method_to_api_mapping[question.method]
        form = self._form(question.method, has_owner=bool(owner), is_short=len(str(name)) < 3)
        return self._asked(operation, form, str(name), str(owner)) if form else None

    def _asked(self, operation: str, form: Form, name: str, owner: str) -> Mapping[str, object] | None:
        asked = form.asked(name, owner)
        signed = self._signer.headers(self._credential(), form.region, form.service, asked, time.time())
        request = request_of("GET", form.url(asked), [("user-agent", form.agent), *signed])
        exchanged = self._carrier.raw(f"s3:{operation}", request)
        if exchanged.status < 300:
            return self._readings.read(operation, exchanged, request.host)
        code, region = told_error(exchanged.body, exchanged.status) if exchanged.status > 300 else ("", "")
        if _is_elsewhere(code, region, exchanged.status):
            self._elsewhere.add(name)
            return None  # the SDK finds out where, and remembers it
        told = {"Error": {"Code": code, "Message": ""}, "ResponseMetadata": metadata_of(exchanged, by_name(exchanged))}
        raise ClientError(told, operation)  # type: ignore[arg-type]  # the stubs know its keys one by one

    def _credential(self) -> Credential:
        """As it is now: some are renewed while a run lasts."""
        now = self._credentials.get_frozen_credentials() if self._credentials else None
        if now is None or not now.access_key or not now.secret_key:
            raise NoCredentialsError
        return Credential(now.access_key, now.secret_key, now.token)

    def _form(self, method: str, *, has_owner: bool, is_short: bool) -> Form | None:
        key = (method, has_owner, is_short)
        if key not in self._forms:
            name = ANY_SHORT if is_short else ANY_PLAIN
            example = {"Bucket": name, **({OWNER: ANY_OWNER} if has_owner else {})}
            written = self._carrier.written(lambda: getattr(self._client, method)(**example))
            self._forms[key] = form_of(written, name, ANY_OWNER if has_owner else "") if written else None
        return self._forms[key]


def form_of(request: AWSPreparedRequest, name: str, owner: str) -> Form | None:
    """What the SDK wrote for a bucket, with its name left open; None unless every part of it is known."""
    parts = urlsplit(request.url)
    headers = {header.lower(): _text(value) for header, value in request.headers.items()}
    signed = SIGNED.match(headers.get("authorization", ""))
    is_whole = headers.keys() - ITS_OWN - LEFT_OUT == ({OWNER_HEADER} if owner else set())
    by_path = parts.path == f"/{name}"
    host = parts.netloc if by_path else parts.netloc.removeprefix(f"{name}.")
    if (
        request.method != "GET"
        or request.body
        or not signed
        or not is_whole
        or headers.get(OWNER_HEADER, "") != owner
        or headers.get("x-amz-content-sha256") != NOTHING
        or not (by_path or (parts.path in ("", "/") and host != parts.netloc))
        or not re.fullmatch(r"[A-Za-z-]+", parts.query)
        or parts.scheme not in ("http", "https")
    ):
        return None
    region, service = signed.groups()
    by_path = by_path or bool(BY_PATH_AS_WELL.fullmatch(host))
    return Form(parts.scheme, host, by_path, parts.query, region, service, headers.get("user-agent", ""))


def _is_elsewhere(code: str, region: str, status: int) -> bool:
    return status in ELSEWHERE_STATUS or code in ELSEWHERE or (code == WRONGLY_SIGNED and bool(region))


def _text(value: str | bytes) -> str:
    return value if isinstance(value, str) else value.decode("latin-1")


def _is_plain(name: object, owner: object, question: Question) -> bool:
    """Is it about a bucket alone, and are its name and owner such that they can be filled in?"""
    if question.service != "s3" or not isinstance(name, str) or not isinstance(owner, str):
        return False
    is_named = bool(PLAIN.fullmatch(name) or SHORT.fullmatch(name))
    is_owned = not owner or bool(ACCOUNT.fullmatch(owner))
    return is_named and is_owned and question.parameters.keys() <= {"Bucket", OWNER}
