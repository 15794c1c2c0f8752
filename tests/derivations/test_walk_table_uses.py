"""The table of the walk: what only root sees, swap and memory, and what is exempt or elsewhere."""

from __future__ import annotations

from dataclasses import replace

import pytest

from auditor.derive import Undecided
from auditor.facts.at_rest import AtRest, Confidence
from auditor.facts.privileged_disks import (
    DriveLocking,
    KeyFile,
    Keyslot,
    LuksHeader,
    MappingTable,
    MappingTarget,
    PrivilegedDisks,
    Segment,
    Token,
)
from auditor.facts.server import BlockNode, Swap
from auditor.facts.server_settings import CrypttabEntry
from auditor.model import Outcome
from checks.derivations.data_at_rest import partly_plain_mounts, plain_mounts, swap_at_rest
from checks.derivations.disk_ciphers import disk_ciphers, disk_key_sizes
from checks.derivations.disk_keys import key_files, luks_headers
from checks.derivations.disk_layers import directory_encryption, disk_layers
from checks.derivations.forgotten_disks import forgotten_at_rest
from checks.derivations.hibernation import hibernation_at_rest
from checks.derivations.network_mounts import nfs_mounts
from checks.derivations.places_at_rest import backups_at_rest, removable_at_rest
from checks.disk_ciphers import disk_cbc_cipher, disk_null_cipher, disk_short_key, disk_weak_cipher
from checks.disk_keys import disk_kdf_weak, disk_key_beside_lock, disk_no_recovery_key, disk_reencryption_unfinished
from checks.disk_layers import disk_directory_only, disk_hardware_only, disk_headerless, disk_luks1
from checks.disks import disk_forgotten_plain, disk_plain, disk_removable_plain, hibernation_plain, swap_plain
from checks.network_mounts import nfs_plain
from checks.places import backup_plain
from tests.derivations.block_graphs import NOW, graph, luks, lvm, number, on, over, part, server, without_device
from tests.derivations.walk_table_rig import (
    ENCRYPTED,
    FAIL,
    NOT_APPLICABLE,
    PARTLY,
    PASS,
    PLAIN,
    SDA,
    SDB,
    SDC,
    TWO,
    UNKNOWN,
    verdict,
    walked,
)

XTS = "aes-xts-plain64"


def rooted(name: str, cipher: str = XTS, bits: int | None = 512, kind: str = "crypt") -> MappingTable:
    is_crypt = kind == "crypt"
    target = MappingTarget(kind=kind, cipher=cipher if is_crypt else "", key_bits=bits if is_crypt else None)
    return MappingTable(name=name, targets=(target,))


def root_saw(*tables: MappingTable, **others: object) -> PrivilegedDisks:
    return PrivilegedDisks(observed_at=NOW, helper="", tables=tables, **{"crypttab": (), **others})  # type: ignore[arg-type]


# --- what only root sees ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("users", "table", "expected", "is_null"),
    [
        (0, None, ENCRYPTED, None),
        (1, None, UNKNOWN, None),
        (None, None, UNKNOWN, None),
        (1, rooted("cryptdm-0", "cipher_null-ecb", 0), PLAIN, FAIL),
        (0, rooted("cryptdm-0", "cipher_null-ecb", 0), PLAIN, FAIL),
        (1, rooted("cryptdm-0"), ENCRYPTED, PASS),
        (None, rooted("cryptdm-0"), ENCRYPTED, PASS),
        (1, rooted("another"), UNKNOWN, PASS),
        (0, rooted("cryptdm-0", kind="linear"), UNKNOWN, NOT_APPLICABLE),
    ],
)
def test_null_cipher(users: int | None, table: MappingTable | None, expected: AtRest, is_null: Outcome | None) -> None:
    one = graph([SDA, luks("dm-0", "sda")], [on("dm-0")], null_cipher_users=users)
    root = root_saw(table) if table else None
    assert walked(one, root)["mount /"].state is expected
    if root:
        assert verdict(disk_null_cipher, disk_ciphers, server(one, None, root), root=True) is is_null


@pytest.mark.parametrize(("kind", "expected"), [("crypt", ENCRYPTED), ("linear", PLAIN), ("snapshot", UNKNOWN)])
def test_veracrypt_is_known_by_roots_table(kind: str, expected: AtRest) -> None:
    one = graph([over("dm-0", "sda", mapping="veracrypt1"), SDA], [on("dm-0")])
    assert walked(one, root_saw(rooted("veracrypt1", kind=kind)))["mount /"].state is expected


def test_confidence_is_that_of_the_weakest_layer() -> None:
    one = graph([lvm("dm-2", "dm-0", "dm-1"), luks("dm-0", "sda"), luks("dm-1", "sdb"), *TWO], [on("dm-2")])
    both, half = root_saw(rooted("cryptdm-0"), rooted("cryptdm-1")), root_saw(rooted("cryptdm-0"))
    said = [walked(one, root)["mount /"].confidence for root in (None, half, both)]
    assert said == [Confidence.LAYER_ONLY, Confidence.LAYER_ONLY, Confidence.CIPHER_VERIFIED]


def test_luks1_cbc_and_a_cheap_passphrase() -> None:
    slot = Keyslot(number=0, kdf="pbkdf2", hash="sha1", cost=1000, key_bits=128)
    header = LuksHeader(device="sda", version=1, uuid="0123", slots=(slot,))
    root = root_saw(rooted("cryptdm-0", "aes-cbc-essiv:sha256", 128), headers=(header,))
    seen = server(graph([SDA, luks("dm-0", "sda", kind="LUKS1")], [on("dm-0")]), None, root)
    assert verdict(disk_plain, plain_mounts, seen) is PASS
    assert verdict(disk_luks1, disk_layers, seen) is FAIL
    assert verdict(disk_cbc_cipher, disk_ciphers, seen, root=True) is FAIL
    assert verdict(disk_weak_cipher, disk_ciphers, seen, root=True) is PASS
    assert verdict(disk_kdf_weak, luks_headers, seen, root=True) is FAIL


