"""What lies below each mount and swap: the recorded guests against their truth, edge cases by hand, and laws."""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from dataclasses import replace
from importlib.resources import files

import pytest
from hypothesis import given
from hypothesis import strategies as st

from auditor.derive import LocusDerivation, Undecided
from auditor.facts.at_rest import AtRest, PartlyPlainMounts, PlainMounts, Resting, SwapAtRest
from auditor.facts.server import BlockGraph, BlockNode, BtrfsMembers, Mount, SectionState, Swap, ZfsDataset, ZfsPool
from auditor.model import Reason
from auditor.probes.block_graph import parse_block_graph
from auditor.rig.ssh_replay import RECORDED_MARKER, RECORDINGS
from checks.derivations import data_at_rest
from checks.derivations.block_walk import DEPTH_LIMIT, BlockMap
from checks.derivations.data_at_rest import DERIVATIONS, partly_plain_mounts, plain_mounts, swap_at_rest
from tests.derivations.block_graphs import (
    NOW,
    disk,
    graph,
    loop,
    luks,
    lvm,
    number,
    on,
    over,
    part,
    server,
    with_state,
    without_device,
)

ENCRYPTED, PLAIN, PARTLY = AtRest.ENCRYPTED, AtRest.PLAIN, AtRest.PARTLY_PLAIN
UNKNOWN, MEMORY, EXEMPT = AtRest.UNKNOWN, AtRest.MEMORY, AtRest.EXEMPT


def mounted(one: BlockGraph) -> tuple[Resting, ...]:
    return data_at_rest.mounted(one, BlockMap(one))


def swapped(one: BlockGraph) -> tuple[Resting, ...]:
    return data_at_rest.swapped(one, BlockMap(one))


def row(one: BlockGraph, place: str) -> Resting:
    return next(row for row in (*mounted(one), *swapped(one)) if row.place == place)


def state(one: BlockGraph, place: str = "mount /") -> AtRest:
    return row(one, place).state


def undecided(derivation: LocusDerivation, one: BlockGraph) -> Undecided:
    with pytest.raises(Undecided) as caught:
        derivation.derive(server(one))
    return caught.value


# --- four real guests -------------------------------------------------------------------------------------------------


def recorded(name: str) -> BlockGraph:
    raw = files("auditor.rig").joinpath("recordings", f"{name}.txt").read_bytes()
    found = RECORDED_MARKER.search(raw)
    assert found
    return parse_block_graph(raw, found[1].decode(), NOW)


TRUTH = {row["guest"]: row for row in json.loads(files("auditor.rig").joinpath("recordings/truth.json").read_text())}


def _as_state(truth: str) -> AtRest:
    """The builder's own words: "luks2 (lv)", "plain (null cipher)", "partly plain (…)"."""
    return PARTLY if truth.startswith("partly") else PLAIN if truth.startswith("plain") else ENCRYPTED


@pytest.mark.parametrize("guest", ["luks", "plain", "plainswap"])
def test_a_recorded_guest_is_what_it_was_built_as(guest: str) -> None:
    found, truth = recorded(guest), TRUTH[guest]
    for place in ("/", "/srv/records"):
        assert state(found, f"mount {place}") is _as_state(truth[place])
    assert {one.state for one in swapped(found)} == {_as_state(truth["swap"])}
    exempt = {one.place.removeprefix("mount ") for one in mounted(found) if one.state is EXEMPT}
    assert exempt == set(truth.get("exempt", []))


def test_the_zoo_is_what_it_was_built_as_as_far_as_a_plain_user_can_see() -> None:
    """A null cipher is in use there and only root sees where: nothing encrypted may pass, every proven fault stands."""
    found, truth = recorded("zoo"), TRUTH["zoo"]
    assert found.null_cipher_users
    expected = {f"mount {place}": _as_state(text) for place, text in truth.items() if place.startswith("/srv/")}
    expected |= {"mount /": PLAIN, "swap /swapfile": PLAIN, "swap /dev/dm-1": ENCRYPTED, "mount /srv/null": ENCRYPTED}
    seen = {one.place: one.state for one in (*mounted(found), *swapped(found))}
    assert seen == {place: UNKNOWN if one is ENCRYPTED else one for place, one in expected.items()}
    clean = replace(found, null_cipher_users=0)
    assert {one.place: one.state for one in (*mounted(clean), *swapped(clean))} == expected


