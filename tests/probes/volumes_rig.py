"""A played AWS that holds disks and databases, and what a look at it comes to."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from auditor.codec import decode, encode
from auditor.deriving import Sights, derive_each
from auditor.facts import Declared
from auditor.judge import judge_asset
from auditor.model import Asset, Outcome, Sensitivity
from auditor.probe import Seen, Unseen
from auditor.probes.volumes import VolumesProbe
from auditor.reach import Access, Limits, Reaches, Target
from auditor.rig.authority import Authority
from auditor.rig.aws import Cloud, cloud
from auditor.rig.aws_account import ACCOUNT, CloudSeed, Refusal, Tree, database, instance, snapshot, volume
from auditor.rig.web import server_context
from checks.derivations.disk_faults import DERIVATIONS
from checks.volumes import CHECKS
from tests.probes.bucket_road import NOW

P, F, U, N = Outcome.PASS, Outcome.FAIL, Outcome.UNKNOWN, Outcome.NOT_APPLICABLE
HOME, OTHER = "us-east-1", "eu-west-1"
OURS = f"arn:aws:kms:us-east-1:{ACCOUNT}:key/ours"
AWSS = f"arn:aws:kms:us-east-1:{ACCOUNT}:key/aws-ebs"
SISTERS = "arn:aws:kms:us-east-1:210987654321:key/sister"
FOREIGN = "arn:aws:kms:us-east-1:999999999999:key/foreign"
MANAGERS = {OURS: "CUSTOMER", AWSS: "AWS", SISTERS: "CUSTOMER"}
DENIED = Refusal("UnauthorizedOperation")
SERVICES = ("ec2", "rds", "kms", "sts")


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
