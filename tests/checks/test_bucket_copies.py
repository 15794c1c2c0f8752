"""Where copies, lists and messages of a bucket go."""

from __future__ import annotations

from dataclasses import replace

import pytest

from auditor.facts import Facts
from auditor.facts.bucket_holders import BucketState
from auditor.facts.storage_flows import (
    BucketDestinations,
    BucketNotifications,
    Destination,
)
from auditor.model import Outcome, Reason
from auditor.probe import Unseen
from checks import (
    bucket_sharing,
)
from tests.checks.bucket_rows import F, N, P, Row, U, judged, lists, messages, own
from tests.derivations.bucket_facts import (
    NOW,
    hidden,
)
from tests.derivations.storage_samples import (
    AWS,
    COMPATIBLE,
    FOREIGN_KEY,
    KEY,
    NOBODYS,
    OTHER,
    OURS,
    copies,
    export,
    owner,
)

COPIED: dict[str, Row] = {
    "none": (P, (replace(copies(), rules=None), owner())),
    "ours": (P, (copies(), owner())),
    "outside": (F, (copies(account=OTHER), owner())),
    "outside, turned off": (P, (copies(account=OTHER, is_enabled=False), owner())),
    "with a foreign key": (F, (copies(replica_key=FOREIGN_KEY), owner())),
    "with our key": (P, (copies(replica_key=KEY), owner())),
    "to an account that is not named": (U, (copies(account=""), owner())),
    "to a bucket that is known to be ours": (P, (copies(account=""), owner(), own("copy"))),
    "to a bucket that is not among ours": (U, (copies(account=""), owner(), own("copy2"))),
    "to a bucket of ours, by a rule that says another's": (F, (copies(account=OTHER), owner(), own("copy"))),
    "nobody knows who we are": (U, (copies(), NOBODYS)),
    "hidden": (U, (Unseen(type(copies()), "", Reason.ACCESS_DENIED, ""), owner())),
}


@pytest.mark.parametrize(("wanted", "facts"), COPIED.values(), ids=COPIED)
def test_copies(wanted: Outcome, facts: tuple[Facts, ...]) -> None:
    judged(bucket_sharing.copied_outside, wanted, facts)


def destinations(*rows: Destination, unseen: tuple[str, ...] = ()) -> BucketDestinations:
    return BucketDestinations(observed_at=NOW, server=AWS, rows=rows, unseen=unseen)


def goal(name: str = "copy", **told: object) -> Destination:
    """It is there, and in no list of the account that was seen whole."""
    values: dict[str, object] = {"state": BucketState.EXISTS, "listed": (OURS,), **told}
    return Destination(bucket=name, by=("replication rule r",), **values)  # type: ignore[arg-type]


GONE = goal(state=BucketState.ABSENT, listed=())
NOBODY_ASKED = goal(state=None, listed=(), reason="no_credential")
DANGLING: dict[str, Row] = {
    "nowhere": (P, (destinations(),)),
    "there": (P, (destinations(goal()),)),
    "gone": (F, (destinations(goal("logs"), GONE),)),
    "nobody could be asked": (U, (destinations(goal("logs"), NOBODY_ASKED),)),
    "one gone, of one nobody could be asked": (F, (destinations(NOBODY_ASKED, replace(GONE, bucket="d")),)),
    "a setting hidden": (U, (destinations(goal(), unseen=("access log: access_denied",)),)),
    "hidden": (U, (hidden(BucketDestinations),)),
    "a compatible server, which is not asked": (N, (replace(destinations(), server=COMPATIBLE),)),
}


@pytest.mark.parametrize(("wanted", "facts"), DANGLING.values(), ids=DANGLING)
def test_destinations_that_are_gone(wanted: Outcome, facts: tuple[Facts, ...]) -> None:
    judged(bucket_sharing.destination_dangling, wanted, facts)


@pytest.mark.parametrize(
    ("wanted", "row"),
    [
        (F, goal()),
        (P, goal(holder=OURS, listed=())),
        (F, goal(holder=OTHER, listed=())),
        (U, goal(unlisted="timeout")),
        (U, goal(listed=())),
        (U, GONE),
        (U, NOBODY_ASKED),
        (U, goal("copy2")),
    ],
)
def test_whose_a_destination_is_that_no_account_is_named_of(wanted: Outcome, row: Destination) -> None:
    facts = (destinations(row), owner())
    judged(bucket_sharing.copied_outside, wanted, (copies(account=""), *facts))
    exports = lists(export(account="", destination="arn:aws:s3:::copy"))
    judged(bucket_sharing.traces_outside, wanted, (exports, messages(), *facts))


TRACES: dict[str, Row] = {
    "none": (P, (lists(), messages(), owner())),
    "ours": (P, (lists(export()), messages(f"arn:aws:sqs:us-east-1:{OURS}:q"), owner())),
    "lists outside": (F, (lists(export(account=OTHER)), messages(), owner())),
    "lists outside, turned off": (P, (lists(export(account=OTHER, is_enabled=False)), messages(), owner())),
    "lists with a foreign key": (F, (lists(export(key_id=FOREIGN_KEY)), messages(), owner())),
    "lists to nobody named": (U, (lists(export(account="")), messages(), owner())),
    "lists to a bucket that is known to be ours": (P, (lists(export(account="")), messages(), owner(), own("lists"))),
    "lists not all seen": (U, (lists(export(), is_complete=False), messages(), owner())),
    "messages outside": (F, (lists(), messages(f"arn:aws:lambda:us-east-1:{OTHER}:function:f"), owner())),
    "messages to what is no ARN": (U, (lists(), messages("queue"), owner())),
    "messages hidden": (U, (lists(), hidden(BucketNotifications), owner())),
    "messages hidden, lists outside": (F, (lists(export(account=OTHER)), hidden(BucketNotifications), owner())),
}


@pytest.mark.parametrize(("wanted", "facts"), TRACES.values(), ids=TRACES)
def test_traces(wanted: Outcome, facts: tuple[Facts, ...]) -> None:
    judged(bucket_sharing.traces_outside, wanted, facts)
