"""The storage calls of a run, through the official SDK: an answer, a documented "none", or a reason.

The SDK signs and parses, or tells `s3_short` how; `s3_wire` carries the bytes, `s3_answers` refuses answers to another
question, `s3_errors` names the reason. Credentials come from the environment and the user's AWS files (no role is
assumed, no program is started); the instance metadata service is asked only where the access allows it. Knows no facts
type and no rule.
"""

from __future__ import annotations

import re
import threading
from collections import Counter
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, cast
from urllib.parse import urlsplit

from botocore.config import Config
from botocore.credentials import CredentialResolver
from botocore.session import Session

from auditor.errors import Unreachable
from auditor.model import Asset, Reason
from auditor.reach.access import Access
from auditor.reach.s3_account import AccountCalls
from auditor.reach.s3_calls import Allowance, Answer, Question, ask_patiently
from auditor.reach.s3_carry import Carrier
from auditor.reach.s3_instants import parsers
from auditor.reach.s3_models import service_models
from auditor.reach.s3_short import ShortWay
from auditor.reach.s3_wire import Wire

if TYPE_CHECKING:
    from botocore.client import BaseClient

CALLS_PER_BUCKET = 32  # exchanges, with retries and region redirects; 10 are typical
RETRIES_PER_BUCKET = 2  # in all: a server that stays throttled is left in peace
CREDENTIAL_SOURCES = frozenset({"env", "shared-credentials-file", "config-file"})
# AWS General Reference, "Amazon S3 endpoints and quotas", and AWS PrivateLink for Amazon S3.
ENDPOINT = re.compile(
    r"(?:(?:bucket\.)?vpce-[a-z0-9-]+\.)?s3(?:-[a-z0-9-]+)?(?:\.dualstack)?(?:\.[a-z]+(?:-[a-z]+)+-[0-9]+)?(?:\.vpce)?"
    r"\.amazonaws\.com(?:\.cn)?"
)
METADATA_SOURCES = frozenset({"iam-role", "container-role"})


class Storage:
    """All of a run: a session per profile, a client per (profile, service, region), one wire. Safe between threads."""

    def __init__(self, access: Access) -> None:
        self.access = access
        self.wire = Wire(access)
        self.carrier = Carrier(self.wire)
        self.is_compatible = access.endpoint_url is not None and not is_aws(access.endpoint_url)
        self._lock = threading.Lock()
        self._sessions: dict[str | None, Session] = {}
        self._clients: dict[tuple[str | None, str, str], BaseClient] = {}
        self._short: dict[BaseClient, ShortWay] = {}
        self._accounts: dict[str | None, AccountCalls] = {}

    @property
    def asked(self) -> Counter[str]:
        """How many exchanges each operation took, like "s3:GetBucketPolicy"."""
        return self.carrier.asked

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
        if region and (profile, service, region) in self._clients:  # no further look at the user's settings
            return self._clients[profile, service, region]
        with self._lock:
            session = self._session(profile)
            region = region or session.get_config_variable("region") or "us-east-1"
            key = (profile, service, region)
            if key not in self._clients:
                self._clients[key] = self._made(session, service, region)
            return self._clients[key]

    def region_of(self, profile: str | None) -> str:
        """The region that the profile names; "" where it names none."""
        with self._lock:
            return self._session(profile).get_config_variable("region") or ""

    def answer(self, profile: str | None, question: Question, allowance: Allowance) -> Mapping[str, object]:
        """As the SDK's client gives it, by the short way where there is one. Raises what the SDK raises."""
        client = self.client(question.service, profile, question.region)  # made once: not the server's time
        if question.method not in client.meta.method_to_api_mapping:  # the models hold what is asked, and nothing else
            raise Unreachable(Reason.OUT_OF_SCOPE, f"{question.method} is not among the calls that read")
        with self.carrier.during(allowance, question.most_bytes):
            short = self._short_way(client, profile).answer(question) if question.service == "s3" else None
            if short is not None:
                return short
            answer: Mapping[str, object] = getattr(client, question.method)(**question.parameters)
            return answer

    def _short_way(self, client: BaseClient, profile: str | None) -> ShortWay:
        if client in self._short:
            return self._short[client]
        with self._lock:
            if client not in self._short:
                credentials = self._session(profile).get_credentials()  # looked for once, as the client's own
                self._short[client] = ShortWay(client, credentials, self.carrier)
            return self._short[client]

    def _session(self, profile: str | None) -> Session:
        if profile not in self._sessions:
            session = Session(profile=profile)
            session.register_component("data_loader", service_models())
            session.register_component("response_parser_factory", parsers())
            # Only the access names a server, never the environment.
            session.set_config_variable("ignore_configured_endpoint_urls", value=True)
            allowed = CREDENTIAL_SOURCES | (METADATA_SOURCES if self.access.metadata_allowed else frozenset())
            chain = session.get_component("credential_provider")
            kept = [provider for provider in chain.providers if provider.METHOD in allowed]
            session.register_component("credential_provider", CredentialResolver(kept))
            self._sessions[profile] = session
        return self._sessions[profile]

    def _made(self, session: Session, service: str, region: str) -> BaseClient:
        config = Config(
            retries={"total_max_attempts": 1, "mode": "standard"},  # `BucketCalls` retries, within its allowance
            proxies={},
            user_agent="encryption-compliance-auditor",  # the SDK's own words for it cost a tenth of a call
            s3={"addressing_style": "path" if self.is_compatible else "auto"},
        )
        endpoint = self.access.endpoint_url if service == "s3" else None
        client: Callable[..., BaseClient] = session.create_client
        made = client(service, region_name=region, endpoint_url=endpoint, config=config)
        # The stubs say that a handler returns nothing; of this event the first answer that is something counts.
        carry = cast("Callable[..., None]", self.carrier.before_send)
        made.meta.events.register(f"before-send.{made.meta.service_model.service_id.hyphenize()}", carry)
        return made


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


def is_aws(endpoint_url: str) -> bool:
    """Is it an endpoint of S3 itself (a VPC or FIPS endpoint, say)? Customers' own machines have names of AWS, too."""
    return ENDPOINT.fullmatch(urlsplit(endpoint_url).hostname or "") is not None
