"""What Macie told of a bucket: its silence counts only where it looked, and a refusal is not taken for none."""

from __future__ import annotations

import ssl
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from auditor.errors import Unreachable
from auditor.facts import Declared
from auditor.facts.macie import MacieCategory, MacieFound, MacieResults
from auditor.facts.sampling import Amount
from auditor.model import Outcome, Reason, Sensitivity, Tier
from auditor.observe import observe_with
from auditor.probe import Seen, Unseen
from auditor.probes.macie import (
    LONG_AGO,
    NEVER,
    NO_SERVER,
    NONE_READ,
    NOT_IN_USE,
    NOT_KNOWN,
    NOT_READ,
    NOT_TOLD,
    MacieProbe,
    _results,
)
from auditor.reach import Reaches
from auditor.reach.s3_calls import Answer
from auditor.rig.hostile_s3 import hostile_s3
from auditor.rig.hostile_s3_answers import Says
from checks.data_class import macie_above_class
from checks.derivations.data_class import macie_against_class
from tests.probes.aws_road import aws_at, certified
from tests.probes.bucket_road import access_to, bucket, credential

__all__ = ["certified", "credential"]

NOW = datetime(2026, 11, 21, tzinfo=UTC)
LATELY = NOW - timedelta(days=90)
Told = Mapping[str, object] | Unreachable
PUBLIC = Sensitivity.PUBLIC


def known(**told: object) -> dict[str, object]:
    row = {"bucketName": "b", "lastAutomatedDiscoveryTime": LATELY, "classifiableObjectCount": 7, "objectCount": 9}
    return {"buckets": [{**row, **told}]}


def counts(**kinds: int) -> dict[str, object]:
    return {"countsByGroup": [{"groupKey": f"SensitiveData:S3Object/{kind}", "count": n} for kind, n in kinds.items()]}


class Macie:
    """Answers from the table, or refusals."""

    def __init__(self, session: Told, counted: Told, told: Told) -> None:
        self._session, self._counted, self._told = session, counted, told

    def session(self) -> Answer:
        return self._answer(self._session)

    def counts(self, name: str) -> Answer:
        assert name == "b"
        return self._answer(self._counted)

    def bucket(self, name: str) -> Answer:
        assert name == "b"
        return self._answer(self._told)

    def _answer(self, told: Told) -> Answer:
        if isinstance(told, Unreachable):
            raise told
        return Answer(None if told is OFF else told, "RIG1")


OFF: Mapping[str, object] = {}
ON = {"status": "ENABLED"}
DENIED = Unreachable(Reason.ACCESS_DENIED, "macie")


def results(session: Told = ON, counted: Told | None = None, told: Told | None = None) -> MacieResults:
    return _results(Macie(session, counts() if counted is None else counted, told or known()), "b", NOW)  # type: ignore[arg-type]


ROWS: dict[str, tuple[MacieResults, str, str]] = {  # why nothing follows, and the outcome for public data
    "nothing found": (results(), "", "pass"),
    "found": (results(counted=counts(Personal=3, Credentials=120)), "", "fail"),
    "found, though it never looked of itself": (
        results(counted=counts(Financial=1), told=known(lastAutomatedDiscoveryTime=None)),
        NEVER,
        "fail",
    ),
    "found, bucket not known": (results(counted=counts(Multiple=1), told={"buckets": []}), NOT_KNOWN, "fail"),
    "bucket not known": (results(told={"buckets": []}), NOT_KNOWN, "not_applicable"),
    "another bucket": (results(told=known(bucketName="bb")), NOT_KNOWN, "not_applicable"),
    "never looked": (results(told=known(lastAutomatedDiscoveryTime=None)), NEVER, "not_applicable"),
    "looked by a job": (
        results(told=known(lastAutomatedDiscoveryTime=None, jobDetails={"lastJobRunTime": LATELY})),
        "",
        "pass",
    ),
    "looked long ago": (
        results(told=known(lastAutomatedDiscoveryTime=LATELY - timedelta(seconds=1))),
        LONG_AGO,
        "not_applicable",
    ),
    "may not read it": (results(told=known(errorCode="ACCESS_DENIED")), NOT_READ, "not_applicable"),
    "paused": (results({"status": "PAUSED"}), NOT_IN_USE, "not_applicable"),
    "not in use": (results(OFF), NOT_IN_USE, "not_applicable"),
    "reads none": (results(told=known(classifiableObjectCount=0)), NONE_READ, "not_applicable"),
    "an empty bucket": (results(told=known(classifiableObjectCount=0, objectCount=0)), "", "pass"),
    "found, and how it looked is denied": (results(counted=counts(Personal=1), told=DENIED), NOT_TOLD, "fail"),
}


