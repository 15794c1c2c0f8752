"""A bucket that a name leads to is asked for with an audited account's credential, and with no other."""

from __future__ import annotations

import ssl
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from auditor.errors import Unreachable
from auditor.facts.bucket_holders import BucketState, NamedBucket
from auditor.facts.names import NameChain, NameEnd
from auditor.model import Asset, Reason, Tier
from auditor.probes.names import bucket_of
from auditor.reach import Reach, Reaches
from auditor.rig.hostile_s3 import hostile_s3
from auditor.rig.hostile_s3_answers import ACCOUNT, DENIED, SLOW_DOWN, Behaviour, Says, error
from tests.probes.aws_road import aws_at, certified
from tests.probes.bucket_road import NOW, access_to, credential

__all__ = ["certified", "credential"]
pytestmark = pytest.mark.usefixtures("credential")

OTHERS = Says("<ListAllMyBucketsResult><Buckets><Bucket><Name>c</Name></Bucket></Buckets></ListAllMyBucketsResult>")
WHO = Asset(id="a", kind="web", address="https://b/", system="s", tiers=frozenset(Tier))


def led_to(*aliases: str, end: NameEnd = NameEnd.ADDRESS) -> NameChain:
    return NameChain(observed_at=NOW, name="b", aliases=aliases, end=end, resolver="192.0.2.53")


LED = led_to("s3.us-east-1.amazonaws.com")


def asked(says: Mapping[str, Behaviour], papers: tuple[ssl.SSLContext, Path], chain: NameChain = LED) -> NamedBucket:
    with hostile_s3(says, tls=papers[0]) as server:
        access = replace(aws_at(server.url, papers[1]), audited_profiles=(None,))
        return bucket_of(chain, Reaches(access).of(WHO))


@pytest.mark.parametrize(
    ("says", "state", "holder", "listed"),
    [
        ({}, BucketState.EXISTS, ACCOUNT, ()),
        ({"buckets": OTHERS}, BucketState.EXISTS, "", (ACCOUNT,)),
        ({"buckets": OTHERS, "location": DENIED}, BucketState.EXISTS, "", (ACCOUNT,)),
        ({"buckets": OTHERS, "location": error("NoSuchBucket", 404)}, BucketState.ABSENT, "", ()),
    ],
)
def test_what_is_told_of_it(
    certified: tuple[ssl.SSLContext, Path],
    says: Mapping[str, Behaviour],
    state: BucketState,
    holder: str,
    listed: tuple[str, ...],
) -> None:
    found = asked(says, certified)
    assert (found.state, found.holder, found.listed, found.bucket) == (state, holder, listed, "b")


def test_a_list_that_was_denied_is_told_and_the_bucket_is_still_asked_for(
    certified: tuple[ssl.SSLContext, Path],
) -> None:
    found = asked({"buckets": DENIED}, certified)
    assert (found.state, found.listed, found.unlisted) == (BucketState.EXISTS, (), Reason.ACCESS_DENIED.word)


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (SLOW_DOWN, Reason.THROTTLED),
        (Says("<html>404 not found</html>", 404), Reason.MALFORMED),
        (error("ExpiredToken", 400), Reason.AUTH_FAILED),
        (Says("<ListBucketResult/>"), Reason.MALFORMED),
    ],
)
def test_what_is_no_answer_is_never_taken_for_nothing_there(
    certified: tuple[ssl.SSLContext, Path], answer: Behaviour, reason: Reason
) -> None:
    with pytest.raises(Unreachable) as unreachable:
        asked({"buckets": OTHERS, "location": answer}, certified)
    assert unreachable.value.reason is reason


@pytest.mark.parametrize("at", ["s3.us-gov-west-1.amazonaws.com", "s3.cn-north-1.amazonaws.com.cn"])
@pytest.mark.parametrize("location", [Says("<LocationConstraint/>"), error("NoSuchBucket", 404)])
def test_a_bucket_of_another_partition_is_not_looked_for_in_ours(
    certified: tuple[ssl.SSLContext, Path], at: str, location: Behaviour
) -> None:
    """Its name may be another bucket's here, even the city's own, or nobody's: none of that says anything of it."""
    with pytest.raises(Unreachable) as unreachable:
        asked({"location": location}, certified, led_to(at))
    assert unreachable.value.reason is Reason.NO_CREDENTIAL
    assert "partition" in unreachable.value.detail


def test_an_account_of_another_partition_cannot_hold_it_and_is_not_asked_for_its_list(
    certified: tuple[ssl.SSLContext, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "config").write_text(
        "[profile gov]\nregion = us-gov-west-1\naws_access_key_id = example\naws_secret_access_key = example\n"
    )
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "config"))
    with hostile_s3({"buckets": OTHERS}, tls=certified[0]) as server:
        access = replace(aws_at(server.url, certified[1]), audited_profiles=(None, "gov"))
        found = bucket_of(LED, Reaches(access).of(WHO))
        assert server.asked.count("buckets") == 1
    assert (found.state, found.listed, found.unlisted) == (BucketState.EXISTS, (ACCOUNT,), "")


def test_a_name_that_is_gone_needs_no_provider() -> None:
    gone = bucket_of(led_to("elmfiles.blob.core.windows.net", end=NameEnd.NO_NAME), nobody())
    assert (gone.state, gone.told_by) == (BucketState.ABSENT, "dns")


def nobody(**more: object) -> Reach:
    return Reaches(replace(access_to(None), **more)).of(WHO)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("chain", "at"),
    [
        (led_to(), ""),
        (led_to("edge.elm.example"), ""),
        (led_to("elmfiles.blob.core.windows.net"), "elmfiles.blob.core.windows.net"),
        (led_to("x-s3alias.s3.us-east-1.amazonaws.com"), "x-s3alias.s3.us-east-1.amazonaws.com"),
        (NameChain(observed_at=NOW, name="b", why_not="nobody was asked"), ""),
    ],
)
def test_where_nobody_can_be_asked_there_is_a_reason(chain: NameChain, at: str) -> None:
    found = bucket_of(chain, nobody())
    assert found.why_not
    assert (found.state, found.at) == (None, at)


def test_without_an_audited_account_or_in_another_tier_nobody_is_asked() -> None:
    with pytest.raises(Unreachable) as unreachable:
        bucket_of(LED, nobody())
    assert unreachable.value.reason is Reason.NO_CREDENTIAL
    nightly = replace(WHO, tiers=frozenset({Tier.NIGHTLY}))
    with pytest.raises(Unreachable) as unreachable:
        bucket_of(LED, Reaches(replace(access_to(None), audited_profiles=(None,))).of(nightly))
    assert unreachable.value.reason is Reason.OUT_OF_SCOPE
