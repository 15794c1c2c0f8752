"""Disks that a cloud holds for an account: are they encrypted, with whose key, and who else may restore them?"""

from __future__ import annotations

from auditor.check import CRITICAL, HIGH, LOW, MEDIUM, check, failed, not_applicable, passed
from auditor.facts.volumes import (
    NO_DISKS,
    DefaultDiskEncryption,
    DiskFaults,
    ForeignDatabaseKeys,
    ForeignVolumeKeys,
    PlainDatabases,
    PlainDatabaseSnapshots,
    PlainSnapshots,
    PlainVolumes,
    PublicDatabaseAddresses,
    PublicDatabaseSnapshots,
    PublicSnapshots,
    SharedDatabaseSnapshots,
    SharedSnapshots,
)
from auditor.model import Evidence, Verdict
from checks.counted import counted

NOBODYS = "a compatible server holds no disks and databases of an account"
SHOWN = 20  # evidence rows of one finding
AT_REST = ("NIST SP 800-53r5 SC-28(1)", "AWS FSBP EC2.3", "CIS AWS Foundations 5.0 5.1.1")
KEYS = ("NIST SP 800-53r5 SC-12", "NIST SP 800-53r5 SC-28(3)")
SHARING = ("NIST SP 800-53r5 AC-3", "NIST SP 800-53r5 AC-21", "AWS FSBP EC2.1")
DATABASES = ("NIST SP 800-53r5 SC-28(1)", "AWS FSBP RDS.3", "CIS AWS Foundations 5.0 2.2.1")
DATABASE_DOORS = ("NIST SP 800-53r5 SC-7", "AWS FSBP RDS.2", "CIS AWS Foundations 5.0 2.2.3")
DATABASE_SHARING = ("NIST SP 800-53r5 AC-3", "NIST SP 800-53r5 AC-21", "AWS FSBP RDS.1")


@check("volume-not-encrypted", reads=PlainVolumes, severity=HIGH, effort=3, controls=AT_REST)
def volume_not_encrypted(facts: PlainVolumes) -> Verdict:
    """A volume of a cloud account is not encrypted.

    Why: Whoever gets a copy of the volume, or one of its snapshots, reads everything on it.
    Fix: Take a snapshot, copy it with encryption, and put a volume made of the copy in the old one's place: `aws ec2
    create-snapshot --volume-id VOLUME`, `aws ec2 copy-snapshot --source-region REGION --source-snapshot-id SNAPSHOT
    --encrypted --kms-key-id KEY`, `aws ec2 create-volume --snapshot-id COPY --availability-zone ZONE`.
    """
    return _verdict(facts, "volume", "encrypted", good="each is encrypted", bad="not encrypted")


@check("volume-foreign-key", reads=ForeignVolumeKeys, severity=CRITICAL, effort=3, controls=KEYS)
def volume_foreign_key(facts: ForeignVolumeKeys) -> Verdict:
    """A volume is encrypted with a key of somebody else's account.

    Why: Whoever holds that account can read the disk, or take the key away and with it all the data.
    Fix: Copy its snapshot with a key of the city's own account: `aws ec2 copy-snapshot --source-region REGION
    --source-snapshot-id SNAPSHOT --encrypted --kms-key-id KEY`, and make the volume anew of the copy.
    """
    return _verdict(
        facts,
        "encrypted volume",
        "a key of the city's own accounts",
        good="none has a key of somebody else's account",
        bad="encrypted with a key of somebody else's account",
    )


@check("volume-default-encryption-off", reads=DefaultDiskEncryption, severity=LOW, effort=1, controls=AT_REST)
def default_encryption_off(facts: DefaultDiskEncryption) -> Verdict:
    """New volumes of a region are not encrypted unless somebody asks for it.

    Why: It takes one forgotten option to put data on a plain disk.
    Fix: `aws ec2 enable-ebs-encryption-by-default --region REGION`, and `aws ec2 modify-ebs-default-kms-key-id
    --region REGION --kms-key-id KEY` for a key of the city's own.
    """
    if facts.region == NO_DISKS:
        return not_applicable(NOBODYS)
    row = Evidence(facts.region, "on" if facts.is_on else "off", "on")
    if facts.is_on:
        return passed("Every new volume is encrypted.", row)
    return failed("New volumes are not encrypted by default.", row)


