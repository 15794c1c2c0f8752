"""Servers behind a jump host: OpenSSH's sshd at both ends, one connection to the jump host for all, both keys compared.

And one attempt at a login for each server and run, wherever it stands.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from auditor.errors import Unreachable
from auditor.facts.ssh import KeyTrust
from auditor.model import Asset, Jump, Reason
from auditor.reach import Access, Fence, Limits, Reaches
from auditor.reach.ssh import Visit
from auditor.rig.ssh_replay import Door, SshServer, replaying, write_identity
from tests.rig.openssh import OpenSsh, make_key, start_sshd

pytestmark = pytest.mark.root  # Debian's servers take part

SCRIPT = b'printf \'%s BEGIN x\\n\\n%s DONE\\n\' "$1" "$1"\n'
LIMITS = Limits(operation_s=10.0, shell_s=50.0)


@pytest.fixture(scope="module")
def bastion(tmp_path_factory: pytest.TempPathFactory) -> Iterator[OpenSsh]:
    with start_sshd(tmp_path_factory.mktemp("bastion"), extra="AllowTcpForwarding yes") as running:
        yield running


@pytest.fixture(scope="module")
def target(tmp_path_factory: pytest.TempPathFactory) -> Iterator[OpenSsh]:
    with start_sshd(tmp_path_factory.mktemp("target"), extra="AllowTcpForwarding no") as running:
        yield running


@pytest.fixture
def one(bastion: OpenSsh, target: OpenSsh, monkeypatch: pytest.MonkeyPatch) -> Asset:
    monkeypatch.setenv("AUDITOR_SSH_KEY_JUMP", str(bastion.identity))
    monkeypatch.setenv("AUDITOR_SSH_KEY_DB", str(target.identity))
    jump = Jump(address=bastion.address, host_key=bastion.host_keys["ed25519"], credential="jump")
    pin = target.host_keys["ed25519"]
    return Asset(id="db", kind="server", address=target.address, system="x", host_key=pin, credential="db", jump=jump)


def reaches(**access: object) -> Reaches:
    return Reaches(Access(use_agent=False, limits=LIMITS, **access))  # type: ignore[arg-type]


def through(run: Reaches, asset: Asset) -> Visit:
    return run.of(asset).shell(SCRIPT)


def came(log: str) -> int:
    return log.count("Accepted publickey")


def test_a_server_behind_a_jump_host_runs_the_script_and_only_the_jump_host_is_dialled(
    one: Asset, bastion: OpenSsh, target: OpenSsh
) -> None:
    before, port = came(bastion.log), f"127.0.0.1 port {target.port}"
    run = reaches()
    found = through(run, one)
    assert (found.failure, found.trust) == (None, KeyTrust.PINNED)
    assert (run.connections, came(bastion.log)) == (1, before + 1)
    assert port in target.log


def test_many_servers_behind_one_jump_host_share_a_single_login_there(one: Asset, bastion: OpenSsh) -> None:
    before, run = came(bastion.log), reaches()
    found: list[Visit] = []
    start = threading.Barrier(4)

    def look() -> None:
        start.wait(10)
        found.append(through(run, one))

    threads = [threading.Thread(target=look) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert [visit.failure for visit in found] == [None] * 4
    assert run.connections == came(bastion.log) - before < 4  # one, unless one of them was done before another began


@pytest.mark.parametrize("whose", ["jump host", "server"])
def test_each_of_both_keys_must_be_the_pinned_one(
    one: Asset, bastion: OpenSsh, target: OpenSsh, tmp_path: Path, whose: str
) -> None:
    stranger = make_key(tmp_path / "stranger", "ed25519")
    assert one.jump
    if whose == "jump host":
        one = replace(one, jump=replace(one.jump, host_key=stranger))
        before = (came(bastion.log), came(target.log))
        with pytest.raises(Unreachable) as caught:
            through(reaches(), one)
        assert (came(bastion.log), came(target.log)) == before
        assert "the jump host" in caught.value.detail
        reason = caught.value.reason
    else:
        before_target = came(target.log)
        found = through(reaches(), replace(one, host_key=stranger))
        assert came(target.log) == before_target
        assert found.failure
        assert f"through 127.0.0.1:{bastion.port}" in found.failure.detail
        reason = found.failure.reason
    assert reason is Reason.HOST_KEY_CHANGED


def test_an_unpinned_jump_host_is_no_open_door(one: Asset) -> None:
    assert one.jump
    with pytest.raises(Unreachable) as caught:
        through(reaches(), replace(one, jump=replace(one.jump, host_key=None)))
    assert caught.value.reason is Reason.HOST_KEY_UNKNOWN


def test_a_jump_host_that_forwards_nothing_is_a_reason(one: Asset, target: OpenSsh) -> None:
    assert one.jump
    jump = Jump(address=target.address, host_key=target.host_keys["ed25519"], credential="db")
    with pytest.raises(Unreachable) as caught:
        through(reaches(), replace(one, jump=jump))
    assert caught.value.reason is Reason.REFUSED
    assert "opened no way" in caught.value.detail


def test_the_fence_holds_behind_a_jump_host_too(one: Asset) -> None:
    fence = Fence(excluded=frozenset({"db.example.org"}))
    with pytest.raises(Unreachable) as caught:
        through(reaches(fence=fence), replace(one, address="ssh://root@db.example.org"))
    assert caught.value.reason is Reason.OUT_OF_SCOPE


def test_the_key_on_the_jump_host_need_do_nothing_but_forward_to_the_servers(
    one: Asset, target: OpenSsh, tmp_path: Path
) -> None:
    """As docs/inventory.md has it."""
    with start_sshd(tmp_path / "hop") as hop:
        keys = tmp_path / "hop" / "authorized"
        public = keys.read_text()
        jump = Jump(address=hop.address, host_key=hop.host_keys["ed25519"], credential="hop")
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("AUDITOR_SSH_KEY_HOP", str(hop.identity))
            keys.write_text(f'restrict,port-forwarding,permitopen="127.0.0.1:{target.port}" {public}')
            assert through(reaches(), replace(one, jump=jump)).output
            keys.write_text(f'restrict,port-forwarding,permitopen="127.0.0.1:1" {public}')
            with pytest.raises(Unreachable) as caught:
                through(reaches(), replace(one, jump=jump))
    assert caught.value.reason is Reason.REFUSED


# --- a jump host behind a jump host -----------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def inner(tmp_path_factory: pytest.TempPathFactory) -> Iterator[OpenSsh]:
    with start_sshd(tmp_path_factory.mktemp("inner"), extra="AllowTcpForwarding yes") as running:
        yield running


@pytest.fixture
def far(one: Asset, inner: OpenSsh, monkeypatch: pytest.MonkeyPatch) -> Asset:
    """Behind `inner`, which is behind `bastion`."""
    monkeypatch.setenv("AUDITOR_SSH_KEY_INNER", str(inner.identity))
    pin = inner.host_keys["ed25519"]
    return replace(one, jump=Jump(address=inner.address, host_key=pin, credential="inner", jump=one.jump))


def test_a_chain_of_jump_hosts_is_one_dial_and_one_login_at_each(
    far: Asset, bastion: OpenSsh, inner: OpenSsh, target: OpenSsh
) -> None:
    servers = (bastion, inner, target)
    before, run = [came(one.log) for one in servers], reaches()
    found: list[Visit] = []
    start = threading.Barrier(3)

    def look() -> None:
        start.wait(10)
        found.append(through(run, far))

    threads = [threading.Thread(target=look) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert [visit.failure for visit in found] == [None] * 3
    logins = [came(one.log) - had for one, had in zip(servers, before, strict=True)]
    assert logins[2] == 3
    assert run.connections == logins[0] <= logins[1] < 3


@pytest.mark.parametrize("whose", ["bastion", "inner", "target"])
def test_every_key_of_a_chain_must_be_the_pinned_one(
    far: Asset, bastion: OpenSsh, inner: OpenSsh, target: OpenSsh, tmp_path: Path, whose: str
) -> None:
    """And nobody behind a host with another key is reached, let alone logged in to."""
    stranger = make_key(tmp_path / "stranger", "ed25519")
    assert far.jump
    assert far.jump.jump
    forged = {
        "bastion": replace(far, jump=replace(far.jump, jump=replace(far.jump.jump, host_key=stranger))),
        "inner": replace(far, jump=replace(far.jump, host_key=stranger)),
        "target": replace(far, host_key=stranger),
    }[whose]
    servers = {"bastion": bastion, "inner": inner, "target": target}
    at = list(servers).index(whose)
    before = [came(one.log) for one in servers.values()]
    if whose == "target":
        failure = through(reaches(), forged).failure
    else:
        with pytest.raises(Unreachable) as caught:
            through(reaches(), forged)
        failure = caught.value
    assert failure
    assert failure.reason is Reason.HOST_KEY_CHANGED
    assert f"127.0.0.1:{servers[whose].port}" in failure.detail
    logins = [came(one.log) - had for one, had in zip(servers.values(), before, strict=True)]
    assert logins == [1] * at + [0] * (3 - at)


def test_a_first_host_that_leads_nowhere_is_asked_once_for_all_that_lies_behind(far: Asset, tmp_path: Path) -> None:
    write_identity(tmp_path / "id")
    assert far.jump
    with SshServer(replaying("luks"), authorized="somebody else's") as server:
        first = Jump(address=f"ssh://audit@127.0.0.1:{server.port}", host_key=server.host_key)
        run = reaches(identity_file=tmp_path / "id")
        for _ in range(3):
            with pytest.raises(Unreachable) as caught:
                through(run, replace(far, jump=replace(far.jump, jump=first)))
            assert caught.value.reason is Reason.AUTH_FAILED
        assert (server.connections, len(server.offers)) == (1, 1)


def test_the_fence_holds_for_every_host_of_a_chain(far: Asset) -> None:
    assert far.jump
    fence = Fence(excluded=frozenset({"inner.example.org"}))
    with pytest.raises(Unreachable) as caught:
        through(reaches(fence=fence), replace(far, jump=replace(far.jump, address="ssh://root@inner.example.org")))
    assert caught.value.reason is Reason.OUT_OF_SCOPE


class Mute(Door):
    """Lets us in, and never answers a request for a way through."""

    def check_channel_direct_tcpip_request(self, chanid: int, origin: object, destination: object) -> int:
        self.server.is_over.wait(5)
        return 1


def test_a_jump_host_that_never_answers_ends_in_time(one: Asset, tmp_path: Path) -> None:
    public = write_identity(tmp_path / "id")
    with SshServer(replaying("luks"), authorized=public, door=Mute) as silent:
        jump = Jump(address=f"ssh://audit@127.0.0.1:{silent.port}", host_key=silent.host_key)
        run = Reaches(
            Access(use_agent=False, identity_file=tmp_path / "id", limits=Limits(operation_s=1.0, shell_s=2.0))
        )
        with pytest.raises(Unreachable) as caught:
            through(run, replace(one, jump=jump))
        assert caught.value.reason is Reason.TIMEOUT


# --- one attempt ------------------------------------------------------------------------------------------------------


def test_a_login_that_was_refused_is_not_tried_again_in_this_run(tmp_path: Path) -> None:
    write_identity(tmp_path / "id")
    with SshServer(replaying("luks"), authorized="somebody else's") as server:
        asset = Asset(
            id="s",
            kind="server",
            address=f"ssh://audit@127.0.0.1:{server.port}",
            system="x",
            host_key=server.host_key,
        )
        run = reaches(identity_file=tmp_path / "id")
        found = [through(run, asset) for _ in range(2)]
        assert len(server.offers) == 1
        again = through(reaches(identity_file=tmp_path / "id"), asset)
        assert len(server.offers) == 2
    assert [visit.failure.reason for visit in (*found, again) if visit.failure] == [Reason.AUTH_FAILED] * 3
    assert found[1].failure
    assert "not tried a second time" in found[1].failure.detail


def test_a_jump_host_that_refuses_the_key_is_asked_once_for_all_servers_behind_it(one: Asset, tmp_path: Path) -> None:
    write_identity(tmp_path / "id")
    with SshServer(replaying("luks"), authorized="somebody else's") as server:
        jump = Jump(address=f"ssh://audit@127.0.0.1:{server.port}", host_key=server.host_key)
        run = reaches(identity_file=tmp_path / "id")
        for _ in range(3):
            with pytest.raises(Unreachable) as caught:
                through(run, replace(one, jump=jump))
            assert caught.value.reason is Reason.AUTH_FAILED
        assert (server.connections, len(server.offers)) == (1, 1)
