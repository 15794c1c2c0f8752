"""What somebody without a credential gets of a bucket: a few plain questions that read, and never a body kept.

Nothing is signed, so nothing of the auditor's is sent. `s3_wire` carries the bytes and keeps the fence.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING
from urllib.parse import quote, urlsplit

from auditor.errors import Unreachable
from auditor.model import Asset, Reason
from auditor.reach.s3_answers import REGION, told_of
from auditor.reach.s3_plain import Exchanged
from auditor.reach.s3_request import request_of
from auditor.records import dataclass

if TYPE_CHECKING:
    from auditor.reach.s3 import Storage

AWS = "s3.amazonaws.com"
HOPS = 2  # redirects to the bucket's own region
LISTING = "list-type=2&max-keys=1"
AS_ANYBODY = (("User-Agent", "encryption-compliance-auditor"), ("Accept", "*/*"))


@dataclass(frozen=True, slots=True)
class Told:
    """One answer, without its content."""

    asked: str
    status: int
    root: str = ""  # the root element's name; "" where there is no XML
    code: str = ""  # of an error answer
    message: str = ""
    owner: str = ""
    location: str = ""  # where a redirect leads
    header: str = ""  # Server
    request_id: str = ""
    has_etag: bool = False  # as every stored object has


class Stranger:
    """The questions about one bucket. Every failure is an `Unreachable` with its reason."""

    def __init__(self, storage: Storage, asset: Asset) -> None:
        self.is_compatible = storage.is_compatible
        self._storage = storage
        self._name = urlsplit(asset.address).netloc
        self._host = AWS

    @property
    def is_plain(self) -> bool:
        """Is the server's declared address one without TLS?"""
        return urlsplit(self._endpoint()).scheme == "http"

    def greet(self) -> Told:
        """The server itself, whatever bucket."""
        return self._ask("GET", f"{self._endpoint()}/")

    def listing(self, *, plain: bool) -> Told:
        return self._of_bucket("GET", f"?{LISTING}", plain=plain)

    def reading(self, key: str, *, plain: bool) -> Told:
        """An object's headers; its content is not asked for."""
        return self._of_bucket("HEAD", f"/{quote(key)}", plain=plain)

    def _of_bucket(self, method: str, path: str, *, plain: bool) -> Told:
        for _ in range(HOPS):
            told = self._ask(method, f"{self._endpoint(plain=plain)}/{self._name}{path}")
            if self.is_compatible or told.status not in (301, 307) or not told.location:
                return told
            self._host = told.location
        raise Unreachable(Reason.REDIRECT_LOOP, told.asked)

    def _endpoint(self, *, plain: bool | None = None) -> str:
        """`plain`: over HTTP, which an address with TLS leaves to port 80. None: as it was declared."""
        declared = self._storage.access.endpoint_url
        if not self.is_compatible or declared is None:
            return f"{'http' if plain else 'https'}://{self._host}"
        parts = urlsplit(declared)
        if plain and parts.scheme == "https":
            host = parts.hostname or ""
            return f"http://{f'[{host}]' if ':' in host else host}"
        return f"{parts.scheme}://{parts.netloc}"

    def _ask(self, method: str, url: str) -> Told:
        limits = self._storage.access.limits
        until = time.monotonic() + limits.operation_s
        request = request_of(method, url, AS_ANYBODY)
        exchanged = self._storage.wire.exchange(request, until, limits.body_bytes)
        return _told(f"{method} {url}", exchanged, is_compatible=self.is_compatible)


def _told(asked: str, exchanged: Exchanged, *, is_compatible: bool) -> Told:
    headers = {name.lower(): value for name, value in exchanged.headers}
    root, code, message, owner = told_of(exchanged.body)
    elsewhere = headers.get("location", "") if is_compatible else _host_of(headers.get("x-amz-bucket-region", ""))
    return Told(
        asked=asked,
        status=exchanged.status,
        root=root,
        code=code,
        message=message,
        owner=owner,
        location=elsewhere,
        header=headers.get("server", ""),
        request_id=headers.get("x-amz-request-id", ""),
        has_etag=bool(headers.get("etag")),
    )


def _host_of(region: str) -> str:
    """The endpoint of a region of AWS; "" for what is none: over plain HTTP anybody may have said it."""
    return f"s3.{region}.amazonaws.com" if REGION.fullmatch(region) else ""
