"""What holds for the rows of every bucket check: what is hidden, or not there, becomes no pass."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from auditor.check import Check
from auditor.facts import Facts
from auditor.facts.storage import (
    BucketAcl,
    BucketTags,
)
from auditor.facts.storage_flows import (
    BucketDestinations,
    BucketInventories,
    BucketLogging,
)
from auditor.facts.storage_settings import (
    BucketLock,
    BucketPolicyStatus,
    BucketVersioning,
    BucketWebsite,
)
from auditor.model import KeyNeed, Reason, Sensitivity
from auditor.probe import Unseen
from checks import (
    bucket_keys,
    bucket_old_objects,
    bucket_settings,
    bucket_sharing,
    bucket_transport,
    bucket_upkeep,
    buckets,
)
from tests.checks.bucket_rows import MONTH, F, N, P, U, judged, messages
from tests.checks.test_bucket_copies import COPIED, DANGLING, TRACES
from tests.checks.test_bucket_held_back import DOORS, LATENT
from tests.checks.test_bucket_keys import KEYS
from tests.checks.test_bucket_public import EXPOSED
from tests.checks.test_bucket_settings import READABLE
from tests.checks.test_bucket_sharing import SHARED
from tests.checks.test_bucket_upkeep import KEPT
from tests.derivations.bucket_facts import (
    declared,
    finding,
    hidden,
)
from tests.derivations.storage_samples import (
    COMPATIBLE,
    OURS,
    copies,
    denied_key,
    doors,
    encryption,
    keys,
    lifecycle,
    old,
    owner,
    place,
)


def test_what_a_compatible_server_does_not_have_is_no_fault() -> None:
    here = owner(server=COMPATIBLE, account="", is_proven=None)
    lacking = Reason.NOT_IMPLEMENTED
    judged(bucket_sharing.copied_outside, N, (hidden(type(copies()), lacking), here))
    judged(bucket_sharing.copied_outside, U, (hidden(type(copies()), lacking), owner()))
    judged(bucket_sharing.traces_outside, P, (hidden(BucketInventories, lacking), messages(), here))
    judged(bucket_sharing.traces_outside, U, (hidden(BucketInventories, lacking), messages(), owner()))
    judged(bucket_settings.lists_active, N, (hidden(BucketAcl, lacking), here))
    judged(bucket_transport.website_plain, N, (hidden(BucketWebsite, lacking), here))
    judged(bucket_upkeep.locked_too_long, N, (hidden(BucketLock, lacking), here), MONTH)
    judged(bucket_upkeep.kept_too_long, U, (hidden(type(lifecycle()), lacking), here), MONTH)
    for one in (bucket_keys.key_foreign, bucket_keys.key_shared, bucket_keys.key_unusable, bucket_keys.key_still):
        judged(one, N, (encryption(server=COMPATIBLE), keys(denied_key()), here))


def test_everything_denied_passes_nowhere() -> None:
    """No check of a bucket may call healthy what nobody could read."""
    kinds = {type(one) for _, facts in (*EXPOSED.values(), *SHARED.values(), *TRACES.values()) for one in facts}
    kinds |= {type(one) for *_, facts in KEYS.values() for one in facts}
    kinds |= {BucketLogging, BucketLock, BucketWebsite, BucketVersioning, BucketTags, type(copies()), type(lifecycle())}
    kinds |= {type(place(None)), type(old()), type(doors()), BucketDestinations}
    dark = tuple(hidden(kind) for kind in kinds if kind is not Unseen)
    every = (
        *buckets.CHECKS,
        *bucket_keys.CHECKS,
        *bucket_old_objects.CHECKS,
        *bucket_settings.CHECKS,
        *bucket_sharing.CHECKS,
        *bucket_transport.CHECKS,
        *bucket_upkeep.CHECKS,
    )
    asked = {"retention_days": 30, "jurisdictions": ("US",), "key_need": KeyNeed.OWN_STORE}
    said = declared(sensitivity=Sensitivity.UNDECLARED, **asked)
    for one in every:
        judged(one, U, dark, said)  # type: ignore[arg-type]


def every_row() -> Iterator[tuple[Check[Any], tuple[Facts | Unseen, ...]]]:
    for rule_, table in (
        (buckets.public_policy, EXPOSED),
        (buckets.public_write, EXPOSED),
        (buckets.public_latent, LATENT),
        (bucket_sharing.shared_outside, SHARED),
        (bucket_upkeep.kept_too_long, KEPT),
        (bucket_sharing.copied_outside, COPIED),
        (bucket_sharing.traces_outside, TRACES),
        (bucket_sharing.destination_dangling, DANGLING),
        (bucket_settings.settings_hidden, READABLE),
    ):
        yield from ((rule_, facts) for _, facts in table.values())
    for *_, facts in DOORS.values():
        yield from ((rule_, facts) for rule_ in (buckets.access_point_public, bucket_settings.access_point_unblocked))
    for *_, facts in KEYS.values():
        yield from ((rule_, facts) for rule_ in bucket_keys.CHECKS)


def test_to_hide_what_was_seen_turns_nothing_into_a_pass() -> None:
    """Of each row, each of its facts, denied or silent. What hides a fault may make it unknown, never healthy.

    But for the provider's own word for a policy that was read: that is a second opinion, and can do without.
    """
    said = declared(own_accounts=(OURS,), own_organisations=("o-ours",), own_vpcs=("vpc-1",), retention_days=30)
    for rule_, facts in every_row():
        before = finding(rule_, *facts, said=said).outcome
        for at, one in enumerate(facts):
            if isinstance(one, (Unseen, BucketPolicyStatus)) or before in (P, N):
                continue
            for reason in (Reason.ACCESS_DENIED, Reason.TIMEOUT):
                dark = (*facts[:at], hidden(type(one), reason), *facts[at + 1 :])
                assert finding(rule_, *dark, said=said).outcome in (F, U), (rule_.id, facts, type(one))
