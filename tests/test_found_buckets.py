"""`auditor run` with an account: its buckets are found, judged and remembered, and a blind night forgets none."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from auditor.rig.hostile_s3 import hostile_s3
from auditor.rig.hostile_s3_answers import ALL_ANSWERS, DENIED, Behaviour, Says, error
from tests.cli.front_door import FrontDoor, Left
from tests.probes.bucket_road import credential

__all__ = ["credential"]

CITY = """
schema: inventory/v1
organisation: {id: elm, name: City of Elm, timezone: UTC}
departments: [{id: it, name: IT}]
systems:
  - id: cloud
    name: Cloud storage
    department: it
    owner: cloud administrator
    assets:
      - {id: main, kind: account, provider: s3-compatible}
      - {id: files, kind: bucket, provider: s3-compatible, name: elm-files}
"""
CLAIMED = "      - {id: stray, kind: bucket, provider: s3-compatible, name: elm-stray}\n"
OTHER = """
  - id: mail
    name: Mail
    department: it
    owner: postmaster
    assets: [{id: b, kind: bucket, provider: s3-compatible, name: elm-mail}]
"""
OPEN = Says('{"Statement": [{"Effect": "Allow", "Principal": "*", "Action": "s3:*", "Resource": "arn:aws:s3:::*"}]}')

UNBLOCKED = error("NoSuchPublicAccessBlockConfiguration", 404)


class World:
    """What the server says tonight."""

    def __init__(self) -> None:
        self.buckets: tuple[str, ...] = ("elm-files", "elm-stray")
        self.is_denied = False

    def says(self, question: str, number: int) -> Behaviour:
        if question == "buckets":
            return DENIED if self.is_denied else Says(self._list())
        return {"policy": OPEN, "publicAccessBlock": UNBLOCKED}.get(question) or ALL_ANSWERS[question]

    def _list(self) -> str:
        rows = "".join(f"<Bucket><Name>{name}</Name></Bucket>" for name in self.buckets)
        return f"<ListAllMyBucketsResult><Buckets>{rows}</Buckets></ListAllMyBucketsResult>"


@pytest.fixture
def auditor(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], credential: None) -> FrontDoor:
    return FrontDoor(monkeypatch, capsys)


class Night:
    def __init__(self, auditor: FrontDoor, folder: Path, url: str) -> None:
        self._auditor, self._folder, self._url = auditor, folder, url

    def run(self, inventory: str = CITY, *words: str) -> tuple[Left, dict[str, Any]]:
        path = self._folder / "inventory.yaml"
        path.write_text(inventory, encoding="utf-8")
        left = self._auditor(
            "run", str(path), "--endpoint-url", self._url, "--out", str(self._folder), "-q", "--json", *words
        )
        return left, json.loads(left.out)


@pytest.fixture
def world() -> World:
    return World()


@pytest.fixture
def night(auditor: FrontDoor, tmp_path: Path, world: World) -> Iterator[Night]:
    with hostile_s3(world.says) as server:
        yield Night(auditor, tmp_path, server.url)


def outcomes(report: dict[str, Any], asset: str) -> set[str]:
    return {row["outcome"] for row in report["findings"] if row["asset"] == asset}


def outcome(report: dict[str, Any], asset: str, check: str) -> tuple[str, str]:
    (row,) = (row for row in report["findings"] if (row["asset"], row["check"]) == (asset, check))
    return row["outcome"], row["standing"]


def test_a_bucket_that_nobody_lists_is_judged_and_stays_until_a_whole_list_lacks_it(night: Night, world: World) -> None:
    stray = "cloud/main/elm-stray"
    _, first = night.run()
    assert [row["id"] for row in first["found"]] == [stray]
    assert outcome(first, stray, "bucket-public-policy") == ("fail", "now")
    assert first["city"]["found_unclaimed"] == 1

    world.is_denied = True  # the discovery is blind: what was found is not forgotten, nor what was seen of it
    left, blind = night.run()
    assert left.code == 3
    assert outcome(blind, "cloud/main", "account-buckets-unjudged") == ("pass", "stale")
    assert not blind["run"]["complete"]
    assert [row["id"] for row in blind["found"]] == [stray]
    assert outcome(blind, stray, "bucket-public-policy") == ("fail", "stale")

    world.is_denied, world.buckets = False, ("elm-files",)  # a whole list lacks it: it is gone
    _, gone = night.run()
    assert gone["found"] == []
    assert outcomes(gone, stray) == set()


def test_a_run_of_another_system_forgets_nothing(night: Night, world: World) -> None:
    night.run(CITY + OTHER)
    night.run(CITY + OTHER, "--only", "system=mail")
    world.is_denied = True
    _, report = night.run(CITY + OTHER)
    assert [row["id"] for row in report["found"]] == ["cloud/main/elm-stray"]


def test_a_claimed_bucket_takes_what_was_seen_of_it_along(night: Night, world: World) -> None:
    night.run()
    world.is_denied = True
    _, report = night.run(CITY + CLAIMED)
    assert report["found"] == []
    assert outcome(report, "cloud/stray", "bucket-public-policy")[0] == "fail"


def test_a_denied_list_from_the_first_night_on_is_no_health(night: Night, world: World) -> None:
    world.is_denied = True
    left, report = night.run()
    assert left.code == 3
    assert outcome(report, "cloud/main", "account-buckets-unjudged") == ("unknown", "now")
    assert report["city"]["found_unclaimed"] == 0


WAIVERS = """
waivers:
  - id: W-1
    asset: cloud/main/elm-stray
    check: bucket-public-policy
    reason: a page of last year
    risk_owner: mayor
    approved_by: clerk
    approved: 2020-01-01
    expires: 2999-01-01
"""


def test_a_risk_of_a_bucket_that_nobody_lists_may_be_accepted(night: Night) -> None:
    _, report = night.run(CITY + WAIVERS)
    (row,) = (
        row
        for row in report["findings"]
        if (row["asset"], row["check"]) == ("cloud/main/elm-stray", "bucket-public-policy")
    )
    assert (row["outcome"], row["waiver"]) == ("fail", "W-1")
    assert {row["waiver"] for row in report["findings"] if row["asset"] != "cloud/main/elm-stray"} == {None}


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("cloud/main/elm-stray", "cloud/files/elm-stray", "no account 'cloud/files' is listed"),
        ("cloud/main/elm-stray", "cloud/nobody/elm-stray", "no account 'cloud/nobody' is listed"),
        ("cloud/main/elm-stray", "cloud/main/elm-files", "the bucket is listed as 'cloud/files'"),
        ("cloud/main/elm-stray", "cloud/main/a/b", "system/account/bucket"),
        ("cloud/main/elm-stray", "cloud/main/x", "system/account/bucket"),
        ("bucket-public-policy", "account-buckets-unjudged", "never asked of a bucket"),
    ],
)
def test_a_waiver_of_what_cannot_be_found_is_refused(
    old: str, new: str, said: str, auditor: FrontDoor, tmp_path: Path
) -> None:
    path = tmp_path / "inventory.yaml"
    path.write_text(CITY + WAIVERS.replace(old, new), encoding="utf-8")
    left = auditor("inventory", "lint", str(path))
    assert left.code == 2
    assert said in left.out + left.err
