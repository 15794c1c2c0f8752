"""The storage calls of a run, through the official SDK: an answer, a documented "none", or a reason.

The SDK signs and parses; `s3_wire` carries the bytes, `s3_answers` refuses answers to another question, `s3_errors`
names the reason. Credentials come from the environment and the user's AWS files (no role is assumed, no program is
started); the instance metadata service is asked only where the access allows it. Knows no facts type and no rule.
"""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from typing import TYPE_CHECKING, cast
from urllib.parse import urlsplit

from boto3.session import Session
from botocore.awsrequest import AWSPreparedRequest, AWSResponse
from botocore.compat import HTTPHeaders
from botocore.config import Config
from botocore.credentials import CredentialResolver
from botocore.loaders import Loader, create_loader
from botocore.session import Session as CoreSession

from auditor.errors import Unreachable
from auditor.model import Asset, Reason
from auditor.reach.access import Access
from auditor.reach.s3_account import AccountCalls
from auditor.reach.s3_actions import ACTIONS
from auditor.reach.s3_answers import ERROR_HEADERS, plain_error, require_answer
from auditor.reach.s3_calls import Allowance, Answer, Question, ask_patiently
from auditor.reach.s3_wire import Exchanged, Wire

if TYPE_CHECKING:
    from botocore.client import BaseClient

CALLS_PER_BUCKET = 32  # exchanges, with retries and region redirects; 10 are typical
RETRIES_PER_BUCKET = 2  # in all: a server that stays throttled is left in peace
CREDENTIAL_SOURCES = frozenset({"env", "shared-credentials-file", "config-file"})
METADATA_SOURCES = frozenset({"iam-role", "container-role"})


class Storage:
    """All of a run: a session per profile, a client per (profile, service, region), one wire. Safe between threads.

    `asked`: how many exchanges each operation took, like "s3:GetBucketPolicy".
    """

    def __init__(self, access: Access) -> None:
        self.access = access
        self.wire = Wire(access)
        self.is_compatible = access.endpoint_url is not None and not is_aws(access.endpoint_url)
        self.asked: Counter[str] = Counter()
        self._lock = threading.Lock()
        self._sessions: dict[str | None, Session] = {}
        self._clients: dict[tuple[str | None, str, str], BaseClient] = {}
        self._accounts: dict[str | None, AccountCalls] = {}
        self._now = threading.local()

    def bucket(self, asset: Asset) -> BucketCalls:
        return BucketCalls(self, asset)

    def account(self, profile: str | None) -> AccountCalls:
        """The account behind a profile: what is known of it is known to all its buckets."""
        with self._lock:
            if profile not in self._accounts:
                self._accounts[profile] = AccountCalls(self, profile)
            return self._accounts[profile]

    def client(self, service: str, profile: str | None, region: str = "") -> BaseClient:
        """The client of a service in a region: else in the profile's, or in us-east-1. The SDK follows redirects."""
        with self._lock:
            session = self._session(profile)
            region = region or session.region_name or "us-east-1"
            key = (profile, service, region)
            if key not in self._clients:
                self._clients[key] = self._made(session, service, region)
            return self._clients[key]

    def region_of(self, profile: str | None) -> str:
        """The region that the profile names; "" where it names none."""
        with self._lock:
            return self._session(profile).region_name or ""

    @contextmanager
    def during(self, allowance: Allowance, most_bytes: int = 0) -> Iterator[None]:
        """Exchanges of this thread are paid by this allowance."""
        before = getattr(self._now, "allowance", None)
        self._now.allowance = allowance
        try:
            allowance.begin(most_bytes)
            yield
        finally:
            self._now.allowance = before

    def _session(self, profile: str | None) -> Session:
        if profile not in self._sessions:
            core = CoreSession(profile=profile)
            core.register_component("data_loader", _service_models())
            # Only the access names a server, never the environment.
            core.set_config_variable("ignore_configured_endpoint_urls", value=True)
            allowed = CREDENTIAL_SOURCES | (METADATA_SOURCES if self.access.metadata_allowed else frozenset())
            chain = core.get_component("credential_provider")
            kept = [provider for provider in chain.providers if provider.METHOD in allowed]
            core.register_component("credential_provider", CredentialResolver(kept))
            self._sessions[profile] = Session(botocore_session=core)
        return self._sessions[profile]

    def _made(self, session: Session, service: str, region: str) -> BaseClient:
        config = Config(
            retries={"total_max_attempts": 1, "mode": "standard"},  # `BucketCalls` retries, within its allowance
            proxies={},
            user_agent="encryption-compliance-auditor",  # the SDK's own words for it cost a tenth of a call
            s3={"addressing_style": "path" if self.is_compatible else "auto"},
        )
        endpoint = self.access.endpoint_url if service == "s3" else None
        client: Callable[..., BaseClient] = session.client
        made = client(service, region_name=region, endpoint_url=endpoint, config=config)
        # The stubs say that a handler returns nothing; of this event the first answer that is something counts.
        carry = cast("Callable[..., None]", self._carry)
        made.meta.events.register(f"before-send.{made.meta.service_model.service_id.hyphenize()}", carry)
        return made

    def _carry(self, request: AWSPreparedRequest, event_name: str, **_: object) -> AWSResponse:
        """botocore's `before-send`: what is returned here is the answer, and the SDK opens no connection."""
        allowance: Allowance = self._now.allowance
        service, operation = event_name.split(".")[1:]
        body = request.body.encode() if isinstance(request.body, str) else request.body
        body = bytes(body) if isinstance(body, (bytes, bytearray)) else None
        name = f"{service.replace('-', '')}:{operation}"
        if name not in ACTIONS:
            raise Unreachable(Reason.OUT_OF_SCOPE, f"{name} is not among the calls that read")
        until = allowance.spend()
        with self._lock:
            self.asked[name] += 1
        exchanged = self.wire.exchange(
            request.method, request.url, list(request.headers.items()), body, until, allowance.most_bytes
        )
        content = _harmless(operation, request.method, exchanged, urlsplit(request.url).netloc)
        headers = [(name, value) for name, value in exchanged.headers if name.lower() not in ERROR_HEADERS]
        return AWSResponse(request.url, exchanged.status, HTTPHeaders.from_pairs(headers), _Body(content))


