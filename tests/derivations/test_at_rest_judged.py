"""Which mounts and swaps are judged, which are exempt, and when a question is settled."""

from __future__ import annotations

from dataclasses import replace

import pytest

from auditor.facts.at_rest import AtRest, PartlyPlainMounts, PlainMounts, Resting, SwapAtRest
from auditor.facts.server import BlockNode, Mount, SectionState, Swap
from auditor.model import Reason
from checks.derivations.data_at_rest import DERIVATIONS, partly_plain_mounts, plain_mounts, swap_at_rest
from tests.derivations.at_rest_rig import (
    ENCRYPTED,
    EXEMPT,
    MEMORY,
    PARTLY,
    PLAIN,
    SDA,
    TWO,
    UNKNOWN,
    mounted,
    state,
    swapped,
    undecided,
)
from tests.derivations.block_graphs import NOW, graph, luks, lvm, on, over, server, with_state, without_device

# --- what is judged ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("mount", "expected"),
    [
        (on("sdb", "/boot"), EXEMPT),
        (on("sdb", "/boot/efi", "vfat"), EXEMPT),
        (on("sdb", "/efi", "vfat"), EXEMPT),
        (on("sdb", "/boot/data"), PLAIN),
        (on("sdb", "/bootx"), PLAIN),
        (on("sdb", "/usr", is_read_only=True), EXEMPT),
        (on("sdb", "/usr"), PLAIN),
        (on("sdb", "/usr", is_read_only_here=True), PLAIN),
        (on("sdb", "/srv/archive", is_read_only=True), PLAIN),
        (on("sdb", "/snap/core/1", "squashfs", is_read_only=True), EXEMPT),
        (on("sdb", "/media/cd", "iso9660", is_read_only=True), EXEMPT),
        (on("sdb", "/media/stick", "vfat"), PLAIN),
        (without_device("/mnt", "nfs4", source="nas:/export"), EXEMPT),
        (without_device("/mnt", "fuse.sshfs", source="a@b:/"), EXEMPT),
        (without_device("/mnt", "fuse.unheard", source="x"), UNKNOWN),
        (without_device("/mnt", "fuse.mergerfs", source="x"), EXEMPT),
        (on("sdb", "/mnt", "fuseblk"), PLAIN),
        (without_device("/mnt", "overlay", upper="/up"), EXEMPT),
        (without_device("/mnt", "overlay"), EXEMPT),
        (without_device("/mnt", "overlay", upper="relative/up"), UNKNOWN),
        (without_device("/home/a", "ecryptfs"), EXEMPT),
        (without_device("/mnt", "bcachefs", source="/dev/sdb"), UNKNOWN),
        (without_device("/mnt", "newfs"), UNKNOWN),
    ],
)
def test_what_is_judged_and_what_is_exempt(mount: Mount, expected: AtRest) -> None:
    found = graph((*TWO, luks("dm-0", "sda")), [on("dm-0"), mount])
    assert state(found, f"mount {mount.point}") is expected


@pytest.mark.parametrize(
    "mount",
    [
        without_device("/proc", "proc"),
        without_device("/sys/kernel/new", "newkernelfs"),
        without_device("/run", "tmpfs"),
        without_device("/run/user/0/doc", "fuse.portal"),
        without_device("/dev/mqueue", "mqueue"),
    ],
)
def test_the_kernels_own_file_systems_make_no_row(mount: Mount) -> None:
    assert [one.place for one in mounted(graph((SDA,), [on("sda"), mount]))] == ["mount /"]


def test_a_signed_read_only_image_is_exempt_wherever_it_is_mounted() -> None:
    nodes = (*TWO, luks("dm-0", "sda"), luks("dm-1", "sdb", kind="VERITY"))
    signed = on("dm-1", "/opt/app", is_read_only=True)
    assert state(graph(nodes, [on("dm-0"), signed]), "mount /opt/app") is EXEMPT
    assert state(graph(nodes, [on("dm-0"), replace(signed, is_read_only=False)]), "mount /opt/app") is PLAIN
    spoof = (*TWO, luks("dm-0", "sda"), over("dm-1", "sdb", uuid="LVM-x", mapping="(VERITY x)"))
    assert state(graph(spoof, [on("dm-0"), signed]), "mount /opt/app") is PLAIN


def test_a_file_system_counts_once_however_often_it_is_mounted() -> None:
    mounts = [on("sda"), on("sdb", "/srv"), on("sdb", "/var/lib/x", root="/x"), on("sdb", "/boot", root="/b")]
    places = {one.place: one.state for one in mounted(graph(TWO, mounts))}
    assert places == {"mount /": PLAIN, "mount /srv (and 2 more places)": PLAIN}


def test_a_container_is_unknown_and_its_host_is_named() -> None:
    found = graph((SDA,), [without_device("/", "overlay", upper="/var/lib/docker/x")])
    assert "audit the host" in undecided(plain_mounts, found).detail


def test_a_container_with_a_plain_volume_still_fails() -> None:
    found = graph((SDA,), [without_device("/", "overlay", upper="/x"), on("sda", "/data")])
    assert plain_mounts.derive(server(found)).those(PLAIN)


def test_a_server_without_disks_of_its_own_has_nothing_to_judge() -> None:
    for fstype in ("nfs4", "tmpfs"):
        facts = plain_mounts.derive(server(graph((), [without_device("/", fstype)])))
        assert not facts.those(PLAIN, ENCRYPTED, UNKNOWN)