@pytest.mark.parametrize("guest", RECORDINGS)
def test_every_question_is_settled_on_every_recorded_guest(guest: str) -> None:
    for derivation in DERIVATIONS:
        assert isinstance(derivation.derive(server(recorded(guest))), derivation.yields)


def test_the_chain_names_every_layer() -> None:
    assert row(recorded("luks"), "mount /").chain == ("/ <- lvm vg--city-root <- LUKS2 cryptroot <- vda3 <- vda")
    assert row(recorded("zoo"), "mount /srv/span").chain == (
        "/srv/span <- lvm span-data <- [LUKS2 spancrypt <- vdb4 <- vdb + vdb5 <- vdb]"
    )


# --- edge cases, by hand ----------------------------------------------------------------------------------------------

SDA, SDB = disk("sda"), disk("sdb")
TWO = (SDA, SDB)


@pytest.mark.parametrize(
    ("nodes", "top", "expected"),
    [
        ((SDA,), "sda", PLAIN),
        ((SDA, part("sda1", "sda")), "sda1", PLAIN),
        ((SDA, luks("dm-0", "sda")), "dm-0", ENCRYPTED),
        ((SDA, luks("dm-0", "sda"), lvm("dm-1", "dm-0")), "dm-1", ENCRYPTED),
        ((SDA, lvm("dm-0", "sda"), luks("dm-1", "dm-0")), "dm-1", ENCRYPTED),
        ((*TWO, over("md0", "sda", "sdb"), luks("dm-0", "md0")), "dm-0", ENCRYPTED),
        ((*TWO, over("dm-0", "sda", "sdb", uuid="mpath-36"), luks("dm-1", "dm-0")), "dm-1", ENCRYPTED),
        ((*TWO, luks("dm-0", "sda"), luks("dm-1", "sdb"), over("md0", "dm-0", "dm-1")), "md0", ENCRYPTED),
        ((*TWO, over("bcache0", "sda", "sdb"), luks("dm-0", "bcache0")), "dm-0", ENCRYPTED),
        ((*TWO, luks("dm-0", "sda"), over("bcache0", "dm-0", "sdb")), "bcache0", PARTLY),
        ((*TWO, luks("dm-0", "sda"), lvm("dm-1", "dm-0", "sdb")), "dm-1", PARTLY),
        ((*TWO, luks("dm-0", "sda"), lvm("dm-1", "dm-0"), lvm("dm-2", "dm-1", "sdb")), "dm-2", PARTLY),
        ((*TWO, lvm("dm-0", "sda", "sdb")), "dm-0", PLAIN),
        ((SDA, luks("dm-0", "sda", kind="PLAIN")), "dm-0", ENCRYPTED),
        ((SDA, luks("dm-0", "sda", kind="TCRYPT")), "dm-0", ENCRYPTED),
        ((SDA, luks("dm-0", "sda", kind="BITLK")), "dm-0", ENCRYPTED),
        ((SDA, luks("dm-0", "sda", kind="LUKS2-OPAL")), "dm-0", ENCRYPTED),
        ((SDA, luks("dm-0", "sda", kind="VERITY")), "dm-0", PLAIN),
        ((SDA, luks("dm-0", "sda", kind="INTEGRITY")), "dm-0", PLAIN),
        ((SDA, luks("dm-0", "sda", kind="SUBDEV")), "dm-0", PLAIN),
        ((SDA, luks("dm-0", "sda", kind="INTEGRITY"), luks("dm-1", "dm-0")), "dm-1", ENCRYPTED),
        ((SDA, luks("dm-0", "sda", kind="LUKS3")), "dm-0", UNKNOWN),
        ((SDA, over("dm-0", "sda", mapping="veracrypt1")), "dm-0", UNKNOWN),
        ((SDA, luks("dm-0", "sda"), over("dm-1", "dm-0", mapping="veracrypt1")), "dm-1", ENCRYPTED),
        ((*TWO, over("dm-0", "sda"), lvm("dm-1", "dm-0", "sdb")), "dm-1", PARTLY),
        ((luks("dm-0", "gone"),), "dm-0", ENCRYPTED),
        ((lvm("dm-0", "gone"),), "dm-0", UNKNOWN),
        ((lvm("dm-0"),), "dm-0", UNKNOWN),
        ((SDA, lvm("dm-0", "sda", "gone")), "dm-0", PARTLY),
        ((over("md0"),), "md0", UNKNOWN),
        ((replace(over("md0"), slaves=None),), "md0", UNKNOWN),
        ((lvm("dm-0", "dm-1"), lvm("dm-1", "dm-0")), "dm-0", UNKNOWN),
        ((lvm("dm-0", "dm-0"),), "dm-0", UNKNOWN),
        ((BlockNode(name="nbd0", devno=number("nbd0"), is_hardware=False),), "nbd0", UNKNOWN),
        ((BlockNode(name="sda", devno=number("sda")),), "sda", PLAIN),
        ((BlockNode(name="drbd0", devno=number("drbd0")),), "drbd0", UNKNOWN),
        ((), "sda", UNKNOWN),
    ],
)
def test_a_mount_is_what_all_its_leaves_are(nodes: tuple[BlockNode, ...], top: str, expected: AtRest) -> None:
    assert state(graph(nodes, [on(top)])) is expected


