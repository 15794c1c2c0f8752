"""What lies where: keys beside locks, swaps, sticks, images and containers."""

from __future__ import annotations

from dataclasses import replace

import pytest

from auditor.facts.at_rest import AtRest
from auditor.facts.privileged_disks import (
    KeyFile,
)
from auditor.facts.server import BlockNode, Swap
from auditor.facts.server_settings import CrypttabEntry
from auditor.model import Outcome
from checks.derivations.data_at_rest import partly_plain_mounts, plain_mounts, swap_at_rest
from checks.derivations.disk_keys import key_files
from checks.derivations.disk_layers import directory_encryption, disk_layers
from checks.derivations.forgotten_disks import forgotten_at_rest
from checks.derivations.hibernation import hibernation_at_rest
from checks.derivations.network_mounts import nfs_mounts
from checks.derivations.places_at_rest import backups_at_rest, removable_at_rest
from checks.disk_keys import disk_key_beside_lock
from checks.disk_layers import disk_directory_only, disk_headerless
from checks.disks import disk_forgotten_plain, disk_plain, disk_removable_plain, hibernation_plain, swap_plain
from checks.network_mounts import nfs_plain
from checks.places import backup_plain
from tests.derivations.block_graphs import graph, luks, lvm, number, on, part, server, without_device
from tests.derivations.walk_table_rig import (
    FAIL,
    NOT_APPLICABLE,
    PARTLY,
    PASS,
    SDA,
    SDB,
    SDC,
    TWO,
    UNKNOWN,
    root_saw,
    verdict,
    walked,
)

ENTRY = CrypttabEntry(name="data", device="UUID=1", key_file="/etc/keys/data.key")


@pytest.mark.parametrize(
    ("holder", "patterns", "boot", "expected"),
    [
        ("sda", (), "dm-0", FAIL),  # on a plain root
        ("dm-0", (), "sdb", PASS),  # an encrypted root opens the rest
        ("dm-0", ("/etc/keys/*.key",), "sdb", FAIL),  # copied into the initramfs on a plain /boot
        ("dm-0", ("/etc/keys/*.key",), "dm-0", PASS),
        ("dm-0", ("/elsewhere/*",), "sdb", PASS),
        ("gone", (), "sdb", Outcome.UNKNOWN),
    ],
)
def test_the_key_beside_the_lock(holder: str, patterns: tuple[str, ...], boot: str, expected: Outcome) -> None:
    mounts = [on(holder), *([on(boot, "/boot")] if boot != holder else [])]
    root = root_saw(
        crypttab=(ENTRY,), in_initramfs=patterns, key_files=(KeyFile(path=ENTRY.key_file, owner=0, mode=0o400),)
    )
    seen = server(graph([*TWO, luks("dm-0", "sdb")], mounts), None, root)
    assert verdict(disk_key_beside_lock, key_files, seen, root=True) is expected


@pytest.mark.parametrize(
    ("key", "expected"),
    [
        ("/dev/sda", FAIL),  # read from a plain disk itself
        ("/dev/dm-0", PASS),
        ("/dev/disk/by-id/usb-stick", Outcome.UNKNOWN),
        ("/dev/urandom", Outcome.NOT_APPLICABLE),  # a new one at each start
    ],
)
def test_a_key_may_be_a_device(key: str, expected: Outcome) -> None:
    root = root_saw(crypttab=(CrypttabEntry(name="data", device="UUID=1", key_file=key),), in_initramfs=())
    seen = server(graph([*TWO, luks("dm-0", "sdb")], [on("dm-0")]), None, root)
    assert verdict(disk_key_beside_lock, key_files, seen, root=True) is expected


# --- swap, hibernation, memory ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("swap", "expected"),
    [
        (Swap(path="/dev/sda", is_file=False), FAIL),  # plain under an encrypted root
        (Swap(path="/dev/dm-1", is_file=False), PASS),  # plain dm-crypt with a random key
        (Swap(path="/swapfile", is_file=True), PASS),
        (Swap(path="/plain/swapfile", is_file=True), FAIL),
        (Swap(path="/dev/zram0", is_file=False), PASS),
        (Swap(path="/dev/zram1", is_file=False), FAIL),  # writes idle pages to a plain disk
    ],
)
def test_swap(swap: Swap, expected: Outcome) -> None:
    zram = [
        BlockNode(name=name, devno=number(name), is_hardware=False, zram_backing=backing)
        for name, backing in (("zram0", "none"), ("zram1", "/dev/sda"))
    ]
    nodes = [SDA, SDB, SDC, luks("dm-0", "sdb"), luks("dm-1", "sdc", kind="PLAIN"), *zram]
    seen = server(graph(nodes, [on("dm-0"), on("sda", "/plain")], [swap]))
    assert verdict(swap_plain, swap_at_rest, seen) is expected


