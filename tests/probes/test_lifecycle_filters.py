"""Which objects a lifecycle rule is for, from an answer's bytes to the facts: a part is never read as the whole."""

from __future__ import annotations

from functools import cache

import pytest
from botocore.session import get_session

from auditor.facts.storage import ServerKind
from auditor.probes.bucket_settings import parse_lifecycle
from auditor.reach.s3_calls import Answer
from auditor.reach.s3_plain import Exchanged
from auditor.reach.s3_readings import Readings
from tests.probes.bucket_road import NOW

TAG = "<Tag><Key>k</Key><Value>v</Value></Tag>"
LARGER, SMALLER = (f"<ObjectSize{which}Than>1</ObjectSize{which}Than>" for which in ("Greater", "Less"))
WHOLE = ("<Filter/>", "<Filter><Prefix/></Filter>", "<Prefix/>", "<Filter><Prefix></Prefix></Filter>", "")
PARTS = (
    f"<Filter>{TAG}</Filter>",
    f"<Filter>{LARGER}</Filter>",
    f"<Filter>{SMALLER}</Filter>",
    "<Filter><Prefix>a/</Prefix></Filter>",
    "<Prefix>a/</Prefix>",
    "<Filter><Prefix>/</Prefix></Filter>",
    f"<Filter><And><Prefix></Prefix>{TAG}</And></Filter>",
    f"<Filter><And><Prefix></Prefix>{LARGER}{SMALLER}</And></Filter>",
    f"<Filter><And>{TAG}{TAG.replace('k', 'l')}</And></Filter>",
    "<Filter><And><Prefix>a/</Prefix></And></Filter>",
)


@cache
def readings() -> Readings:
    return Readings(get_session().get_service_model("s3"))


def is_for_all(chosen: str) -> bool:
    rule = f"<Rule><Status>Enabled</Status>{chosen}<Expiration><Days>9</Days></Expiration></Rule>"
    body = f"<LifecycleConfiguration>{rule}</LifecycleConfiguration>".encode()
    said = readings().read("GetBucketLifecycleConfiguration", Exchanged(200, (), body), "a.example")
    (read,) = parse_lifecycle(Answer(said, ""), ServerKind.AWS, NOW).rules or ()
    return not read.prefix and not read.has_tag_or_size_filter


@pytest.mark.parametrize("chosen", WHOLE)
def test_a_rule_without_a_filter_is_for_all(chosen: str) -> None:
    assert is_for_all(chosen)


@pytest.mark.parametrize("chosen", PARTS)
def test_a_rule_with_a_filter_is_for_a_part(chosen: str) -> None:
    assert not is_for_all(chosen)
