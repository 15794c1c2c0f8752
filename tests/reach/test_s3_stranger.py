"""A stranger's question about a bucket goes to the provider, wherever an answer would lead it."""

from __future__ import annotations

from contextlib import suppress

import pytest

from auditor.errors import Unreachable
from auditor.model import Asset
from auditor.reach import Access
from auditor.reach.s3 import Storage
from auditor.reach.s3_plain import Exchanged
from auditor.reach.s3_request import Request
from auditor.reach.s3_stranger import Stranger

BUCKET = Asset(id="b", kind="bucket", address="s3://elm-permits", system="s")


def hosts_asked(monkeypatch: pytest.MonkeyPatch, region: str) -> list[str]:
    """Of a bucket whose every answer says over plain HTTP, where anybody may speak, that it lies in that region."""
    storage, hosts = Storage(Access()), []

    def elsewhere(request: Request, *_: object) -> Exchanged:
        hosts.append(request.host)
        return Exchanged(301, (("x-amz-bucket-region", region),), b"")

    monkeypatch.setattr(storage.wire, "exchange", elsewhere)
    with suppress(Unreachable):
        assert not Stranger(storage, BUCKET).listing(plain=True).location
    return hosts


def test_a_bucket_is_asked_for_in_its_region(monkeypatch: pytest.MonkeyPatch) -> None:
    assert hosts_asked(monkeypatch, "eu-west-1") == ["s3.amazonaws.com", "s3.eu-west-1.amazonaws.com"]


@pytest.mark.parametrize(
    "region", ["evil.example/", "evil.example:80/a", "evil.example?", "evil.example#", "a@evil.example/", "", "a" * 99]
)
def test_what_is_no_region_leads_nowhere(monkeypatch: pytest.MonkeyPatch, region: str) -> None:
    assert hosts_asked(monkeypatch, region) == ["s3.amazonaws.com"]