@pytest.mark.parametrize(
    ("cipher", "bits", "expected"), [(XTS, 512, PASS), (XTS, 256, PASS), (XTS, 128, FAIL), (XTS, None, Outcome.UNKNOWN)]
)
def test_xts_splits_its_key(cipher: str, bits: int | None, expected: Outcome) -> None:
    seen = server(graph([SDA, luks("dm-0", "sda")], [on("dm-0")]), None, root_saw(rooted("cryptdm-0", cipher, bits)))
    assert verdict(disk_short_key, disk_key_sizes, seen, root=True) is expected


@pytest.mark.parametrize(
    ("cipher", "bits", "weak", "short"),
    [
        (XTS, 512, PASS, PASS),
        (XTS, 128, PASS, FAIL),
        ("aes-ecb", 256, FAIL, PASS),
        ("cipher_null-ecb", 256, PASS, PASS),
    ],
)
def test_a_locked_volume_is_judged_by_its_header(cipher: str, bits: int, weak: Outcome, short: Outcome) -> None:
    slot = Keyslot(number=0, kdf="argon2id", memory_kib=1048576, key_bits=bits)
    locked = LuksHeader(
        device="sdb", version=2, uuid="4567", segments=(Segment(kind="crypt", cipher=cipher),), slots=(slot,)
    )
    root = root_saw(rooted("cryptdm-0"), headers=(locked,))
    seen = server(graph([*TWO, luks("dm-0", "sda")], [on("dm-0")]), None, root)
    assert verdict(disk_weak_cipher, disk_ciphers, seen, root=True) is weak
    assert verdict(disk_short_key, disk_key_sizes, seen, root=True) is short
    assert (verdict(disk_null_cipher, disk_ciphers, seen, root=True) is FAIL) is (cipher == "cipher_null-ecb")


@pytest.mark.parametrize(
    ("drive", "expected"),
    [
        (None, FAIL),
        (
            DriveLocking(device="sda", is_enabled=False, encrypts=True),
            FAIL,
        ),  # it encrypts, and gives the key to anybody
        (DriveLocking(device="sda", is_enabled=True, encrypts=False), FAIL),  # it locks, and encrypts nothing (Pyrite)
        (DriveLocking(device="sdb", is_enabled=True, encrypts=True), FAIL),  # another one
        (DriveLocking(device="sda", is_enabled=True, encrypts=True), Outcome.UNKNOWN),
        (DriveLocking(device="sda", is_enabled=True), Outcome.UNKNOWN),
    ],
)
def test_sed_without_luks_is_unknown_where_root_sees_that_its_locking_is_on(
    drive: DriveLocking | None, expected: Outcome
) -> None:
    """Never a pass: which ranges lock, and whether at every loss of power, a drive tells only to its password."""
    nodes = [part("sda1", "sda"), lvm("dm-0", "sda1"), *TWO]
    root = root_saw(drives=(drive,) if drive else ())
    seen = server(graph(nodes, [on("dm-0")], [Swap(path="/dev/sda1", is_file=False)]), None, root)
    assert verdict(disk_plain, plain_mounts, seen) is expected
    assert verdict(swap_plain, swap_at_rest, seen) is expected
    if expected is Outcome.UNKNOWN:
        with pytest.raises(Undecided, match="sda has a lock of its own"):
            plain_mounts.derive(seen)


def test_opal_alone_and_opal_with_the_kernels_own() -> None:
    one = graph([SDA, luks("dm-0", "sda", kind="LUKS2-OPAL")], [on("dm-0")])
    assert verdict(disk_hardware_only, disk_layers, server(one)) is FAIL
    assert verdict(disk_hardware_only, disk_layers, server(one, None, root_saw(rooted("cryptdm-0")))) is PASS


@pytest.mark.parametrize("kind", ["clevis", "systemd-tpm2"])
def test_a_volume_that_opens_by_itself_passes_and_says_so(kind: str) -> None:
    slots = (
        Keyslot(number=0, kdf="argon2id", memory_kib=1048576, cost=4),
        Keyslot(number=1, kdf="pbkdf2", hash="sha256", cost=1000),
    )
    header = LuksHeader(device="sda", version=2, uuid="0123", slots=slots, tokens=(Token(kind=kind, slots=(1,)),))
    seen = server(graph([SDA, luks("dm-0", "sda")], [on("dm-0")]), None, root_saw(headers=(header,)))
    facts = luks_headers.derive(seen, seen.privileged)
    assert disk_no_recovery_key.judge(facts).outcome is PASS
    assert "opens by itself" in disk_no_recovery_key.judge(facts).evidence[0].seen
    assert disk_kdf_weak.judge(facts).outcome is PASS  # what a token knows is no passphrase
    alone = replace(facts, headers=tuple(replace(one, passphrases=()) for one in facts.headers))
    assert disk_no_recovery_key.judge(alone).outcome is FAIL


def test_a_disk_that_is_encrypted_in_place_right_now() -> None:
    header = LuksHeader(device="sda", version=2, uuid="0123", requirements=("online-reencrypt-v2",))
    seen = server(graph([SDA, luks("dm-0", "sda")], [on("dm-0")]), None, root_saw(headers=(header,)))
    assert verdict(disk_reencryption_unfinished, luks_headers, seen, root=True) is FAIL


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
