"""What lies below each mount and swap: the recorded guests against their truth, and edge cases by hand."""

from __future__ import annotations

import json
from dataclasses import replace
from importlib.resources import files

import pytest

from auditor.facts.at_rest import AtRest
from auditor.facts.server import BlockGraph, BlockNode, BtrfsMembers, ZfsDataset, ZfsPool
from auditor.probes.block_graph import parse_block_graph
from auditor.rig.ssh_replay import RECORDED_MARKER, RECORDINGS
from checks.derivations.block_walk import DEPTH_LIMIT
from checks.derivations.data_at_rest import DERIVATIONS, partly_plain_mounts, plain_mounts
from tests.derivations.at_rest_rig import (
    ENCRYPTED,
    EXEMPT,
    PARTLY,
    PLAIN,
    SDA,
    SDB,
    TWO,
    UNKNOWN,
    mounted,
    row,
    state,
    swapped,
    undecided,
)
from tests.derivations.block_graphs import NOW, graph, loop, luks, lvm, number, on, over, part, server, without_device


def recorded(name: str) -> BlockGraph:
    raw = files("auditor.rig").joinpath("recordings", f"{name}.txt").read_bytes()
    found = RECORDED_MARKER.search(raw)
    assert found
    return parse_block_graph(raw, found[1].decode(), NOW)


TRUTH = {row["guest"]: row for row in json.loads(files("auditor.rig").joinpath("recordings/truth.json").read_text())}


def _as_state(truth: str) -> AtRest:
    """The builder's own words: "luks2 (lv)", "plain (null cipher)", "partly plain (…)"."""
    return PARTLY if truth.startswith("partly") else PLAIN if truth.startswith("plain") else ENCRYPTED


# --- four real guests -------------------------------------------------------------------------------------------------


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