@pytest.mark.parametrize(("facts", "why_not", "outcome"), ROWS.values(), ids=ROWS)
def test_what_macie_says(facts: MacieResults, why_not: str, outcome: str) -> None:
    assert facts.why_not == why_not
    for sensitivity, wanted in ((PUBLIC, outcome), (Sensitivity.CONFIDENTIAL, "not_applicable")):
        laid = macie_against_class.derive(facts, Declared(observed_at=NOW, sensitivity=sensitivity))
        assert macie_above_class.judge(laid).outcome is Outcome(wanted)  # type: ignore[arg-type]


@pytest.mark.parametrize(("counted", "told"), [(DENIED, None), (None, DENIED), (DENIED, DENIED)])
def test_a_refusal_where_it_is_in_use_is_not_taken_for_none(counted: Told | None, told: Told | None) -> None:
    with pytest.raises(Unreachable) as refused:
        results(counted=counted, told=told)
    assert refused.value.reason is Reason.ACCESS_DENIED


def test_counts_are_kept_in_steps() -> None:
    found = results(counted=counts(Personal=3, CustomIdentifier=99, Credentials=120)).found
    assert set(found) == {
        MacieFound(category=MacieCategory.PERSONAL, objects=Amount.FEW),
        MacieFound(category=MacieCategory.CUSTOM, objects=Amount.TENS),
        MacieFound(category=MacieCategory.CREDENTIALS, objects=Amount.MANY),
    }


@pytest.mark.parametrize(
    ("counted", "told"),
    [
        (counts(Mystery=1), None),
        (counts(Personal=0), None),
        ({"countsByGroup": [{"groupKey": "Policy:IAMUser/S3BucketPublic", "count": 1}]}, None),
        ({"countsByGroup": [{"count": 1}]}, None),
        ({"countsByGroup": 7}, None),
        ({}, None),
        (None, {"buckets": "b"}),
        (None, known(lastAutomatedDiscoveryTime="yesterday")),
        (None, known(jobDetails=7)),
    ],
)
def test_what_cannot_be_read_is_no_silence(counted: Told | None, told: Told | None) -> None:
    with pytest.raises(ValueError, match=r"\w"):
        results(counted=counted, told=told)


@pytest.mark.parametrize("reason", [Reason.THROTTLED, Reason.TIMEOUT, Reason.MALFORMED, Reason.ACCESS_DENIED])
def test_other_failures_are_told(reason: Reason) -> None:
    failure = Unreachable(reason, "macie")
    for rows in ((failure, None, None), (ON, failure, None), (ON, None, failure)):
        with pytest.raises(Unreachable):
            results(*rows)


def test_a_compatible_server_has_no_macie(credential: None) -> None:
    with hostile_s3() as server:
        asset = bucket()
        (said,) = observe_with(MacieProbe(), asset, Reaches(access_to(server.url)).of(asset))
        assert server.asked == []
    assert isinstance(said, Seen)
    assert isinstance(said.facts, MacieResults)
    assert said.facts.why_not == NO_SERVER


def refused(message: str, status: int = 403, code: str = "AccessDeniedException") -> Says:
    return Says(f'{{"message": "{message}"}}', status, {"x-amzn-ErrorType": f"{code}:http://internal/"})


NO_PERMISSION = "User: arn:aws:iam::123456789012:user/auditor is not authorized to perform: macie2:GetMacieSession"


@pytest.mark.usefixtures("credential")
@pytest.mark.parametrize(
    ("session", "seen"),
    [
        (Says('{"status": "ENABLED"}'), ""),
        (Says('{"status": "PAUSED"}'), NOT_IN_USE),
        (refused("Macie is not enabled."), NOT_IN_USE),
        (refused("Macie is not enabled", 401), NOT_IN_USE),
        (refused(NO_PERMISSION), Reason.ACCESS_DENIED),
        (Says('{"Message": "Macie is not enabled.", "__type": "AccessDeniedException"}', 403), NOT_IN_USE),
        (refused(""), Reason.ACCESS_DENIED),
        (refused(f"{NO_PERMISSION}: Macie is not enabled"), Reason.ACCESS_DENIED),
        (refused("Macie is not enabled.", 400, "ThrottlingException"), Reason.THROTTLED),
        (Says("Macie is not enabled.", 403), Reason.ACCESS_DENIED),
    ],
)
def test_only_its_own_word_says_that_it_is_not_in_use(
    certified: tuple[ssl.SSLContext, Path], session: Says, seen: str | Reason
) -> None:
    """The same code stands for "not enabled" and for a lack of permission; the message tells them apart."""
    with hostile_s3({"macieSession": session}, tls=certified[0]) as server:
        asset = replace(bucket(), tiers=frozenset(Tier))
        (said,) = observe_with(MacieProbe(), asset, Reaches(aws_at(server.url, certified[1])).of(asset))
    if isinstance(said, Seen):
        assert isinstance(said.facts, MacieResults)
    assert (said.reason if isinstance(said, Unseen) else said.facts.why_not) == seen  # type: ignore[union-attr]