@check("snapshot-public", reads=PublicSnapshots, severity=CRITICAL, effort=1, controls=SHARING)
def snapshot_public(facts: PublicSnapshots) -> Verdict:
    """Everybody may restore a snapshot of a volume.

    Why: Anybody with an account at the provider can make a disk of it and read whatever was on the volume.
    Fix: `aws ec2 modify-snapshot-attribute --snapshot-id SNAPSHOT --attribute createVolumePermission --operation-type
    remove --group-names all`, and for the region `aws ec2 enable-snapshot-block-public-access --state
    block-all-sharing`. Treat what was on it as known to others.
    """
    return _verdict(facts, "snapshot", "nobody outside", good="none is public", bad="public")


@check("snapshot-shared-outside", reads=SharedSnapshots, severity=HIGH, effort=1, controls=SHARING)
def snapshot_shared(facts: SharedSnapshots) -> Verdict:
    """A snapshot of a volume is shared with an account that is not the city's.

    Why: That account can make a disk of it, read it and copy it, and the copy stays when the sharing ends.
    Fix: `aws ec2 modify-snapshot-attribute --snapshot-id SNAPSHOT --attribute createVolumePermission --operation-type
    remove --user-ids ACCOUNT`; an account that is the city's own belongs to `scope.aws_accounts` in the inventory.
    """
    return _verdict(
        facts,
        "snapshot",
        "accounts of the city's own",
        good="none names a stranger's account; whether everybody may restore one, `snapshot-public` says",
        bad="shared with an account that is not the city's",
    )


@check("snapshot-not-encrypted", reads=PlainSnapshots, severity=MEDIUM, effort=2, controls=AT_REST)
def snapshot_not_encrypted(facts: PlainSnapshots) -> Verdict:
    """A snapshot of a volume is not encrypted.

    Why: It holds what the volume held, can be shared with one command, and often outlives the volume.
    Fix: `aws ec2 copy-snapshot --source-region REGION --source-snapshot-id SNAPSHOT --encrypted --kms-key-id KEY`, then
    `aws ec2 delete-snapshot --snapshot-id SNAPSHOT`; delete those that nobody needs.
    """
    return _verdict(facts, "snapshot", "encrypted", good="each is encrypted", bad="not encrypted")


@check("database-not-encrypted", reads=PlainDatabases, severity=HIGH, effort=5, controls=DATABASES)
def database_not_encrypted(facts: PlainDatabases) -> Verdict:
    """The storage of a database that the provider runs is not encrypted.

    Why: Its disks, backups and copies hold every record readable.
    Fix: It cannot be switched on later: `aws rds create-db-snapshot --db-instance-identifier NAME
    --db-snapshot-identifier SNAPSHOT`, `aws rds copy-db-snapshot --source-db-snapshot-identifier SNAPSHOT
    --target-db-snapshot-identifier COPY --kms-key-id KEY`, `aws rds restore-db-instance-from-db-snapshot
    --db-instance-identifier NEW --db-snapshot-identifier COPY`, then move the programs over. A cluster: `aws rds
    restore-db-cluster-from-snapshot` with `--kms-key-id`.
    """
    return _verdict(facts, "database", "encrypted", good="each is encrypted", bad="not encrypted")


@check("database-foreign-key", reads=ForeignDatabaseKeys, severity=CRITICAL, effort=5, controls=KEYS)
def database_foreign_key(facts: ForeignDatabaseKeys) -> Verdict:
    """A database is encrypted with a key of somebody else's account.

    Why: Whoever holds that account can take the key away and with it all the data, and may read copies of it.
    Fix: Copy a snapshot with a key of the city's own account (`aws rds copy-db-snapshot --source-db-snapshot-identifier
    SNAPSHOT --target-db-snapshot-identifier COPY --kms-key-id KEY`), restore it, and move the programs over.
    """
    return _verdict(
        facts,
        "encrypted database",
        "a key of the city's own accounts",
        good="none has a key of somebody else's account",
        bad="encrypted with a key of somebody else's account",
    )


@check("database-public-address", reads=PublicDatabaseAddresses, severity=HIGH, effort=3, controls=DATABASE_DOORS)
def database_public_address(facts: PublicDatabaseAddresses) -> Verdict:
    """A database that the provider runs has an address on the Internet.

    Why: One rule too wide in a security group, and anybody in the world may try its passwords and its faults. Whether
    such a rule is there today is not looked at: security groups and subnets may still keep everybody out.
    Fix: See who connects from outside its network and lead them another way first (a VPN, or a machine inside). Then
    `aws rds modify-db-instance --db-instance-identifier NAME --no-publicly-accessible --apply-immediately`. A Multi-AZ
    cluster cannot change it: `aws rds create-db-cluster-snapshot --db-cluster-identifier NAME
    --db-cluster-snapshot-identifier SNAPSHOT`, then `aws rds restore-db-cluster-from-snapshot --db-cluster-identifier
    NEW --engine ENGINE --snapshot-identifier SNAPSHOT --no-publicly-accessible`.
    """
    return _verdict(
        facts,
        "database",
        "an address inside its own network alone",
        good="none has an address on the Internet",
        bad="given an address on the Internet",
    )


