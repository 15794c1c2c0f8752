"""One command over SSH, against Debian's sshd and hostile servers: bounded, and nothing is offered to strangers."""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import paramiko
import pytest
from paramiko.common import AUTH_FAILED, AUTH_PARTIALLY_SUCCESSFUL

from auditor.model import Reason
from auditor.reach.host_keys import fingerprint
from auditor.rig.ssh_replay import Door, SshServer, new_key, replaying, write_identity
from tests.reach.ssh_rig import (
    address_of,
    asset,
    refusal,
    run,
    the_identity,  # noqa: F401 - fixtures
)
from tests.rig.openssh import OpenSsh, start_sshd

pytestmark = pytest.mark.root  # Debian's servers take part


@pytest.fixture(scope="module")
def sshd(tmp_path_factory: pytest.TempPathFactory) -> Iterator[OpenSsh]:
    with start_sshd(tmp_path_factory.mktemp("sshd"), types=("ed25519", "ecdsa", "rsa")) as running:
        yield running


# --- Debian's sshd: the good ways in ---------------------------------------------------------------------------------


def test_a_pinned_server_runs_the_script(sshd: OpenSsh) -> None:
    text = run(asset(sshd.address, sshd.host_keys["ed25519"]), sshd.identity)
    assert b"hello" in text


def test_a_server_with_several_keys_is_asked_for_the_pinned_type(sshd: OpenSsh) -> None:
    for kind in ("rsa", "ecdsa"):
        assert b"hello" in run(asset(sshd.address, sshd.host_keys[kind]), sshd.identity)


@pytest.mark.parametrize("kind", ["ed25519", "ecdsa", "rsa"])
def test_a_fingerprint_pins_a_key_of_any_type(sshd: OpenSsh, kind: str) -> None:
    assert b"hello" in run(asset(sshd.address, _fingerprint(sshd.host_keys[kind])), sshd.identity)


def test_a_hashed_known_hosts_file_pins_with_its_port(sshd: OpenSsh, tmp_path: Path) -> None:
    known = tmp_path / "known_hosts"
    known.write_text(f"[127.0.0.1]:{sshd.port} {sshd.host_keys['rsa']}\n")
    subprocess.run(["ssh-keygen", "-q", "-H", "-f", str(known)], check=True, capture_output=True)
    assert "127.0.0.1" not in known.read_text()
    assert b"hello" in run(asset(sshd.address), sshd.identity, known_hosts=known)