@pytest.mark.parametrize(
    ("layers", "expected"), [(DEPTH_LIMIT - 3, PLAIN), (DEPTH_LIMIT + 3, UNKNOWN), (4000, UNKNOWN)]
)
def test_a_stack_that_is_too_deep_is_unknown(layers: int, expected: AtRest) -> None:
    stack = [lvm(f"dm-{n}", f"dm-{n + 1}") for n in range(layers)]
    assert state(graph([*stack, lvm(f"dm-{layers}", "sda"), SDA], [on("dm-0")])) is expected


def test_a_lattice_of_shared_parents_is_walked_once() -> None:
    """Two parents a layer make 2^25 paths, and 26 vertices."""
    layers = [lvm(f"dm-{n}{side}", f"dm-{n + 1}a", f"dm-{n + 1}b") for n in range(25) for side in "ab"]
    found = graph([*layers, luks("dm-25a", "sda"), luks("dm-25b", "sda"), SDA], [on("dm-0a")])
    assert state(found) is ENCRYPTED
    assert len(row(found, "mount /").chain) < 4096


def test_a_decoy_that_nothing_sits_on_changes_nothing() -> None:
    nodes = (SDA, loop("loop0", "/decoy.img"), luks("dm-0", "loop0"))
    assert state(graph(nodes, [on("sda")])) is PLAIN
    assert [one.place for one in mounted(graph(nodes, [on("sda")]))] == ["mount /"]


def test_a_container_file_on_a_plain_disk_protects_its_own_mount_only() -> None:
    found = graph((SDA, loop("loop0", "/vault.img"), luks("dm-0", "loop0")), [on("sda"), on("dm-0", "/vault")])
    assert (state(found), state(found, "mount /vault")) == (PLAIN, ENCRYPTED)


@pytest.mark.parametrize(
    ("file", "expected"),
    [
        ("/srv/x.img", ENCRYPTED),
        ("/x.img", PLAIN),
        ("/srvx.img", PLAIN),
        ("/srv/x.img (deleted)", UNKNOWN),
        (None, UNKNOWN),
        ("/dev/sda", PLAIN),
        ("/dev/mapper/cryptdm-0", ENCRYPTED),
        ("/dev/unheard-of", UNKNOWN),
    ],
)
def test_a_loop_device_rests_where_its_file_does(file: str | None, expected: AtRest) -> None:
    nodes = (SDA, SDB, luks("dm-0", "sdb"), loop("loop0", file))
    mounts = [on("sda"), on("dm-0", "/srv"), on("loop0", "/img"), without_device("/dev", "devtmpfs")]
    assert state(graph(nodes, mounts), "mount /img") is expected


def test_a_file_below_two_file_systems_at_one_place_lies_on_nobody_knows_which() -> None:
    nodes = (SDA, SDB, luks("dm-0", "sdb"), loop("loop0", "/srv/x.img"))
    hidden, above = on("sda", "/srv"), on("dm-0", "/srv", mount_id=9999)
    found = graph(nodes, [on("sda"), hidden, above, on("loop0", "/img")])
    assert state(found, "mount /img") is UNKNOWN
    assert state(replace(found, mounts=(on("sda"), above, on("loop0", "/img"))), "mount /img") is ENCRYPTED


