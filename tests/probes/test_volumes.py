"""The disks of an account, from a played AWS to the verdicts: what was denied is unknown, and one fault is a fault."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from auditor.codec import decode, encode
from auditor.deriving import Sights, derive_each
from auditor.facts import Declared
from auditor.facts.declared import Registered
from auditor.facts.volumes import Attachment, Snapshots, Volumes
from auditor.judge import judge_asset
from auditor.model import Asset, Outcome, Reason, Sensitivity
from auditor.probe import Seen, Unseen
from auditor.probes import volume_answers, volumes_region
from auditor.probes.volumes import ELSEWHERE, VolumesProbe
from auditor.reach import Access, Limits, Reaches, Target
from auditor.reach.s3_actions import DISKS
from auditor.rig.authority import Authority
from auditor.rig.aws import Cloud, cloud
from auditor.rig.aws_account import ACCOUNT, CloudSeed, Refusal, Tree, database, instance, snapshot, volume
from auditor.rig.web import server_context
from checks.derivations.disk_faults import DERIVATIONS
from checks.volumes import CHECKS
from tests.probes.bucket_road import NOW, credential
from tests.reach.test_permissions import permits

__all__ = ["credential"]

P, F, U, N = Outcome.PASS, Outcome.FAIL, Outcome.UNKNOWN, Outcome.NOT_APPLICABLE
HOME, OTHER = "us-east-1", "eu-west-1"
OURS = f"arn:aws:kms:us-east-1:{ACCOUNT}:key/ours"
AWSS = f"arn:aws:kms:us-east-1:{ACCOUNT}:key/aws-ebs"
SISTERS = "arn:aws:kms:us-east-1:210987654321:key/sister"
FOREIGN = "arn:aws:kms:us-east-1:999999999999:key/foreign"
MANAGERS = {OURS: "CUSTOMER", AWSS: "AWS", SISTERS: "CUSTOMER"}
DENIED = Refusal("UnauthorizedOperation")
SERVICES = ("ec2", "rds", "kms", "sts")


@pytest.fixture(autouse=True)
def _credential(credential: None) -> None:
    """Every test here signs."""


class Played:
    """One cloud for all tests here, which holds what the last look was told; and one set of clients to ask it with."""

    def __init__(self, access: Access, running: Cloud) -> None:
        self.reaches = Reaches(access)
        self.running = running


HELD: list[CloudSeed] = [CloudSeed()]


@pytest.fixture(scope="module")
def played(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Played]:
    folder = tmp_path_factory.mktemp("papers")
    root = Authority.root("Rig Root")
    (folder / "roots.pem").write_bytes(root.pem)
    names = [f"*.{region}.amazonaws.com" for region in (HOME, OTHER)]
    tls = server_context(root.leaf(*names).write(folder / "leaf.pem"))
    with cloud(lambda: HELD[-1], tls) as running:
        yield Played(access_to(running, folder / "roots.pem"), running)


def seed_of(tables: Mapping[str, tuple[Tree, ...] | Refusal], **more: object) -> CloudSeed:
    """Of one region."""
    tabled = {(HOME, action): rows for action, rows in tables.items()}
    return CloudSeed(tables=tabled, managers=MANAGERS, **more)  # type: ignore[arg-type]


def access_to(running: Cloud, roots: Path) -> Access:
    here = (Target("127.0.0.1", running.port),)
    places = {(f"{service}.{region}.amazonaws.com", 443): here for service in SERVICES for region in (HOME, OTHER)}
    return Access(connect_to=places, ca_file=roots, limits=Limits(operation_s=10, pause_s=0.01), clock=lambda: NOW)


def account(*regions: str) -> Asset:
    return Asset(id="a", kind="account", address=f"aws://{ACCOUNT}", system="s", account=ACCOUNT, regions=regions)


def look(seed: CloudSeed, played: Played, asset: Asset) -> tuple[list[Seen | Unseen], list[str]]:
    """What the probe says, each type once at each place, and what it asked."""
    HELD[:] = [seed]
    played.running.asked.clear()
    played.reaches.storage()._accounts.clear()  # as a new run: nothing is known of the account
    observed = VolumesProbe().observe(asset, played.reaches.of(asset))
    said = [one for one in observed if isinstance(one, (Seen, Unseen))]
    kinds = [(one.facts_type if isinstance(one, Unseen) else type(one.facts), one.locus) for one in said]
    places = {at for _, at in kinds}
    assert sorted(map(repr, kinds)) == sorted(repr((kind, at)) for kind in VolumesProbe.yields for at in places)
    for one in said:
        assert isinstance(one, Unseen) or decode(encode(one.facts), VolumesProbe.yields) == one.facts
    return said, list(played.running.asked)


def judged(said: list[Seen | Unseen], at: str = HOME, **more: object) -> dict[str, Outcome]:
    """By check, in one region; what passes or does not apply is left out."""
    declared = Declared(observed_at=NOW, sensitivity=Sensitivity.CONFIDENTIAL, **more)  # type: ignore[arg-type]
    sights = derive_each(Sights.of(said), DERIVATIONS, declared)
    found = judge_asset(account(), sights, CHECKS)
    assert {one.check for one in found if one.locus == at} == {check.id for check in CHECKS}
    return {one.check: one.outcome for one in found if one.locus == at and one.outcome in (F, U)}


def cluster_snapshot(name: str, *, encrypted: bool = True) -> Tree:
    return {"DBClusterSnapshotIdentifier": name, "StorageEncrypted": str(encrypted).lower()}


def cluster(engine: str = "postgres", *, public: str = "") -> Tree:
    told = {"PubliclyAccessible": public} if public else {}
    return {"DBClusterIdentifier": engine, "Engine": engine, "StorageEncrypted": "true", "KmsKeyId": OURS, **told}


GOOD: Mapping[str, tuple[Tree, ...]] = {
    "DescribeVolumes": (volume("vol-1", key=OURS, instance="i-1", device="/dev/xvda"), volume("vol-2", key=AWSS)),
    "DescribeInstances": (instance("i-1"),),
    "GetEbsEncryptionByDefault": ({},),
    "DescribeSnapshots": (snapshot("snap-1", key=OURS),),
    "DescribeDBInstances": (database("records", key=OURS),),
    "DescribeDBSnapshots": ({"DBSnapshotIdentifier": "dbs-1", "Encrypted": "true", "KmsKeyId": OURS},),
    "DescribeDBClusterSnapshots": (cluster_snapshot("cs-1"),),
}
NOTHING_OF_SNAPSHOTS = {
    "database-snapshot-not-encrypted": U,
    "database-snapshot-public": U,
    "database-snapshot-shared-outside": U,
}
NOTHING_OF_DATABASES = {"database-not-encrypted": U, "database-foreign-key": U, "database-public-address": U}
NOTHING_OF_VOLUMES = {"volume-not-encrypted": U, "volume-foreign-key": U}
RESTORE = {"AttributeName": "restore"}


def shared_db(*accounts: str) -> tuple[Tree, ...]:
    from auditor.rig.aws_answers import Named

    return ({**RESTORE, "AttributeValues": Named("AttributeValue", accounts)},)


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
