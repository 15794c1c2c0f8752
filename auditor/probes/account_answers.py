"""Raw answers about an account → facts: its block, its organisation, the kinds of bucket that are not judged."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING

from auditor.errors import Unreachable
from auditor.facts.base import target_text
from auditor.facts.storage import BlockLevel, PartState, ServerKind
from auditor.facts.storage_account import (
    AccountBlock,
    AccountOrganisation,
    OtherBucketKinds,
    OtherBuckets,
    OtherKind,
)
from auditor.model import Reason
from auditor.probes.answer_shapes import mapping, name_of, short, short_or_empty
from auditor.probes.bucket_answers import block_of

if TYPE_CHECKING:
    from auditor.reach.s3_account import AccountCalls, Rows
    from auditor.reach.s3_calls import Answer

NAMES_KEPT = 20  # of each kind and region
EVERYWHERE = "all regions"


def parse_block(answer: Answer | None, server: ServerKind, now: datetime) -> AccountBlock:
    """`answer` None: a server that has no accounts of AWS."""
    if answer is None:
        return AccountBlock(observed_at=now, server=server, level=BlockLevel(state=PartState.NO_SWITCH))
    if answer.value is None:
        level = BlockLevel(state=PartState.ABSENT)
    else:
        level = block_of(mapping(answer.value.get("PublicAccessBlockConfiguration"), "the account's block"))
    return AccountBlock(observed_at=now, server=server, level=level, request_id=target_text(answer.request_id))


def parse_organisation(answer: Answer, now: datetime) -> AccountOrganisation:
    told = {} if answer.value is None else mapping(answer.value.get("Organization"), "the organisation")
    return AccountOrganisation(
        observed_at=now,
        organisation=None if answer.value is None else name_of(told.get("Id"), "the organisation's id"),
        management_account=short_or_empty(told.get("MasterAccountId"), "the management account"),
        request_id=target_text(answer.request_id),
    )


def other_kinds(account: AccountCalls, regions: Iterable[str], now: datetime) -> OtherBucketKinds:
    """What is listed and not judged."""
    if account.is_compatible:
        return OtherBucketKinds(observed_at=now, server=ServerKind.COMPATIBLE, rows=())
    return OtherBucketKinds(observed_at=now, rows=tuple(_rows(account, regions)))


def _rows(account: AccountCalls, regions: Iterable[str]) -> Iterator[OtherBuckets]:
    yield _counted(OtherKind.MULTI_REGION_ACCESS_POINT, EVERYWHERE, "Name", account.multi_region_access_points)
    for region in regions:
        yield _counted(OtherKind.DIRECTORY, region, "Name", partial(account.directory_buckets, region))
        yield _counted(OtherKind.TABLE, region, "name", partial(account.table_buckets, region))
        granting = partial(account.access_grants, region)
        yield _counted(OtherKind.ACCESS_GRANTS, region, "AccessGrantsInstanceArn", granting)


def _counted(kind: OtherKind, region: str, key: str, ask: Callable[[], Rows]) -> OtherBuckets:
    """A list that broke off is no count."""
    try:
        listed = ask()
        failure = listed.failure
        names = sorted(short(row.get(key), "a name") for row in listed.rows)
    except Unreachable as unreachable:
        failure, names = unreachable, []
    except ValueError as refusal:
        failure, names = Unreachable(Reason.MALFORMED, str(refusal)), []
    if failure is not None:
        return OtherBuckets(
            kind=kind, region=region, count=None, reason=failure.reason.word, detail=target_text(failure.detail)
        )
    return OtherBuckets(kind=kind, region=region, count=len(names), names=tuple(names[:NAMES_KEPT]))
