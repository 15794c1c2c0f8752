"""What a bucket's policy gives and to whom, read once for all that asks. Pure."""

from __future__ import annotations

from auditor.derive import Undecided, derive
from auditor.facts.sharing import Grant, PolicyGrants
from auditor.facts.storage import BucketPolicy
from auditor.model import Reason
from checks.derivations.policies.grammar import PolicyRefused, parse_policy
from checks.derivations.policies.grants import grants_of


@derive(reads=(BucketPolicy,), yields=PolicyGrants)
def policy_grants(policy: BucketPolicy) -> PolicyGrants:
    """Raises Undecided for a policy that is not understood to the last word."""
    return PolicyGrants(
        observed_at=policy.observed_at,
        server=policy.server,
        bucket=policy.bucket,
        has_policy=policy.document is not None,
        grants=() if policy.document is None else _read(policy.document, policy),
    )


def _read(document: str, policy: BucketPolicy) -> tuple[Grant, ...]:
    try:
        return grants_of(parse_policy(document), server=policy.server)
    except PolicyRefused as refusal:
        raise Undecided(Reason.MALFORMED, f"policy of s3://{policy.bucket}: {refusal}") from refusal


DERIVATIONS = (policy_grants,)
