"""Names that lead to buckets: which can have HTTPS, which lead nowhere, and whose is what they lead to."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from auditor.facts.names import NameChain, NameEnd
from auditor.model import Outcome
from checks.bucket_names import name_direct

NOW = datetime(2026, 6, 1, tzinfo=UTC)
NAME = "files.elm.example"
S3, SITE = f"{NAME}.s3.us-east-1.amazonaws.com", f"{NAME}.s3-website-us-east-1.amazonaws.com"


def chain(*aliases: str, name: str = NAME, why_not: str = "") -> NameChain:
    end = None if why_not else NameEnd.ADDRESS
    return NameChain(observed_at=NOW, name=name, aliases=aliases, end=end, resolver="192.0.2.53", why_not=why_not)


@pytest.mark.parametrize(
    ("seen", "outcome"),
    [
        (chain(S3), "fail"),
        (chain(SITE), "fail"),
        (chain("edge.elm.example", S3), "fail"),
        (chain("s3.us-east-1.amazonaws.com"), "fail"),
        (chain("elmfiles.blob.core.windows.net", "blob.ams01prdstr01a.store.core.windows.net"), "fail"),
        (chain("c.storage.googleapis.com"), "fail"),
        (chain(name=SITE), "fail"),
        (chain(name=S3), "pass"),
        (chain("elm.nyc3.cdn.digitaloceanspaces.com"), "pass"),
        (chain("d111111abcdef8.cloudfront.net"), "not_applicable"),
        (chain(), "not_applicable"),
        (chain(S3 + ".elm.example"), "not_applicable"),
        (chain("\x1b[2J.s3.amazonaws.com"), "not_applicable"),
        (chain(why_not="nobody was asked"), "not_applicable"),
    ],
)
def test_a_name_that_leads_straight_to_a_bucket_fails(seen: NameChain, outcome: str) -> None:
    assert name_direct.judge(seen).outcome is Outcome(outcome)


def test_the_bucket_is_the_one_that_the_visitors_name_says() -> None:
    storage = chain("something-else.s3.amazonaws.com").storage
    assert storage
    assert storage.bucket == NAME
    azure = chain("elmfiles.blob.core.windows.net").storage
    assert azure
    assert azure.bucket == "elmfiles"
    own = chain(name="elm-files.s3.amazonaws.com").storage
    assert own
    assert (own.bucket, own.is_alias) == ("elm-files", False)