def test_a_root_that_was_not_seen_is_unknown() -> None:
    found = graph((SDA, luks("dm-0", "sda")), [on("dm-0", "/srv")])
    assert "/" in undecided(plain_mounts, found).detail


ZRAM = BlockNode(name="zram0", devno="252:0", is_hardware=False, zram_backing="none")


# --- swap -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("swap", "expected"),
    [
        (Swap(path="/dev/sda", is_file=False), PLAIN),
        (Swap(path="/dev/dm-0", is_file=False), ENCRYPTED),
        (Swap(path="/dev/mapper/cryptdm-0", is_file=False), ENCRYPTED),
        (Swap(path="/dev/disk/by-uuid/1", is_file=False), UNKNOWN),
        (Swap(path="/dev/zram0", is_file=False), MEMORY),
        (Swap(path="/swapfile", is_file=True), ENCRYPTED),
        (Swap(path="/srv/swapfile", is_file=True), PLAIN),
        (Swap(path="/srv/swapfile (deleted)", is_file=True), UNKNOWN),
        (Swap(path="/net/swapfile", is_file=True), UNKNOWN),
        (Swap(path="/dev/x", is_file=True), UNKNOWN),
    ],
)
def test_a_swap_rests_where_its_device_or_file_does(swap: Swap, expected: AtRest) -> None:
    mounts = [on("dm-0"), on("sda", "/srv"), without_device("/net", "nfs")]
    found = graph((*TWO, luks("dm-0", "sdb"), ZRAM), mounts, [swap])
    assert [one.state for one in swapped(found)] == [expected]


@pytest.mark.parametrize(
    ("backing", "expected"),
    [("none", MEMORY), ("/dev/sda", PLAIN), ("/dev/dm-0", ENCRYPTED), ("/dev/gone", UNKNOWN), (None, UNKNOWN)],
)
def test_zram_is_memory_until_it_writes_to_a_device(backing: str | None, expected: AtRest) -> None:
    nodes = (*TWO, luks("dm-0", "sdb"), replace(ZRAM, zram_backing=backing))
    found = graph(nodes, [on("dm-0")], [Swap(path="/dev/zram0", is_file=False)])
    assert [one.state for one in swapped(found)] == [expected]


def test_no_swap_is_an_answer_only_where_the_table_was_read() -> None:
    found = graph((SDA,), [on("sda")])
    assert swap_at_rest.derive(server(found)).places == ()
    for missing in SectionState:
        if missing is not SectionState.SEEN:
            undecided(swap_at_rest, with_state(found, "swaps", missing))


# --- settled or not ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("missing", "reason"),
    [
        (SectionState.ABSENT, Reason.NOT_OBSERVED),
        (SectionState.DENIED, Reason.ACCESS_DENIED),
        (SectionState.TRUNCATED, Reason.TRUNCATED),
        (SectionState.TIMED_OUT, Reason.TIMEOUT),
        (SectionState.FAILED, Reason.MALFORMED),
    ],
)
@pytest.mark.parametrize("section", ["sysblk", "mountinfo"])
def test_a_source_that_was_not_read_whole_proves_no_health(section: str, missing: SectionState, reason: Reason) -> None:
    sound = graph((SDA, luks("dm-0", "sda")), [on("dm-0")])
    bad = graph((SDA,), [on("sda")], [Swap(path="/dev/sda", is_file=False)])
    for derivation in DERIVATIONS:
        assert derivation.derive(server(sound))
        assert undecided(derivation, with_state(sound, section, missing)).reason is reason
    assert plain_mounts.derive(server(with_state(bad, section, missing))).those(PLAIN)
    assert swap_at_rest.derive(server(with_state(bad, section, missing))).those(PLAIN)


def test_an_unknown_mount_hides_no_proven_fault() -> None:
    found = graph((*TWO, luks("dm-0", "sda")), [on("dm-0"), on("gone", "/x"), on("sdb", "/srv")])
    assert plain_mounts.derive(server(found)).those(PLAIN)
    assert "/x" in undecided(partly_plain_mounts, found).detail


def test_a_mount_that_is_plain_in_part_and_unknown_in_part_is_not_wholly_plain_nor_sound() -> None:
    found = graph((SDA, lvm("dm-0", "sda", "gone")), [on("dm-0")])
    assert partly_plain_mounts.derive(server(found)).those(PARTLY)
    undecided(plain_mounts, found)


@pytest.mark.parametrize("kernel", ["FreeBSD", ""])
def test_another_system_is_not_understood(kernel: str) -> None:
    sound = graph((SDA, luks("dm-0", "sda")), [on("dm-0")], kernel=kernel)
    for derivation in DERIVATIONS:
        undecided(derivation, sound)


@pytest.mark.parametrize("facts", [PlainMounts, PartlyPlainMounts])
def test_no_facts_without_a_settled_question(facts: type[PlainMounts]) -> None:
    unsettled = Resting(place="mount /", state=UNKNOWN, is_settled=False)
    for places in ((), (unsettled,)):
        with pytest.raises(ValueError, match="mount"):
            facts(observed_at=NOW, places=places)
    with pytest.raises(ValueError, match="not settled"):
        SwapAtRest(observed_at=NOW, places=(unsettled,))
