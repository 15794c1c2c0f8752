"""The calls of the account behind a credential: each thing asked once in a run, by whoever comes first.

The services beside S3 (identity, keys, organisation, access points, other kinds of bucket) exist at AWS alone.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, TypeVar, cast

from auditor.errors import Unreachable
from auditor.model import Reason
from auditor.reach.s3_calls import Allowance, Answer, Question, ask_patiently
from auditor.reach.s3_errors import TRANSIENT
from auditor.reach.s3_pages import MOST_PAGES, Page, Paging, pages
from auditor.records import dataclass

if TYPE_CHECKING:
    from auditor.reach.s3 import Storage

CALLS_PER_QUESTION = 2_100  # exchanges, retries among them: a list of a million buckets has a thousand pages
RETRIES_PER_QUESTION = 2
TRIES = 3  # of a question that ended by chance, over the whole run
PAGE = 1_000  # rows; AWS gives at most 10,000 buckets
LIST_BYTES = 4_194_304  # of one page of a list
BY_CHANCE = TRANSIENT | {Reason.BUDGET, Reason.DEADLINE, Reason.TIMEOUT}  # another time may go better
MULTI_REGION = "us-west-2"  # where AWS keeps the list of multi-region access points

NO_BLOCK = "NoSuchPublicAccessBlockConfiguration"
NO_ORGANISATION = "AWSOrganizationsNotInUseException"
NO_DOOR_POLICY = "NoSuchAccessPointPolicy"
OF_BUCKETS = Paging(("ContinuationToken",), ("ContinuationToken",))
OF_CONTROL = Paging(("NextToken",), ("NextToken",))
OF_GRANTS = Paging(("NextMarker",), ("Marker",), flag="Truncated")
GRANTS_PAGE, GRANTS_PAGES = 100, 20  # rows, and pages of one key
OF_TABLES = Paging(("continuationToken",), ("continuationToken",))
LIST_BUCKETS = Question(service="s3", method="list_buckets", parameters={"MaxBuckets": PAGE})
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Listing:
    """The buckets of an account: name → region, "" where the list does not tell it. `failure`: why it broke off."""

    regions: Mapping[str, str]
    canonical_id: str
    request_id: str
    failure: Unreachable | None = None


@dataclass(frozen=True, slots=True)
class Rows:
    """A list of anything else of the account's. `failure`: why it broke off."""

    rows: tuple[Mapping[str, object], ...]
    request_id: str
    failure: Unreachable | None = None


