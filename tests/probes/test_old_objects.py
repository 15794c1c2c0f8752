"""Objects older than encryption by default: counted, asked for their headers, and never named."""

from __future__ import annotations

from dataclasses import replace

import pytest

from auditor.facts.storage_objects import OldObjects
from auditor.model import Reason
from auditor.observe import observe_with
from auditor.probe import Observation, Seen, Unseen
from auditor.probes.old_objects import OldObjectsProbe
from auditor.reach import Reaches
from auditor.rig.hostile_s3 import hostile_s3
from auditor.rig.hostile_s3_answers import DENIED, HTML, LISTING, SLOW_DOWN, Behaviour, Hangs, Says, error
from tests.probes.bucket_road import QUICK, access_to, bucket, credential

__all__ = ["credential"]

OLD, EDGE, NEW = "2022-12-31T23:59:59.000Z", "2023-01-05T00:00:00.000Z", "2024-06-01T00:00:00.000Z"
ENCRYPTED = Says("", headers={"x-amz-server-side-encryption": "AES256"})
PLAIN = Says("")


@pytest.fixture(autouse=True)
def _credential(credential: None) -> None:
    """Every test here signs."""


def versions(*dates: str, following: str = "") -> Says:
    rows = "".join(
        f"<Version><Key>ann-lee-{number}.pdf</Key><VersionId>null</VersionId><LastModified>{date}</LastModified></Version>"
        for number, date in enumerate(dates)
    )
    more = f"<IsTruncated>true</IsTruncated><NextKeyMarker>{following}</NextKeyMarker>" if following else ""
    return Says(f"<ListVersionsResult>{rows}{more}</ListVersionsResult>")


def observe(listed: Behaviour, head: Behaviour = ENCRYPTED) -> tuple[Observation, list[str]]:
    limits = replace(QUICK, operation_s=0.3) if isinstance(head, Hangs) else QUICK
    with hostile_s3({"versions": listed, "": head}) as server:
        asset = bucket()
        (said,) = observe_with(OldObjectsProbe(), asset, Reaches(access_to(server.url, limits)).of(asset))
        return said, server.asked


def seen(listed: Behaviour, head: Behaviour = ENCRYPTED) -> OldObjects:
    said, _ = observe(listed, head)
    assert isinstance(said, Seen), said
    assert isinstance(said.facts, OldObjects)
    assert "ann-lee" not in repr(said)
    return said.facts


def test_only_old_objects_are_asked_for_their_headers() -> None:
    said, asked = observe(versions(OLD, EDGE, NEW))
    assert isinstance(said, Seen)
    assert asked == ["versions", ""]
    facts = seen(versions(OLD, EDGE, NEW))
    assert (facts.counted, facts.old, facts.headed, facts.without_encryption) == (3, 1, 1, 0)
    assert facts.is_complete


def test_an_object_without_the_header_is_plain() -> None:
    assert seen(versions(OLD, OLD), PLAIN).without_encryption == 2


def test_an_object_that_needs_a_key_is_not_plain() -> None:
    facts = seen(versions(OLD), Says("", 400))
    assert (facts.without_encryption, facts.customer_key, facts.is_complete) == (0, 1, True)


@pytest.mark.parametrize(
    ("last", "reason"),
    [(error("ExpiredToken", 400), "auth_failed"), (DENIED, "access_denied"), (Says(HTML), "malformed")],
)
def test_a_credential_that_ran_out_makes_no_object_one_that_needs_a_key(last: Behaviour, reason: str) -> None:
    """To HEAD both are a bare 400: the list is asked for once more, which has a body to say why."""
    listed = versions(OLD, OLD, NEW)

    def says(sub_resource: str, number: int) -> Behaviour:
        return Says("", 400) if not sub_resource else listed if number == 1 else last

    with hostile_s3(says) as server:
        asset = bucket()
        (said,) = observe_with(OldObjectsProbe(), asset, Reaches(access_to(server.url)).of(asset))
    assert isinstance(said, Seen)
    assert isinstance(said.facts, OldObjects)
    facts = said.facts
    assert (facts.counted, facts.old, facts.headed, facts.customer_key) == (3, 2, 0, 0)
    assert (facts.is_complete, facts.why_incomplete) == (False, reason)


def test_an_empty_bucket_has_no_old_object() -> None:
    assert seen(versions()).is_complete


@pytest.mark.parametrize(
    ("head", "reason"),
    [
        (Says("", 403), "access_denied"),
        (Says("", 503), "throttled"),
        (Says("", 404), "malformed"),
        (Hangs(), "timeout"),
    ],
)
def test_headers_that_cannot_be_seen_make_the_look_incomplete(head: Behaviour, reason: str) -> None:
    facts = seen(versions(OLD, NEW), head)
    assert (facts.counted, facts.old, facts.headed) == (2, 1, 0)
    assert (facts.is_complete, facts.why_incomplete) == (False, reason)


def test_pages_that_go_round_make_the_look_incomplete() -> None:
    facts = seen(versions(NEW, following="again"))
    assert (facts.counted, facts.is_complete, facts.why_incomplete) == (2, False, "malformed")


@pytest.mark.parametrize(
    ("listed", "reason"),
    [
        (DENIED, Reason.ACCESS_DENIED),
        (SLOW_DOWN, Reason.THROTTLED),
        (Says(HTML), Reason.MALFORMED),
        (Says(LISTING), Reason.MALFORMED),
        (error("NoSuchBucket", 404), Reason.GONE),
        (Says("<ListVersionsResult><Version><Key>ann-lee.pdf</Key></Version></ListVersionsResult>"), Reason.MALFORMED),
    ],
)
def test_a_list_that_cannot_be_seen_is_no_empty_bucket(listed: Behaviour, reason: Reason) -> None:
    said, _ = observe(listed)
    assert isinstance(said, Unseen)
    assert said.reason is reason
    assert "ann-lee" not in repr(said)
