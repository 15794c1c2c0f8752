"""The storage calls of a bucket and its account, through the official SDK: an answer, a documented "none", or a reason.

The SDK signs and parses; `s3_wire` carries the bytes, `s3_answers` refuses answers to another question, `s3_errors`
names the reason. Credentials come from the environment and the user's AWS files (no role is assumed, no program is
started); the instance metadata service is asked only where the access allows it. Knows no facts type and no rule.
"""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, cast
from urllib.parse import urlsplit

from boto3.session import Session
from botocore.awsrequest import AWSPreparedRequest, AWSResponse
from botocore.compat import HTTPHeaders
from botocore.config import Config
from botocore.credentials import CredentialResolver
from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    ConfigParseError,
    CredentialRetrievalError,
    NoCredentialsError,
    PartialCredentialsError,
    ProfileNotFound,
)
from botocore.loaders import Loader, create_loader
from botocore.session import Session as CoreSession

from auditor.errors import Unreachable
from auditor.model import Asset, Reason
from auditor.reach.access import Access, Limits
from auditor.reach.s3_answers import plain_error, require_answer
from auditor.reach.s3_errors import TRANSIENT, reason_of_error
from auditor.reach.s3_wire import Wire

if TYPE_CHECKING:
    from botocore.client import BaseClient

CALLS_PER_BUCKET = 24  # exchanges, with retries and region redirects; 8 are typical
RETRIES_PER_BUCKET = 2  # in all: a server that stays throttled is left in peace
CREDENTIAL_SOURCES = frozenset({"env", "shared-credentials-file", "config-file"})
METADATA_SOURCES = frozenset({"iam-role", "container-role"})
OF_THE_BUCKET = TRANSIENT | {Reason.BUDGET, Reason.DEADLINE}  # say nothing of the account
NO_ACCESS_BLOCK = "NoSuchPublicAccessBlockConfiguration"
_NO_CREDENTIAL = (
    NoCredentialsError,
    PartialCredentialsError,
    CredentialRetrievalError,
    ProfileNotFound,
    ConfigParseError,
)
_REQUEST_ID = re.compile(r"[A-Za-z0-9+/=_-]{1,128}")  # what providers give; of anything else nothing is kept
_PARSER_STUMBLES = (AttributeError, LookupError, TypeError, ValueError, RecursionError)


@dataclass(frozen=True, slots=True)
class Answer:
    """What a call gave. `value` None: the server said, by the documented code, that nothing is configured."""

    value: Mapping[str, object] | None
    request_id: str


class Allowance:
    """Exchanges, retries and seconds for one bucket. Its clock starts with the first exchange."""

    def __init__(self, limits: Limits, name: str) -> None:
        self._limits = limits
        self._name = name
        self._retries = RETRIES_PER_BUCKET
        self._until: float | None = None
        self._operation_until = 0.0
        self.spent = 0

    def begin(self) -> None:
        """A new operation: all its exchanges share one deadline."""
        now = time.monotonic()
        self._until = self._until or now + self._limits.host_s
        if now >= self._until:
            raise Unreachable(Reason.DEADLINE, f"s3://{self._name} was given {self._limits.host_s:g} s")
        self._operation_until = min(now + self._limits.operation_s, self._until)

    def spend(self) -> float:
        """One exchange; its deadline. Raises Unreachable(BUDGET)."""
        if self.spent >= CALLS_PER_BUCKET:
            raise Unreachable(Reason.BUDGET, f"s3://{self._name} was given {CALLS_PER_BUCKET} calls")
        self.spent += 1
        return self._operation_until

    def retry(self) -> bool:
        """May a question be asked again? Waits first, longer each time."""
        if not self._retries:
            return False
        left = (self._until or 0.0) - time.monotonic()
        pause = self._limits.pause_s * 2 ** (RETRIES_PER_BUCKET - self._retries)
        self._retries -= 1
        if pause >= left:
            return False
        time.sleep(pause)
        return True


class Storage:
    """All of a run: a session per profile, a client per (profile, service, region), one wire. Safe between threads."""

    def __init__(self, access: Access) -> None:
        self.access = access
        self.wire = Wire(access)
        self.is_compatible = access.endpoint_url is not None and not is_aws(access.endpoint_url)
        self._lock = threading.Lock()
        self._account_lock = threading.RLock()
        self._sessions: dict[str | None, Session] = {}
        self._clients: dict[tuple[str | None, str, str], BaseClient] = {}
        self._accounts: dict[tuple[str | None, str], Answer | Unreachable] = {}
        self._now = threading.local()

    def bucket(self, asset: Asset) -> BucketCalls:
        return BucketCalls(self, asset)

    def client(self, service: str, profile: str | None) -> BaseClient:
        """The client of a service in the profile's region, us-east-1 if it names none: the SDK follows redirects."""
        with self._lock:
            session = self._session(profile)
            region = session.region_name or "us-east-1"
            key = (profile, service, region)
            if key not in self._clients:
                self._clients[key] = self._made(session, service, region)
            return self._clients[key]

    @contextmanager
    def during(self, allowance: Allowance) -> Iterator[None]:
        """Exchanges of this thread are paid by this allowance."""
        before = getattr(self._now, "allowance", None)
        self._now.allowance = allowance
        try:
            allowance.begin()
            yield
        finally:
            self._now.allowance = before

    def once(self, profile: str | None, question: str, calls: BucketCalls) -> Answer:
        """The answer to a question about the account behind a profile: asked once in a run, by whoever comes first."""
        with self._account_lock:
            key = (profile, question)
            known = self._accounts.get(key)
            if known is None:
                try:
                    known = calls.ask_of_account(question)
                except Unreachable as failure:
                    if failure.reason in OF_THE_BUCKET:
                        raise  # the next bucket may have more luck
                    known = failure
                self._accounts[key] = known
        if isinstance(known, Unreachable):
            raise Unreachable(known.reason, known.detail)
        return known

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
            user_agent_extra="encryption-compliance-auditor",
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
        operation = event_name.rpartition(".")[2]
        body = request.body.encode() if isinstance(request.body, str) else request.body
        body = bytes(body) if isinstance(body, (bytes, bytearray)) else None
        exchanged = self.wire.exchange(
            request.method, request.url, list(request.headers.items()), body, allowance.spend()
        )
        content = exchanged.body
        if exchanged.status >= 300:
            content = plain_error(content, exchanged.status)
        elif request.method != "HEAD":
            require_answer(operation, content, urlsplit(request.url).netloc)
        return AWSResponse(request.url, exchanged.status, HTTPHeaders.from_pairs(exchanged.headers), _Body(content))


