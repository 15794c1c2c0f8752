"""A bucket whose provider the inventory names is asked there, or nowhere: its name means another one elsewhere."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from auditor.errors import Unreachable
from auditor.model import Asset, Reason, Sampling
from auditor.observe import observe_with
from auditor.probe import Unseen
from auditor.probes.account import AccountProbe
from auditor.probes.bucket import BucketProbe
from auditor.probes.bucket_effect import BucketEffectProbe
from auditor.probes.old_objects import OldObjectsProbe
from auditor.probes.sampling.probe import SamplingProbe
from auditor.probes.volumes import VolumesProbe
from auditor.reach import Reach, Reaches
from tests.probes.bucket_road import access_to, bucket, credential

__all__ = ["credential"]
pytestmark = pytest.mark.usefixtures("credential")

SERVER = "http://127.0.0.1:1"
OURS = replace(bucket(), sampling=Sampling(credential="sampler", objects=1), probe_effective=True)
ACCOUNT = Asset(id="a", kind="account", address="s3-compatible://ceph", system="s")
DOORS: tuple[Callable[[Reach], object], ...] = (
    Reach.bucket,
    Reach.account,
    Reach.old_objects,
    Reach.bucket_as_stranger,
    lambda reach: reach.sampled_objects(Sampling(credential="sampler", objects=1)),
    lambda reach: reach.object_lists("lists", owner="123456789012"),
)


@pytest.mark.parametrize(("said", "endpoint"), [("s3-compatible", None), ("aws", SERVER)])
@pytest.mark.parametrize("door", DOORS)
def test_what_lies_elsewhere_is_not_asked_for_here(
    said: str, endpoint: str | None, door: Callable[[Reach], object]
) -> None:
    reaches = Reaches(access_to(endpoint))
    with pytest.raises(Unreachable) as refused:
        door(reaches.of(replace(OURS, provider=said)))
    assert refused.value.reason is Reason.OUT_OF_SCOPE
    assert "--endpoint-url" in refused.value.detail
    assert reaches.storage().wire.exchanges == 0


@pytest.mark.parametrize(("said", "endpoint"), [("s3-compatible", SERVER), ("aws", None), ("", SERVER), ("", None)])
@pytest.mark.parametrize("door", DOORS)
def test_what_lies_here_or_nobody_knows_where_is_asked_for(
    said: str, endpoint: str | None, door: Callable[[Reach], object]
) -> None:
    assert door(Reaches(access_to(endpoint)).of(replace(OURS, provider=said)))


def test_then_nothing_of_it_was_seen() -> None:
    for probe, asset in (
        (BucketProbe(), OURS),
        (BucketEffectProbe(), OURS),
        (OldObjectsProbe(), OURS),
        (SamplingProbe(), OURS),
        (AccountProbe(), ACCOUNT),
        (VolumesProbe(), ACCOUNT),
    ):
        there = replace(asset, provider="s3-compatible")
        said = observe_with(probe, there, Reaches(access_to(None)).of(there))
        assert said
        assert all(isinstance(one, Unseen) for one in said)
