"""Other tools' words are believed as far as the tool looked, and no further."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from auditor.derive import LocusDerivation, Undecided
from auditor.facts.imported import ImportedDevice, ImportedEncryption, ImportedVolume, Part, Platform, Told
from checks.derivations.device_disks import key_protection, other_drives, system_drive
from checks.devices import other_drive_plain, protection_off, system_drive_plain
from tests.derivations.exported import block, disk, drive, mount, told

Y, N, U, Q = Told.YES, Told.NO, Told.UNFINISHED, Told.NOT_TOLD
OTHER, OTHERS = Part.OTHER, Part.OTHERS


def outcome(derivation: LocusDerivation, facts: ImportedEncryption) -> str:
    judge = {system_drive: system_drive_plain, other_drives: other_drive_plain, key_protection: protection_off}
    try:
        return judge[derivation].judge(derivation.derive(facts)).outcome.value
    except Undecided:
        return "unknown"


def all_three(facts: ImportedEncryption) -> tuple[str, str, str]:
    return outcome(system_drive, facts), outcome(other_drives, facts), outcome(key_protection, facts)


@pytest.mark.parametrize(
    ("facts", "wanted"),
    [
        (told(drive()), ("pass", "unknown", "unknown")),  # a management tool: the system drive alone
        (told(drive(encrypted=N)), ("fail", "unknown", "not_applicable")),
        (told(drive(encrypted=U)), ("fail", "unknown", "unknown")),
        (told(drive(encrypted=Q)), ("unknown", "unknown", "unknown")),
        (told(drive(protected=Y), lists_all=True), ("pass", "not_applicable", "pass")),
        (told(drive(protected=N), lists_all=True), ("pass", "not_applicable", "fail")),
        (told(drive(protected=Y), drive(OTHER, protected=Q), lists_all=True), ("pass", "pass", "unknown")),
        (told(drive(protected=N), drive(OTHER, protected=Q), lists_all=True), ("pass", "pass", "fail")),
        (told(drive(protected=Y), drive(OTHER, N), lists_all=True), ("pass", "fail", "pass")),
        (told(drive(protected=Y), drive(OTHER, Q), drive(OTHER, N), lists_all=True), ("pass", "fail", "unknown")),
        (told(drive(OTHER, protected=Y), lists_all=True), ("unknown", "pass", "pass")),  # no C: among them
        (told(drive(), drive(OTHERS, N)), ("pass", "fail", "unknown")),
        (told(drive(), drive(OTHERS), platform=Platform.MACOS), ("pass", "pass", "not_applicable")),
        (told(drive(), platform=Platform.NOT_TOLD), ("pass", "unknown", "unknown")),
        (told(drive(), platform=Platform.OTHER, lists_all=True), ("pass", "not_applicable", "not_applicable")),
    ],
)
def test_a_list_of_drives(facts: ImportedEncryption, wanted: tuple[str, str, str]) -> None:
    assert all_three(facts) == wanted


LUKS = (disk("vda", megabytes=9_000), disk("vda1", "vda"), disk("vda2", "vda"), disk("dm-0", "vda2", layer="LUKS2"))
ROOT_ON_LVM = (*LUKS, disk("dm-1", "dm-0"))
BOOT = mount("/boot", "vda1")


@pytest.mark.parametrize(
    ("volumes", "devices", "wanted"),
    [
        ([mount("/", "dm-1"), BOOT], ROOT_ON_LVM, ("pass", "not_applicable")),
        ([mount("/", "vda2"), BOOT], LUKS[:3], ("fail", "not_applicable")),
        # one logical volume over an encrypted and a plain disk, the plain one second
        ([mount("/", "dm-1"), BOOT], (*LUKS, disk("vdb"), disk("dm-1", "dm-0", "vdb")), ("fail", "not_applicable")),
        ([mount("/", "dm-1"), BOOT], (*LUKS, disk("md0"), disk("dm-1", "dm-0", "md0")), ("unknown", "not_applicable")),
        ([mount("/", "dm-1"), BOOT, mount("/srv", "vdb")], (*ROOT_ON_LVM, disk("vdb")), ("pass", "fail")),
        ([mount("/", "dm-1"), BOOT, mount("/srv", "vg-x")], ROOT_ON_LVM, ("pass", "unknown")),  # leads nowhere
        # a disk that carries nothing that is listed: swap, ZFS, or forgotten
        ([mount("/", "dm-1"), BOOT], (*ROOT_ON_LVM, disk("vdb")), ("pass", "unknown")),
        ([mount("/", "dm-1"), BOOT], (*ROOT_ON_LVM, disk("vdb", megabytes=15)), ("pass", "not_applicable")),
        ([mount("/", "dm-1"), BOOT], (*ROOT_ON_LVM, disk("vdb", megabytes=16)), ("pass", "unknown")),
        ([mount("/", "dm-1"), BOOT], (*ROOT_ON_LVM, disk("vdb", megabytes=None)), ("pass", "unknown")),
        ([mount("/", "dm-0", "btrfs"), BOOT], LUKS, ("unknown", "not_applicable")),
        ([mount("/", "vda2", "btrfs"), BOOT], LUKS[:3], ("fail", "not_applicable")),
        ([BOOT], ROOT_ON_LVM, ("unknown", "not_applicable")),  # no root
        ([mount("/", "overlay", "overlay")], ROOT_ON_LVM, ("unknown", "unknown")),  # a container
        # shown as crypt, and encrypt nothing
        ([mount("/", "dm-0"), BOOT], (*LUKS[:3], disk("dm-0", "vda2", layer="VERITY")), ("fail", "not_applicable")),
        ([mount("/", "dm-0"), BOOT], (*LUKS[:3], disk("dm-0", "vda2", layer="INTEGRITY")), ("fail", "not_applicable")),
        # a loop among the parents
        ([mount("/", "dm-0"), BOOT], (*LUKS[:3], disk("dm-0", "dm-1"), disk("dm-1", "dm-0")), ("unknown", "unknown")),
        ([mount("/", "dm-1"), BOOT, mount("/mnt", "nas:/x", "nfs4")], ROOT_ON_LVM, ("pass", "not_applicable")),
        ([mount("/", "dm-1"), BOOT, mount("/run/x", "tmpfs", "tmpfs")], ROOT_ON_LVM, ("pass", "not_applicable")),
    ],
)
def test_what_ansible_tells_of_linux(
    volumes: list[ImportedVolume], devices: tuple[ImportedDevice, ...], wanted: tuple[str, str]
) -> None:
    facts = told(*volumes, devices=devices)
    assert all_three(facts)[:2] == wanted
    assert outcome(key_protection, facts) == "not_applicable"


VDA = block("vda", N, signature="crypto_LUKS")


@pytest.mark.parametrize(
    ("volumes", "devices", "wanted"),
    [
        # encryption begins at dm-0: the tool's word is about that very device
        ([mount("/", "dm-0")], (VDA, block("dm-0", Y, "vda")), "pass"),
        # inherited from the first of several parents, perhaps
        ([mount("/", "dm-1")], (VDA, block("dm-0", Y, "vda"), block("dm-1", Y, "dm-0")), "unknown"),
        ([mount("/", "dm-0")], (block("vda", N), block("dm-0", N, "vda")), "unknown"),  # wrong before osquery 5
        # no LUKS header below: a logical volume, whose other parent osquery may not have followed
        ([mount("/", "dm-0")], (block("vda", N), block("dm-0", Y, "vda")), "unknown"),
        ([mount("/", "vda1")], (block("vda", N), block("vda1", N, "vda")), "fail"),
        ([mount("/", "vda1")], (block("vda", Q), block("vda1", Q, "vda")), "unknown"),
        ([mount("/", "dm-0")], (block("dm-0", Y),), "unknown"),  # begins nowhere
        ([mount("/", "dm-0")], (block("vda", Q), block("dm-0", Y, "vda")), "unknown"),
        ([mount("/", "dm-0")], (block("vda", N), block("dm-0", Y, "vda", "cipher_null-ecb")), "fail"),
        ([mount("/", "nvme0n1p2")], (block("nvme0n1", N), block("nvme0n1p2", N, "nvme0n1")), "fail"),
    ],
)
def test_what_osquery_tells_of_linux(
    volumes: list[ImportedVolume], devices: tuple[ImportedDevice, ...], wanted: str
) -> None:
    assert outcome(system_drive, told(*volumes, devices=devices)) == wanted


NAMES = ["vda", "vda1", "vdb", "dm-0", "dm-1", "md0"]
devices = st.builds(
    ImportedDevice,
    name=st.sampled_from(NAMES),
    parents=st.none() | st.lists(st.sampled_from(NAMES), max_size=3).map(tuple),
    has_all_parents=st.booleans(),
    layer=st.sampled_from(["", "", "LUKS2", "VERITY"]),
    encrypted=st.sampled_from(Told),
    method=st.sampled_from(["", "aes-xts-plain64"]),
)
graphs = st.lists(devices, min_size=1, max_size=6, unique_by=lambda one: one.name)


@settings(max_examples=150)
@given(graphs, st.sampled_from(NAMES))
def test_whatever_is_told_the_walk_ends_and_health_needs_an_encrypting_layer(
    found: list[ImportedDevice], root: str
) -> None:
    facts = told(mount("/", root), devices=tuple(found))
    if outcome(system_drive, facts) == "pass":
        assert any(one.layer == "LUKS2" or one.encrypted is Told.YES for one in found)


@settings(max_examples=80)
@given(graphs, st.sampled_from(NAMES), st.sampled_from(NAMES))
def test_one_more_plain_disk_below_never_helps(found: list[ImportedDevice], root: str, below: str) -> None:
    """A device that gets a plain partition as a further parent is not encrypted any more than before."""
    plain = disk("sdz")
    mixed = [
        disk(one.name, *(one.parents or ()), "sdz", layer=one.layer) if one.name == below else one for one in found
    ]
    before = outcome(system_drive, told(mount("/", root), devices=tuple(found)))
    after = outcome(system_drive, told(mount("/", root), devices=(*mixed, plain)))
    assert after != "pass" or before == "pass" or any(one.name == below and one.layer for one in found)
