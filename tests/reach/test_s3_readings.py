"""What was read once is read as if for the first time: for other buckets, other headers, and whatever became of it."""

from __future__ import annotations

from collections.abc import Callable
from typing import cast

import pytest
from botocore.loaders import create_loader
from botocore.model import ServiceModel
from hypothesis import given
from hypothesis import strategies as st

from auditor.errors import Unreachable
from auditor.model import Reason
from auditor.reach import s3_readings
from auditor.reach.s3_plain import Exchanged
from auditor.reach.s3_readings import LONGEST, Readings

MODEL = ServiceModel(create_loader().load_service_model("s3", "service-2"), "s3")
NS = 'xmlns="http://s3.amazonaws.com/doc/2006-03-01/"'
TAGS = f"<Tagging {NS}><TagSet><Tag><Key>a</Key><Value>1</Value></Tag></TagSet></Tagging>"
VERSIONS = f"<VersioningConfiguration {NS}><Status>Enabled</Status></VersioningConfiguration>"
PLACE = f"<LocationConstraint {NS}>eu-west-1</LocationConstraint>"
RULES = f"<LifecycleConfiguration {NS}></LifecycleConfiguration>"
SIZE = "x-amz-transition-default-minimum-object-size"
ANSWERS = (
    ("GetBucketTagging", TAGS),
    ("GetBucketTagging", TAGS.replace(">1<", ">2<")),
    ("GetBucketVersioning", VERSIONS),
    ("GetBucketVersioning", TAGS),
    ("GetBucketLocation", PLACE),
    ("GetBucketLifecycleConfiguration", RULES),
    ("GetBucketPolicy", '{"Version": "2012-10-17"}'),
    ("GetBucketPolicy", TAGS),
)
HEADERS = st.lists(
    st.sampled_from((("x-amz-request-id", "R1"), ("X-Amz-Request-Id", "R2"), (SIZE, "varies"))), max_size=2
)


def answer(body: str, *headers: tuple[str, str], status: int = 200) -> Exchanged:
    return Exchanged(status, headers, body.encode())


def told(read: Callable[[], dict[str, object]]) -> object:
    try:
        return read()
    except Unreachable as failure:
        return failure.reason, failure.detail


@given(st.lists(st.tuples(st.sampled_from(ANSWERS), HEADERS, st.sampled_from(("a", "b")), st.sampled_from((200, 206)))))
def test_what_was_read_before_changes_nothing(
    asked: list[tuple[tuple[str, str], list[tuple[str, str]], str, int]],
) -> None:
    used = Readings(MODEL)
    for (operation, body), headers, host, status in asked:
        got = answer(body, *headers, status=status)
        first = told(lambda: used.read(operation, got, host))  # noqa: B023 - called at once
        assert first == told(lambda: Readings(MODEL).read(operation, got, host))  # noqa: B023
        if isinstance(first, dict):
            _spoil(first)


def _spoil(value: object) -> None:
    """What somebody may do with what they got."""
    if isinstance(value, dict):
        for one in value.values():
            _spoil(one)
        value["spoilt"] = True
    elif isinstance(value, list):
        for one in value:
            _spoil(one)
        value.append("spoilt")


def test_a_value_that_stands_in_a_header_is_read_each_time() -> None:
    used = Readings(MODEL)
    name, operation = "TransitionDefaultMinimumObjectSize", "GetBucketLifecycleConfiguration"
    read = [
        used.read(operation, answer(RULES, (SIZE, one)), "a").get(name) for one in ("all_storage_classes_128K", "x")
    ]
    assert read == ["all_storage_classes_128K", "x"]
    assert not used._known


def test_an_answer_to_another_question_is_never_remembered() -> None:
    used = Readings(MODEL)
    used.read("GetBucketTagging", answer(TAGS), "a")
    for host in ("a", "b", "a"):
        with pytest.raises(Unreachable) as raised:
            used.read("GetBucketVersioning", answer(TAGS), host)
        assert raised.value.reason is Reason.MALFORMED
        assert raised.value.detail.startswith(f"{host} ")


def test_only_short_bodies_are_remembered_and_only_so_many(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(s3_readings, "MANY", 3)
    used = Readings(MODEL)
    for number in range(8):
        value = cast(
            "list[dict[str, str]]",
            used.read("GetBucketTagging", answer(TAGS.replace(">1<", f">{number}<")), "a")["TagSet"],
        )
        assert value[0]["Value"] == str(number)
        assert 0 < len(used._known) <= 3
    before = len(used._known)
    used.read("GetBucketTagging", answer(TAGS.replace(">1<", f">{'1' * LONGEST}<")), "a")
    assert len(used._known) == before