class AccountCalls:
    """The account behind one profile. Safe between threads; every failure is an `Unreachable` with its reason."""

    def __init__(self, storage: Storage, profile: str | None) -> None:
        self.is_compatible = storage.is_compatible
        self._storage = storage
        self._profile = profile
        self._lock = threading.RLock()
        self._locks: dict[tuple[str, ...], threading.RLock] = {}
        self._known: dict[tuple[str, ...], object] = {}
        self._tries: dict[tuple[str, ...], int] = {}

    @property
    def region(self) -> str:
        """The region that the profile names; "" where it names none."""
        return self._storage.region_of(self._profile)

    def number(self) -> str:
        """The account id behind the credential, twelve digits."""
        value = self._answer("sts", "get_caller_identity").value or {}
        account = value.get("Account")
        if not isinstance(account, str) or not account.isdecimal():
            raise Unreachable(Reason.MALFORMED, "the identity service named no account")
        return account

    def listing(self) -> Listing:
        """Its general-purpose buckets, all of them or as many as could be had. Raises Unreachable if there are none."""
        return self._once(("listing",), self._listed)

    def access_block(self) -> Answer:
        """The public access block of the whole account."""
        return self._control("get_public_access_block", absent=NO_BLOCK)

    def organisation(self) -> Answer:
        """`value` None: it belongs to none."""
        return self._answer("organizations", "describe_organization", absent=NO_ORGANISATION)

    def access_points(self, region: str) -> Rows:
        """Those of one region."""
        return self._rows("s3control", "list_access_points", "AccessPointList", OF_CONTROL, region=region)

    def access_point(self, name: str, region: str) -> Answer:
        return self._control("get_access_point", Name=name, region=region)

    def access_point_policy(self, name: str, region: str) -> Answer:
        return self._control("get_access_point_policy", absent=NO_DOOR_POLICY, Name=name, region=region)

    def access_point_status(self, name: str, region: str) -> Answer:
        return self._control("get_access_point_policy_status", absent=NO_DOOR_POLICY, Name=name, region=region)

    def multi_region_access_points(self) -> Rows:
        return self._rows("s3control", "list_multi_region_access_points", "AccessPoints", OF_CONTROL, MULTI_REGION)

    def multi_region_policy(self, name: str) -> Answer:
        """The policy in force, and the one that is on its way."""
        return self._control(
            "get_multi_region_access_point_policy", absent=NO_DOOR_POLICY, Name=name, region=MULTI_REGION
        )

    def directory_buckets(self, region: str) -> Rows:
        return self._rows("s3", "list_directory_buckets", "Buckets", OF_BUCKETS, region=region)

    def table_buckets(self, region: str) -> Rows:
        return self._rows("s3tables", "list_table_buckets", "tableBuckets", OF_TABLES, region=region)

    def access_grants(self, region: str) -> Rows:
        """Its instance of S3 Access Grants, and those that other accounts share with it."""
        return self._rows("s3control", "list_access_grants_instances", "AccessGrantsInstancesList", OF_CONTROL, region)

    def key(self, named: str, region: str) -> Answer:
        """What the key service tells of a key; `named`: an ARN, an id or an alias. Its own region comes first."""
        return self._answer("kms", "describe_key", region=_region_of(named) or region, KeyId=named)

    def key_rotation(self, arn: str) -> Answer:
        return self._answer("kms", "get_key_rotation_status", region=_region_of(arn), KeyId=arn)

    def key_policy(self, arn: str) -> Answer:
        return self._answer("kms", "get_key_policy", region=_region_of(arn), KeyId=arn, PolicyName="default")

    def key_grants(self, arn: str) -> Rows:
        """Its grants, the first two thousand."""
        fixed: dict[str, str | int | list[str]] = {"KeyId": arn, "Limit": GRANTS_PAGE}
        question = Question(service="kms", method="list_grants", parameters=fixed, region=_region_of(arn))
        return self.beside(question, "Grants", OF_GRANTS, GRANTS_PAGES)

    def _control(self, method: str, *, absent: str = "", region: str = "", **parameters: str) -> Answer:
        """A question to S3 Control, which wants the account named."""
        number = self.number()
        return self._answer("s3control", method, absent=absent, region=region, AccountId=number, **parameters)

    def _answer(self, service: str, method: str, *, absent: str = "", region: str = "", **parameters: str) -> Answer:
        self._require_aws(method)
        question = Question(service=service, method=method, parameters=parameters, absent=absent, region=region)
        return self._once((method, region, *parameters.values()), lambda: self._ask(question, self._allowance()))

    def beside(self, question: Question, key: str, paging: Paging, most: int = MOST_PAGES) -> Rows:
        """A list of another service of the account's, all of it or as much as could be had; `key`: where rows stand."""
        self._require_aws(question.method)
        asked = (question.service, question.method, question.region, repr(sorted(question.parameters.items())))
        return self._once(asked, lambda: self._all_rows(question, key, paging, most))

    def told(self, question: Question) -> Answer:
        """An answer of another service of the account's."""
        self._require_aws(question.method)
        asked = (question.service, question.method, question.region, repr(sorted(question.parameters.items())))
        return self._once(asked, lambda: self._ask(question, self._allowance()))

    def _rows(self, service: str, method: str, key: str, paging: Paging, region: str) -> Rows:
        fixed = {"AccountId": self.number()} if service == "s3control" and not self.is_compatible else {}
        return self.beside(Question(service=service, method=method, parameters=fixed, region=region), key, paging)

    def _all_rows(self, question: Question, key: str, paging: Paging, most: int) -> Rows:
        rows: list[Mapping[str, object]] = []
        page = None
        for page in self._pages(question, paging, most):
            rows += _rows_of(page.answer, key)
        assert page is not None  # noqa: S101 - there is a first page, or it was raised
        return Rows(tuple(rows), page.answer.request_id, page.failure)

    def _listed(self) -> Listing:
        """The names alone are kept, not the rows."""
        regions: dict[str, str] = {}
        owner, page = "", None
        places: dict[str, str] = {}  # each region's name once
        for page in self._pages(LIST_BUCKETS, OF_BUCKETS):
            value = page.answer.value or {}
            said = value.get("Owner")
            owner = owner or str(said.get("ID", "") if isinstance(said, Mapping) else "")
            for row in _rows_of(page.answer, "Buckets"):
                place = row.get("BucketRegion")
                place = place if isinstance(place, str) else ""
                regions[str(row.get("Name", ""))] = places.setdefault(place, place)
        assert page is not None  # noqa: S101 - there is a first page, or it was raised
        if "" in regions:
            raise Unreachable(Reason.MALFORMED, "the list of buckets holds one without a name")
        return Listing(regions, owner, page.answer.request_id, page.failure)

    def _pages(self, question: Question, paging: Paging, most: int = MOST_PAGES) -> Iterator[Page]:
        allowance = self._allowance()

        def ask(following: Mapping[str, str]) -> Answer:
            parameters = {**question.parameters, **following}
            return self._ask(replace(question, parameters=parameters, most_bytes=LIST_BYTES), allowance)

        return pages(ask, paging, most)

    def _ask(self, question: Question, allowance: Allowance) -> Answer:
        return ask_patiently(self._storage, self._profile, question, allowance, "the account")

    def _allowance(self) -> Allowance:
        limits = self._storage.access.limits
        return Allowance(limits, "the account", calls=CALLS_PER_QUESTION, retries=RETRIES_PER_QUESTION)

    def _require_aws(self, method: str) -> None:
        if self.is_compatible:
            raise Unreachable(Reason.NOT_IMPLEMENTED, f"{method}: this server has no accounts of AWS")

    def _once(self, key: tuple[str, ...], ask: Callable[[], T]) -> T:
        """The answer, or why there is none, from whoever asked first. What ended by chance may be tried again."""
        with self._lock:
            lock = self._locks.setdefault(key, threading.RLock())
        with lock:
            if key not in self._known:
                try:
                    self._known[key] = ask()
                except Unreachable as failure:
                    self._tries[key] = self._tries.get(key, 0) + 1
                    if failure.reason in BY_CHANCE and self._tries[key] < TRIES:
                        raise
                    self._known[key] = failure
            known = self._known[key]
        if isinstance(known, Unreachable):
            raise Unreachable(known.reason, known.detail)
        return cast("T", known)


def _rows_of(answer: Answer, key: str) -> list[Mapping[str, object]]:
    """The SDK leaves an empty list out."""
    rows = (answer.value or {}).get(key, [])
    if not isinstance(rows, list) or not all(isinstance(row, Mapping) for row in rows):
        raise Unreachable(Reason.MALFORMED, f"a list without its {key}")
    return rows


def _region_of(arn: str) -> str:
    parts = arn.split(":")
    return parts[3] if len(parts) > 5 and parts[0] == "arn" else ""
