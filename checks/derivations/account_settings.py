"""The public access block of an account as a whole. Pure."""

from __future__ import annotations

from auditor.derive import derive
from auditor.facts.storage import PartState
from auditor.facts.storage_account import AccountBlock
from auditor.facts.storage_concluded import AccountUnblocked
from checks.derivations.bucket_blocks import COMPATIBLE, lacking_flags, missing


@derive(reads=(AccountBlock,), yields=AccountUnblocked)
def account_unblocked(block: AccountBlock) -> AccountUnblocked:
    at, level = block.observed_at, block.level
    if level.state is PartState.NO_SWITCH:
        return AccountUnblocked(observed_at=at, idle=COMPATIBLE)
    return AccountUnblocked(observed_at=at, faults=lacking_flags("public access block of the account", missing(level)))


DERIVATIONS = (account_unblocked,)