def test_headerless_encryption_is_right_for_swap_and_not_for_data() -> None:
    nodes = [SDA, SDB, luks("dm-0", "sda"), luks("dm-1", "sdb", kind="PLAIN")]
    swapping = server(graph(nodes, [on("dm-0")], [Swap(path="/dev/dm-1", is_file=False)]))
    holding = server(graph(nodes, [on("dm-0"), on("dm-1", "/srv")]))
    assert verdict(disk_headerless, disk_layers, swapping) is PASS
    assert verdict(disk_headerless, disk_layers, holding) is FAIL
    assert verdict(disk_plain, plain_mounts, holding) is PASS


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        ({"resume": number("sda")}, FAIL),
        ({"resume": number("dm-0")}, PASS),
        ({"resume": "9:9"}, Outcome.UNKNOWN),
        ({"resume": number("sda"), "can_hibernate": False}, PASS),
        ({"resume": number("sda"), "can_hibernate": True}, FAIL),
        ({}, PASS),
        ({"resume_named": "/dev/sda"}, FAIL),
        ({"resume_named": "/dev/mapper/cryptdm-0"}, PASS),
        ({"resume_named": "UUID=1"}, Outcome.UNKNOWN),
    ],
)
def test_hibernation(settings: dict[str, object], expected: Outcome) -> None:
    seen = server(graph([*TWO, luks("dm-0", "sdb")], [on("dm-0")], **settings))
    assert verdict(hibernation_plain, hibernation_at_rest, seen) is expected


# --- what is exempt, elsewhere, or only hinted at ---------------------------------------------------------------------


def test_a_plain_boot_is_expected() -> None:
    found = walked(graph([*TWO, luks("dm-0", "sda")], [on("dm-0"), on("sdb", "/boot")]))
    assert found["mount /boot"].state is AtRest.EXEMPT
    assert (
        verdict(disk_plain, plain_mounts, server(graph([*TWO, luks("dm-0", "sda")], [on("dm-0"), on("sdb", "/boot")])))
        is PASS
    )


def test_ecryptfs_or_fscrypt_over_a_plain_disk_is_by_the_directory_alone() -> None:
    private = without_device("/home/ada", "ecryptfs", source="/home/.ecryptfs/ada/.Private")
    seen = server(graph([SDA], [on("sda"), private]))
    assert verdict(disk_directory_only, directory_encryption, seen) is FAIL
    assert verdict(disk_plain, plain_mounts, seen) is FAIL
    sound = server(graph([SDA, luks("dm-0", "sda")], [on("dm-0"), private]))
    assert verdict(disk_directory_only, directory_encryption, sound) is PASS


def test_an_unmounted_plain_partition_with_a_file_system() -> None:
    nodes = [SDA, luks("dm-0", "sda"), SDB, replace(part("sdb1", "sdb"), signature="ext4")]
    assert verdict(disk_forgotten_plain, forgotten_at_rest, server(graph(nodes, [on("dm-0")]))) is FAIL
    assert verdict(disk_plain, plain_mounts, server(graph(nodes, [on("dm-0")]))) is PASS


@pytest.mark.parametrize("told", [{"is_removable": True}, {"transport": "usb"}])
def test_a_mounted_stick(told: dict[str, object]) -> None:
    stick = replace(SDB, **told)  # type: ignore[arg-type]
    mounts = [on("dm-0"), on("sdb", "/media")]
    assert (
        verdict(disk_removable_plain, removable_at_rest, server(graph([SDA, luks("dm-0", "sda"), stick], mounts)))
        is FAIL
    )
    assert (
        verdict(disk_removable_plain, removable_at_rest, server(graph([SDA, luks("dm-0", "sda"), SDB], mounts))) is PASS
    )
    sealed = [SDA, luks("dm-0", "sda"), stick, luks("dm-1", "sdb")]
    assert (
        verdict(disk_removable_plain, removable_at_rest, server(graph(sealed, [on("dm-0"), on("dm-1", "/media")])))
        is PASS
    )


def test_a_container_is_told_to_have_its_host_audited() -> None:
    found = walked(graph([SDA], [without_device("/", "overlay", source="overlay", upper="/var/lib/docker/x")]))[
        "mount /"
    ]
    assert found.state is UNKNOWN
    assert "audit the host" in found.why


def test_root_on_nfs_rests_elsewhere_and_its_way_is_judged() -> None:
    seen = server(graph([], [without_device("/", "nfs4", source="10.0.0.1:/root", options=("sec=sys",))]))
    assert verdict(disk_plain, plain_mounts, seen) is NOT_APPLICABLE
    assert verdict(nfs_plain, nfs_mounts, seen) is FAIL


def test_a_read_only_system_image_is_not_judged_and_does_not_pass() -> None:
    mounts = [on("dm-0"), on("sdb", "/usr", is_read_only=True, is_read_only_here=True)]
    assert walked(graph([*TWO, luks("dm-0", "sda")], mounts))["mount /usr"].state is AtRest.EXEMPT


def test_a_mounted_place_for_backups() -> None:
    nodes = [*TWO, luks("dm-0", "sda")]
    assert verdict(backup_plain, backups_at_rest, server(graph(nodes, [on("dm-0"), on("sdb", "/mnt/backup")]))) is FAIL
    away = without_device("/mnt/backup", "nfs4", source="nas:/b")
    found = server(graph(nodes, [on("dm-0"), away]))
    assert (
        verdict(backup_plain, backups_at_rest, found) is PASS
    )  # here; what the other machine does with it is its own row


def test_a_mixture_is_not_called_wholly_plain() -> None:
    seen = server(graph([lvm("dm-1", "dm-0", "sdb"), luks("dm-0", "sda"), *TWO], [on("dm-1")]))
    assert verdict(disk_plain, plain_mounts, seen) is PASS
    assert partly_plain_mounts.derive(seen).those(PARTLY)