def test_btrfs_counts_every_member() -> None:
    mount = without_device("/", "btrfs", source="/dev/dm-0")
    nodes = (*TWO, luks("dm-0", "sda"), luks("dm-1", "sdb"))
    members = [("dm-0", "dm-1"), ("dm-0", "sdb"), ("dm-0", "gone"), ("sdb",)]
    states = [state(graph(nodes, [mount], btrfs=(BtrfsMembers(uuid="u", devices=one),))) for one in members]
    assert states == [ENCRYPTED, PARTLY, UNKNOWN, UNKNOWN]
    assert state(graph(nodes, [mount])) is UNKNOWN


@pytest.mark.parametrize(
    ("encryption", "leaves", "expected"),
    [
        ("aes-256-gcm", ("/dev/sda",), ENCRYPTED),
        ("off", ("/dev/dm-0",), ENCRYPTED),
        ("off", ("/dev/sda",), PLAIN),
        ("off", ("/dev/dm-0", "/dev/sda"), PARTLY),
        ("-", ("/dev/sda",), PLAIN),
        ("off", ("/dev/dm-0", "1234567890"), UNKNOWN),
        ("off", (), UNKNOWN),
        ("on?", ("/dev/dm-0",), UNKNOWN),
    ],
)
def test_zfs_by_its_data_set_else_by_its_pool(encryption: str, leaves: tuple[str, ...], expected: AtRest) -> None:
    found = graph(
        (*TWO, luks("dm-0", "sdb")),
        [without_device("/", "zfs", source="tank/root")],
        zfs=(ZfsDataset(name="tank/root", encryption=encryption),),
        zpools=(ZfsPool(name="tank", leaves=leaves),),
    )
    assert state(found) is expected
    assert state(replace(found, zfs=())) is UNKNOWN


@pytest.mark.parametrize("users", [None, 1])
def test_a_null_cipher_that_is_not_ruled_out_keeps_encryption_unproven(users: int | None) -> None:
    found = graph((*TWO, luks("dm-0", "sda")), [on("dm-0")], null_cipher_users=users)
    assert state(found) is UNKNOWN
    for derivation in (plain_mounts, partly_plain_mounts):
        undecided(derivation, found)
    assert state(replace(found, mounts=(on("sdb"),))) is PLAIN


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


# --- swap -------------------------------------------------------------------------------------------------------------

ZRAM = BlockNode(name="zram0", devno="252:0", is_hardware=False, zram_backing="none")


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


# --- laws -------------------------------------------------------------------------------------------------------------


@st.composite
def graphs(draw: st.DrawFn) -> BlockGraph:
    """Up to ten devices over three disks, in any shape: cycles, missing parents, all kinds of layers."""
    names = ["sda", "sdb", "sdc"] + [f"dm-{n}" for n in range(draw(st.integers(0, 7)))]
    nodes = [disk(name) for name in names[:3]]
    for name in names[3:]:
        below = draw(st.lists(st.sampled_from([*names, "gone"]), max_size=3, unique=True))
        kind = draw(
            st.sampled_from(["LVM-x", "CRYPT-LUKS2-x", "CRYPT-VERITY-x", "CRYPT-PLAIN-x", "mpath-x", "", "odd-x"])
        )
        nodes.append(over(name, *below, uuid=kind))
    points = draw(st.lists(st.sampled_from(["/srv", "/var", "/home"]), unique=True))
    mounts = [on(draw(st.sampled_from(names)), point) for point in ("/", *points)]
    swaps = [Swap(path=f"/dev/{draw(st.sampled_from(names))}", is_file=False)] if draw(st.booleans()) else []
    return graph(nodes, {mount.mount_id: mount for mount in mounts}.values(), swaps)


def states(one: BlockGraph) -> dict[str, AtRest]:
    return {found.place.split(" (and")[0]: found.state for found in (*mounted(one), *swapped(one))}


def edited(one: BlockGraph, name: str, edit: Callable[[BlockNode], BlockNode]) -> BlockGraph:
    return replace(one, nodes=tuple(edit(node) if node.name == name else node for node in one.nodes))


