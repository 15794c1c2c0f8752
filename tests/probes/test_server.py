"""A server from its address to its facts: Debian's sshd over this machine's real disks, and the recorded guests."""

from __future__ import annotations

import hashlib
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from auditor.facts.at_rest import AtRest
from auditor.facts.privileged_disks import PrivilegedDisks
from auditor.facts.server import BlockGraph, SectionState
from auditor.facts.server_settings import ServerSettings
from auditor.model import Asset, Reason
from auditor.probe import Observation, Seen, Unseen
from auditor.probes.server import ServerProbe, collection_script
from auditor.reach import Access, Limits, Reaches, Target
from auditor.rig.ssh_replay import RECORDINGS, Answer, SshServer, replaying, write_identity
from checks.derivations.block_walk import BlockMap
from checks.derivations.data_at_rest import mounted, partly_plain_mounts, plain_mounts, swap_at_rest
from checks.disks import disk_partly_plain, disk_plain, swap_plain
from tests.derivations.block_graphs import server as linux
from tests.rig.openssh import OpenSsh, start_sshd

pytestmark = pytest.mark.root  # Debian's servers take part


def observe(asset: Asset, access: Access) -> list[Observation]:
    return list(ServerProbe().observe(asset, Reaches(access).of(asset)))


def server(address: str, host_key: str) -> Asset:
    return Asset(id="db", kind="server", address=address, system="records", host_key=host_key)


@pytest.fixture
def sshd(tmp_path: Path) -> Iterator[OpenSsh]:
    with start_sshd(tmp_path / "sshd") as running:
        yield running


def graph_of(observations: list[Observation]) -> BlockGraph:
    (graph,) = [one.facts for one in observations if isinstance(one, Seen) and isinstance(one.facts, BlockGraph)]
    (settings,) = [one.facts for one in observations if isinstance(one, Seen) and isinstance(one.facts, ServerSettings)]
    assert settings.script == hashlib.sha256(collection_script()).hexdigest()
    assert Unseen(PrivilegedDisks, "", Reason.LEFT_OUT, "the privileged tier") in observations
    assert {one.locus for one in observations if isinstance(one, Seen)} == {""}
    return graph


# --- this machine, for real -------------------------------------------------------------------------------------------


def test_this_machines_disks_come_home_over_one_connection(sshd: OpenSsh) -> None:
    access = Access(identity_file=sshd.identity, use_agent=False)
    reaches = Reaches(access)
    asset = server(sshd.address, sshd.host_keys["ed25519"])
    graph = graph_of(list(ServerProbe().observe(asset, reaches.of(asset))))
    real = {name for name in os.listdir("/sys/block") if not re.match(r"ram\d", name)}  # noqa: PTH208
    assert graph.kernel == os.uname().sysname
    assert {node.name for node in graph.nodes if not node.partition_of} == real
    for node in graph.nodes:
        folder = Path("/sys/class/block") / node.name
        assert node.devno == (folder / "dev").read_text().strip()
        assert node.slaves == tuple(sorted(path.name for path in (folder / "slaves").glob("*")))
    lines = Path("/proc/self/mountinfo").read_text().splitlines()
    assert {mount.mount_id for mount in graph.mounts} == {int(line.split()[0]) for line in lines}
    assert all(graph.state_of(name) is SectionState.SEEN for name in ("sysblk", "mountinfo", "swaps", "uname"))
    assert reaches.connections == 1
    assert len(re.findall(r"Accepted publickey", sshd.log)) == 1
    assert len(re.findall(r"Starting session: command", sshd.log)) == 1


def test_this_machines_root_is_judged_as_the_kernel_shows_it(sshd: OpenSsh) -> None:
    """Any layer of dm-crypt below / would show up as a slave with a CRYPT- UUID."""
    access = Access(identity_file=sshd.identity, use_agent=False)
    graph = graph_of(observe(server(sshd.address, sshd.host_keys["ed25519"]), access))
    (root,) = [row for row in mounted(graph, BlockMap(graph)) if row.place.split(" (and")[0] == "mount /"]
    device = next(mount.devno for mount in graph.mounts if mount.point == "/")
    is_disk = Path("/sys/dev/block", device, "device").exists() or Path("/sys/dev/block", device, "partition").exists()
    assert (root.state is AtRest.PLAIN) is is_disk


