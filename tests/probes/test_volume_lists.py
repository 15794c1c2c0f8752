"""Lists of disks and databases: fetched to their end, in every region, by exactly the policy that is published."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import pytest

from auditor.facts.volumes import Attachment, Volumes
from auditor.probe import Seen, Unseen
from auditor.probes.volumes import ELSEWHERE, VolumesProbe
from auditor.reach.s3_actions import DISKS
from auditor.rig.aws_account import ACCOUNT, CloudSeed, Refusal, Tree, volume
from checks.volumes import CHECKS
from tests.probes.bucket_road import credential
from tests.probes.volumes_rig import (
    AWSS,
    DENIED,
    GOOD,
    HOME,
    MANAGERS,
    OTHER,
    OURS,
    Played,
    U,
    account,
    judged,
    look,
    played,
    seed_of,
)
from tests.reach.test_permissions import permits

__all__ = ["credential", "played"]


@pytest.fixture(autouse=True)
def _credential(credential: None) -> None:
    """Every test here signs."""


def test_lists_are_fetched_to_their_end_and_keys_are_told_of_once(played: Played) -> None:
    many = tuple(volume(f"vol-{number}", key=OURS) for number in range(7))
    said, asked = look(seed_of({**GOOD, "DescribeVolumes": many}, page=3), played, account(HOME))
    (facts,) = (one.facts for one in said if isinstance(one, Seen) and isinstance(one.facts, Volumes))
    assert [one.id for one in facts.volumes] == [f"vol-{number}" for number in range(7)]
    assert [(key.arn, key.account, key.manager) for key in facts.keys] == [(OURS, ACCOUNT, "CUSTOMER")]
    assert asked.count(f"ec2:DescribeVolumes {HOME}") == 3
    assert asked.count(f"kms:DescribeKey {HOME}") == 1


def test_facts_are_what_the_cloud_said(played: Played) -> None:
    said, _ = look(seed_of(GOOD), played, account(HOME))
    (facts,) = (one.facts for one in said if isinstance(one, Seen) and isinstance(one.facts, Volumes))
    assert facts.volumes[0].attachments == (Attachment(instance="i-1", device="/dev/xvda"),)
    assert facts.instances == ("i-1",)
    assert {key.arn: key.manager for key in facts.keys} == {OURS: "CUSTOMER", AWSS: "AWS"}


def test_without_a_word_in_the_inventory_every_region_is_looked_at(played: Played) -> None:
    seed = replace(seed_of(GOOD), regions=(HOME, OTHER))
    said, asked = look(seed, played, account())
    assert {one.locus for one in said} == {HOME, OTHER}
    assert f"ec2:DescribeRegions {HOME}" in asked


def test_regions_that_nobody_may_list_stay_unknown(played: Played) -> None:
    seed = seed_of({**GOOD, "DescribeRegions": DENIED})
    said, _ = look(seed, played, account())
    assert {one.locus for one in said} == {HOME, ELSEWHERE}
    assert judged(said, ELSEWHERE) == dict.fromkeys((check.id for check in CHECKS), U)


def test_plan_names_what_is_asked(played: Played) -> None:
    plan = "\n".join(VolumesProbe().plan(account()))
    _, asked = look(seed_of(GOOD), played, account())
    for question in {line.split(" ")[0].partition(":")[2] for line in asked} - {"GetCallerIdentity"}:
        assert question in plan


class Enforced(dict[tuple[str, str], "tuple[Tree, ...] | Refusal"]):
    """What the account holds, for whom the policy of docs/permissions.md lets in, as AWS enforces it."""

    def __init__(self, tables: Mapping[tuple[str, str], tuple[Tree, ...] | Refusal], without: str = "") -> None:
        super().__init__(tables)
        self.refused: list[str] = []
        self.without = without

    def get(self, key: tuple[str, str], default: object = ()) -> object:  # type: ignore[override]
        question = key[1].partition(" ")[0]
        action = f"{'rds' if 'DB' in question else 'ec2'}:{question}"
        if permits(action, "*") and action != self.without:
            return super().get(key, default)  # type: ignore[arg-type]
        self.refused.append(action)
        return DENIED


class KeysEnforced(dict[str, str]):
    def get(self, key: str, default: object = None) -> object:  # type: ignore[override]
        return super().get(key, default) if permits("kms:DescribeKey", key) else None  # type: ignore[arg-type]


def test_the_nightly_policy_alone_is_enough_for_disks_and_databases(played: Played) -> None:
    """Every question to EC2, RDS and the key service is evaluated by the policy of the page, as it is printed."""
    tables = Enforced({(HOME, action): rows for action, rows in GOOD.items()})
    said, asked = look(CloudSeed(tables=tables, managers=KeysEnforced(MANAGERS)), played, account())
    assert tables.refused == []
    assert not [one for one in said if isinstance(one, Unseen)]
    assert judged(said) == {}
    questions = {line.split(" ")[0] for line in asked}
    assert questions == DISKS.keys() | {"kms:DescribeKey", "sts:GetCallerIdentity"}


@pytest.mark.parametrize("action", sorted(set(DISKS) - {"ec2:DescribeInstances"}))
def test_each_action_of_the_policy_is_needed(action: str, played: Played) -> None:
    """DescribeInstances alone is missed by guests, and not by the account's own checks."""
    tables = Enforced({(HOME, one): rows for one, rows in GOOD.items()}, without=action)
    said, _ = look(CloudSeed(tables=tables, managers=MANAGERS), played, account())
    assert action in tables.refused
    assert judged(said) or judged(said, ELSEWHERE)