class BucketCalls:
    """The calls of one bucket, in one thread. Every failure is an `Unreachable` with its reason."""

    def __init__(self, storage: Storage, asset: Asset) -> None:
        self.name = urlsplit(asset.address).netloc
        self.is_compatible = storage.is_compatible
        self._storage = storage
        self._profile = asset.credential
        self._allowance = Allowance(storage.access.limits, self.name)

    @property
    def calls(self) -> int:
        """Exchanges so far."""
        return self._allowance.spent

    def ask(self, method: str, *, absent: str = "", **parameters: str) -> Answer:
        """Ask one thing of the bucket.

        `method`: a method of the SDK's S3 client that reads, like "get_bucket_policy". `absent`: the one error code
        that is documented to mean "not configured". Raises Unreachable.
        """
        return self._patiently("s3", method, absent, {"Bucket": self.name, **parameters})

    def account(self) -> str:
        """The account id behind the credential, twelve digits.

        Raises Unreachable; NOT_IMPLEMENTED on a compatible server.
        """
        value = self._storage.once(self._profile, "identity", self).value or {}
        account = value.get("Account")
        if not isinstance(account, str) or not account.isdecimal():
            raise Unreachable(Reason.MALFORMED, "the identity service named no account")
        return account

    def account_access_block(self) -> Answer:
        """The public access block of the account behind the credential. Raises Unreachable."""
        return self._storage.once(self._profile, "access block", self)

    def ask_of_account(self, question: str) -> Answer:
        """For `Storage.once` only: a compatible server has no accounts of AWS."""
        if self.is_compatible:
            raise Unreachable(Reason.NOT_IMPLEMENTED, f"s3://{self.name} is on a server without AWS accounts")
        if question == "identity":
            return self._patiently("sts", "get_caller_identity", "", {})
        return self._patiently("s3control", "get_public_access_block", NO_ACCESS_BLOCK, {"AccountId": self.account()})

    def _patiently(self, service: str, method: str, absent: str, parameters: dict[str, str]) -> Answer:
        while True:
            try:
                return self._once(service, method, absent, parameters)
            except Unreachable as failure:
                if failure.reason not in TRANSIENT or not self._allowance.retry():
                    raise

    def _once(self, service: str, method: str, absent: str, parameters: dict[str, str]) -> Answer:
        where = f"s3://{self.name} {method}"
        try:
            client = self._storage.client(service, self._profile)  # made once; its making is not the server's time
            with self._storage.during(self._allowance):
                raw = getattr(client, method)(**parameters)
        except ClientError as error:
            return _absent_or_raise(error, absent, where)
        except _NO_CREDENTIAL as error:
            raise Unreachable(Reason.NO_CREDENTIAL, f"{where}; {_advice(self._profile)}") from error
        except BotoCoreError as error:
            raise Unreachable(Reason.MALFORMED, f"{where} ({type(error).__name__})") from error
        except _PARSER_STUMBLES as error:  # the SDK's parsers have no error of their own for hostile nesting
            raise Unreachable(Reason.MALFORMED, f"{where} ({type(error).__name__})") from error
        return Answer(raw, request_id_of(raw))


class _Body:
    """Bytes that are already here, as the stream that an `AWSResponse` reads from."""

    def __init__(self, content: bytes) -> None:
        self._content = content

    def stream(self) -> Iterator[bytes]:
        yield self._content


@cache
def _service_models() -> Loader:
    """What the SDK knows of each service, read once in a process."""
    return create_loader()


def is_aws(endpoint_url: str) -> bool:
    """Is it an endpoint of AWS itself (a VPC or FIPS endpoint, say)?"""
    host = urlsplit(endpoint_url).hostname or ""
    return host.endswith((".amazonaws.com", ".amazonaws.com.cn"))


def _advice(profile: str | None) -> str:
    if profile:
        return f"the AWS files hold no usable profile {profile!r}"
    return "set AWS_PROFILE to a profile with keys, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY"


def _absent_or_raise(error: ClientError, absent: str, where: str) -> Answer:
    code = str(error.response.get("Error", {}).get("Code", ""))
    metadata = error.response.get("ResponseMetadata", {})
    if absent and code == absent:
        return Answer(None, request_id_of(error.response))
    status = int(metadata.get("HTTPStatusCode", 0))
    raise Unreachable(reason_of_error(code, status), f"{where} ({code or status})") from error


def request_id_of(raw: object) -> str:
    """The id under which the provider's support finds the call; "" where the server gave none, or no such thing."""
    metadata = raw.get("ResponseMetadata", {}) if isinstance(raw, Mapping) else {}
    headers = metadata.get("HTTPHeaders", {})
    said = str(metadata.get("RequestId") or headers.get("x-amz-request-id", ""))
    return said if _REQUEST_ID.fullmatch(said) else ""
