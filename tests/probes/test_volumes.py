"""The disks of an account, from a played AWS to the verdicts: what was denied is unknown, and one fault is a fault."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import pytest

from auditor.deriving import Sights, derive_each
from auditor.facts import Declared
from auditor.facts.declared import Registered
from auditor.facts.volumes import Snapshots, Volumes
from auditor.judge import judge_asset
from auditor.model import Outcome, Reason, Sensitivity
from auditor.probe import Seen, Unseen
from auditor.probes import volume_answers, volumes_region
from auditor.rig.aws_account import ACCOUNT, Refusal, Tree, database, snapshot, volume
from checks.derivations.disk_faults import DERIVATIONS
from checks.volumes import CHECKS
from tests.probes.bucket_road import NOW, credential
from tests.probes.volumes_rig import (
    DENIED,
    FOREIGN,
    GOOD,
    HOME,
    NOTHING_OF_DATABASES,
    NOTHING_OF_SNAPSHOTS,
    NOTHING_OF_VOLUMES,
    OURS,
    SISTERS,
    F,
    P,
    Played,
    U,
    account,
    cluster,
    cluster_snapshot,
    judged,
    look,
    played,
    seed_of,
    shared_db,
)

__all__ = ["credential", "played"]


@pytest.fixture(autouse=True)
def _credential(credential: None) -> None:
    """Every test here signs."""


@pytest.mark.parametrize(
    ("tables", "declared", "wanted"),
    [
        ({}, {}, {}),
        ({"DescribeVolumes": (volume("vol-1"),)}, {}, {"volume-not-encrypted": F}),
        ({"DescribeVolumes": (volume("v", key=FOREIGN),)}, {"own_accounts": (ACCOUNT,)}, {"volume-foreign-key": F}),
        ({"DescribeVolumes": (volume("v", key=FOREIGN),)}, {}, {"volume-foreign-key": U}),  # nobody said what is ours
        ({"DescribeVolumes": (volume("v", key=SISTERS),)}, {"own_accounts": ("210987654321",)}, {}),
        ({"DescribeVolumes": (volume("v", key="alias/odd"),)}, {}, {"volume-foreign-key": U}),
        ({"DescribeVolumes": ()}, {}, {}),
        ({"GetEbsEncryptionByDefault": ()}, {}, {"volume-default-encryption-off": F}),
        ({"DescribeSnapshots": (snapshot("snap-1"),)}, {}, {"snapshot-not-encrypted": F}),
        ({"DescribeSnapshots public": (snapshot("snap-1", key=OURS),)}, {}, {"snapshot-public": F}),
        ({"DescribeSnapshotAttribute snap-1": ({"group": "all"},)}, {}, {"snapshot-public": F}),
        (
            {"DescribeSnapshotAttribute snap-1": ({"userId": "999999999999"},)},
            {"own_accounts": (ACCOUNT,)},
            {"snapshot-shared-outside": F},
        ),
        ({"DescribeSnapshotAttribute snap-1": ({"userId": "999999999999"},)}, {}, {"snapshot-shared-outside": U}),
        ({"DescribeSnapshotAttribute snap-1": ({"userId": ACCOUNT},)}, {}, {}),
        ({"DescribeSnapshotAttribute snap-1": DENIED}, {}, {"snapshot-shared-outside": U}),
        ({"DescribeSnapshots public": DENIED}, {}, {}),  # each of them was asked
        (
            {"DescribeSnapshots public": DENIED, "DescribeSnapshotAttribute snap-1": DENIED},
            {},
            {"snapshot-public": U, "snapshot-shared-outside": U},
        ),
        ({"DescribeDBInstances": (database("d"),)}, {}, {"database-not-encrypted": F}),
        (
            {"DescribeDBInstances": (database("d", key=FOREIGN),)},
            {"own_accounts": (ACCOUNT,)},
            {"database-foreign-key": F},
        ),
        (
            {"DescribeDBClusters": ({"DBClusterIdentifier": "c", "Engine": "aurora", "StorageEncrypted": "false"},)},
            {},
            {"database-not-encrypted": F},
        ),
        ({"DescribeDBClusters": DENIED}, {}, NOTHING_OF_DATABASES),
        ({"DescribeDBInstances": DENIED}, {}, NOTHING_OF_DATABASES),
        ({"DescribeDBInstances": DENIED, "DescribeDBClusters": DENIED}, {}, NOTHING_OF_DATABASES),
        (
            {"DescribeDBClusters": DENIED, "DescribeDBInstances": (database("d", public="true"),)},
            {},
            {**NOTHING_OF_DATABASES, "database-not-encrypted": F, "database-public-address": F},
        ),
        (
            {"DescribeDBInstances": DENIED, "DescribeDBClusters": (cluster(public="true"),)},
            {},
            {**NOTHING_OF_DATABASES, "database-public-address": F},
        ),
        ({"DescribeDBInstances": (database("d", key=OURS, public="true"),)}, {}, {"database-public-address": F}),
        ({"DescribeDBInstances": (database("d", key=OURS, public=""),)}, {}, {"database-public-address": U}),
        (
            {"DescribeDBInstances": (database("d", key=OURS, public=""), database("e", key=OURS, public="true"))},
            {},
            {"database-public-address": F},
        ),
        # A truth that is neither "true" nor "false": the SDK would read it as false.
        ({"DescribeDBInstances": (database("d", key=OURS, public="True"),)}, {}, NOTHING_OF_DATABASES),
        ({"DescribeDBInstances": (database("d", key=OURS, public="yes"),)}, {}, NOTHING_OF_DATABASES),
        ({"DescribeVolumes": ({**volume("vol-1", key=OURS), "encrypted": "TRUE"},)}, {}, NOTHING_OF_VOLUMES),
        ({"DescribeDBClusters": (cluster(public="true"),)}, {}, {"database-public-address": F}),
        ({"DescribeDBClusters": (cluster(public="false"),)}, {}, {}),
        ({"DescribeDBClusters": (cluster(),)}, {}, {"database-public-address": U}),  # a Multi-AZ cluster can have one
        # Of Aurora and its like only the instances can.
        ({"DescribeDBClusters": (cluster("aurora-postgresql"), cluster("docdb"), cluster("neptune"))}, {}, {}),
        (
            {"DescribeDBClusters": (cluster("aurora-mysql"),), "DescribeDBInstances": ()},
            {},
            {},
        ),
        ({"DescribeDBSnapshotAttributes dbs-1": shared_db("all")}, {}, {"database-snapshot-public": F}),
        (
            {"DescribeDBSnapshotAttributes dbs-1": shared_db("999999999999")},
            {"own_accounts": (ACCOUNT,)},
            {"database-snapshot-shared-outside": F},
        ),
        (
            {"DescribeDBSnapshotAttributes dbs-1": DENIED},
            {},
            {"database-snapshot-public": U, "database-snapshot-shared-outside": U},
        ),
        (
            {"DescribeDBSnapshots": ({"DBSnapshotIdentifier": "dbs-1", "Encrypted": "false"},)},
            {},
            {"database-snapshot-not-encrypted": F},
        ),
        ({"DescribeDBClusterSnapshotAttributes cs-1": shared_db("all")}, {}, {"database-snapshot-public": F}),
        (
            {"DescribeDBClusterSnapshotAttributes cs-1": shared_db("999999999999")},
            {"own_accounts": (ACCOUNT,)},
            {"database-snapshot-shared-outside": F},
        ),
        (
            {"DescribeDBClusterSnapshotAttributes cs-1": DENIED},
            {},
            {"database-snapshot-public": U, "database-snapshot-shared-outside": U},
        ),
        (
            {"DescribeDBClusterSnapshots": (cluster_snapshot("cs-1", encrypted=False),)},
            {},
            {"database-snapshot-not-encrypted": F},
        ),
        ({"DescribeDBClusterSnapshots": DENIED}, {}, NOTHING_OF_SNAPSHOTS),
        ({"DescribeDBSnapshots": DENIED}, {}, NOTHING_OF_SNAPSHOTS),
        (
            {"DescribeDBClusterSnapshots": DENIED, "DescribeDBSnapshotAttributes dbs-1": shared_db("all")},
            {},
            {**NOTHING_OF_SNAPSHOTS, "database-snapshot-public": F},
        ),
        ({"DescribeDBClusterSnapshots": ({"DBClusterSnapshotIdentifier": "c"},)}, {}, NOTHING_OF_SNAPSHOTS),
        ({"DescribeVolumes": DENIED}, {}, {"volume-not-encrypted": U, "volume-foreign-key": U}),
        ({"DescribeInstances": DENIED}, {}, {}),
        ({"DescribeVolumes": Refusal("RequestLimitExceeded", 503)}, {}, NOTHING_OF_VOLUMES),
        ({"DescribeVolumes": Refusal("AuthFailure", 401)}, {}, NOTHING_OF_VOLUMES),
        ({"DescribeVolumes": Refusal("NobodyKnowsThis", 400)}, {}, NOTHING_OF_VOLUMES),
        ({"DescribeVolumes": Refusal("InternalError", 500)}, {}, NOTHING_OF_VOLUMES),
        ({"DescribeVolumes": ({"volumeId": "vol-1"},)}, {}, {"volume-not-encrypted": U, "volume-foreign-key": U}),
    ],
)
def test_each_fault_is_found_and_each_denial_is_unknown(
    played: Played,
    tables: Mapping[str, tuple[Tree, ...] | Refusal],
    declared: dict[str, object],
    wanted: dict[str, Outcome],
) -> None:
    said, _ = look(seed_of({**GOOD, **tables}), played, account(HOME))
    assert judged(said, **declared) == wanted


def test_all_that_is_denied_passes_nothing(played: Played) -> None:
    every = dict.fromkeys([*GOOD, "DescribeDBClusters", "GetEbsEncryptionByDefault"], DENIED)
    said, _ = look(seed_of(every), played, account(HOME))
    assert judged(said) == dict.fromkeys((check.id for check in CHECKS), U)
    assert {one.reason for one in said if isinstance(one, Unseen)} == {Reason.ACCESS_DENIED}


def test_a_vendor_with_an_agreement_may_share(played: Played) -> None:
    tables = {**GOOD, "DescribeSnapshotAttribute snap-1": ({"userId": "999999999999"},)}
    said, _ = look(seed_of(tables), played, account(HOME))
    vendor = Registered(name="999999999999", vendor="v", agreement="a", ends=NOW.replace(year=2030), covers_data=True)
    own = {"own_accounts": (ACCOUNT,)}
    assert judged(said, **own, registered_accounts=(vendor,)) == {}
    ended = replace(vendor, ends=NOW.replace(year=2020))
    assert judged(said, **own, registered_accounts=(ended,)) == {"snapshot-shared-outside": F}


def test_a_vendor_with_an_agreement_may_hold_a_key(played: Played) -> None:
    held = database("records", key=FOREIGN)
    said, _ = look(
        seed_of({**GOOD, "DescribeVolumes": (volume("vol-1", key=FOREIGN),), "DescribeDBInstances": (held,)}),
        played,
        account(HOME),
    )
    vendor = Registered(name="999999999999", vendor="v", agreement="a", ends=NOW.replace(year=2030), covers_data=True)
    own = {"own_accounts": (ACCOUNT,)}
    assert judged(said, **own, registered_accounts=(vendor,)) == {}
    ended = replace(vendor, ends=NOW.replace(year=2020))
    foreign = {"volume-foreign-key": F, "database-foreign-key": F}
    assert judged(said, **own, registered_accounts=(ended,)) == foreign


def test_what_was_deleted_since_it_was_listed_is_no_question(played: Played) -> None:
    """DLM and the like make and delete snapshots all night."""
    tables = {
        **GOOD,
        "DescribeSnapshots": (snapshot("snap-0", key=OURS), snapshot("snap-1", key=OURS)),
        "DescribeSnapshotAttribute snap-0": Refusal("InvalidSnapshot.NotFound", 400),
        "DescribeDBSnapshotAttributes dbs-1": Refusal("DBSnapshotNotFound", 404),
        "DescribeDBClusterSnapshotAttributes cs-1": Refusal("DBClusterSnapshotNotFoundFault", 404),
    }
    said, _ = look(seed_of(tables), played, account(HOME))
    assert judged(said) == {}
    (facts,) = (one.facts for one in said if isinstance(one, Seen) and isinstance(one.facts, Snapshots))
    assert [one.id for one in facts.snapshots] == ["snap-1"]


def test_an_odd_answer_about_one_snapshot_hides_no_other(played: Played) -> None:
    tables = {
        **GOOD,
        "DescribeSnapshots": (snapshot("snap-0", key=OURS), snapshot("snap-1", key=OURS)),
        "DescribeSnapshotAttribute snap-0": ({"nobody": "knows this"},),
        "DescribeSnapshotAttribute snap-1": ({"group": "all"},),
    }
    said, _ = look(seed_of(tables), played, account(HOME))
    assert judged(said) == {"snapshot-public": F, "snapshot-shared-outside": U}


def test_beside_a_public_snapshot_the_words_about_sharing_stay_true(played: Played) -> None:
    tables = {**GOOD, "DescribeSnapshotAttribute snap-1": ({"group": "all"},)}
    said, _ = look(seed_of(tables), played, account(HOME))
    declared = Declared(observed_at=NOW, sensitivity=Sensitivity.CONFIDENTIAL)
    found = judge_asset(account(), derive_each(Sights.of(said), DERIVATIONS, declared), CHECKS)
    (row,) = (one for one in found if one.check == "snapshot-shared-outside" and one.locus == HOME)
    assert row.outcome is P
    assert "`snapshot-public`" in row.summary


def test_more_than_is_kept_passes_nothing_and_hides_no_fault(played: Played, monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (volume_answers, volumes_region):
        monkeypatch.setattr(module, "MOST", 2)
    three = tuple(f"{number}" for number in range(3))
    tables = {
        **GOOD,
        "DescribeVolumes": tuple(volume(f"vol-{name}", key=OURS) for name in three),
        "DescribeSnapshots": tuple(snapshot(f"snap-{name}", key=OURS) for name in three),
        "DescribeSnapshots public": (snapshot("snap-2"),),
        "DescribeDBInstances": tuple(database(name, key=OURS) for name in three[:2]),
        "DescribeDBClusters": (cluster("aurora"),),
    }
    said, _ = look(seed_of(tables), played, account(HOME))
    assert judged(said) == {
        **NOTHING_OF_VOLUMES,
        **NOTHING_OF_DATABASES,
        "snapshot-not-encrypted": U,
        "snapshot-shared-outside": U,
        "snapshot-public": F,
    }
    lists = [one.facts for one in said if isinstance(one, Seen) and isinstance(one.facts, (Volumes, Snapshots))]
    assert {one.why_incomplete for one in lists} == {Reason.TOO_LONG.word}