def test_the_name_may_lead_elsewhere_by_the_operators_word(sshd: OpenSsh, tmp_path: Path) -> None:
    """As in the embedded city: the name is pinned, the address comes from the connect-to file."""
    (tmp_path / "known").write_text(f"db.riverton.example {sshd.host_keys['ed25519']}\n")
    access = Access(
        identity_file=sshd.identity,
        use_agent=False,
        known_hosts=tmp_path / "known",
        connect_to={("db.riverton.example", 22): (Target("127.0.0.1", sshd.port),)},
    )
    asset = Asset(id="db", kind="server", address=f"ssh://{sshd.user}@db.riverton.example", system="records")
    assert graph_of(observe(asset, access)).nodes


# --- recorded guests --------------------------------------------------------------------------------------------------


@pytest.fixture
def identity(tmp_path: Path) -> tuple[Path, str]:
    return tmp_path / "identity", write_identity(tmp_path / "identity")


def answered(answer: Answer, identity: tuple[Path, str]) -> list[Observation]:
    with SshServer(answer, authorized=identity[1]) as rig:
        asset = server(f"ssh://audit@127.0.0.1:{rig.port}", rig.host_key)
        observations = observe(asset, Access(identity_file=identity[0], use_agent=False, limits=Limits(shell_s=20)))
        assert (rig.connections, len(rig.offers), len(rig.execs)) == (1, 1, 1)
    return observations


EXPECTED = {  # disk-plain, disk-partly-plain, swap-plain
    "luks": ("pass", "pass", "pass"),
    "plain": ("fail", "pass", "fail"),
    "plainswap": ("pass", "pass", "fail"),
    "zoo": ("fail", "fail", "fail"),
}


@pytest.mark.parametrize("guest", RECORDINGS)
def test_a_replayed_guest_gets_the_verdicts_of_its_truth(guest: str, identity: tuple[Path, str]) -> None:
    graph = graph_of(answered(replaying(guest), identity))
    verdicts = (
        disk_plain.judge(plain_mounts.derive(linux(graph))),
        disk_partly_plain.judge(partly_plain_mounts.derive(linux(graph))),
        swap_plain.judge(swap_at_rest.derive(linux(graph))),
    )
    assert tuple(verdict.outcome.value for verdict in verdicts) == EXPECTED[guest]


def test_an_answer_that_is_framed_but_empty_of_facts_is_malformed(identity: tuple[Path, str]) -> None:
    def nothing_mounted(channel: object, command: str, script: bytes) -> None:
        marker = command.rsplit(maxsplit=1)[-1]
        text = f"{marker} BEGIN mountinfo\n\n{marker} END mountinfo rc=0\n\n{marker} DONE\n"
        channel.sendall(text.encode())  # type: ignore[attr-defined]
        channel.send_exit_status(0)  # type: ignore[attr-defined]

    (unseen,) = [one for one in answered(nothing_mounted, identity) if getattr(one, "facts_type", None) is BlockGraph]
    assert isinstance(unseen, Unseen)
    assert (unseen.facts_type, unseen.reason) == (BlockGraph, Reason.MALFORMED)


def test_an_unpinned_server_is_unseen_with_its_reason(identity: tuple[Path, str]) -> None:
    with SshServer(replaying("luks"), authorized=identity[1]) as rig:
        asset = Asset(id="db", kind="server", address=f"ssh://audit@127.0.0.1:{rig.port}", system="records")
        said = observe(asset, Access(identity_file=identity[0]))
    unseen = {one.facts_type: one.reason for one in said if isinstance(one, Unseen)}
    assert unseen[BlockGraph] is unseen[ServerSettings] is Reason.HOST_KEY_UNKNOWN


# --- plan -------------------------------------------------------------------------------------------------------------


def test_the_plan_names_host_and_script_and_touches_nothing() -> None:
    (line,) = ServerProbe().plan(server("ssh://audit:secret@db.riverton.example:2222", "SHA256:x"))
    assert "db.riverton.example:2222" in line
    assert hashlib.sha256(collection_script()).hexdigest() in line
    assert "secret" not in line


def test_nothing_loads_paramiko_before_a_server_is_looked_at() -> None:
    code = "import sys, auditor.probes.server; sys.exit('paramiko' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
