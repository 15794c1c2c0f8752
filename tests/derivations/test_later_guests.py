"""Guests that were recorded with the script and the helper of today: bcache and multipath among them.

What is judged of a recording is held against how its guest was built, as `make test-vm` does with the guest itself.
"""

from __future__ import annotations

from functools import cache
from typing import Any

import pytest

from auditor.model import Asset, Tier
from auditor.observe import Look
from auditor.pipeline import Question, assess
from auditor.probe import Seen
from auditor.probes.block_graph import parse_block_graph
from auditor.probes.collection import sections
from auditor.probes.privileged_disks import parse_privileged_disks
from auditor.probes.server_settings import parse_server_settings
from auditor.rig.ssh_replay import RECORDED_MARKER
from auditor.rubric import read_rubric
from checks.derivations.block_walk import BlockMap
from checks.derivations.data_at_rest import mounted
from tests.derivations.block_graphs import NOW
from tests.promises.road import parts
from tests.vm.guests import RECORDINGS, TRUTH, disagreements, findings_of

RECORDED = ("luks", "zoo")
HELPER = "0" * 64


def answer(guest: str) -> tuple[bytes, str]:
    raw = (RECORDINGS / f"{guest}.txt").read_bytes()
    found = RECORDED_MARKER.search(raw)
    assert found
    return raw, found[1].decode()


@cache
def judged(guest: str, *, as_root: bool) -> dict[str, dict[str, Any]]:
    """Findings by check, as a run would have them."""
    raw, marker = answer(guest)
    seen = [parse_block_graph(raw, marker, NOW), parse_server_settings(raw, marker, NOW, "")]
    if as_root:
        seen.append(parse_privileged_disks(sections(raw, marker)["privileged"].body, NOW, HELPER))
    tiers = frozenset({Tier.NIGHTLY, Tier.PRIVILEGED} if as_root else {Tier.NIGHTLY})
    asset = Asset(id="guest", kind="server", address="ssh://guest", system="", tiers=tiers)
    looks = [Look(asset, tuple(Seen(facts) for facts in seen))]
    question = Question(assets=(asset,), rubric=read_rubric())
    return findings_of(assess(looks, question, parts(), began=NOW, clock=lambda: NOW))


@pytest.mark.parametrize("as_root", [False, True])
@pytest.mark.parametrize("guest", RECORDED)
def test_a_recorded_guest_is_what_it_was_built_as(guest: str, as_root: bool) -> None:
    said = judged(guest, as_root=as_root)
    assert disagreements(said, TRUTH[guest], ciphers=as_root) == []
    if as_root:
        assert said["disk-null-cipher"]["outcome"] == ("fail" if guest == "zoo" else "pass")


@pytest.mark.parametrize("guest", RECORDED)
def test_every_section_of_a_recording_was_read(guest: str) -> None:
    raw, marker = answer(guest)
    states = {section.name: section.state.value for section in parse_block_graph(raw, marker, NOW).sections}
    assert {name for name, state in states.items() if state != "seen"} <= {"zfs", "zpool"}  # no guest has ZFS


def test_the_chain_of_a_multipath_disk_names_both_ways() -> None:
    raw, marker = answer("zoo")
    graph = parse_block_graph(raw, marker, NOW)
    devices = BlockMap(graph)
    rows = {row.place: row for row in mounted(graph, devices)}
    plain = rows["mount /srv/sharedplain"]
    assert (plain.state.value, plain.plain_on) == ("plain", ("sda", "sdb"))
    assert "[sda + sdb]" in plain.chain
    assert rows["mount /srv/cached"].chain.count("vdb") == 4  # LUKS on vdb14 below, and the cache on vdb15


def test_no_key_no_salt_and_no_digest_was_recorded() -> None:
    for guest in RECORDED:
        text = answer(guest)[0].decode()
        for word in ("Salt", "MK digest", "PRIVATE KEY", "Digest ID", "AF stripes"):
            assert word not in text
