"""Laws of what rests encrypted: over any graph of devices."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from auditor.facts.at_rest import AtRest
from auditor.facts.server import BlockGraph, BlockNode, Swap
from tests.derivations.at_rest_rig import ENCRYPTED, PARTLY, PLAIN, UNKNOWN, mounted, swapped
from tests.derivations.block_graphs import disk, graph, on, over


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