@check(
    "database-snapshot-public", reads=PublicDatabaseSnapshots, severity=CRITICAL, effort=1, controls=DATABASE_SHARING
)
def database_snapshot_public(facts: PublicDatabaseSnapshots) -> Verdict:
    """Everybody may restore a snapshot of a database.

    Why: Anybody with an account at the provider can make a database of it and read every record.
    Fix: `aws rds modify-db-snapshot-attribute --db-snapshot-identifier SNAPSHOT --attribute-name restore
    --values-to-remove all` (of a cluster: `modify-db-cluster-snapshot-attribute --db-cluster-snapshot-identifier`).
    Treat the records as known to others.
    """
    return _verdict(facts, "database snapshot", "nobody outside", good="none is public", bad="public")


@check(
    "database-snapshot-shared-outside",
    reads=SharedDatabaseSnapshots,
    severity=HIGH,
    effort=1,
    controls=DATABASE_SHARING,
)
def database_snapshot_shared(facts: SharedDatabaseSnapshots) -> Verdict:
    """A snapshot of a database is shared with an account that is not the city's.

    Why: That account can restore it and read every record, and its copy stays when the sharing ends.
    Fix: `aws rds modify-db-snapshot-attribute --db-snapshot-identifier SNAPSHOT --attribute-name restore
    --values-to-remove ACCOUNT` (of a cluster: `modify-db-cluster-snapshot-attribute --db-cluster-snapshot-identifier`);
    an account that is the city's own belongs to `scope.aws_accounts` in the inventory.
    """
    return _verdict(
        facts,
        "database snapshot",
        "accounts of the city's own",
        good="none names a stranger's account; whether everybody may restore one, `database-snapshot-public` says",
        bad="shared with an account that is not the city's",
    )


@check("database-snapshot-not-encrypted", reads=PlainDatabaseSnapshots, severity=MEDIUM, effort=2, controls=DATABASES)
def database_snapshot_not_encrypted(facts: PlainDatabaseSnapshots) -> Verdict:
    """A snapshot of a database is not encrypted.

    Why: It holds every record of its day, can be shared with one command, and often outlives the database.
    Fix: `aws rds copy-db-snapshot --source-db-snapshot-identifier SNAPSHOT --target-db-snapshot-identifier COPY
    --kms-key-id KEY`, then `aws rds delete-db-snapshot --db-snapshot-identifier SNAPSHOT`. One of a cluster cannot be
    encrypted by copying: restore it with `aws rds restore-db-cluster-from-snapshot --db-cluster-identifier NEW --engine
    ENGINE --snapshot-identifier SNAPSHOT --kms-key-id KEY`, take a new one, and delete the old one with `aws rds
    delete-db-cluster-snapshot`.
    """
    return _verdict(facts, "database snapshot", "encrypted", good="each is encrypted", bad="not encrypted")


def _verdict(facts: DiskFaults, noun: str, wanted: str, *, good: str, bad: str) -> Verdict:
    """Counts what has the fault, and names the first ones. `good`: what holds of all; `bad`: what "is" at fault."""
    if facts.region == NO_DISKS:
        return not_applicable(NOBODYS)
    if not facts.counted:
        return not_applicable(f"there is no {noun} in {facts.region}")
    all_of_them = f"{counted(facts.counted, noun, f'{noun}s')} in {facts.region}"
    if not facts.faults:
        return passed(f"Of {all_of_them} {good}.")
    rows = [Evidence(fault.what, fault.seen, wanted) for fault in facts.faults[:SHOWN]]
    if len(facts.faults) > SHOWN:
        rows.append(Evidence(f"{len(facts.faults) - SHOWN} more", "not shown here; they stand in the facts", wanted))
    verb = "is" if len(facts.faults) == 1 else "are"
    return failed(f"{len(facts.faults)} of {all_of_them} {verb} {bad}.", *rows)


CHECKS = (
    volume_not_encrypted,
    volume_foreign_key,
    default_encryption_off,
    snapshot_public,
    snapshot_shared,
    snapshot_not_encrypted,
    database_not_encrypted,
    database_foreign_key,
    database_public_address,
    database_snapshot_public,
    database_snapshot_shared,
    database_snapshot_not_encrypted,
)