def test_a_key_from_the_agent_logs_in_and_several_are_not_tried(
    sshd: OpenSsh, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    one = asset(sshd.address, sshd.host_keys["ed25519"])
    with _agent(tmp_path / "agent") as add:
        monkeypatch.setenv("SSH_AUTH_SOCK", str(tmp_path / "agent"))
        empty = refusal(one, None, use_agent=True)
        add(sshd.identity)
        assert b"hello" in run(one, None, use_agent=True)
        write_identity(tmp_path / "second")
        add(tmp_path / "second")
        several = refusal(one, None, use_agent=True)
        chosen = run(one, sshd.identity.with_suffix(".pub"), use_agent=True)
        unused = refusal(one, None, use_agent=False)
    assert (empty.reason, several.reason, unused.reason) == (Reason.NO_CREDENTIAL,) * 3
    assert b"hello" in chosen


def test_a_named_credential_is_a_key_file_in_the_environment(sshd: OpenSsh, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AUDITOR_SSH_KEY_RECORDS_DB", str(sshd.identity))
    one = asset(sshd.address, sshd.host_keys["ed25519"], credential="records-db")
    assert b"hello" in run(one, None)


ASKED = '"$SSH_ORIGINAL_COMMAND"'


@pytest.mark.parametrize(
    "command",
    [
        "echo this account is not available",
        f"/bin/rbash -c {ASKED}",
        "echo '1) status 2) reboot'; read -r choice; echo You chose $choice",
        "cat",
        "exec true",
    ],
    ids=["a notice", "a restricted shell", "a menu", "an echo", "nothing"],
)
def test_a_login_that_does_not_run_what_was_asked_gives_no_shell(tmp_path: Path, command: str) -> None:
    with start_sshd(tmp_path / "forced", extra=f"ForceCommand {command}") as sshd:
        refused = refusal(asset(sshd.address, sshd.host_keys["ed25519"]), sshd.identity)
    assert refused.reason is Reason.NO_SHELL


def test_what_a_login_prints_before_the_script_does_not_matter(tmp_path: Path) -> None:
    """As .bashrc does: a greeting, a marker of another run, and words on standard error."""
    noise = "echo Welcome; echo 0123456789abcdef BEGIN x; echo 0123456789abcdef DONE; echo quota exceeded >&2"
    with start_sshd(tmp_path / "noisy", extra=f"ForceCommand {noise}; exec /bin/sh -c {ASKED}") as sshd:
        assert b"hello" in run(asset(sshd.address, sshd.host_keys["ed25519"]), sshd.identity)


@pytest.mark.parametrize(
    "extra",
    ["Ciphers aes128-cbc", "KexAlgorithms diffie-hellman-group14-sha1", "MACs hmac-md5\nCiphers aes128-ctr"],
)
def test_a_server_with_retired_algorithms_only_is_too_old(tmp_path: Path, extra: str) -> None:
    with start_sshd(tmp_path / "old", extra=extra) as sshd:
        refused = refusal(asset(sshd.address, sshd.host_keys["ed25519"]), sshd.identity)
    assert refused.reason is Reason.SSH_TOO_OLD


def test_a_server_that_signs_with_sha1_only_is_too_old(tmp_path: Path) -> None:
    with start_sshd(tmp_path / "old", types=("rsa",), extra="HostKeyAlgorithms ssh-rsa") as sshd:
        refused = refusal(asset(sshd.address, sshd.host_keys["rsa"]), sshd.identity)
    assert refused.reason is Reason.SSH_TOO_OLD


# --- whom a key is offered to ----------------------------------------------------------------------------------------


def test_an_unknown_host_key_is_shown_and_nothing_is_offered(identity: tuple[Path, str]) -> None:
    with SshServer(replaying("luks"), authorized=identity[1]) as server:
        refused = refusal(asset(address_of(server)), identity[0])
        assert (server.connections, server.offers, server.execs) == (1, [], [])
    assert refused.reason is Reason.HOST_KEY_UNKNOWN
    assert _fingerprint(server.host_key) in refused.detail


@pytest.mark.parametrize("form", ["line", "fingerprint", "known_hosts"])
def test_a_changed_host_key_stops_everything(identity: tuple[Path, str], tmp_path: Path, form: str) -> None:
    other = new_key()
    line = f"{other.get_name()} {other.get_base64()}"
    with SshServer(replaying("luks"), authorized=identity[1]) as server:
        (tmp_path / "known").write_text(f"[127.0.0.1]:{server.port} {line}\n")
        pins = {"line": line, "fingerprint": fingerprint(other.asbytes()), "known_hosts": None}
        refused = refusal(asset(address_of(server), pins[form]), identity[0], known_hosts=tmp_path / "known")
        assert (server.offers, server.execs) == ([], [])
    assert refused.reason is Reason.HOST_KEY_CHANGED


def test_a_pinned_type_that_is_gone_is_a_changed_key(sshd: OpenSsh, identity: tuple[Path, str]) -> None:
    with SshServer(replaying("luks"), authorized=identity[1]) as server:
        refused = refusal(asset(address_of(server), sshd.host_keys["rsa"]), identity[0])
        assert server.offers == []
    assert refused.reason is Reason.HOST_KEY_CHANGED


def test_a_revoked_key_is_refused_although_it_is_listed(identity: tuple[Path, str], tmp_path: Path) -> None:
    with SshServer(replaying("luks"), authorized=identity[1]) as server:
        name = f"[127.0.0.1]:{server.port}"
        (tmp_path / "known").write_text(f"{name} {server.host_key}\n@revoked {name} {server.host_key}\n")
        refused = refusal(asset(address_of(server)), identity[0], known_hosts=tmp_path / "known")
        assert server.offers == []
    assert refused.reason is Reason.HOST_KEY_CHANGED


def test_a_key_that_is_not_accepted_is_offered_once(identity: tuple[Path, str]) -> None:
    with SshServer(replaying("luks"), authorized="somebody else's") as server:
        refused = refusal(asset(address_of(server), server.host_key), identity[0])
        assert len(server.offers) == 1
        assert server.execs == []
    assert refused.reason is Reason.AUTH_FAILED


class OnlyPrompts(Door):
    """Accepts nothing but answers to prompts."""

    def get_allowed_auths(self, username: str) -> str:
        return "keyboard-interactive"

    def check_auth_publickey(self, username: str, key: paramiko.PKey) -> int:
        self.server.offers.append((username, "key"))
        return AUTH_FAILED

    def check_auth_interactive(self, username: str, submethods: str) -> paramiko.InteractiveQuery:
        self.server.offers.append((username, "interactive"))
        return paramiko.InteractiveQuery("", "", "Password: ")


class SecondFactor(OnlyPrompts):
    """Likes the key, then wants a code as well."""

    def check_auth_publickey(self, username: str, key: paramiko.PKey) -> int:
        self.server.offers.append((username, "key"))
        return AUTH_PARTIALLY_SUCCESSFUL


class Uninvited(OnlyPrompts):
    """Answers the key with a prompt that nobody asked for."""

    def check_auth_publickey(self, username: str, key: paramiko.PKey) -> int:
        self.server.offers.append((username, "key"))
        handler = self.server.transports[-1].auth_handler
        handler._interactive_query(paramiko.InteractiveQuery("", "", "Password: "))
        return AUTH_FAILED


@pytest.mark.parametrize("door", [OnlyPrompts, SecondFactor, Uninvited])
def test_a_prompt_is_never_answered(identity: tuple[Path, str], door: type[Door]) -> None:
    with SshServer(replaying("luks"), authorized=identity[1], door=door) as server:
        refused = refusal(asset(address_of(server), server.host_key), identity[0])
        assert [what for _, what in server.offers] == ["key"]
    assert refused.reason is Reason.NEEDS_HUMAN


# --- credentials that cannot be used: the server is seen from outside, and nothing is offered ------------------------


def test_a_key_that_others_may_read_is_never_offered(identity: tuple[Path, str]) -> None:
    identity[0].chmod(0o640)
    with SshServer(replaying("luks"), authorized=identity[1]) as server:
        refused = refusal(asset(address_of(server), server.host_key), identity[0])
        assert (server.connections, server.offers) == (1, [])
    assert refused.reason is Reason.NO_CREDENTIAL
    assert "chmod 600" in refused.detail


@pytest.mark.parametrize(
    ("credential", "content"),
    [(None, None), (None, "no key at all"), ("unset", "irrelevant"), (None, "LOCKED")],
    ids=["missing file", "not a key", "unset variable", "passphrase"],
)
def test_a_credential_that_is_not_there_is_named(tmp_path: Path, credential: str | None, content: str | None) -> None:
    path = tmp_path / "key"
    if content == "LOCKED":
        command = ["ssh-keygen", "-q", "-t", "ed25519", "-N", "open sesame", "-f", str(path)]
        subprocess.run(command, check=True)
    elif content:
        path.touch(mode=0o600)
        path.write_text(content)
    with SshServer(replaying("luks")) as server:
        refused = refusal(asset(address_of(server), server.host_key, credential), path)
        assert (server.connections, server.offers) == (1, [])
    assert refused.reason is Reason.NO_CREDENTIAL
    assert ("AUDITOR_SSH_KEY_UNSET" if credential else str(path)) in refused.detail
    assert "open sesame" not in str(refused)


def test_a_password_in_the_address_is_refused_and_not_repeated(identity: tuple[Path, str]) -> None:
    refused = refusal(asset("ssh://audit:hunter2@127.0.0.1:9"), identity[0])
    assert refused.reason is Reason.NO_CREDENTIAL
    assert "hunter2" not in str(refused)


# --- parts -----------------------------------------------------------------------------------------------------------


def _fingerprint(line: str) -> str:
    return fingerprint(paramiko.pkey.PublicBlob.from_string(line).key_blob)


@contextmanager
def _agent(path: Path) -> Iterator[Callable[[Path], None]]:
    """OpenSSH's agent on a socket of its own; yields how to add a key."""
    process = subprocess.Popen(["ssh-agent", "-D", "-a", str(path)], stdout=subprocess.DEVNULL)
    try:
        until = time.monotonic() + 5
        while not path.exists() and time.monotonic() < until:
            time.sleep(0.02)

        def add(key: Path) -> None:
            environment = {**os.environ, "SSH_AUTH_SOCK": str(path)}
            subprocess.run(["ssh-add", "-q", str(key)], env=environment, check=True)

        yield add
    finally:
        process.terminate()
        process.wait(5)
