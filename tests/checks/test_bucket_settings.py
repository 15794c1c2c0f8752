"""Settings that stand by themselves: website, place, class, access log, and whether they may be read."""

from __future__ import annotations

from dataclasses import replace

import pytest

from auditor.facts import Declared, Facts
from auditor.facts.storage import (
    BlockLevel,
    BucketPolicy,
    BucketTags,
    Ownership,
    PartState,
    PublicAccessBlock,
)
from auditor.facts.storage_flows import (
    BucketLogging,
)
from auditor.facts.storage_settings import (
    BucketVersioning,
    BucketWebsite,
)
from auditor.model import Outcome, Reason, Sensitivity
from auditor.probe import Unseen
from checks import (
    bucket_settings,
    bucket_transport,
)
from tests.checks.bucket_rows import CLOSED, F, N, P, Row, U, judged
from tests.derivations.bucket_facts import (
    HIDDEN,
    NOW,
    SHUT,
    acl,
    block,
    declared,
    hidden,
    policy,
)
from tests.derivations.storage_samples import (
    AWS,
    COMPATIBLE,
    encryption,
    lifecycle,
    owner,
    place,
    tags,
    versioning,
)


def website(**told: object) -> BucketWebsite:
    values: dict[str, object] = {"server": AWS, "is_present": True, **told}
    return BucketWebsite(observed_at=NOW, **values)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("wanted", "facts", "said"),
    [
        (P, website(is_present=False), declared()),
        (F, website(), declared()),
        (F, website(), declared(sensitivity=Sensitivity.INTERNAL)),
        (N, website(), declared(sensitivity=Sensitivity.PUBLIC)),
        (N, website(), declared(intended_public=True)),
        (P, website(redirects_to="www.city.example"), declared()),
        (U, website(server=COMPATIBLE), declared()),
        (U, hidden(BucketWebsite), declared()),
    ],
)
def test_website(wanted: Outcome, facts: Facts, said: Declared) -> None:
    judged(bucket_transport.website_plain, wanted, (facts,), said)


@pytest.mark.parametrize(
    ("wanted", "location", "said"),
    [
        (P, None, declared(jurisdictions=("US",))),
        (P, "us-gov-west-1", declared(jurisdictions=("CA", "US"))),
        (F, "EU", declared(jurisdictions=("US",))),
        (P, "EU", declared(jurisdiction="IE")),
        (F, "eu-central-1", declared(jurisdiction="US")),
        (P, "eu-central-1", declared(jurisdictions=("DE",), jurisdiction="US")),
        (N, "eu-central-1", declared()),
        (U, "moon-north-1", declared(jurisdiction="US")),
    ],
)
def test_where_it_lies(wanted: Outcome, location: str | None, said: Declared) -> None:
    judged(bucket_settings.placed_outside, wanted, (place(location),), said)
    judged(bucket_settings.placed_outside, N, (place(location, COMPATIBLE),), said)


UNDECLARED = declared(sensitivity=Sensitivity.UNDECLARED)


@pytest.mark.parametrize(
    ("wanted", "facts", "said"),
    [
        (N, tags(), declared()),
        (N, hidden(BucketTags), declared()),
        (F, tags(), UNDECLARED),
        (F, tags(("data-classification", " ")), UNDECLARED),
        (P, tags(("Data-Classification", "internal")), UNDECLARED),
        (U, hidden(BucketTags), UNDECLARED),
    ],
)
def test_class(wanted: Outcome, facts: Facts, said: Declared) -> None:
    judged(bucket_settings.class_undeclared, wanted, (facts,), said)


@pytest.mark.parametrize(("wanted", "target"), [(F, None), (P, "logs")])
def test_access_log(wanted: Outcome, target: str | None) -> None:
    judged(bucket_settings.no_access_log, wanted, (BucketLogging(observed_at=NOW, server=AWS, target=target),))


THEIRS = owner(server=COMPATIBLE, account="", is_proven=None)
NOT_ALLOWED = BlockLevel(state=PartState.UNSEEN, reason=Reason.NOT_IMPLEMENTED.word)
SEEN = (policy(None), block(), CLOSED, encryption(), versioning(), lifecycle())


def without(kind: type[Facts], reason: Reason = Reason.ACCESS_DENIED) -> tuple[Facts | Unseen, ...]:
    return tuple(hidden(kind, reason) if isinstance(one, kind) else one for one in SEEN)


READABLE: dict[str, Row] = {
    "all": (P, SEEN),
    "one denied": (F, without(BucketPolicy)),
    "one timed out": (U, without(BucketPolicy, Reason.TIMEOUT)),
    "one that the server does not have": (P, (*without(BucketVersioning, Reason.NOT_IMPLEMENTED), THEIRS)),
    "one that AWS says is not allowed, as it does of the policy of another's bucket": (
        U,
        (*without(BucketPolicy, Reason.NOT_IMPLEMENTED), owner()),
    ),
    "one that somebody's server does not have": (U, without(BucketVersioning, Reason.NOT_IMPLEMENTED)),
    "a level that AWS says is not allowed": (U, (*SEEN[:1], block(NOT_ALLOWED, SHUT), *SEEN[2:], owner())),
    "one never asked": (U, SEEN[:-1]),
    "a level denied": (F, (*without(PublicAccessBlock)[:1], block(HIDDEN, SHUT), *SEEN[2:])),
    "a list that the server does not have": (
        P,
        (*SEEN[:2], replace(acl(Ownership.UNSEEN), ownership_reason="not_implemented"), *SEEN[3:], THEIRS),
    ),
    "a list denied": (F, (*SEEN[:2], acl(Ownership.WRITER, hidden=Reason.ACCESS_DENIED), *SEEN[3:])),
    "a list timed out": (U, (*SEEN[:2], acl(Ownership.WRITER, hidden=Reason.TIMEOUT), *SEEN[3:])),
    "all denied": (U, tuple(hidden(type(one)) for one in SEEN)),
}


@pytest.mark.parametrize(("wanted", "facts"), READABLE.values(), ids=READABLE)
def test_settings_that_may_not_be_read(wanted: Outcome, facts: tuple[Facts, ...]) -> None:
    judged(bucket_settings.settings_hidden, wanted, facts)
