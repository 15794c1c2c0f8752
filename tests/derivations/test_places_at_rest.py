"""Directories of databases, backups, dumps and temporary files; forgotten disks; ZFS' data sets; network mounts."""

from __future__ import annotations

from dataclasses import replace

import pytest

from auditor.derive import LocusDerivation, Undecided
from auditor.facts.at_rest import PlacesAtRest
from auditor.facts.disk_layers import ZfsInheritance
from auditor.facts.linux_server import LinuxServer
from auditor.facts.network_mounts import NfsMounts, SmbMounts
from auditor.facts.privileged_disks import PrivilegedDisks
from auditor.facts.server import BlockGraph, Mount, Section, SectionState, Swap, ZfsDataset
from auditor.facts.server_settings import Directory, ServerSettings, Use
from auditor.model import Reason
from auditor.probe import Seen, Unseen
from checks.derivations.disk_layers import directory_encryption, disk_layers, zfs_inheritance
from checks.derivations.forgotten_disks import forgotten_at_rest
from checks.derivations.linux_server import linux_server
from checks.derivations.network_mounts import nfs_mounts, smb_mounts
from checks.derivations.places_at_rest import (
    backups_at_rest,
    crash_dumps_at_rest,
    databases_at_rest,
    removable_at_rest,
    temporary_at_rest,
)
from tests.derivations.block_graphs import NOW, disk, graph, luks, on, part, server, with_state, without_device

SDA, SDB = disk("sda"), disk("sdb")
NODES = (SDA, SDB, luks("dm-0", "sda"))
MIXED = (on("dm-0"), on("sdb", "/srv"))  # an encrypted root, and a plain /srv
SOUND = (on("dm-0"),)


def told(
    *directories: tuple[Use, str] | Directory, state: SectionState = SectionState.SEEN, **others: object
) -> ServerSettings:
    found = tuple(
        one if isinstance(one, Directory) else Directory(use=one[0], path=one[1], is_open=True) for one in directories
    )
    return ServerSettings(
        observed_at=NOW,
        sections=(Section(name="directories", state=state),),
        directories=found,
        **others,  # type: ignore[arg-type]
    )


def states(derivation: LocusDerivation, seen: LinuxServer) -> dict[str, str] | Reason:
    try:
        facts = derivation.derive(seen)
    except Undecided as undecided:
        return undecided.reason
    assert isinstance(facts, PlacesAtRest)
    return {place.place: place.state.value for place in facts.places}


MYSQL = (Use.MYSQL, "/srv/mysql")


@pytest.mark.parametrize(
    ("mounts", "settings", "expected"),
    [
        (MIXED, told(MYSQL), {"MySQL or MariaDB in /srv/mysql": "plain"}),
        (MIXED, told((Use.MYSQL, "/var/lib/mysql")), {"MySQL or MariaDB in /var/lib/mysql": "encrypted"}),
        (MIXED, told((Use.BACKUP, "/srv/x")), {}),
        (MIXED, told(), {}),
        (MIXED, told(state=SectionState.FAILED), Reason.MALFORMED),
        (MIXED, None, Reason.NOT_OBSERVED),
        (SOUND, None, {"wherever they lie: mount /": "encrypted"}),
        (SOUND, told(state=SectionState.TIMED_OUT), {"wherever they lie: mount /": "encrypted"}),
    ],
)
def test_a_database_rests_where_its_directory_does(
    mounts: tuple[Mount, ...], settings: ServerSettings | None, expected: dict[str, str] | Reason
) -> None:
    assert states(databases_at_rest, server(graph(NODES, mounts), settings)) == expected


def test_into_a_closed_directory_nobody_sees() -> None:
    closed = told(Directory(use=Use.MYSQL, path="/var/lib/mysql", is_open=False))
    assert states(databases_at_rest, server(graph(NODES, MIXED), closed)) is Reason.NOT_OBSERVED
    assert states(databases_at_rest, server(graph(NODES, SOUND), closed)) == {
        "MySQL or MariaDB in /var/lib/mysql": "encrypted"
    }


def test_a_mount_inside_the_directory_counts() -> None:
    seen = server(graph(NODES, (on("dm-0"), on("sdb", "/var/lib/mysql/logs"))), told((Use.MYSQL, "/var/lib/mysql")))
    assert states(databases_at_rest, seen) == {
        "MySQL or MariaDB in /var/lib/mysql": "encrypted",
        "MySQL or MariaDB in /var/lib/mysql/logs": "plain",
    }