@given(graphs(), st.data())
def test_taking_an_encrypting_layer_away_never_makes_encrypted(one: BlockGraph, data: st.DataObject) -> None:
    crypt = [node.name for node in one.nodes if node.dm_uuid.startswith(("CRYPT-LUKS2", "CRYPT-PLAIN"))]
    if not crypt:
        return
    without = edited(one, data.draw(st.sampled_from(crypt)), lambda node: replace(node, dm_uuid="LVM-x"))
    before, after = states(one), states(without)
    assert all(before[place] is ENCRYPTED for place, now in after.items() if now is ENCRYPTED)
    assert all(now in (PLAIN, PARTLY) for place, now in after.items() if before[place] is PLAIN)


@given(graphs(), st.data())
def test_a_plain_disk_more_below_a_layer_never_improves(one: BlockGraph, data: st.DataObject) -> None:
    layers = [node.name for node in one.nodes if node.name.startswith("dm-")]
    if not layers:
        return
    chosen = data.draw(st.sampled_from(layers))
    more = edited(one, chosen, lambda node: replace(node, slaves=(*(node.slaves or ()), "sdz")))
    worse = replace(more, nodes=(*more.nodes, disk("sdz")))
    before, after = states(one), states(worse)
    assert all(before[place] is ENCRYPTED for place, now in after.items() if now is ENCRYPTED)


@given(graphs(), st.data())
def test_a_device_that_is_not_seen_never_makes_encrypted_or_plain(one: BlockGraph, data: st.DataObject) -> None:
    lost = data.draw(st.sampled_from([node.name for node in one.nodes]))
    before, after = states(one), states(replace(one, nodes=tuple(node for node in one.nodes if node.name != lost)))
    for place, now in after.items():
        assert now is before[place] or now in (UNKNOWN, PARTLY)
        assert now is not PARTLY or before[place] in (PARTLY, PLAIN)


@given(graphs(), st.sampled_from([None, 1, 5]))
def test_a_null_cipher_never_leaves_a_mapping_encrypted(one: BlockGraph, users: int | None) -> None:
    found = states(replace(one, null_cipher_users=users))
    assert ENCRYPTED not in found.values()
    assert {place for place, now in found.items() if now is PLAIN} == {
        place for place, now in states(one).items() if now is PLAIN
    }


@given(graphs(), st.randoms(use_true_random=False))
def test_the_order_of_lines_is_irrelevant(one: BlockGraph, chance: random.Random) -> None:
    def shuffled(rows: tuple[object, ...]) -> tuple[object, ...]:
        return tuple(chance.sample(rows, len(rows)))

    nodes = tuple(replace(node, slaves=shuffled(node.slaves or ())) for node in one.nodes)  # type: ignore[arg-type]
    other = replace(one, nodes=shuffled(nodes), mounts=shuffled(one.mounts))  # type: ignore[arg-type]
    assert states(other) == states(one)


@given(graphs())
def test_encrypted_means_that_no_plain_leaf_is_reached(one: BlockGraph) -> None:
    """Checked by another way of walking: paths, one by one."""
    nodes = {node.name: node for node in one.nodes}

    def leaves(name: str, above: tuple[str, ...]) -> set[str]:
        node = nodes.get(name)
        if node is None or name in above:
            return {"unknown"}
        if node.dm_uuid.startswith(("CRYPT-LUKS2", "CRYPT-PLAIN")):
            return {"encrypted"}
        if name.startswith("sd"):
            return {"plain"}
        below = set().union(*(leaves(one, (*above, name)) for one in node.slaves or ())) or {"unknown"}
        known = node.dm_uuid.startswith(("LVM-", "mpath-", "CRYPT-VERITY"))
        return below if known else {"unknown" if leaf == "plain" else leaf for leaf in below}

    for mount in one.mounts:
        now = states(one).get(f"mount {mount.point}")
        reached = leaves(mount.source.removeprefix("/dev/"), ())
        expected = (
            PLAIN
            if reached == {"plain"}
            else PARTLY
            if "plain" in reached
            else UNKNOWN
            if "unknown" in reached
            else ENCRYPTED
        )
        assert now in (expected, None)  # None: the same device is mounted at a shorter path
