"""An account on loopback, and what is seen of it."""

from __future__ import annotations

import ssl
from dataclasses import replace
from pathlib import Path

from auditor.deriving import Sights, derive_each
from auditor.judge import judge_asset
from auditor.model import Asset, Finding, Outcome
from auditor.observe import observe_with
from auditor.probe import Found, Seen, Unseen
from auditor.probes.account import AccountProbe
from auditor.reach import Reaches
from auditor.rig.hostile_s3 import hostile_s3
from auditor.rig.hostile_s3_answers import (
    ACCOUNT,
    Behaviour,
    Hangs,
    Says,
)
from checks.account_coverage import CHECKS
from checks.derivations.account_coverage import DERIVATIONS
from tests.probes.aws_road import aws_at
from tests.probes.bucket_road import QUICK, declared

P, F, U = Outcome.PASS, Outcome.FAIL, Outcome.UNKNOWN
Certified = tuple[ssl.SSLContext, Path]
CITY = Asset(id="cloud/main", kind="account", address=f"aws://{ACCOUNT}", system="cloud", account=ACCOUNT)


def listing(*names: str, token: str = "", region: str = "eu-west-1") -> str:
    rows = "".join(f"<Bucket><Name>{name}</Name><BucketRegion>{region}</BucketRegion></Bucket>" for name in names)
    more = f"<ContinuationToken>{token}</ContinuationToken>" if token else ""
    inside = f"<Owner><ID>75aa57</ID></Owner><Buckets>{rows}</Buckets>{more}"
    return f"<ListAllMyBucketsResult>{inside}</ListAllMyBucketsResult>"


def observe(
    says: dict[str, Behaviour], certified: Certified, asset: Asset = CITY
) -> tuple[dict[type, Seen | Unseen], list[Asset], list[str]]:
    with hostile_s3(says, tls=certified[0]) as server:
        hangs = isinstance(says, dict) and any(isinstance(one, Hangs) for one in says.values())
        limits = replace(QUICK, operation_s=0.3 if hangs else QUICK.operation_s)
        access = replace(aws_at(server.url, certified[1]), limits=limits)
        said = observe_with(AccountProbe(), asset, Reaches(access).of(asset))
        asked = list(server.asked)
    sights = [one for one in said if not isinstance(one, Found)]
    by_type = {one.facts_type if isinstance(one, Unseen) else type(one.facts): one for one in sights}
    assert sorted(map(repr, by_type)) == sorted(map(repr, AccountProbe.yields))
    assert len(sights) == len(by_type)
    return by_type, [one.asset for one in said if isinstance(one, Found)], asked


def seen(sights: dict[type, Seen | Unseen], facts_type: type) -> object:
    one = sights[facts_type]
    assert isinstance(one, Seen), one
    return one.facts


def findings(sights: dict[type, Seen | Unseen]) -> dict[str, Finding]:
    row = derive_each(Sights.of(list(sights.values())), DERIVATIONS, declared())
    return {finding.check: finding for finding in judge_asset(CITY, row, CHECKS)}


NO_DIRECTORY = Says("<ListAllMyDirectoryBucketsResult><Buckets/></ListAllMyDirectoryBucketsResult>")