@pytest.mark.parametrize(
    ("point", "is_backup"),
    [
        ("/mnt/backup", True),
        ("/Backups", True),
        ("/srv/db-backup", True),
        ("/var/borg", True),
        ("/srv/backupdata", False),
        ("/srv/bakery", False),
        ("/srv/rebackup", False),
    ],
)
def test_a_mount_is_a_backup_by_a_whole_word_of_its_name(point: str, *, is_backup: bool) -> None:
    seen = server(graph(NODES, (on("dm-0"), on("sdb", point))), told())
    assert states(backups_at_rest, seen) == ({f"backups in {point}": "plain"} if is_backup else {})


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [
        ("/srv/cores/core.%p", {"crash dumps in /srv/cores": "plain"}),
        ("|/usr/lib/systemd/systemd-coredump", {}),
        ("core", {}),
        ("", {}),
        ("/srv/%u/core", {}),
    ],
)
def test_a_core_pattern_with_a_path_is_a_place_for_dumps(pattern: str, expected: dict[str, str]) -> None:
    assert states(crash_dumps_at_rest, server(graph(NODES, MIXED), told(core_pattern=pattern))) == expected


def test_temporary_files_in_memory_or_on_the_disk_below() -> None:
    memory = without_device("/tmp", "tmpfs")
    seen = server(graph(NODES, (*SOUND, memory)))
    assert states(temporary_at_rest, seen) == {
        "temporary files in /tmp": "memory",
        "temporary files in /var/tmp": "encrypted",
    }
    linked = told((Use.TEMPORARY, "/srv/tmp"))
    assert states(temporary_at_rest, server(graph(NODES, MIXED), linked)) == {"temporary files in /srv/tmp": "plain"}


@pytest.mark.parametrize("section", ["sysblk", "mountinfo"])
@pytest.mark.parametrize(
    "derivation", [databases_at_rest, backups_at_rest, crash_dumps_at_rest, temporary_at_rest, removable_at_rest]
)
def test_what_was_not_read_whole_proves_no_health(derivation: LocusDerivation, section: str) -> None:
    blind = server(with_state(graph((), SOUND), section, SectionState.DENIED))
    assert isinstance(states(derivation, blind), Reason)


# --- forgotten disks --------------------------------------------------------------------------------------------------

ROOT = replace(luks("dm-0", "sda"), signature="ext4")


def forgotten(*nodes: object, **others: object) -> dict[str, str] | Reason:
    swaps = [Swap(path="/dev/sdd1", is_file=False)]
    return states(forgotten_at_rest, server(graph((SDA, ROOT, *nodes), SOUND, swaps, **others)))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("signature", "is_forgotten"),
    [
        ("ext4", True),
        ("ntfs", True),
        ("something new", True),
        ("", False),
        ("crypto_LUKS", False),
        ("LVM2_member", False),
        ("linux_raid_member", False),
        ("swap", False),
        ("iso9660", False),
    ],
)
def test_a_signature_of_data_on_an_unused_device(signature: str, *, is_forgotten: bool) -> None:
    assert forgotten(replace(SDB, signature=signature)) == ({"unmounted sdb": "plain"} if is_forgotten else {})


def test_what_is_in_use_is_not_forgotten() -> None:
    used = replace(disk("sdd"), signature="ext4"), replace(part("sdd1", "sdd"), signature="ext4")  # swapped on
    esp = replace(part("sdb1", "sdb"), signature="vfat", part_type="c12a7328-f81f-11d2-ba4b-00c04fc93ec9")
    empty = replace(disk("sr0"), signature="ext4", sectors=0)
    assert forgotten(*used, SDB, esp, empty) == {}


def test_a_forgotten_volume_on_luks_is_no_fault() -> None:
    assert forgotten(SDB, replace(luks("dm-1", "sdb"), signature="xfs")) == {"unmounted cryptdm-1": "encrypted"}


def test_without_udevs_word_nothing_is_known() -> None:
    silent = server(graph((SDA, replace(ROOT, signature=""), SDB), SOUND))
    assert states(forgotten_at_rest, silent) is Reason.NOT_OBSERVED
    for state, reason in ((SectionState.ABSENT, Reason.NOT_OBSERVED), (SectionState.TIMED_OUT, Reason.TIMEOUT)):
        assert states(forgotten_at_rest, server(with_state(graph((SDA, ROOT), SOUND), "lsblk", state))) is reason
    plain = with_state(graph((SDA, ROOT, replace(SDB, signature="ext4")), SOUND), "lsblk", SectionState.TRUNCATED)
    assert states(forgotten_at_rest, server(plain)) == {"unmounted sdb": "plain"}


# --- ZFS, directories, layers -----------------------------------------------------------------------------------------


def inheritance(*sets: tuple[str, str], state: SectionState = SectionState.SEEN) -> ZfsInheritance | Reason:
    zfs = tuple(ZfsDataset(name=name, encryption=encryption) for name, encryption in sets)
    try:
        facts = zfs_inheritance.derive(server(with_state(graph(NODES, SOUND, zfs=zfs), "zfs", state)))
    except Undecided as undecided:
        return undecided.reason
    assert isinstance(facts, ZfsInheritance)
    return facts


