"""What is the city's own around one bucket: by its inventory, and by what the provider showed of the owner. Pure."""

from __future__ import annotations

import re

from auditor.derive import Rows
from auditor.facts import Declared
from auditor.facts.storage_account import BucketOwner
from auditor.probe import Unseen
from checks.derivations.policies.sides import Ours
from checks.derivations.weighing import needed, told

ACCOUNT_OF_ARN = re.compile(r"arn:[^:]+:[^:]+:[^:]*:(\d{12}):.+")


def ours_of(rows: Rows) -> Ours:
    """`rows` has `Declared`, and `BucketOwner` where it was seen."""
    declared, owner = needed(rows, Declared), told(rows, BucketOwner)
    shown = () if isinstance(owner, Unseen) else accounts_of(owner)
    return Ours(
        accounts=frozenset({*declared.own_accounts, *shown}),
        organisations=frozenset(declared.own_organisations),
        vpcs=frozenset(declared.own_vpcs),
        networks=frozenset(declared.own_networks),
        canonical_ids=frozenset() if isinstance(owner, Unseen) else _canonical_ids(owner),
        registered=_registered(declared),
    )


def _registered(declared: Declared) -> frozenset[str]:
    """Whom an agreement that holds today lets hold this data: accounts, organisations and buckets by their names."""
    rows = (*declared.registered_accounts, *declared.registered_organisations, *declared.registered_buckets)
    return frozenset(row.name for row in rows if row.allows_at(declared.observed_at))


def accounts_of(owner: BucketOwner) -> tuple[str, ...]:
    """The account that the bucket is known to belong to, and the one that the inventory names."""
    proven = owner.account if owner.is_ours else ""
    return tuple(account for account in (proven, owner.declared_account) if account)


def _canonical_ids(owner: BucketOwner) -> frozenset[str]:
    own = owner.account_canonical_id if owner.is_ours else ""
    return frozenset(one for one in (own, owner.owner_canonical_id) if one)


def account_of_arn(arn: str) -> str:
    """The account in an ARN; "" where it names none."""
    found = ACCOUNT_OF_ARN.fullmatch(arn)
    return found[1] if found else ""