def _harmless(operation: str, method: str, exchanged: Exchanged, where: str) -> bytes:
    """The body that the SDK may parse. Raises Unreachable for an answer to another question."""
    if exchanged.status >= 300:
        return plain_error(operation, exchanged.body, exchanged.status, exchanged.headers)
    if method != "HEAD":
        require_answer(operation, exchanged.body, where)
    return exchanged.body


class BucketCalls:
    """The calls of one bucket, in one thread. Every failure is an `Unreachable` with its reason.

    `region`: where the bucket is known to lie, for clients that need not be redirected.
    """

    def __init__(self, storage: Storage, asset: Asset) -> None:
        self.name = urlsplit(asset.address).netloc
        self.is_compatible = storage.is_compatible
        self.region = ""
        self.account = storage.account(asset.credential)
        self._storage = storage
        self._profile = asset.credential
        self._allowance = Allowance(
            storage.access.limits, f"s3://{self.name}", calls=CALLS_PER_BUCKET, retries=RETRIES_PER_BUCKET
        )

    @property
    def calls(self) -> int:
        """Exchanges so far."""
        return self._allowance.spent

    def ask(self, method: str, *, absent: str = "", **parameters: str) -> Answer:
        """Ask one thing of the bucket.

        `method`: a method of the SDK's S3 client that reads, like "get_bucket_policy". `absent`: the one error code
        that is documented to mean "not configured". Raises Unreachable.
        """
        question = Question(
            service="s3",
            method=method,
            parameters={"Bucket": self.name, **parameters},
            absent=absent,
            region=self.region,
        )
        return ask_patiently(self._storage, self._profile, question, self._allowance, f"s3://{self.name}")


class _Body:
    """Bytes that are already here, as the stream that an `AWSResponse` reads from."""

    def __init__(self, content: bytes) -> None:
        self._content = content

    def stream(self) -> Iterator[bytes]:
        yield self._content

    def read(self, amount: int | None = None) -> bytes:
        """As the SDK reads an object's content: from where it left off."""
        end = len(self._content) if amount is None else amount
        given, self._content = self._content[:end], self._content[end:]
        return given


@cache
def _service_models() -> Loader:
    """What the SDK knows of each service, read once in a process."""
    return create_loader()


def is_aws(endpoint_url: str) -> bool:
    """Is it an endpoint of AWS itself (a VPC or FIPS endpoint, say)?"""
    host = urlsplit(endpoint_url).hostname or ""
    return host.endswith((".amazonaws.com", ".amazonaws.com.cn"))