def test_a_plain_data_set_below_an_encrypted_one() -> None:
    found = inheritance(("tank", "off"), ("tank/a", "aes-256-gcm"), ("tank/a/b", "off"), ("tank/ab", "off"))
    assert isinstance(found, ZfsInheritance)
    assert [(one.name, one.parent) for one in found.plain_below] == [("tank/a/b", "tank/a")]
    assert inheritance(("tank", "aes-256-gcm"), state=SectionState.TRUNCATED) is Reason.TRUNCATED
    assert isinstance(inheritance(state=SectionState.ABSENT), ZfsInheritance)


def test_layers_and_directories_need_all_mounts() -> None:
    for derivation in (disk_layers, directory_encryption):
        with pytest.raises(Undecided):
            derivation.derive(server(with_state(graph(NODES, SOUND), "mountinfo", SectionState.TRUNCATED)))
    lost = without_device("/home/ada", "ecryptfs", source="relative")
    with pytest.raises(Undecided):
        directory_encryption.derive(server(graph(NODES, (*SOUND, lost))))


# --- network mounts ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("fstype", "options", "source", "expected"),
    [
        ("nfs4", ("sec=krb5p", "vers=4.2"), "nas:/x", True),
        ("nfs4", ("sec=krb5i",), "nas:/x", False),
        ("nfs4", ("sec=sys", "xprtsec=mtls"), "nas:/x", True),
        ("nfs4", ("sec=sys", "xprtsec=tls"), "nas:/x", True),
        ("nfs4", ("sec=sys", "xprtsec=none"), "nas:/x", False),
        ("nfs", ("sec=sys", "vers=3"), "nas:/x", False),
        ("nfs", (), "nas:/x", False),
        ("nfs4", ("sec=sys",), "127.0.0.1:/", True),  # a tunnel's end
        ("nfs4", None, "nas:/x", None),
        ("cifs", ("seal", "vers=3.1.1"), "//nas/x", True),
        ("cifs", ("vers=3.1.1",), "//nas/x", False),
        ("cifs", ("seal", "vers=2.1"), "//nas/x", False),
        ("cifs", ("seal", "vers=1.0"), "//nas/x", False),
        ("smb3", ("seal",), "//nas/x", True),
    ],
)
def test_how_a_share_travels(fstype: str, options: tuple[str, ...] | None, source: str, expected: bool | None) -> None:
    share = without_device("/net", fstype, source=source, options=options)
    derivation, other = (nfs_mounts, smb_mounts) if fstype.startswith("nfs") else (smb_mounts, nfs_mounts)
    seen = server(graph(NODES, (*SOUND, share)))
    if expected is None:
        with pytest.raises(Undecided):
            derivation.derive(seen)
        return
    facts, nothing = derivation.derive(seen), other.derive(seen)
    assert isinstance(facts, (NfsMounts, SmbMounts))
    assert isinstance(nothing, (NfsMounts, SmbMounts))
    assert [mount.is_sealed for mount in facts.mounts] == [expected]
    assert nothing.mounts == ()


def test_one_share_in_the_clear_needs_no_other_to_be_known() -> None:
    shares = [
        without_device("/a", "nfs4", 40, source="nas:/a", options=None),
        without_device("/b", "nfs4", 41, source="nas:/b", options=("sec=sys",)),
    ]
    facts = nfs_mounts.derive(server(graph(NODES, (*SOUND, *shares))))
    assert isinstance(facts, NfsMounts)
    assert [mount.is_sealed for mount in facts.mounts] == [None, False]
    with pytest.raises(Undecided):
        nfs_mounts.derive(server(with_state(graph(NODES, SOUND), "mountinfo", SectionState.FAILED)))


# --- what is put together ---------------------------------------------------------------------------------------------


def test_a_server_is_known_by_its_graph_and_the_rest_is_a_help() -> None:
    one = graph(NODES, SOUND)
    blind = Unseen(PrivilegedDisks, "", Reason.ACCESS_DENIED, "x")
    rows = {BlockGraph: {"": Seen(one)}, PrivilegedDisks: {"": blind}, ServerSettings: {"": Seen(told())}}
    found = linux_server.derive(rows)
    assert found == LinuxServer(observed_at=NOW, graph=one, settings=told())
    with pytest.raises(Undecided) as caught:
        linux_server.derive(
            {BlockGraph: {"": Unseen(BlockGraph, "", Reason.TIMEOUT, "x")}, PrivilegedDisks: {"": blind}}
        )
    assert caught.value.reason is Reason.TIMEOUT
    with pytest.raises(Undecided):
        linux_server.derive({})
