"""An account as a whole: its public access block, and whether all that it holds was listed. Pure."""

from __future__ import annotations

from auditor.derive import Rows, derive, derive_from_places
from auditor.facts.storage import PartState, ServerKind
from auditor.facts.storage_account import AccountBlock, AccountFacts, OtherBucketKinds
from auditor.facts.storage_concluded import AccountListed, AccountUnblocked
from auditor.model import Reason
from auditor.probe import Unseen
from checks.derivations.bucket_blocks import COMPATIBLE, lacking_flags, missing
from checks.derivations.weighing import Scales, needed, reason_of, told


@derive(reads=(AccountBlock,), yields=AccountUnblocked)
def account_unblocked(block: AccountBlock) -> AccountUnblocked:
    at, level = block.observed_at, block.level
    if level.state is PartState.NO_SWITCH:
        return AccountUnblocked(observed_at=at, idle=COMPATIBLE)
    return AccountUnblocked(observed_at=at, faults=lacking_flags("public access block of the account", missing(level)))


@derive_from_places(reads=(AccountFacts, OtherBucketKinds), yields=AccountListed)
def account_listed(rows: Rows) -> AccountListed:
    """What may not be listed is a fault of the permissions; what could not be listed for another reason is unknown."""
    scales, account, others = Scales(), needed(rows, AccountFacts), told(rows, OtherBucketKinds)
    if not account.is_complete:
        _unlisted(scales, "buckets", account.incomplete_reason, account.incomplete_detail)
    if isinstance(others, Unseen) and account.server is ServerKind.AWS:
        scales.blind(others)
    for row in () if isinstance(others, Unseen) else others.rows:
        where = f"{row.kind.value.replace('_', ' ')} buckets in {row.region}"
        if row.count is None:
            _unlisted(scales, where, row.reason, row.detail)
        elif row.count:
            scales.note(where, f"{row.count}, which this program does not judge")
    return scales.settled(AccountListed, account.observed_at)


def _unlisted(scales: Scales, where: str, reason: str, detail: str) -> None:
    if reason_of(reason) is Reason.ACCESS_DENIED:
        scales.fault(where, "the credential may not list them")
    else:
        scales.doubt(reason_of(reason), detail or where)


DERIVATIONS = (account_unblocked, account_listed)
